#!/usr/bin/env python3
"""hostile_text.py KUBECTL-KPR: every form of every report, with characters in names and messages that a terminal acts on, that readers of XML and
YAML refuse, and that nobody sees. No form prints one of them, and each is read by its ordinary reader."""
import html.parser
import json
import pathlib
import subprocess
import sys
import tempfile
import unicodedata
import unittest
import xml.etree.ElementTree

import yaml

STAMP = "20261124-120000"
# C0, DEL, C1, soft hyphen, bidirectional marks and overrides, zero-width, separators, byte order mark, noncharacters, tags, variation selectors
NASTY = [chr(c) for c in (*range(1, 32), 127, *range(0x80, 0xa0), 0xad, 0x34f, 0x61c, *range(0x200b, 0x2010), *range(0x2028, 0x202f), *range(0x2060, 0x2070), 0x3164, 0xfe0f, 0xfeff,
                          0xfdd0, 0xfffe, 0xffff, 0x1fffe, 0xe0001, 0xe0041, 0x10ffff)]
FORMS = {"doctor": ["text", "short", "json", "yaml", "markdown", "junit", "sarif", "html", "prometheus"], "status": ["table", "wide", "json", "yaml", "name"]}
STATUS = """KVStore:                Disabled
Kubernetes:             Ok         1.30 (v1.30.1) [linux/amd64]
KubeProxyReplacement:   Tr%sue   [eth0%s 10.0.0.1 (Direct Routing)]
Host firewall:          Disabled
Cilium:                 Ok   1.18.3 (v1.18.3-0badcafe)
NodeMonitor:            Listening for events on 2 CPUs with 64x4096 of shared memory
Controller Status:      1/2 healthy
  Name          Last success   Last error   Count   Message
  a-%s-b        never          3s ago       7       %s
"""


def is_seen(c):
    n = ord(c)
    return c in "\n\t" or not (unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") or n & 0xfffe == 0xfffe or 0xfdd0 <= n <= 0xfdef or n in (0x34f, 0x3164, 0xfe0f) or 0xe0000 <= n <= 0xe0fff)


def dump(folder, text):
    def write(name, items):
        objects = "".join("- " + json.dumps(i) + "\n" for i in items)
        (folder / ("%s-%s.yaml" % (name, STAMP))).write_text("apiVersion: v1\nitems:\n%skind: List\n" % objects, encoding="utf-8")
    node = "n" + text
    write("k8s-nodes", [{"metadata": {"name": node}, "status": {"conditions": [{"type": "Ready", "status": "False", "reason": text, "message": text}]}}])
    agent = {"metadata": {"name": "cilium-a", "namespace": "kube-system", "labels": {"k8s-app": "cilium"}}, "spec": {"nodeName": node, "containers": [{"name": "cilium-agent", "image": "c" + text}]},
             "status": {"phase": "Running", "containerStatuses": [{"name": "cilium-agent", "ready": True, "state": {"running": {}}}]}}
    pod = {"metadata": {"name": "p" + text, "namespace": "d" + text, "uid": "u"}, "spec": {"nodeName": node, "containers": [{"name": "c" + text, "image": "x" + text}]},
           "status": {"phase": "Pending", "containerStatuses": [{"name": "c" + text, "image": "x" + text, "state": {"waiting": {"reason": "ErrImagePull", "message": "failed to pull image: %s not found" % text}}}]}}
    write("k8s-pods", [agent, pod])
    write("k8s-events", [{"metadata": {"name": "e", "namespace": "d" + text}, "reason": "Failed", "message": "pull %s failed" % text, "involvedObject": {"kind": "Pod", "name": "p" + text, "uid": "u"}}])
    cmd = folder / ("cilium-bugtool-cilium-a-%s/cmd" % STAMP)
    cmd.mkdir(parents=True)
    line = "".join(c for c in text if c not in "\r\n\t\v\f\x1c\x1d\x1e\x85\u2028\u2029")
    (cmd / "cilium-dbg-status---verbose.md").write_text(STATUS % (line, line, line, line), encoding="utf-8", newline="")


class Forms(unittest.TestCase):
    plugin = ""

    def read(self, form, text):
        if form in ("json", "sarif"):
            return json.loads(text)
        if form == "yaml":
            return yaml.safe_load(text)
        if form == "junit":
            return xml.etree.ElementTree.fromstring(text)
        if form == "html":
            html.parser.HTMLParser().feed(text)
        return None

    def test_all(self):
        text = "".join(NASTY)
        with tempfile.TemporaryDirectory() as folder:
            dump(pathlib.Path(folder), text)
            for command, forms in FORMS.items():
                for form in forms:
                    run = subprocess.run([self.plugin, command, "--from", folder, *(() if form == "table" else ("-o", form))], capture_output=True, timeout=60, check=False)
                    with self.subTest(command=command, form=form):
                        self.assertIn(run.returncode, (0, 1, 2), run.stderr)
                        out, err = run.stdout.decode(), run.stderr.decode()
                        self.assertEqual([hex(ord(c)) for c in out + err if not is_seen(c)], [])
                        document = self.read(form, out)
                        if form == "json" and command == "status":
                            self.assertEqual(document["items"][0]["node"], "n" + text)
                        if command == "doctor" and form != "prometheus":
                            self.assertTrue("image-pull" in out, "the pod's finding is not there")

    def test_parse(self):
        for text in NASTY:
            run = subprocess.run([self.plugin, "parse", "-"], input=(STATUS % ("", "", text, "m" + text)).encode(), capture_output=True, timeout=60, check=False)
            with self.subTest(text=text):
                self.assertEqual([hex(ord(c)) for c in run.stdout.decode() if not is_seen(c)], [])
                json.loads(run.stdout)


if __name__ == "__main__":
    Forms.plugin = sys.argv.pop(1)
    unittest.main()
