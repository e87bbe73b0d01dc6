"""The laboratory itself, seen with nothing but kubectl: what the other tests stand on."""
import unittest

import lab


class Laboratory(lab.LabTest):
    def test_every_node_has_a_running_agent(self):
        pods = self.exits(lab.kubectl("get", "pods", "-A", "-l", "k8s-app=cilium", "-o", "json"), 0).json()["items"]
        self.assertEqual({p["spec"]["nodeName"]: (p["metadata"]["name"], p["status"]["phase"]) for p in pods}, {a["node"]: (a["pod"], "Running") for a in lab.agents()})
        nodes = self.exits(lab.kubectl("get", "nodes", "-o", "name"), 0).out.split()
        self.assertEqual(sorted(nodes), sorted("node/" + a["node"] for a in lab.agents()))

    def test_each_agent_speaks_as_its_version(self):
        for a in lab.agents():
            minor = int(a["version"].split(".")[1])
            run = self.exits(lab.kubectl("-n", "kube-system", "exec", a["pod"], "-c", "cilium-agent", "--", "cilium", "status", "--verbose"), 0)
            self.assertIn("\nCilium:", run.out)
            self.assertRegex(run.out, r"\nCilium: +Ok   %s \(v" % a["version"].replace(".", r"\."))
            self.assertIn(" %s (localhost)" % a["node"], run.out)
            self.assertIn(a["ip"], run.out)
            self.assertEqual("Modules Health:" in run.out, minor >= 15)
            self.assertEqual("\nHost Routing:" in run.out, minor <= 15)
            self.assertRegex(run.out, r"\nKubeProxyReplacement: +%s" % ("True" if minor >= 14 else "Strict"))

    def test_old_images_have_no_cilium_dbg(self):
        for a in lab.agents():
            run = lab.kubectl("-n", "kube-system", "exec", a["pod"], "-c", "cilium-agent", "--", "cilium-dbg", "version")
            if int(a["version"].split(".")[1]) >= 15:
                self.assertIn("Daemon: " + a["version"], self.exits(run, 0).out)
            else:
                self.assertIn("executable file not found", self.exits(run, 126).err)

    def test_shell_and_exit_codes_are_real(self):
        a = lab.agents()[0]
        run = lab.kubectl("-n", "kube-system", "exec", a["pod"], "-c", "cilium-agent", "--", "sh", "-c", "hostname; cilium status --verbose | wc -c; echo oops >&2; exit 7")
        self.exits(run, 7)
        self.assertEqual(run.out.split()[0], a["node"])
        self.assertGreater(int(run.out.split()[1]), 10000)
        self.assertIn("oops\n", run.err)

    def test_faults(self):
        a, b = lab.agents()[0]["pod"], lab.agents()[1]["pod"]
        ask = ["-n", "kube-system", "exec", a, "-c", "cilium-agent", "--", "cilium", "status", "--verbose"]
        whole = self.exits(lab.kubectl(*ask), 0).out
        lab.fault(a, cut=1000)
        self.assertEqual(self.exits(lab.kubectl(*ask), 0).out, whole.encode()[:1000].decode(), "a cut stream ends with Success")
        lab.fault(a, exitCode=3, stderr="no\n")
        run = self.exits(lab.kubectl(*ask), 3)
        self.assertIn("no\n", run.err)
        lab.fault(a, noContainer=True)
        self.assertIn('container not found ("cilium-agent")', self.exits(lab.kubectl(*ask), 1).err)
        lab.fault(a, variant="unhealthy")
        run = self.exits(lab.kubectl(*ask), 1)
        self.assertIn("Kubernetes service is not ready", run.out)
        self.assertNotIn("Cluster health:", run.out)
        lab.fault(a, flood=3000000)
        self.assertEqual(len(self.exits(lab.kubectl(*ask), 0).out), 3000000)
        lab.fault(a, noShell=True)
        self.exits(lab.kubectl("-n", "kube-system", "exec", a, "-c", "cilium-agent", "--", "sh", "-c", "true"), 126)
        self.exits(lab.kubectl("-n", "kube-system", "exec", b, "-c", "cilium-agent", "--", "sh", "-c", "true"), 0)

    def test_every_kubeconfig_opens_the_door_it_is_for(self):
        for name in ("kubeconfig", "kubeconfig-certificate", "kubeconfig-exec", "kubeconfig-proxy"):
            self.exits(lab.kubectl("get", "nodes", "-o", "name", kubeconfig=name), 0)
        self.assertIn("Forbidden", self.exits(lab.kubectl("get", "nodes", kubeconfig="kubeconfig-alice"), 1).err)
        self.assertIn("Unauthorized", self.exits(lab.kubectl("get", "nodes", kubeconfig="kubeconfig-wrong-token"), 1).err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
