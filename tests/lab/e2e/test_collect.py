"""collect and the doctor of its archive, against the laboratory's own fleet of mixed versions."""
import os
import tempfile
import unittest

import archives
import lab


class Collect(lab.LabTest):
    def test_the_archive_says_what_the_cluster_says(self):
        archives.check(self)

    def test_with_agents_that_do_not_answer(self):
        pods = [a["pod"] for a in lab.agents()]
        lab.fault(pods[1], refuse=500, refuseText="container is not running")
        lab.fault(pods[2], variant="unhealthy")
        lab.fault(pods[3], noShell=True)
        report = archives.check(self)
        self.assertEqual(report["inspected"]["agentsRead"], report["inspected"]["agents"] - 1)

    def test_a_missing_right_stands_in_the_archive(self):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "a.zip")
            run = lab.kpr("collect", "-o", out, kubeconfig="kubeconfig-alice")
            self.exits(run, 3)  # without the right to find the agents there is nothing to save
            self.assertFalse(os.path.exists(out))

    def test_a_network_probe_that_cannot_try_is_no_pass(self):
        run = lab.kpr("doctor", "-o", "json", "--probe-network", "--checks", "kubernetes-service-unreachable")
        self.exits(run, 2)  # the laboratory's agents have neither bash nor the kubelet's variables
        self.assertEqual([c["id"] for c in run.json()["checks"]["skipped"]], ["kubernetes-service-unreachable"])
        self.assertEqual(run.json()["checks"]["ok"], 0)

    def test_nothing_is_overwritten_and_nothing_half_is_left(self):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "a.tgz")
            self.exits(lab.kpr("collect", "-o", out), lab.kpr("collect", "-o", os.path.join(folder, "b.tgz")).code)
            size = os.path.getsize(out)
            run = self.exits(lab.kpr("collect", "-o", out), 3)
            self.assertEqual(run.err, "error: %s exists already\nName another file with -o, or remove this one.\n" % out)
            self.assertEqual(os.path.getsize(out), size)
            self.assertEqual(sorted(os.listdir(folder)), ["a.tgz", "b.tgz"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
