#!/usr/bin/env python3
"""docs_test.py PROGRAM SOURCE: what the documents tell people to type. Transcripts (```console) are run and compared, make targets and files
must be there, every word and flag after `kubectl kpr` must be known, and a line of shell that no test runs must be called an example."""
import pathlib
import re
import shlex
import subprocess
import sys

PROGRAM, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
EXAMPLE = re.compile(r"\bexamples?\b|示例", re.I)
# Lines that tests run: tests/lab/e2e/test_documents.py in front of a real API server, CI the targets of make.
RUN = re.compile(r"(kubectl(-kpr)? (?!krew )|source <\(kubectl|make )")
SHELL = re.compile(r"(\$ |\. |(kubectl|kubectl-kpr|make|cmake|ctest|cpack|ninja|c\+\+|git|curl|apt|apt-get|tar|source|export|docker|skopeo|go|pip|python3) |(scripts|tests|release|deploy)/)")
wrong, commands, transcripts = [], 0, 0


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60)


HELP = {}


def known(where, text):
    """The words after `kubectl kpr`: a subcommand, and flags of its own."""
    global commands
    commands += 1
    text = re.split(r"\s(?:#|\||>|2>|&&|;)|[`…]", text + " ", maxsplit=1)[0]
    words = text.split()
    name = next((w for w in words if not w.startswith("-")), None)
    if name is None or not re.fullmatch(r"[a-z]+", name):
        return  # `kubectl kpr` itself, <TAB>, COMMAND
    if name not in HELP:
        HELP[name] = run("help", name)
    if HELP[name].returncode != 0:
        wrong.append(f"{where}: there is no subcommand {name}")
        return
    for word in words:
        flag = re.match(r"(--[a-z-]+|-[A-Za-z])(?![a-z-])", word)
        if flag and not re.search(r"(?<![a-z-])" + re.escape(flag[0]) + r"(?![a-z-])", HELP[name].stdout):
            wrong.append(f"{where}: {name} has no flag {flag[0]}")


def run_or_example(where, before, lines):
    intro = before.rstrip().rsplit("\n\n", 1)[-1]
    if EXAMPLE.search(lines[0]) or EXAMPLE.search(intro):
        return
    for line in lines:
        if line.strip() and not line.startswith("#") and not RUN.match(line):
            wrong.append(f"{where}: no test runs \"{line}\", and it is not called an example")


targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests").glob("*/README.md")]):
    text = path.read_text(encoding="utf-8")
    name = path.relative_to(ROOT)
    for found in re.finditer(r"(?:kubectl kpr|kubectl-kpr)(?= [a-z-])([^\n]*)", text):
        line = text.count("\n", 0, found.start()) + 1
        inside_code = re.search(r"`[^`\n]*$", text[: found.start()].rsplit("\n", 1)[-1]) or text[: found.start()].count("```") % 2
        if inside_code:
            known(f"{name}:{line}", found[1].strip())
    for target in re.findall(r"\bmake ([a-z]+(?:-[a-z]+)*)(?=[ `\n])", "\n".join(re.findall(r"`make [^`]*`|^make .*$", text, re.M)) + "\n"):
        if target not in targets:
            wrong.append(f"{name}: there is no make {target}")
    for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.S | re.M)):
        if not (path.parent / link).exists():
            wrong.append(f"{name}: the link {link} leads nowhere")
    outside = re.sub(r"^```.*?^```", lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.S | re.M)
    for block in re.finditer(r"(?:^    \S.*\n?)+", outside, re.M):
        lines = [c.strip() for c in block[0].splitlines() if SHELL.match(c.strip())]
        if lines:
            run_or_example(f"{name}:{text.count(chr(10), 0, block.start()) + 1}", text[: block.start()], lines)
    for span in re.findall(r"`([^`\n]+)`", outside):
        path_of_ours = re.match(r"(?:scripts|tests|release|deploy|docs|examples|plugin|libparse|include|krew|cmake)/[^\s*<{…:]*", span)
        if path_of_ours and not any((folder / path_of_ours[0]).exists() for folder in (ROOT, path.parent)):
            wrong.append(f"{name}: {path_of_ours[0]} is not there")
    for block in re.finditer(r"^```(\w*)\n(.*?)^```", text, re.S | re.M):
        line = text.count("\n", 0, block.start()) + 1
        if block[1] in ("sh", "bash", "shell"):
            run_or_example(f"{name}:{line}", text[: block.start()], block[2].splitlines())
        if block[1] == "console":
            command, _, expected = block[2].partition("\n")
            arguments = shlex.split(command.removeprefix("$ "))
            if arguments[0] != "kubectl-kpr":
                wrong.append(f"{name}:{line}: only transcripts of kubectl-kpr can be run")
                continue
            transcripts += 1
            got = run(*arguments[1:])
            pattern = ".*\n".join(re.escape(part) for part in re.split(r"^…\n", expected, flags=re.M))
            if not re.fullmatch(pattern, got.stdout + got.stderr, re.S):
                wrong.append(f"{name}:{line}: {command}\n--- document\n{expected}--- program\n{got.stdout}{got.stderr}")
print("\n".join(wrong))
print(f"{transcripts} transcripts, {commands} commands, {len(wrong)} wrong")
sys.exit(0 if transcripts and commands and not wrong else 1)
