"""`kubectl kpr status` with real kubectl in front, against a real API server, with agents of eight Cilium versions."""
import json
import unittest

import lab


def settings(report):
    return {i["node"]: i["settings"] for i in report["items"]}


class Status(lab.LabTest):
    def test_table(self):
        run = self.exits(lab.kpr("status"), 0)
        lines = run.out.splitlines()
        self.assertEqual(lines[0].split()[:3], ["NODE", "VERSION", "MODE"])
        self.assertEqual([line.split()[0] for line in lines[1:]], [a["node"] for a in lab.agents()])
        for a, line in zip(lab.agents(), lines[1:]):
            version, mode, devices = (c.rstrip("*") for c in line.split()[1:4])
            self.assertEqual((version, mode, devices), (a["version"], "True" if int(a["version"].split(".")[1]) >= 14 else "Strict", "eth0"))
            self.assertTrue(line.rstrip().endswith("Ok"), line)

    def test_json_says_what_each_agent_says(self):
        report = self.exits(lab.kpr("status", "-o", "json"), 0).json()
        self.assertEqual((report["apiVersion"], report["kind"]), ("kpr.dev/v1", "StatusReport"))
        self.assertEqual((report["metadata"]["nodes"], report["metadata"]["read"], report["metadata"]["complete"]), (8, 8, True))
        self.assertEqual([i["node"] for i in report["items"]], [a["node"] for a in lab.agents()])
        for a, item in zip(lab.agents(), report["items"]):
            own = lab.kubectl("-n", "kube-system", "exec", a["pod"], "-c", "cilium-agent", "--", "cilium", "status", "-o", "json").json()
            ours = item["status"]
            self.assertEqual(ours["cilium"], own["cilium"])
            self.assertEqual(ours["kubernetes"], own["kubernetes"])
            kpr, want = ours["kube-proxy-replacement"], own["kube-proxy-replacement"]
            self.assertEqual((kpr["mode"], kpr["devices"]), (want["mode"], want["devices"]))
            self.assertEqual([[ip for ip in d["ip"] if ip] for d in kpr.get("deviceList", []) if d.get("ip")], [[ip for ip in d["ip"] if ip] for d in want.get("deviceList", [])])
            for feature in ("nodePort", "sessionAffinity", "hostPort", "externalIPs"):
                self.assertEqual(kpr["features"][feature].get("enabled", False), want["features"][feature].get("enabled", False), feature)
            self.assertEqual(item["reading"], "read")

    def test_yaml_is_the_same_document(self):
        text = self.exits(lab.kpr("status", "-o", "yaml", "--now", "2026-11-24T12:00:00Z"), 0).out
        self.assertTrue(text.startswith("apiVersion: kpr.dev/v1\nkind: StatusReport\n"), text[:200])
        # kubectl reads it back for us, as a field of an object that it does not know.
        wrapped = "apiVersion: kpr.dev/v1\nkind: Wrapper\nmetadata: {name: x}\nreport:\n" + "".join("  " + line + "\n" for line in text.splitlines())
        back = self.exits(lab.kubectl("annotate", "--local", "-f", "-", "lab=1", "-o", "json", stdin=wrapped), 0).json()["report"]
        want = self.exits(lab.kpr("status", "-o", "json", "--now", "2026-11-24T12:00:00Z"), 0).json()
        self.assertEqual(back, want)

    def test_one_agent(self):
        self.assertEqual(list(settings(self.exits(lab.kpr("status", "--node", "node-3", "-o", "json"), 0).json())), ["node-3"])
        self.assertEqual(list(settings(self.exits(lab.kpr("status", "-l", "node-role.kubernetes.io/control-plane", "-o", "json"), 0).json())), ["node-1"])
        self.assertEqual(list(settings(self.exits(lab.kpr("status", "--field-selector", "metadata.name=node-2", "-o", "json"), 0).json())), ["node-2"])
        asked = {e["pod"] for e in lab.control("GET", "log")}
        self.assertEqual(asked, {"kube-system/" + a["pod"] for a in lab.agents()[:3]}, "no other agent was asked")

    def test_one_exec_an_agent(self):
        self.exits(lab.kpr("status"), 0)
        log = lab.control("GET", "log")
        self.assertEqual(sorted(e["pod"] for e in log), sorted("kube-system/" + a["pod"] for a in lab.agents()))
        self.assertEqual({e["argv"][0] for e in log}, {"sh"})

    def test_flags_anywhere(self):
        self.assertNotIn("NODE", self.exits(lab.kpr("status", "--no-headers"), 0).out.split()[0])
        self.assertGreater(len(self.exits(lab.kpr("status", "-o=wide"), 0).out.splitlines()[0]), len(self.exits(lab.kpr("status"), 0).out.splitlines()[0]))
        self.assertIn("node-8", self.exits(lab.kpr("-n", "kube-system", "status"), 0).out)

    def test_chunks_make_the_same_report(self):
        whole = settings(self.exits(lab.kpr("status", "-o", "json"), 0).json())
        self.assertEqual(settings(self.exits(lab.kpr("status", "-o", "json", "--chunk-size", "3"), 0).json()), whole)
        self.assertEqual(settings(self.exits(lab.kpr("status", "-o", "json", "--max-concurrency", "1"), 0).json()), whole)

    def test_usage(self):
        self.exits(lab.kpr("status", "--no-such-flag"), 64)
        self.exits(lab.kpr("status", "-o", "xml"), 64)


if __name__ == "__main__":
    unittest.main(verbosity=2)
