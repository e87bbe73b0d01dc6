#!/usr/bin/env python3
"""house.py [--check | --shrink]: how dense and how tangled our own code is, room by room.

--check    fails where a line is over 100 columns, a file is not as clang-format leaves it, or a function is above a
           ceiling and not in house-offenders.txt (or in it and no longer above)
--shrink   takes out of house-offenders.txt what is no longer above; it never adds

Tokens a line is lizard's token_count / nloc, summed over the functions of include, libparse and plugin.
"""
import collections
import fcntl
import hashlib
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
OFFENDERS = HERE / "house-offenders.txt"
COLUMNS, COMPLEXITY, LENGTH = 100, 20, 80


def environment():
    """The virtual environment of house-requirements.txt, made once."""
    requirements = HERE / "house-requirements.txt"
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    cache = pathlib.Path(os.environ.get("KPR_CACHE") or pathlib.Path(home) / "kubectl-kpr")
    key = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = cache / ("house-" + key)
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / "house.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
            pip = [str(folder / "bin/pip"), "--quiet", "--disable-pip-version-check", "install"]
            subprocess.run(pip + ["-r", str(requirements)], check=True)
            (folder / "complete").touch()
    return folder


FOLDER = environment()
if pathlib.Path(sys.prefix).resolve() != FOLDER.resolve():
    os.execv(FOLDER / "bin/python", [str(FOLDER / "bin/python"), *sys.argv])

import lizard  # noqa: E402


def files(*folders):
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders],
                            cwd=ROOT, check=True, capture_output=True, text=True)
    names = sorted(set(listed.stdout.split()))
    return [n for n in names if n.endswith((".cpp", ".hpp")) and (ROOT / n).exists()]


def room_of(name):
    parts = name.split("/")
    if parts[0] != "plugin" or len(parts) == 2:
        return parts[0]
    return "/".join(parts[:3]) if parts[2] == "rules" else "/".join(parts[:2])


def functions():
    for name in files("include", "libparse", "plugin"):
        for function in lizard.analyze_file(str(ROOT / name)).function_list:
            yield name, function


def excesses(name, function):
    """What of a function is above a ceiling: ("complexity", 31), ("length", 95)."""
    if function.cyclomatic_complexity > COMPLEXITY:
        yield "complexity", function.cyclomatic_complexity
    if function.length > LENGTH:
        yield "length", function.length


def listed():
    lines = OFFENDERS.read_text(encoding="utf-8").splitlines() if OFFENDERS.exists() else []
    return [line for line in lines if line.strip() and not line.startswith("#")]


def offenders():
    """"complexity Room function" → how much and where."""
    above = {}
    for name, function in functions():
        for kind, value in excesses(name, function):
            above["%s %s %s" % (kind, room_of(name), function.name)] = "%d, %s:%d" % (value, name, function.start_line)
    return above


def report():
    tokens, lines, over = collections.Counter(), collections.Counter(), collections.Counter()
    count = 0
    for name, function in functions():
        room = room_of(name)
        tokens[room] += function.token_count
        lines[room] += function.nloc
        count += 1
        for ceiling in (15, 20):
            over[ceiling] += function.cyclomatic_complexity > ceiling
    whole = sum(lines.values())
    for room in sorted(lines):
        print("%-22s %6d lines  %4.1f %% of all  %4.1f tokens a line" % (
            room, lines[room], 100 * lines[room] / whole, tokens[room] / lines[room]))
    print("%-22s %6d lines  %13s %4.1f tokens a line" % ("all", whole, "", sum(tokens.values()) / whole))
    print("%d functions; above complexity 15: %d (%.1f %%), above 20: %d" % (
        count, over[15], 100 * over[15] / count, over[20]))
    return 0


def check():
    wrong = []
    for name in files("include", "libparse", "plugin", "tests", "examples"):
        text = (ROOT / name).read_text(encoding="utf-8", errors="replace")
        if name.startswith(("include", "libparse", "plugin")):
            wrong += ["%s:%d: %d columns" % (name, i, len(line)) for i, line in enumerate(text.split("\n"), 1)
                      if len(line) > COLUMNS]
    ours = files()
    formatted = subprocess.run([str(FOLDER / "bin/clang-format"), "--dry-run", *ours], cwd=ROOT,
                               capture_output=True, text=True)
    wrong += sorted({line.split(":")[0] + ": not as clang-format leaves it"
                     for line in formatted.stderr.splitlines() if "[-Wclang-format" in line})
    above, known = offenders(), {line.split("  #")[0].strip() for line in listed()}
    wrong += ["above the ceiling: %s (%s)" % (key, above[key]) for key in sorted(set(above) - known)]
    wrong += ["no longer above the ceiling, take it out (house.py --shrink): " + key for key in sorted(known - set(above))]
    print("\n".join(wrong) or "%d files; %d functions above a ceiling, all of them known" % (len(ours), len(known)))
    return 1 if wrong else 0


def shrink():
    above = offenders()
    lines = OFFENDERS.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines
            if line.startswith("#") or not line.strip() or line.split("  #")[0].strip() in above]
    OFFENDERS.write_text("\n".join(kept) + "\n", encoding="utf-8")
    print("%d lines taken out" % (len(lines) - len(kept)))
    return 0


if __name__ == "__main__":
    sys.exit({"--check": check, "--shrink": shrink}.get(sys.argv[1] if len(sys.argv) > 1 else "", report)())
