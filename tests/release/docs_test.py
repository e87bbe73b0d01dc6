#!/usr/bin/env python3
"""docs_test.py PROGRAM SOURCE: what the documents tell people to type. Transcripts (```console) are run and compared, make targets and files
must be there, every word and flag after `kubectl kpr` must be known, and a block of shell that nobody runs must say that it is an example."""
import pathlib
import re
import shlex
import subprocess
import sys

PROGRAM, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
EXAMPLE = re.compile(r"\bexamples?\b|示例", re.I)
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
    for block in re.finditer(r"^```(\w*)\n(.*?)^```", text, re.S | re.M):
        line = text.count("\n", 0, block.start()) + 1
        if block[1] in ("sh", "bash", "shell"):
            lines = [c for c in block[2].splitlines() if c.strip()]
            intro = text[: block.start()].rstrip().rsplit("\n\n", 1)[-1]
            if not EXAMPLE.search(lines[0]) and not EXAMPLE.search(intro) and not all(c.startswith("make ") for c in lines):
                wrong.append(f"{name}:{line}: a block of shell that no test runs and that is not called an example")
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
