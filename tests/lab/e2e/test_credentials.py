"""Every way to prove who you are, and every door that stays shut, with its message and exit code."""
import os
import re
import subprocess
import unittest

import lab


def nodes(run):
    return [i["node"] for i in run.json()["items"]]


ALL = [a["node"] for a in lab.agents()]
with open(lab.path("kubeconfig"), encoding="utf-8") as f:
    TEXT = f.read()
SERVER = re.search(r"server: (\S+)", TEXT)[1]
TOKEN = re.search(r"token: (\S+)", TEXT)[1]


class Credentials(lab.LabTest):
    def whole(self, run):
        self.exits(run, 0)
        self.assertEqual(nodes(run), ALL)

    def test_token(self):
        self.whole(lab.kpr("status", "-o", "json"))

    def test_client_certificate(self):
        self.whole(lab.kpr("status", "-o", "json", kubeconfig="kubeconfig-certificate"))

    def test_credential_plugin_runs_once(self):
        runs = lab.path("exec-credential.runs")
        if os.path.exists(runs):
            os.remove(runs)
        self.whole(lab.kpr("status", "-o", "json", kubeconfig="kubeconfig-exec"))
        with open(runs, encoding="utf-8") as f:
            self.assertEqual(f.read(), "run\n", "one run for all requests")

    def test_connect_proxy(self):
        def connects():
            with open(lab.path("log", "labproxy.log"), encoding="utf-8") as f:
                return f.read().count("CONNECT ")
        before = connects()
        self.whole(lab.kpr("status", "-o", "json", kubeconfig="kubeconfig-proxy"))
        self.assertGreaterEqual(connects() - before, len(ALL) + 1, "the execs went through the proxy too")

    def test_proxy_from_the_environment(self):
        with open(lab.path("proxy.port"), encoding="utf-8") as f:
            proxy = "http://127.0.0.1:" + f.read().strip()
        # client-go, too, never takes a proxy of the environment for 127.0.0.1: the run has to work without it.
        self.whole(lab.kpr("status", "-o", "json", HTTPS_PROXY=proxy))

    def test_flags_instead_of_a_file(self):
        flags = ["--server", SERVER, "--token", TOKEN, "--certificate-authority", lab.path("pki", "ca.crt")]
        self.whole(lab.kpr("status", "-o", "json", *flags, kubeconfig=None))
        self.whole(lab.kpr("status", "-o", "json", "--server", SERVER, "--token", TOKEN, "--insecure-skip-tls-verify", kubeconfig=None))

    def test_list_of_files(self):
        self.whole(lab.kpr("status", "-o", "json", KUBECONFIG="/no/such/kubeconfig:" + lab.path("kubeconfig")))

    def test_relative_paths_belong_to_their_file(self):
        run = lab.Run([lab.KUBECTL, "kpr", "status", "-o", "json", "--kubeconfig", lab.path("kubeconfig-certificate")], lab.environment(None), timeout=60)
        self.whole(run)

    def test_in_cluster(self):
        """In a mount namespace of its own, with the service account's folder where a pod has it."""
        probe = subprocess.run(["unshare", "--mount", "--map-root-user", "true"], check=False, stderr=subprocess.PIPE)
        if probe.returncode != 0:
            self.skipTest("no mount namespace for us here: " + probe.stderr.decode().strip())
        script = ('set -e; mount -t tmpfs tmpfs /run; mkdir -p /run/secrets/kubernetes.io/serviceaccount; '
                  'cp "$LAB"/in-cluster/* /run/secrets/kubernetes.io/serviceaccount/; exec "$PLUGIN" status -o json')
        host, port = SERVER[len("https://"):].split(":")
        env = lab.environment(None, LAB=lab.LAB, PLUGIN=lab.PLUGIN, KUBERNETES_SERVICE_HOST=host, KUBERNETES_SERVICE_PORT=port)
        self.whole(lab.Run(["unshare", "--mount", "--map-root-user", "sh", "-c", script], env, timeout=60))

    def test_server_name(self):
        self.whole(lab.kpr("status", "-o", "json", "--tls-server-name", "lab.example"))
        self.assertRegex(self.exits(lab.kpr("status", "--tls-server-name", "other.example"), 3).err, r"Unable to connect to the server: .*(certificate|x509)")

    def test_wrong_authority(self):
        run = lab.kpr("status", "--server", SERVER, "--token", TOKEN, "--certificate-authority", "/etc/ssl/certs/ca-certificates.crt", kubeconfig=None)
        self.assertRegex(self.exits(run, 3).err, r"Unable to connect to the server: .*(certificate|x509)")

    def test_wrong_token(self):
        self.assertIn("error: You must be logged in to the server (Unauthorized)", self.exits(lab.kpr("status", kubeconfig="kubeconfig-wrong-token"), 3).err)

    def test_no_rights(self):
        err = self.exits(lab.kpr("status", kubeconfig="kubeconfig-alice"), 3).err
        self.assertIn('Error from server (Forbidden): ', err)
        self.assertIn('User "alice" cannot list resource "', err)

    def test_impersonation(self):
        self.assertIn('User "alice" cannot list resource "', self.exits(lab.kpr("status", "--as", "alice"), 3).err)
        self.whole(lab.kpr("status", "-o", "json", "--as", "bob", "--as-group", "system:masters"))

    def test_no_such_context(self):
        self.assertIn('context "nope" does not exist', self.exits(lab.kpr("status", "--context", "nope"), 3).err)

    def test_nothing_configured(self):
        run = lab.kpr("status", kubeconfig=None)
        self.exits(run, 3)
        self.assertIn("no kubeconfig", run.err.lower())

    def test_nobody_listens(self):
        run = lab.kpr("status", "--server", "https://127.0.0.1:1", "--token", "x", kubeconfig=None)
        self.assertIn("The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?", self.exits(run, 3).err)

    def test_secrets_are_in_no_log(self):
        for kubeconfig in ("kubeconfig", "kubeconfig-exec", "kubeconfig-proxy"):
            run = self.exits(lab.kpr("status", "-v=10", kubeconfig=kubeconfig), 0)
            self.assertNotIn(TOKEN, run.err + run.out)
            self.assertIn("/api/v1", run.err, "-v=10 logs requests, or this test would prove nothing")

    def test_rest_speaks_http_1_1(self):
        run = self.exits(lab.kpr("status", "-v=6"), 0)
        requests = [line for line in run.err.splitlines() if " milliseconds" in line]
        self.assertTrue(requests, run.err)
        self.assertEqual([line for line in requests if " HTTP/1.1 200 in " not in line], [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
