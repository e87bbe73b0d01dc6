"""Clusters of one node and of a thousand, each of its own."""
import os
import re
import subprocess
import unittest

import yaml

import lab

ROOT = lab.LAB


class Sizes(unittest.TestCase):
    def up(self, n):
        lab.LAB = ROOT + "-%d" % n
        lab.KUBECTL = lab.path("bin", "kubectl")
        env = dict(os.environ, KPR_LAB_DIR=lab.LAB, N=str(n))
        self.addCleanup(subprocess.run, [lab.SOURCE + "/scripts/cluster-down.sh"], env=env, check=True, stdout=subprocess.DEVNULL)
        subprocess.run([lab.SOURCE + "/scripts/cluster-up.sh"], env=env, check=True, stdout=subprocess.DEVNULL)

    def whole(self, n):
        self.up(n)
        run = lab.kpr("status", "-o", "json", timeout=240)
        self.assertEqual(run.code, 0, str(run))
        items = run.json()["items"]
        self.assertEqual([(i["node"], i["settings"]["version"], i["reading"]) for i in items], [(a["node"], a["version"], "read") for a in lab.agents()])
        self.assertEqual(len(items), n)
        table = lab.kpr("status", timeout=240)
        self.assertEqual(table.code, 0, str(table))
        self.assertEqual([line.split()[0] for line in table.out.splitlines()[1:]], [a["node"] for a in lab.agents()])
        text = lab.kpr("status", "-o", "yaml", timeout=240)
        self.assertEqual(text.code, 0, str(text))
        items = text.out.partition("\nitems:\n")[2].partition("\ndiffers:")[0] + "\n"  # as one document a thousand would take a reader half a minute
        some = yaml.safe_load("".join(re.split(r"(?m)^(?=\s*- node: )", items)[:20]))
        self.assertEqual(len(some), min(n, 19))
        self.assertEqual([(i["node"], i["settings"], i["reading"]) for i in some], [(i["node"], i["settings"], i["reading"]) for i in run.json()["items"][:len(some)]])
        self.assertEqual(re.findall(r"(?m)^\s*- node: (\S+)$", items), [a["node"] for a in lab.agents()])

    def test_one(self):
        self.whole(1)

    def test_a_thousand_of_mixed_versions(self):
        self.whole(1000)
        broken = lab.control("PUT", "faults?share=0.05&seed=7", {"hang": True})
        self.assertEqual(len(broken), 50)
        run = lab.kpr("status", "-o", "json", "--node-timeout", "3s", timeout=240)
        self.assertEqual(run.code, 2, str(run))
        names = {a["node"] for a in lab.agents() if "kube-system/" + a["pod"] in broken}
        self.assertEqual({i["node"] for i in run.json()["items"] if i["reading"] != "read"}, names)


if __name__ == "__main__":
    unittest.main(verbosity=2)
