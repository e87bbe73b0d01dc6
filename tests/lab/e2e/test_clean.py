"""A cluster in which nothing is wrong: exit code 0, and a last line that is true. Whatever right is taken away, it is 2, never 0."""
import os
import re
import subprocess
import time
import unittest

import archives
import lab
import test_rights as rights

lab.LAB += "-clean"
lab.KUBECTL = lab.path("bin", "kubectl")
ENV = dict(os.environ, KPR_LAB_DIR=lab.LAB)
NODES, SERVICES = 3, 20
AGE = 600  # of the cluster as doctor is told it: agents younger than two minutes have not told their cluster health yet


def doctor(*options, **more):
    return lab.kpr("doctor", "--now", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + AGE)), *options, **more)


class Clean(lab.LabTest):
    @classmethod
    def setUpClass(cls):
        cls.addClassCleanup(subprocess.run, [lab.SOURCE + "/scripts/cluster-down.sh"], env=ENV, check=True, stdout=subprocess.DEVNULL)
        subprocess.run([lab.SOURCE + "/scripts/cluster-up.sh", "N=%d" % NODES, "VERSION=1.18.4", "WORKLOADS=1", "SERVICES=%d" % SERVICES], env=ENV, check=True, stdout=subprocess.DEVNULL)

    def test_nothing_is_wrong(self):
        run = doctor("-o", "json")
        report = run.json()
        said = {f["id"]: (f["severity"], f["summary"]) for f in report["findings"]}
        self.assertEqual({i: s for i, s in said.items() if s[0] in ("error", "critical")}, {})
        self.assertEqual(report["checks"]["skipped"], [])
        self.assertEqual((report["inspected"]["agentsRead"], report["inspected"]["agents"], report["inspected"]["gaps"], report["inspected"]["complete"]), (NODES, NODES, [], True))
        self.exits(run, 0)
        text = self.exits(doctor(), 0).out
        line = re.search(r"(?m)^3/3 agents, (\d+) checks: (\d+) ok, (\d+) findings?(?:, \d+ not judged \(.*\))?$", text)
        self.assertTrue(line, text)
        checks, ok, findings = map(int, line.groups())
        self.assertEqual((ok + findings, findings), (checks, len(said)))
        self.assertGreater(ok, 60, text)
        self.assertIn("kpr_run_complete 1\n", doctor("-o", "prometheus").out)

    def test_one_fault_is_found(self):
        lab.fault(lab.agents()[1]["pod"], variant="kpr-off")
        run = self.exits(doctor("-o", "json"), 1)
        self.assertIn([lab.agents()[1]["node"]], [f["nodes"] for f in run.json()["findings"] if f["id"] == "kpr-nodes-differ"])

    def test_its_archive_is_as_clean(self):
        self.assertTrue(archives.check(self, later=AGE)["inspected"]["complete"])

    def test_an_answer_that_does_not_come_is_no_pass(self):
        lab.fault(lab.agents()[2]["pod"], hang=True)
        self.exits(doctor("--node-timeout", "2s"), 2)

    def test_each_missing_right_is_incomplete(self):
        self.addCleanup(rights.revoke)
        roles = rights.printed("doctor")
        rights.grant(roles)
        for right in rights.single_rights(roles):
            rights.wait_for(right, roles, True)
        self.exits(doctor(kubeconfig="kubeconfig-alice"), 0)
        seen = 0
        for right in rights.single_rights(roles):
            _, _, group, resource, verb = right
            if resource == "pods/log" or (resource, verb) == ("pods/exec", "create"):
                continue  # not asked for here: all containers run, and the server takes `get`
            with self.subTest(verb=verb, resource=resource):
                rights.revoke()
                left = rights.without(roles, right)
                rights.grant([r for r in left if r[2]])
                rights.wait_for(right, roles, False)
                for other in rights.single_rights(left):
                    rights.wait_for(other, left, True)
                run = doctor(kubeconfig="kubeconfig-alice")
                self.assertIn(run.code, (2, 3), "\n" + str(run))
                self.assertRegex(run.out + run.err, r"(?i)forbidden|cannot|right|not allowed")
                seen += 1
        self.assertGreater(seen, 12)


if __name__ == "__main__":
    unittest.main(verbosity=2)
