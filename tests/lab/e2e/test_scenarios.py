"""Whole clusters in a live API server: what `kubectl kpr doctor` must say of each, and must not.

The clusters are not a part of this project: $KPR_SHARED/scenarios holds them, each with the findings that are true there. Skipped without it."""
import json
import os
import subprocess
import sys
import unittest

import archives
import lab

ROOT = os.path.join(os.environ.get("KPR_SHARED", ""), "scenarios")
SCENARIOS = sorted(d for d in (os.listdir(ROOT) if os.path.isdir(ROOT) else []) if os.path.exists(os.path.join(ROOT, d, "expect.json")))
lab.LAB += "-scenario"
lab.KUBECTL = lab.path("bin", "kubectl")
ENV = dict(os.environ, KPR_LAB_DIR=lab.LAB)


class Scenarios(unittest.TestCase):
    maxDiff = None

    @classmethod
    def tearDownClass(cls):
        subprocess.run([lab.SOURCE + "/scripts/cluster-down.sh"], env=ENV, check=True, stdout=subprocess.DEVNULL)

    def judge(self, name):
        folder = os.path.join(ROOT, name)
        with open(os.path.join(folder, "expect.json"), encoding="utf-8") as f:
            expect = json.load(f)
        subprocess.run([lab.SOURCE + "/scripts/cluster-load-scenario.sh", folder], env=ENV, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        run = lab.kpr("doctor", "-o", "json", timeout=120)
        self.assertIn(run.code, (0, 1, 2), str(run))
        findings = {f["id"]: f for f in run.json()["findings"]}
        said = "%s: %s" % (name, {i: f["severity"] for i, f in findings.items()})
        for must in expect["must"]:
            self.assertIn(must, findings, said)
        for group in expect["mustAnyOf"]:
            self.assertTrue(set(group) & set(findings), said + " has none of %s" % group)
        for check, nodes in expect["nodes"].items():
            if check in findings:
                self.assertEqual(set(nodes) - set(findings[check]["nodes"]), set(), said)
        self.assertEqual(set(expect["mustNot"]) & set(findings), set(), said)
        severe = {i for i, f in findings.items() if f["severity"] in ("error", "critical")}
        self.assertEqual(severe & set(expect["noEvidence"]), set(), said)
        if expect["maxErrors"] is not None:
            self.assertLessEqual(len(severe), expect["maxErrors"], said)
        archives.check(self, logs=bool(os.path.isdir(os.path.join(folder, "logs")) and os.listdir(os.path.join(folder, "logs"))))


for scenario in SCENARIOS:
    setattr(Scenarios, "test_" + scenario.replace("-", "_"), lambda self, name=scenario: self.judge(name))

if __name__ == "__main__":
    if not SCENARIOS:
        print("no scenarios in $KPR_SHARED/scenarios: nothing to judge")
        sys.exit(77)
    unittest.main(verbosity=2, argv=sys.argv[:1] + ["Scenarios.test_" + a.replace("-", "_") for a in sys.argv[1:]])
