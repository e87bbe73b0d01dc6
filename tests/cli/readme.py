#!/usr/bin/env python3
"""Runs every `$ kubectl-kpr …` of README.md and compares what it prints with what stands there."""
import pathlib
import re
import shlex
import subprocess
import sys

program, root = sys.argv[1], pathlib.Path(sys.argv[2])
text = (root / "README.md").read_text(encoding="utf-8")
shown, wrong = 0, 0
for block in re.findall(r"```console\n(.*?)```", text, re.S):
    command, _, expected = block.partition("\n")
    arguments = shlex.split(command.removeprefix("$ "))
    assert arguments[0] == "kubectl-kpr", command
    result = subprocess.run([program, *arguments[1:]], cwd=root, capture_output=True, text=True, timeout=60)
    shown += 1
    if result.stdout + result.stderr != expected:
        wrong += 1
        print(f"{command}\n--- README\n{expected}--- program\n{result.stdout}{result.stderr}")
print(f"{shown} transcripts, {wrong} differ")
sys.exit(0 if shown and not wrong else 1)
