"""What goes over the wire is what `kubectl kpr rbac` prints: every request of every subcommand is recorded and compared, both ways."""
import json
import os
import unittest

import table
from cluster import FaultTest, what

NODES = ["node-1", "node-2", "node-3"]
REVIEW = ("create", "authorization.k8s.io", "selfsubjectaccessreviews", "")  # everybody may, it changes nothing


class Rights(FaultTest):
    def setUp(self):
        super().setUp()
        self.serve(NODES)
        self.kubeconfig()
        self.recorded, self.names = set(), {}

    def record(self):
        for r in self.server.seen():
            verb, group, resource, ns = what(r)
            if resource == "pods/exec":
                self.assertEqual((r.method, r.headers.get("upgrade")), ("GET", "websocket"))
            self.assertIn(r.method, ("GET", "POST"))
            if verb == "get" and "/" not in resource:
                self.names.setdefault(resource, set()).add(r.path.rsplit("/", 1)[1])
            self.recorded.add((verb, group, resource, ns))
        return self.recorded

    def printed(self, subcommand):
        """{(verb, group, resource): True where only in Cilium's namespace}, and the names where only some objects are meant."""
        out, self.printed_names = {}, {}
        for item in json.loads(self.exits(self.kpr("rbac", subcommand, "-o", "json"), 0).out)["items"]:
            for rule in item.get("rules", []):
                if "resourceNames" in rule:
                    self.printed_names.update({r: set(rule["resourceNames"]) for r in rule["resources"]})
                for verb in rule["verbs"]:
                    for group in rule["apiGroups"]:
                        for resource in rule["resources"]:
                            out[verb, group, resource] = item["kind"] == "Role"
        return out

    def situations(self, *arguments):
        """All that makes a subcommand ask for something else."""
        self.kpr(*arguments)
        self.objects.labels = {"app": "net"}                      # agents under labels of their own
        self.kpr(*arguments)
        self.objects.labels = {"k8s-app": "cilium"}
        self.objects.denied = {("list", "pods", ""), ("list", "nodes", "")}  # rights in one namespace only
        self.kpr(*arguments)
        self.objects.denied = set()
        self.objects.down = {NODES[1]}                            # a container whose last words are asked for
        self.kpr(*arguments)
        self.script.exec_default = table.refuse(403, table.forbidden("get"))
        self.kpr(*arguments)

    def compare(self, subcommand, *arguments):
        self.situations(*arguments)
        printed = self.printed(subcommand)
        recorded = self.record() - {REVIEW}
        for verb, group, resource, ns in sorted(recorded):
            self.assertIn((verb, group, resource), printed, "%s asks for what rbac does not print" % subcommand)
            if printed[verb, group, resource]:
                self.assertEqual(ns, "kube-system", "%s %s is printed for Cilium's namespace only" % (verb, resource))
        self.assertEqual(self.names, self.printed_names)
        # From Kubernetes 1.35 on the upgrade needs `create` too, although it is a GET.
        unused = set(printed) - {r[:3] for r in recorded} - {("create", "", "pods/exec")}
        self.assertEqual(unused, set(), "rbac %s prints what is never asked for" % subcommand)

    def test_status(self):
        self.compare("status", "status")

    def test_doctor(self):
        self.compare("doctor", "doctor")

    def test_collect(self):
        folder = os.path.join(self.folder, "out")
        os.mkdir(folder)
        names = iter(range(100))
        kpr = self.kpr
        self.kpr = lambda *a, **k: kpr(*a, *(["-o", "%s/%d.zip" % (folder, next(names))] if a[0] == "collect" else []), **k)
        self.compare("collect", "collect")

    def test_rbac_check_only_asks_for_reviews(self):
        for subcommand in ("status", "doctor", "collect"):
            self.exits(self.kpr("rbac", subcommand, "--check"), 0)
        self.assertEqual(self.record(), {REVIEW})
        asked = [json.loads(r.body)["spec"]["resourceAttributes"] for r in self.server.seen()]
        self.assertIn({"verb": "get", "resource": "pods", "subresource": "exec", "namespace": "kube-system"}, asked)
        self.assertIn({"verb": "create", "resource": "pods", "subresource": "exec", "namespace": "kube-system"}, asked)

    def test_what_needs_no_server_asks_none(self):
        for arguments in (("rbac", "status"), ("version",), ("status", "-f", table.__file__), ("completion", "bash"), ("--help",)):
            self.kpr(*arguments)
        self.assertEqual(self.server.connections, 0)

    def test_missing_exec_verbs_are_named(self):
        self.script.exec_default = table.refuse(403, table.forbidden("create"))
        self.objects.denied = {("create", "pods/exec", "kube-system")}
        run = self.exits(self.kpr("status"), 3)
        self.assertEqual(run.err.splitlines()[-1], "missing right: create on pods/exec in namespace kube-system; kubectl kpr rbac prints what is needed")

    def test_agents_under_other_labels_need_the_daemonsets(self):
        self.objects.labels = {"app": "net"}
        self.exits(self.kpr("status"), 0)
        self.objects.denied = {("list", "daemonsets", "*"), ("list", "apps/daemonsets", "*")}
        run = self.exits(self.kpr("status"), 3)
        self.assertEqual(run.err, "error: no Cilium agents found in any namespace\nagents under labels of their own could not be looked for: Error from server (Forbidden): "
                         'daemonsets is forbidden: User "jane" cannot list resource "daemonsets" in API group "apps" at the cluster scope\nis this the right cluster? --context names another\n')

    def test_exactly_the_printed_rights_are_enough(self):
        """Everything that is not printed is refused; status and doctor still say the same."""
        for subcommand in ("status", "doctor"):
            printed = self.printed(subcommand)
            free = self.kpr(subcommand, "-o", "json")
            refuses = lambda verb, resource, ns: (verb, *(resource.split("/", 1) if "." in resource.split("/")[0] or resource.startswith("apps/") else ("", resource))) not in printed
            self.objects.refuses = refuses
            bound = self.kpr(subcommand, "-o", "json")
            del self.objects.refuses
            self.assertEqual((bound.code, bound.err), (free.code, free.err), bound)


if __name__ == "__main__":
    unittest.main()
