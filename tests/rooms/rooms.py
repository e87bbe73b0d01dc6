#!/usr/bin/env python3
"""Keeps the include table of docs/ARCHITECTURE.md: which room may include which, and which one file or room wraps a library.
The link lines of the build say the same, and what the compiler is given to find headers with: a wrong include does not build.
No two .cpp files bear one name, so that a name says which file is meant.

    rooms.py SOURCES BUILD"""
import collections
import json
import pathlib
import re
import sys

ROOT, BUILD = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])

# room -> rooms it may include, with all that those may include. The table in docs/ARCHITECTURE.md must say the same.
# "kpr" is the library: include/kpr.
ROOMS = {
    "util": set(),
    "os": {"util"},
    "net": {"os"},
    "kube": {"net"},
    "evidence": {"util"},
    "live": {"evidence", "kube"},
    "privacy": {"evidence", "os"},
    "archive": {"evidence", "privacy"},
    "facts": {"evidence", "kpr", "os"},
    "services": {"facts"},
    "finding": {"util"},
    "checks": {"services", "finding"},
    "report": {"finding"},
    "commands": {"checks", "facts", "report"},
    "cli": {"commands", "live", "archive", "report", "kube"},
}


def reach(room):
    """The rooms that may be included from one, over any number of arrows."""
    return set().union(*({below} | reach(below) for below in ROOMS.get(room, ())))


# header prefix -> the only rooms that may include it
LIBRARIES = {
    "curl/": {"net"},
    "wslay/": {"net"},
    "yaml-cpp/": {"kube", "archive"},
    "archive.h": {"archive"},
    "archive_entry.h": {"archive"},
    "boost/program_options": {"cli"},
    "re2/": {"libparse", "checks"},
    "libdeflate.h": {"util"},
    "simdjson.h": {"kube"},
    "fmt/": set(ROOMS),
    **{header: {"os"} for header in ("arpa/", "fcntl.h", "poll.h", "signal.h", "spawn.h", "sys/", "unistd.h", "windows.h", "winsock2.h", "ws2tcpip.h")},
}


def linked():
    """(room, what is wrong) where the build's links are not the table's arrows."""
    for room, arrows in ROOMS.items():
        text = re.sub(r"#.*", "", (ROOT / "plugin" / room / "CMakeLists.txt").read_text(encoding="utf-8"))
        call = re.search(rf"kpr_room\({room}\b([^)]*)\)", text)
        words = re.search(r"\bROOMS((?:\s+[a-z]+)*)", call.group(1)) if call else None
        if call is None or set(words.group(1).split() if words else ()) != arrows:
            yield room, f"should have ROOMS {' '.join(sorted(arrows))}"
    commands = json.loads((BUILD / "compile_commands.json").read_text(encoding="utf-8"))
    for command in commands:
        parts = pathlib.Path(command["file"]).parts
        room = parts[parts.index("plugin") + 1] if "plugin" in parts else None
        if room in ROOMS:
            found = set(re.findall(rf"-I{re.escape(str(BUILD))}/rooms/([a-z]+)", command["command"]))
            if found != {room} | reach(room) - {"kpr"}:
                yield room, f"{command['file']} is compiled with the headers of {', '.join(sorted(found))}"


def includes(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+[<"]([^>"]+)[>"]', line)
        if match:
            yield number, match.group(1)


def main():
    wrong, seen = [], 0
    files = [p for folder in ("include", "libparse", "plugin") for p in sorted((ROOT / folder).rglob("*.[ch]pp"))]
    for path in files:
        relative = path.relative_to(ROOT)
        room = relative.parts[1] if relative.parts[0] == "plugin" and len(relative.parts) > 2 else relative.parts[0]
        for number, header in includes(path):
            seen += 1
            first = header.split("/")[0]
            where = f"{relative}:{number}"
            if relative.parts[0] in ("include", "libparse"):
                if first in ROOMS:
                    wrong.append(f"{where}: the library includes the plugin's {header}")
                if relative.parts[0] == "include" and "/" in header and first not in ("kpr",) and not header.startswith("nlohmann/json_fwd"):
                    wrong.append(f"{where}: a public header includes {header}; only the standard library is allowed")
            elif room in ROOMS and first in set(ROOMS) | {"kpr"} and "/" in header and first != room and first not in reach(room):
                wrong.append(f"{where}: room {room} may not include {header}")
            for prefix, allowed in LIBRARIES.items():
                if header.startswith(prefix) and room not in allowed and path.name != "main.cpp":
                    wrong.append(f"{where}: {header} belongs to {', '.join(sorted(allowed))}")
    wrong += [f"plugin/{room}/CMakeLists.txt: {what}" for room, what in linked()]
    wrong += [f"plugin/{path.name} is no room of the table" for path in sorted((ROOT / "plugin").iterdir()) if path.is_dir() and path.name not in ROOMS]
    table = (ROOT / "docs/ARCHITECTURE.md").read_text(encoding="utf-8")
    for room, allowed in ROOMS.items():
        row = re.search(rf"^\| `plugin/{room}/` \|.*\|([^|]*)\|$", table, re.M)
        listed = set() if row is None else {w for w in re.findall(r"`(\w+)`", row.group(1))}
        if row is None or listed != allowed:
            wrong.append(f"docs/ARCHITECTURE.md: the row of plugin/{room}/ should list {', '.join(sorted(allowed)) or 'nothing'}")
    for path in files:
        relative = str(path.relative_to(ROOT))
        if relative.startswith("plugin/") and relative not in ("plugin/util/json.cpp", "plugin/checks/catalogue.cpp"):  # the catalogue is our own
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if re.search(r"\b(json|Json|ordered_json|basic_json)(<.*>)?::(parse|accept|sax_parse|from_\w+)\b|\"_json\b", line):
                    wrong.append(f"{relative}:{number}: texts become JSON in util/json.cpp only, within its limits")
    homes = collections.defaultdict(list)
    for path in [*files, *sorted((ROOT / "tests").rglob("*.cpp"))]:
        if path.suffix == ".cpp" and path.parent.name != "windows":  # its twin is in posix/
            homes[path.name].append(str(path.relative_to(ROOT)))
    wrong += [f"one name for several files: {', '.join(paths)}" for paths in homes.values() if len(paths) > 1]
    page = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    for limit in re.findall(r"^inline constexpr std::size_t (\w+) = (?!1u)", (ROOT / "plugin/util/limits.hpp").read_text(encoding="utf-8"), re.M):
        row = re.search(rf"^\| `{limit}` \|.*$", page, re.M)
        tests = re.findall(r"`(tests/[^`]+)`", row.group(0)) if row else []
        if not tests or not all((ROOT / test).is_file() for test in tests):
            wrong.append(f"docs/security.md: the limit {limit} should have a row that names the test that reaches it")
    if seen < 100:
        wrong.append(f"only {seen} includes seen: this test looks in the wrong place")
    print("\n".join(wrong) or f"{len(files)} files, {seen} includes: every arrow points down")
    return 1 if wrong else 0


sys.exit(main())
