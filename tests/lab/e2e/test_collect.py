"""collect and the doctor of its archive, against the laboratory's own fleet of mixed versions."""
import json
import os
import tempfile
import unittest
import zipfile

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

    def test_the_last_words_of_a_container_that_is_not_ready(self):
        pod = lab.agents()[4]["pod"]
        before = json.loads(lab.kubectl("-n", "kube-system", "get", "pod", pod, "-o", "json").out)["status"]["containerStatuses"]

        def set_statuses(statuses):
            patch = json.dumps({"status": {"containerStatuses": statuses}})
            self.exits(lab.kubectl("-n", "kube-system", "patch", "pod", pod, "--subresource=status", "--type=merge", "-p", patch), 0)

        set_statuses([dict(s, ready=False, restartCount=3) for s in before])
        self.addCleanup(set_statuses, before)
        archives.check(self, logs=True)
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "a.zip")
            lab.kpr("collect", "-o", out)
            with zipfile.ZipFile(out) as z:
                names = sorted(n.split("/")[1] for n in z.namelist() if "/logs-" in n)
                self.assertEqual([n.startswith("logs-%s-cilium-agent-" % pod) for n in names], [True, True], names)
                self.assertEqual([n.endswith("-prev.log") for n in names], [True, False] if names[0].endswith("-prev.log") else [False, True])
                self.assertTrue(all(z.read(n) for n in z.namelist() if "/logs-" in n))

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
