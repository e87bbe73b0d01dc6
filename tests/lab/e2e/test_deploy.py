"""deploy/: the manifests against a real API server, the rights in them, the alert rules' metrics, the image layout."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import yaml

import lab

ROOT = pathlib.Path(os.environ["KPR_SOURCE_DIR"])
DEPLOY = ROOT / "deploy"
LAYOUT = [sys.executable, str(DEPLOY / "oci-layout.py")]
ACCOUNT = "system:serviceaccount:kube-system:kpr-doctor"


class Deploy(lab.LabTest):
    def kustomize(self, *components):
        with tempfile.TemporaryDirectory(dir=ROOT) as folder:  # kustomize takes relative folders only
            path = pathlib.Path(folder, "kustomization.yaml")
            lines = ["apiVersion: kustomize.config.k8s.io/v1beta1", "kind: Kustomization", "resources: [../deploy/base]"]
            if components:
                lines.append("components: [%s]" % ", ".join("../deploy/components/" + c for c in components))
            path.write_text("\n".join(lines) + "\n")
            return self.exits(lab.kubectl("kustomize", folder), 0).out

    def job(self, text):
        return next(d for d in yaml.safe_load_all(text) if d["kind"] == "CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"]

    def test_rights_are_those_that_rbac_prints(self):
        def rules(text):
            return sorted([(d["kind"], r["apiGroups"], r["resources"], r["verbs"], d["metadata"].get("namespace"), r.get("resourceNames"))
                    for d in yaml.safe_load_all(text) if d and d["kind"] in ("Role", "ClusterRole") for r in d["rules"]], key=str)
        printed = rules(self.exits(lab.kpr("rbac", "doctor"), 0).out)
        self.assertGreater(len(printed), 10)
        self.assertEqual(rules(self.kustomize()), printed, "deploy/render-rbac.py writes deploy/base/rbac.yaml anew")
        made = subprocess.run([sys.executable, str(DEPLOY / "render-rbac.py"), os.environ["KPR_PLUGIN"]], capture_output=True, text=True, check=True).stdout
        self.assertEqual((DEPLOY / "base/rbac.yaml").read_text(), made)

    def test_the_server_takes_every_combination(self):
        for components in [(), ("textfile",), ("pushgateway",), ("report-configmap",)]:
            text = self.kustomize(*components)
            self.exits(lab.kubectl("apply", "--dry-run=server", "--validate=strict", "-f", "-", stdin=text), 0)
            job = self.job(text)
            for c in job["containers"] + job.get("initContainers", []):
                self.assertEqual(c["securityContext"], {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}})
            self.assertTrue(job["securityContext"]["runAsNonRoot"])

    def test_the_account_sees_what_its_owner_sees(self):
        rights = "---\n".join(yaml.safe_dump(d) for d in yaml.safe_load_all(self.kustomize()) if d["kind"] != "CronJob")
        self.exits(lab.kubectl("apply", "-f", "-", stdin=rights), 0)
        try:
            arguments = self.job(self.kustomize())["containers"][0]["args"]
            mine, its = lab.kpr(*arguments), lab.kpr(*arguments, "--as", ACCOUNT)
            self.assertEqual((its.code, its.out), (mine.code, mine.out))
            self.assertIn("kpr_agents_read 8\n", its.out)
            self.exits(lab.kubectl("auth", "can-i", "delete", "pods", "--as", ACCOUNT), 1)
            with tempfile.TemporaryDirectory() as folder:
                file = pathlib.Path(folder, "kpr.prom")
                self.exits(lab.kpr(*arguments, f"--output-file={file}", "--as", ACCOUNT), mine.code)
                self.assertEqual(file.read_text(), its.out)
        finally:
            lab.kubectl("delete", "-f", "-", stdin=rights)

    def test_alerts_ask_for_metrics_that_there_are(self):
        metrics = set(re.findall(r"^# TYPE (\S+)", lab.kpr("doctor", "-o", "prometheus").out, re.M))
        groups = yaml.safe_load((DEPLOY / "alerts.yaml").read_text())["groups"]
        asked = {m for g in groups for r in g["rules"] for m in re.findall(r"\bkpr_\w+", r["expr"])}
        self.assertTrue(asked)
        self.assertEqual(asked - metrics, set())
        if shutil.which("promtool"):
            run = subprocess.run(["promtool", "test", "rules", str(DEPLOY / "alerts-test.yaml")], capture_output=True, text=True)
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_image_layout(self):
        with tempfile.TemporaryDirectory() as folder:
            binary, one, two = pathlib.Path(folder, "kubectl-kpr"), pathlib.Path(folder, "one"), pathlib.Path(folder, "two")
            binary.write_bytes(b"a static program")
            digests = [subprocess.run([*LAYOUT, binary, f], capture_output=True, text=True, check=True).stdout for f in (one, two)]
            self.assertEqual(digests[0], digests[1])
            self.assertRegex(digests[0], r"^sha256:[0-9a-f]{64}\n$")
            check = lambda: subprocess.run([*LAYOUT, "--check", one], capture_output=True, text=True)
            self.assertEqual((check().stdout, check().returncode), ("ok\n", 0))
            config = next(p for p in (one / "blobs/sha256").iterdir() if p.read_bytes().startswith(b'{"architecture"'))
            self.assertEqual(json.loads(config.read_text())["config"]["User"], "65532:65532")
            config.write_bytes(config.read_bytes().replace(b"65532", b"00000"))
            self.assertNotEqual(check().returncode, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
