"""One broken node is one row: what goes wrong on a node's side, on a real API server."""
import json
import signal
import subprocess
import time
import unittest

import lab


class Faults(lab.LabTest):
    """Node 4 breaks; the seven others are always there and read."""

    def setUp(self):
        super().setUp()
        self.agent = lab.agents()[3]

    def report(self, code, *flags, **what):
        lab.fault(self.agent["pod"], **what)
        run = self.exits(lab.kpr("status", "-o", "json", *flags), code)
        items = {i["node"]: i for i in run.json()["items"]}
        self.assertEqual(list(items), [a["node"] for a in lab.agents()])
        for node, item in items.items():
            if node != self.agent["node"]:
                self.assertEqual(item["reading"], "read", node)
        self.assertEqual(run.json()["metadata"]["complete"], code == 0)
        self.seconds = run.seconds
        return items[self.agent["node"]]

    def row(self, code, *flags):
        run = self.exits(lab.kpr("status", *flags), code)
        return [line for line in run.out.splitlines() if line.split()[0] == self.agent["node"]][0]

    def test_hang(self):
        item = self.report(2, "--node-timeout", "2s", hang=True)
        self.assertEqual(item["reading"], "unread")
        self.assertLess(self.seconds, 8)
        self.assertIn("unread: ", self.row(2, "--node-timeout", "2s"))

    def test_slow_is_not_broken(self):
        self.assertEqual(self.report(0, delay="1500ms")["reading"], "read")

    def test_cut_with_success(self):
        for at in (0, 10, 1000, 5000):
            with self.subTest(bytes=at):
                self.assertNotEqual(self.report(2, cut=at)["reading"], "read")

    def test_endless_output(self):
        item = self.report(2, "--node-timeout", "20s", flood=-1)
        self.assertNotEqual(item["reading"], "read")
        self.assertLess(self.seconds, 30)

    def test_container_gone(self):
        self.assertEqual(self.report(2, noContainer=True)["reading"], "unread")
        self.assertIn('container not found ("cilium-agent")', self.row(2))

    def test_kubelet_refuses(self):
        self.assertEqual(self.report(2, refuse=500, refuseText="error dialing backend: EOF")["reading"], "unread")

    def test_image_without_shell(self):
        self.assertEqual(self.report(0, noShell=True)["reading"], "read")

    def test_program_fails(self):
        self.assertNotEqual(self.report(2, exitCode=1, flood=1, stderr="Error: boom\n")["reading"], "read")

    def test_agent_that_is_not_well_is_read(self):
        item = self.report(0, variant="unhealthy")
        self.assertEqual((item["reading"], item["status"]["cilium"]["state"]), ("read", "Failure"))
        self.assertIn("Failure", self.row(0))

    def test_other_settings_stand_out(self):
        lab.fault(self.agent["pod"], variant="kpr-off")
        self.assertEqual(self.row(0).split()[2], "Disabled*" if int(self.agent["version"].split(".")[1]) <= 13 else "False*")

    def test_dead_kubelet(self):
        status = json.loads(lab.kubectl("get", "node", self.agent["node"], "-o", "json").out)["status"]
        patch = lambda port: self.exits(lab.kubectl("patch", "node", self.agent["node"], "--subresource=status", "-p", json.dumps({"status": {"daemonEndpoints": {"kubeletEndpoint": {"Port": port}}}})), 0)
        self.addCleanup(patch, status["daemonEndpoints"]["kubeletEndpoint"]["Port"])
        patch(1)
        self.assertEqual(self.report(2)["reading"], "unread")
        self.assertRegex(self.row(2), r"dial|refused")

    def test_agent_that_does_not_run(self):
        status = json.loads(lab.kubectl("-n", "kube-system", "get", "pod", self.agent["pod"], "-o", "json").out)["status"]
        patch = lambda s: self.exits(lab.kubectl("-n", "kube-system", "patch", "pod", self.agent["pod"], "--subresource=status", "--type=merge", "-p", json.dumps({"status": s})), 0)
        self.addCleanup(patch, {k: status[k] for k in ("phase", "conditions", "containerStatuses")})
        broken = dict(status["containerStatuses"][0], ready=False, restartCount=7, state={"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}},
                      lastState={"terminated": {"exitCode": 1, "reason": "Error", "message": "level=fatal msg=\"no route to the API server\"", "startedAt": None, "finishedAt": None}})
        patch({"containerStatuses": [broken]})
        row = self.row(2)
        self.assertIn("CrashLoopBackOff", row)
        self.assertIn("no route to the API server", row)

    def test_node_without_agent(self):
        self.addCleanup(lab.kubectl, "delete", "node", "node-99", "--wait=false")
        self.exits(lab.kubectl("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-99", "labels": {"kubernetes.io/os": "linux"}}})), 0)
        run = lab.kpr("status")
        self.assertEqual(run.code, 2, str(run))
        self.assertRegex(run.out, r"(?m)^node-99 .*no .*agent")

    def test_interrupt_prints_what_was_gathered(self):
        lab.fault(self.agent["pod"], hang=True)
        p = subprocess.Popen([lab.PLUGIN, "status", "-o", "json"], env=lab.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 20
        while len(lab.control("GET", "log") or []) < len(lab.agents()) - 1 and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(0.5)
        p.send_signal(signal.SIGINT)
        out, err = p.communicate(timeout=10)
        self.assertEqual(p.returncode, 130, err.decode())
        items = {i["node"]: i["reading"] for i in json.loads(out)["items"]}
        self.assertEqual(items.pop(self.agent["node"]), "unread")
        self.assertEqual(set(items.values()), {"read"})

    def test_whole_run_deadline(self):
        lab.control("PUT", "faults?share=1&seed=1", {"hang": True})
        run = lab.kpr("status", "--run-timeout", "3s")
        self.assertIn(run.code, (2, 3), str(run))
        self.assertLess(run.seconds, 8)


if __name__ == "__main__":
    unittest.main(verbosity=2)
