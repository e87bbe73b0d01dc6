"""`kubectl kpr rbac` prints the least rights: they are enough, each is needed, and nothing else is ever sent."""
import json
import os
import time
import unittest

import lab

NAME = "lab-rights-test"


def printed(subcommand):
    """The roles that `rbac` prints, as the API server will see them: [(kind, namespace, rules)]."""
    text = lab.kpr("rbac", subcommand)
    if text.code != 0:
        raise AssertionError(str(text))
    roles = []
    # One document after the other; kubectl reads the YAML for us.
    out = lab.kubectl("create", "--dry-run=client", "-f", "-", "-o", "json", stdin=text.out)
    if out.code != 0:
        raise AssertionError("kubectl does not take what rbac prints: " + str(out) + text.out)
    decoder, at, documents = json.JSONDecoder(), 0, []
    while at < len(out.out.rstrip()):
        document, at = decoder.raw_decode(out.out, at)
        documents += document["items"] if document["kind"] == "List" else [document]
        while at < len(out.out) and out.out[at].isspace():
            at += 1
    for d in documents:
        if d["kind"] in ("Role", "ClusterRole"):
            roles.append((d["kind"], d["metadata"].get("namespace"), d["rules"]))
    return roles


def single_rights(roles):
    """One entry for each verb on each resource: (role's number, rule's number, group, resource, verb)."""
    return [(i, j, g, r, v) for i, (_, _, rules) in enumerate(roles) for j, rule in enumerate(rules) for g in rule.get("apiGroups", [""]) for r in rule["resources"] for v in rule["verbs"]]


def without(roles, right):
    i, j, group, resource, verb = right
    new = []
    for a, (kind, ns, rules) in enumerate(roles):
        kept = []
        for b, rule in enumerate(rules):
            for g in rule.get("apiGroups", [""]):
                for r in rule["resources"]:
                    verbs = [v for v in rule["verbs"] if (a, b, g, r, v) != (i, j, group, resource, verb)]
                    if verbs:
                        kept.append({**rule, "apiGroups": [g], "resources": [r], "verbs": verbs})
        new.append((kind, ns, kept))
    return new


def revoke():
    lab.kubectl("delete", "clusterroles,clusterrolebindings", "-l", "lab=" + NAME)
    lab.kubectl("delete", "roles,rolebindings", "-A", "-l", "lab=" + NAME)


def grant(roles):
    items = []
    for i, (kind, ns, rules) in enumerate(roles):
        meta = {"name": "%s-%d" % (NAME, i), "labels": {"lab": NAME}}
        if ns:
            meta["namespace"] = ns
        items.append({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": meta, "rules": rules})
        items.append({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding" if kind == "ClusterRole" else "RoleBinding", "metadata": meta,
                      "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": meta["name"]}, "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "alice"}]})
    run = lab.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    if run.code != 0:
        raise AssertionError(str(run))


def is_allowed(right, roles, named):
    """What the server says of a right of alice's, of resources that it does not serve too."""
    i, _, group, resource, verb = right
    resource, _, subresource = resource.partition("/")
    asked = {"group": group, "resource": resource, "subresource": subresource, "verb": verb,
             "namespace": roles[i][1] or ("kube-system" if named else ""), "name": named[0] if named else ""}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": asked}}
    answer = lab.kubectl("create", "--raw", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "-f", "-",
                         stdin=json.dumps(review), kubeconfig="kubeconfig-alice").out
    return bool(answer) and json.loads(answer)["status"]["allowed"]


def wait_for(right, roles, allowed):
    """The server learns of new roles a moment later."""
    named = roles[right[0]][2][right[1]].get("resourceNames") if allowed else None
    for _ in range(100):
        if is_allowed(right, roles, named) == allowed:
            return
        time.sleep(0.1)
    raise AssertionError("the server does not take over %s = %s" % (right, allowed))


class Rights(lab.LabTest):
    def setUp(self):
        super().setUp()
        revoke()
        self.addCleanup(revoke)

    def test_what_is_printed_is_enough(self):
        roles = printed("status")
        self.assertTrue(single_rights(roles))
        for _, _, rules in roles:
            for rule in rules:
                self.assertNotIn("*", rule["verbs"] + rule["resources"] + rule.get("apiGroups", []))
                for verb in rule["verbs"]:
                    self.assertTrue(verb in ("get", "list", "watch") or (verb == "create" and set(rule["resources"]) <= {"pods/exec", "selfsubjectaccessreviews"}), rule)
        grant(roles)
        for right in single_rights(roles):
            wait_for(right, roles, True)
        run = self.exits(lab.kpr("status", "-o", "json", kubeconfig="kubeconfig-alice"), 0)
        self.assertEqual([i["node"] for i in run.json()["items"]], [a["node"] for a in lab.agents()])

    def test_each_right_taken_away_is_named(self):
        roles = printed("status")
        for right in single_rights(roles):
            _, _, group, resource, verb = right
            if resource == "daemonsets":
                continue  # only asked for when no agent has one of the known labels
            with self.subTest(verb=verb, resource=resource):
                revoke()
                left = without(roles, right)
                grant([r for r in left if r[2]])
                wait_for(right, roles, False)
                for other in single_rights(left):
                    wait_for(other, left, True)
                run = lab.kpr("status", kubeconfig="kubeconfig-alice")
                self.assertIn(run.code, (2, 3), "\n" + str(run))
                said = run.out + run.err
                self.assertIn(resource.split("/")[0], said)
                self.assertRegex(said, r"(?i)forbidden|cannot|right|not allowed")
                if resource == "pods/exec":
                    self.assertRegex(said, r"%s.*pods/exec|pods/exec.*%s|\"%s\".*\"pods/exec\"" % (verb, verb, verb))

    def test_check_tells_yes_and_no(self):
        self.assertIn("pods/exec", self.exits(lab.kpr("rbac", "status", "--check"), 0).out)
        run = lab.kpr("rbac", "status", "--check", kubeconfig="kubeconfig-alice")
        self.assertIn(run.code, (1, 2, 3), "\n" + str(run))
        self.assertRegex(run.out + run.err, r"(?i)\bno\b")

    def test_nothing_else_is_sent(self):
        """The server's own audit log of a user who has just these rights: reading, exec, and nothing that it refused."""
        log = lab.path("log", "audit.log")
        if not os.path.exists(log):
            self.skipTest("this laboratory keeps no audit log (AUDIT=1)")
        roles = printed("status")
        grant(roles)
        for right in single_rights(roles):
            wait_for(right, roles, True)
        time.sleep(0.5)
        start = os.path.getsize(log)
        self.exits(lab.kpr("status", kubeconfig="kubeconfig-alice"), 0)
        time.sleep(1)
        with open(log, encoding="utf-8") as f:
            f.seek(start)
            events = [json.loads(line) for line in f]
        mine = [e for e in events if e["user"]["username"] == "alice" and e["stage"] == "ResponseComplete"]
        allowed = {(r, v) for _, _, _, r, v in single_rights(roles)} | {("selfsubjectaccessreviews", "create")}
        sent = set()
        for e in mine:
            o = e.get("objectRef", {})
            sent.add((o.get("resource", "") + ("/" + o["subresource"] if o.get("subresource") else ""), e["verb"]))
            self.assertLess(e["responseStatus"].get("code", 0), 400, e)
            self.assertIn(e["verb"], ("get", "list") if o.get("subresource") != "exec" else ("get", "create"), e)
        self.assertGreaterEqual(len([e for e in mine if e.get("objectRef", {}).get("subresource") == "exec"]), len(lab.agents()))
        self.assertEqual(sent - allowed, set(), "sent without being named by rbac")


if __name__ == "__main__":
    unittest.main(verbosity=2)
