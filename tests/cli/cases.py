#!/usr/bin/env python3
"""Whole runs of the program against tests/cli/cases/*.case: a shell command, what it prints on stdout and stderr, its exit code.

A case file: `$ command`, then lines of stdout, lines of stderr marked "! ", and last "= code". KPR_UPDATE_CASES=1 writes what came out."""
import os
import pathlib
import subprocess
import sys

program, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
cases = sorted((root / "tests/cli/cases").glob("*.case"))
environment = {"PATH": f"{program.parent}:{os.environ['PATH']}", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
failed = 0
for path in cases:
    text = path.read_text(encoding="utf-8")
    command = text.partition("\n")[0].removeprefix("$ ")
    result = subprocess.run(["bash", "-c", command], cwd=root, capture_output=True, timeout=60, env=environment, stdin=subprocess.DEVNULL)
    out, err = (s.decode("utf-8", "backslashreplace") for s in (result.stdout, result.stderr))
    got = f"$ {command}\n{out}" + "".join(f"! {line}\n" for line in err.splitlines()) + f"= {result.returncode}\n"
    if got != text and os.environ.get("KPR_UPDATE_CASES"):
        path.write_text(got, encoding="utf-8")
    elif got != text:
        failed += 1
        print(f"--- {path.name}, expected\n{text}--- got\n{got}")
print(f"{len(cases) - failed} passed, {failed} failed")
sys.exit(1 if failed or not cases else 0)
