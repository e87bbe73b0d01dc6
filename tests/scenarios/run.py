#!/usr/bin/env python3
"""run.py --dump PROGRAM --kpr KUBECTL-KPR [--shared DIR] [NAME...]: whole clusters against what has to be said of them.

--dump   doctor_dump: reads a scenario's folder itself, as a live run sees it and as a sysdump would hold it
--kpr    kubectl-kpr: reads packed scenarios and captures with `doctor --from`

Three kinds: folders of DIR/scenarios, clusters made from public reports (reports.tar.zst, same form), and captures of
real agents under real faults (real-faults/*/collect.zip). not_yet.txt names those that are not right so far; one that
comes right has to leave it.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PACKINGS = [("dump.zip", []), ("dump.tar.gz", ["--no-topdir"]), ("dump", []), ("crlf.zip", ["--crlf", "--markdown"])]
RANK = {"info": 0, "warn": 1, "error": 2, "critical": 3}


def told_findings(report):
    """All findings of a report, those told under their cause too: (id, nodes) of these, whole ones of the others."""
    findings = list(report["findings"]) + report.get("explained", [])
    for finding in report["findings"]:
        for symptom in finding.get("explains", []):
            findings.append(symptom if isinstance(symptom, dict) else {"id": symptom, "nodes": None})
    return findings


def texts_of(value):
    """All texts inside a JSON value."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for v in inner for text in texts_of(v)]


def fix_text(finding):
    """What a person reads of a fix: its sentences and its commands."""
    return "\n".join(texts_of(finding.get("fix")) + texts_of(finding.get("commands")))


def wrong_fixes(expect, findings):
    for key, broken in (("fixNot", True), ("fixHas", False)):
        for wanted, pattern in expect.get(key, {}).items():
            for f in findings:
                if f["id"] == wanted or (wanted == "*" and f["id"] != "helm-not-owner"):
                    text = fix_text(f)
                    if bool(re.search(pattern, text)) == broken:
                        yield "%s %s of %s: %s" % (key, pattern, f["id"], text[:300])


def problems(expect, report, sysdump):
    told, findings = told_findings(report), report["findings"]
    ids = {f["id"] for f in told}
    absent = set(expect["liveOnly"]) if sysdump else set(expect.get("sysdumpOnly", []))
    out = ["missing: " + i for i in expect["must"] if i not in ids and i not in absent]
    for group in expect["mustAnyOf"]:
        if not ids & set(group) and not set(group) <= absent:
            out.append("none of: " + ", ".join(group))
    for i, nodes in expect["nodes"].items():
        same = [f for f in told if f["id"] == i]
        if same and all(f["nodes"] is not None for f in same):
            lacks = set(nodes) - {n for f in same for n in f["nodes"]}
            if lacks:
                out.append("%s does not name %s" % (i, ", ".join(sorted(lacks))))
    out += ["false alarm: %s: %s" % (f["id"], f.get("summary", "")) for f in told if f["id"] in expect["mustNot"]]
    serious = [f for f in findings if RANK[f["severity"]] >= RANK["error"]]
    # A capture's expect.json tells what was broken on purpose; what else was amiss there it does not list.
    listed = "sources" in expect
    known = set(expect["must"]) | set(expect["may"]) | {i for g in expect["mustAnyOf"] for i in g}
    for f in serious:
        if listed and f["id"] not in known:
            why = "without evidence" if f["id"] in expect["noEvidence"] else "not expected"
            out.append("%s: %s %s: %s" % (why, f["severity"], f["id"], f["summary"]))
    if expect["maxErrors"] is not None and len(serious) > expect["maxErrors"]:
        out.append("too many errors: " + ", ".join(f["id"] for f in serious))
    if expect.get("first") and not (findings and findings[0]["id"] in expect["first"]):
        out.append("leads with %s, not with %s" % (findings[0]["id"] if findings else "nothing", " or ".join(expect["first"])))
    for i, least in expect.get("atLeast", {}).items():
        out += ["%s is only %s" % (i, f["severity"]) for f in findings if f["id"] == i and RANK[f["severity"]] < RANK[least]]
    return out + list(wrong_fixes(expect, findings))


def scenario_ways(a, root, folder, expect, tmp, packings):
    yield "live", [a.dump, folder], False
    yield "as a sysdump", [a.dump, folder, "--sysdump"], True
    if not expect["sources"]["sysdump"]:
        return
    for out, options in packings:
        path = os.path.join(tmp, out)
        subprocess.run([sys.executable, os.path.join(root, "to_sysdump.py"), folder, path] + options, check=True)
        yield " ".join([out] + options), [a.kpr, "doctor", "--from", path, "-o", "json"], True


def cases(a, root, tmp):
    """(name, expect.json, its ways) of each cluster."""
    def scenarios(parent, packings):
        for name in sorted(os.listdir(parent)):
            folder = os.path.join(parent, name)
            if os.path.exists(os.path.join(folder, "expect.json")) and os.path.exists(os.path.join(folder, "meta.json")):
                expect = json.load(open(os.path.join(folder, "expect.json")))
                yield name, expect, lambda work, e=expect, f=folder: scenario_ways(a, root, f, e, work, packings)

    yield from scenarios(root, PACKINGS)
    reports = os.path.join(root, "reports.tar.zst")
    if os.path.exists(reports):
        unpacked = os.path.join(tmp, "reports")
        os.mkdir(unpacked)
        subprocess.run(["tar", "--zstd", "-xf", reports, "-C", unpacked], check=True)
        yield from scenarios(unpacked, PACKINGS[:1])
    captures = os.path.join(root, "real-faults")
    for name in sorted(os.listdir(captures)) if os.path.isdir(captures) else []:
        expect = json.load(open(os.path.join(captures, name, "expect.json")))
        archive = os.path.join(captures, name, "collect.zip")
        yield name, expect, lambda work, p=archive: [("captured", [a.kpr, "doctor", "--from", p, "-o", "json"], False)]


def paste(a, root, tmp):
    """Every cluster with hostile texts: the printed commands, pasted into shells whose programs are stubs, do no harm."""
    bad = runs = 0
    for name, expect, ways in cases(a, root, tmp):
        if a.names and name not in a.names:
            continue
        with tempfile.TemporaryDirectory() as work:
            way, command, _ = next(iter(ways(work)))
        source = command[command.index("--from") + 1] if "--from" in command else command[1]
        r = subprocess.run([a.dump, source, "--paste"], capture_output=True, text=True, errors="replace")
        runs += 1
        bad += r.returncode != 0
        print("%-4s %s: %s%s" % ("BAD" if r.returncode else "ok", name, r.stdout.replace("\n", "; "), r.stderr))
    print("%d clusters, %d print a command that does harm" % (runs, bad))
    return 1 if bad or not runs else 0


def judge(command, expect, sysdump):
    r = subprocess.run(command, capture_output=True)
    try:
        report = json.loads(r.stdout)
    except ValueError:
        return {"findings": []}, ["exit %d, no JSON: %s" % (r.returncode, r.stderr.decode(errors="replace")[:300])]
    return report, problems(expect, report, sysdump)


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--dump", required=True)
    ap.add_argument("--kpr", required=True)
    ap.add_argument("--shared", default=os.environ.get("KPR_SHARED", "../shared"))
    ap.add_argument("-v", action="store_true", help="each finding too")
    ap.add_argument("--paste", action="store_true", help="make every text hostile, and paste what is printed into shells")
    ap.add_argument("names", nargs="*")
    a = ap.parse_args()
    root = os.path.join(a.shared, "scenarios")
    if not os.path.isdir(root):
        print("no scenarios in %s: skipped" % root)
        return 77
    if a.paste:
        with tempfile.TemporaryDirectory() as tmp:
            return paste(a, root, tmp)
    not_yet = {line.split("#")[0].strip() for line in open(os.path.join(HERE, "not_yet.txt"))} - {""}
    bad = runs = 0
    with tempfile.TemporaryDirectory() as tmp:
        for name, expect, ways in cases(a, root, tmp):
            if a.names and name not in a.names:
                continue
            with tempfile.TemporaryDirectory() as work:
                amiss = 0
                for way, command, sysdump in ways(work):
                    runs += 1
                    report, wrong = judge(command, expect, sysdump)
                    amiss += bool(wrong)
                    mark = "ok" if not wrong else "gap" if name in not_yet else "BAD"
                    print("%-4s %s, %s" % (mark, name, way))
                    for w in wrong:
                        print("       " + w)
                    for f in report["findings"] if a.v else []:
                        print("         %s %s: %s %s" % (f["severity"], f["id"], f["summary"], f["nodes"]))
                if name in not_yet and not amiss:
                    print("BAD  %s is right now: take it out of not_yet.txt" % name)
                bad += amiss > 0 if name not in not_yet else not amiss
    print("%d runs, %d clusters not as expected, %d known gaps" % (runs, bad, len(not_yet)))
    return 1 if bad or not runs else 0


if __name__ == "__main__":
    sys.exit(main())
