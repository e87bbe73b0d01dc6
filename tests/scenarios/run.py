#!/usr/bin/env python3
"""run.py --dump PROGRAM [--kpr KUBECTL-KPR] [--shared DIR] [NAME...]: every scenario of DIR/scenarios against its expect.json.

--dump   doctor_dump: reads the folder itself, as a live run sees it and as a sysdump would hold it
--kpr    kubectl-kpr: reads the packed folders with `doctor --from`; without it doctor_dump reads them
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

PACKINGS = [("dump.zip", []), ("dump.tar.gz", ["--no-topdir"]), ("dump", []), ("crlf.zip", ["--crlf", "--markdown"])]


def problems(expect, report, sysdump):
    found = {}
    for f in report["findings"]:
        found.setdefault(f["id"], []).append(f)
    live_only = set(expect["liveOnly"]) if sysdump else set()
    sysdump_only = set() if sysdump else set(expect.get("sysdumpOnly", []))
    out = []
    for i in expect["must"]:
        if i not in found and i not in live_only and i not in sysdump_only:
            out.append("missing: " + i)
    for group in expect["mustAnyOf"]:
        if not any(i in found for i in group) and not all(i in live_only for i in group):
            out.append("none of: " + ", ".join(group))
    for i, nodes in expect["nodes"].items():
        if i in found:
            named = {n for f in found[i] for n in f["nodes"]}
            lacks = sorted(set(nodes) - named)
            if lacks:
                out.append("%s does not name %s" % (i, ", ".join(lacks)))
    for i in expect["mustNot"]:
        if i in found:
            out.append("false alarm: %s: %s" % (i, found[i][0]["summary"]))
    for i in expect["noEvidence"]:
        for f in found.get(i, []):
            if f["severity"] in ("error", "critical") and i not in expect["must"] and i not in expect["may"]:
                out.append("without evidence: %s: %s" % (i, f["summary"]))
    errors = [f["id"] for f in report["findings"] if f["severity"] in ("error", "critical")]
    if expect["maxErrors"] is not None and len(errors) > expect["maxErrors"]:
        out.append("too many errors: " + ", ".join(errors))
    known = set(expect["must"]) | set(expect["may"]) | {i for g in expect["mustAnyOf"] for i in g}
    for f in report["findings"]:
        if f["severity"] in ("error", "critical") and f["id"] not in known:
            out.append("not expected: %s %s: %s" % (f["severity"], f["id"], f["summary"]))
    return out


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--dump")
    ap.add_argument("--kpr")
    ap.add_argument("--shared", default=os.environ.get("KPR_SHARED", "../shared"))
    ap.add_argument("-v", action="store_true")
    ap.add_argument("names", nargs="*")
    a = ap.parse_args()
    root = os.path.join(a.shared, "scenarios")
    if not os.path.isdir(root):
        print("no scenarios in %s: skipped" % root)
        return 77
    names = a.names or sorted(n for n in os.listdir(root) if os.path.exists(os.path.join(root, n, "expect.json")))
    bad = runs = 0
    for name in names:
        folder = os.path.join(root, name)
        expect = json.load(open(os.path.join(folder, "expect.json")))
        ways = []
        if a.dump:
            ways += [("live", [a.dump, folder], False), ("as a sysdump", [a.dump, folder, "--sysdump"], True)]
        with tempfile.TemporaryDirectory() as tmp:
            if expect["sources"]["sysdump"]:
                for out, options in PACKINGS:
                    path = os.path.join(tmp, out)
                    subprocess.run([sys.executable, os.path.join(root, "to_sysdump.py"), folder, path] + options, check=True)
                    ways.append((" ".join([out] + options), [a.kpr, "doctor", "--from", path, "-o", "json"] if a.kpr else [a.dump, path], True))
            for way, command, sysdump in ways:
                runs += 1
                r = subprocess.run(command, capture_output=True)
                try:
                    report = json.loads(r.stdout)
                    wrong = problems(expect, report, sysdump)
                except ValueError:
                    report, wrong = {"findings": []}, ["exit %d, no JSON: %s" % (r.returncode, r.stderr.decode(errors="replace")[:300])]
                print("%-4s %s, %s" % ("ok" if not wrong else "BAD", name, way))
                for w in wrong:
                    print("       " + w)
                if a.v:
                    for f in report["findings"]:
                        print("         %s %s: %s %s" % (f["severity"], f["id"], f["summary"], f["nodes"]))
                bad += bool(wrong)
    print("%d of %d runs are as expected" % (runs - bad, runs))
    return 1 if bad or not runs else 0


if __name__ == "__main__":
    sys.exit(main())
