"""Completion through real kubectl: what only the cluster, the kubeconfig and the catalogue know."""
import os
import pathlib
import subprocess
import tempfile
import unittest

import lab


class Completion(lab.LabTest):
    def offered(self, *words):
        """kubectl finds kubectl_complete-kpr on PATH and prints what it answers."""
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "kubectl_complete-kpr").symlink_to(os.environ["KPR_PLUGIN"])
            pathlib.Path(folder, "kubectl-kpr").symlink_to(os.environ["KPR_PLUGIN"])
            run = lab.kubectl("__complete", "kpr", *words, PATH=folder + os.pathsep + os.environ["PATH"])
        return [line.split("\t")[0] for line in run.out.splitlines() if not line.startswith(":")]

    def test_names(self):
        nodes = [a["node"] for a in lab.agents()]
        self.assertEqual(self.offered("status", "--node", ""), nodes)
        self.assertEqual(self.offered("status", "--node", "node-3"), ["node-3"])
        self.assertIn("kube-system", self.offered("status", "-n", ""))
        contexts = lab.kubectl("config", "get-contexts", "-o", "name").out.split()
        self.assertTrue(contexts)
        self.assertEqual(self.offered("status", "--context", ""), contexts)
        ids = lab.kpr("checks", "-o", "name").out.split()
        self.assertEqual(sorted(self.offered("explain", "")), sorted(i.split("/")[-1] for i in ids))

    def test_a_dead_cluster_gives_no_names_and_no_noise(self):
        self.assertEqual(self.offered("status", "--server", "https://127.0.0.1:1", "--node", ""), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
