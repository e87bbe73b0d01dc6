#!/usr/bin/env python3
"""catalogue-page.py [--check]: writes docs/checks.md from the catalogue's data files; with --check it only says whether the page is theirs."""
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/checks.md"
SECTIONS = {0: "Waivers", 1: "Mode and configuration of the replacement", 2: "kube-proxy: still there, or left behind", 3: "Kernel", 4: "Reaching the API server without kube-proxy", 5: "Devices, routing, masquerading",
            6: "Load-balancer modes and what Services mean", 7: "BPF maps and the state of Services", 8: "Helm, cilium-cli, operators", 9: "Workloads, stuck pods, image pulls", 10: "Health of Cilium itself"}
PHASES = {"D": "doctor", "P": "planning a migration", "B": "both"}


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def shown(text):
    """Placeholders as the program prints them where it has no value."""
    return re.sub(r"\{([a-z][a-z0-9-]*)\}", lambda m: m[1].upper().replace("-", "_"), text)


def fix_lines(steps):
    """What `explain` prints of steps: sentences, and commands a little deeper."""
    before = ""
    for step in steps:
        if "say" in step:
            yield ("or " if step.get("or") else "") + shown(step["say"])
            continue
        where = step.get("where", "")
        if step.get("or"):
            yield ("or " + where).strip() + ":"
        elif where != before:
            yield (where or "here again") + ":"
        before = where
        if "run" in step:
            yield "  " + shown(step["run"])
        else:
            words = ["--set " + (w if re.fullmatch(r"[A-Za-z0-9._/:@,+=%-]+", w) else "'%s'" % w) for w in (shown(k + "=" + v) for k, v in step["set"].items())]
            yield "  helm upgrade RELEASE cilium/cilium --version VERSION -n NS --reuse-values " + " ".join(words)


def page():
    entries = [e for name in ("catalogue.json", "catalogue_workloads.json") for e in json.loads((ROOT / "plugin/checks" / name).read_text(encoding="utf-8"))]
    unknown = {e["section"] for e in entries} - set(SECTIONS)
    if unknown:
        sys.exit("catalogue-page: a name is missing for section %s" % sorted(unknown))
    out = ["# The catalogue", "", "<!-- made by scripts/catalogue-page.py from plugin/checks/catalogue*.json: change those, then run it -->", "",
           "%d entries. `kubectl kpr checks` lists them, `kubectl kpr explain ID` prints one; ids stay what they are. The severity is the usual one: a finding can" % len(entries),
           "have another where its evidence is weaker or stronger. What no check decides, and why, is in [checks-not-judged.md](checks-not-judged.md).", ""]
    for section, title in SECTIONS.items():
        own = [e for e in entries if e["section"] == section]
        if not own:
            continue
        out += ["## " + title, "", "| Id | Severity | For | What |", "|---|---|---|---|"]
        out += ["| [`%s`](#%s) | %s | %s | %s |" % (e["id"], e["id"], e["severity"], PHASES[e["phase"]], cell(e["title"])) for e in own]
        out.append("")
        for e in own:
            out += ["### " + e["id"], "", "%s. %s" % (cell(e["title"]), cell(e["what"])), "", "- Applies to: " + cell(e["applies-to"]), "- Why it matters: " + cell(e["why"])]
            for key, name in (("evidence", "Looks at"), ("versions", "Versions")):
                if e.get(key):
                    out.append("- %s: %s" % (name, cell("; ".join(e[key]))))
            if e.get("fix"):
                out += ["- Fix:", ""] + ["      " + line for line in fix_lines(e["fix"])] + [""]
            if e.get("links"):
                out.append("- Sources: " + ", ".join("<%s>" % link if "://" in link else link for link in e["links"]))
            if not e.get("judged", True):
                out.append("- No check judges this: [why](checks-not-judged.md).")
            if e.get("confidence"):
                out.append("- Parts of this rest on general knowledge that no source confirms.")
            out.append("")
    return "\n".join(out).rstrip("\n") + "\n"


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
            sys.exit("docs/checks.md is not what scripts/catalogue-page.py makes of the catalogue: run it")
    else:
        PAGE.write_text(page(), encoding="utf-8")
