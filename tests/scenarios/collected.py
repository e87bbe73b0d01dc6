#!/usr/bin/env python3
"""collected.py --dump PROGRAM [--shared DIR] [NAME...]: what `collect` saves of a cluster says what the cluster says.

Each scenario is read whole, as a live run would see it if nothing were left out (captures as they were saved); then
saved as `collect` does and read back: the same findings, word by word. Saved with --anonymize: the same findings of as
many nodes.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile


def report(command):
    r = subprocess.run(command, capture_output=True)
    if r.returncode:
        sys.exit("%s: exit %d: %s" % (" ".join(command), r.returncode, r.stderr.decode(errors="replace")))
    return json.loads(r.stdout)


def words(r):
    told = [(f["id"], f["severity"], f["summary"], f["nodes"], f["objects"], f["fix"]) for f in r["findings"] + r["explained"]]
    return told, sorted(s["id"] for s in r["checks"]["skipped"])


def outline(r):
    return [(f["id"], f["severity"], len(f["nodes"]), len(f["objects"])) for f in r["findings"] + r["explained"]]


def folders(root, tmp):
    reports = os.path.join(root, "reports.tar.zst")
    parents = [root]
    if os.path.exists(reports):
        subprocess.run(["tar", "--zstd", "-xf", reports, "-C", tmp], check=True)
        parents.append(tmp)
    for parent in parents:
        for name in sorted(os.listdir(parent)):
            if os.path.exists(os.path.join(parent, name, "meta.json")):
                yield name, os.path.join(parent, name)
    captures = os.path.join(root, "real-faults")
    for name in sorted(os.listdir(captures)) if os.path.isdir(captures) else []:
        yield name, os.path.join(captures, name, "collect.zip")


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--dump", required=True)
    ap.add_argument("--shared", default=os.environ.get("KPR_SHARED", "../shared"))
    ap.add_argument("names", nargs="*")
    a = ap.parse_args()
    root = os.path.join(a.shared, "scenarios")
    if not os.path.isdir(root):
        print("no scenarios in %s: skipped" % root)
        return 77
    bad = runs = 0
    with tempfile.TemporaryDirectory() as tmp:
        for name, folder in folders(root, tmp):
            if a.names and name not in a.names:
                continue
            live = report([a.dump, folder])
            for how, key in (("--collected", words), ("--anonymized", outline)):
                runs += 1
                archive = os.path.join(tmp, "out.zip")
                saved = report([a.dump, folder, how, archive])
                os.remove(archive)
                same = key(live) == key(saved)
                bad += not same
                print("%-4s %s %s" % ("ok" if same else "BAD", name, how))
                if not same:
                    print("       live:  %s\n       saved: %s" % (key(live), key(saved)))
    print("%d runs, %d differ" % (runs, bad))
    return 1 if bad or not runs else 0


if __name__ == "__main__":
    sys.exit(main())
