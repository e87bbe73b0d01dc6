#!/usr/bin/env python3
"""gate.py VALGRIND KPR_ONCE CORPUS BASELINE [--record]: counts instructions with callgrind and holds them to two limits:
a parse takes at most 0.14 of what nlohmann::json::parse takes on the JSON of the same documents (0.22 for our own small corpus, whose
documents are all head and few rows; it was 0.10 and 0.15 before each grammar judged whether its value was whole), and
instructions a byte are at most 5 % over the figure recorded for this corpus. Counting is the same on a busy machine."""
import json
import re
import subprocess
import sys

RATIO_LIMIT, SMALL_RATIO_LIMIT, SMALL, GROWTH_LIMIT = 0.14, 0.22, 100, 1.05


def instructions(valgrind, once, mode, corpus):
    run = subprocess.run([valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null", once, mode, corpus], capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"kpr-once {mode} failed:\n{run.stdout}{run.stderr}")
    collected = re.search(r"Collected\s*:\s*(\d+)", run.stderr)
    return int(collected.group(1)), json.loads(run.stdout)


def main():
    valgrind, once, corpus, baseline_file = sys.argv[1:5]
    empty, facts = instructions(valgrind, once, "read", corpus)
    parse = instructions(valgrind, once, "parse", corpus)[0] - empty
    other = instructions(valgrind, once, "json", corpus)[0] - empty
    ratio, per_byte = parse / other, parse / facts["text_bytes"]
    name = f'{facts["documents"]} documents, {facts["text_bytes"]} bytes'
    print(f"{name}: parse {parse} instructions, {per_byte:.2f} a byte; nlohmann {other}; ratio {ratio:.3f}")
    with open(baseline_file, encoding="utf-8") as f:
        baseline = json.load(f)
    if "--record" in sys.argv:
        baseline[name] = round(per_byte, 2)
        with open(baseline_file, "w", encoding="utf-8") as f:
            json.dump(baseline, f, indent=1, sort_keys=True)
            f.write("\n")
    if name not in baseline:
        sys.exit(f"no figure recorded for {name}: run gate.py with --record and commit baseline.json")
    failed = []
    ratio_limit = SMALL_RATIO_LIMIT if facts["documents"] < SMALL else RATIO_LIMIT
    if ratio > ratio_limit:
        failed.append(f"ratio {ratio:.3f} is over {ratio_limit}")
    if per_byte > baseline[name] * GROWTH_LIMIT:
        failed.append(f"{per_byte:.2f} instructions a byte are more than 5 % over the recorded {baseline[name]}")
    if failed:
        sys.exit("; ".join(failed))


main()
