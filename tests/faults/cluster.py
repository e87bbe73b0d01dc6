"""A small cluster for the scripted server, the agents' true answers, and the plugin in front of them."""
import base64
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from server import Answer, Certificates, Script, Server, status

PLUGIN = os.environ.get("KPR_PLUGIN", "")
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
HANG = 30  # no run may take longer: a bound to find hangs, not a measure

with open(os.path.join(SOURCE, "tests/fixtures/status/1.18-verbose.txt"), "rb") as text:
    STATUS = text.read()

# What the agent's container says to the other commands of the subcommands.
OUTPUTS = {"version": b"Client: 1.18.3 0badcafe 2026-01-01T00:00:00+00:00 go version go1.24.0 linux/amd64\nDaemon: 1.18.3 0badcafe 2026-01-01T00:00:00+00:00 go version go1.24.0 linux/amd64\n",
           "uname": b"Linux node 6.1.0-30-amd64 #1 SMP x86_64 GNU/Linux\n", "hostname": b"node\n", "service-list-json": b"[]\n", "status-verbose": STATUS}


def pod_of(node):
    return "cilium-" + node


class Objects:
    """The objects of a cluster and the REST answers about them, with pages and label selectors as far as the client uses them."""

    def __init__(self, nodes, labels=None, ns="kube-system"):
        self.nodes, self.ns = nodes, ns
        self.labels = labels or {"k8s-app": "cilium", "app.kubernetes.io/name": "cilium-agent"}
        self.down = set()    # nodes whose agent's container does not run
        self.denied = set()  # (verb, "resource" or "group/resource", "namespace" or "")

    def pods(self):
        return [{"metadata": {"name": pod_of(n), "namespace": self.ns, "labels": self.labels, "creationTimestamp": "2026-01-01T00:00:00Z"},
                 "spec": {"nodeName": n, "containers": [{"name": "cilium-agent", "image": "quay.io/cilium/cilium:v1.18.3"}]},
                 "status": {"phase": "Running", "containerStatuses": [{"name": "cilium-agent", "ready": n not in self.down, "restartCount": 3, **self.state(n)}]}}
                for n in self.nodes]

    def state(self, node):
        if node in self.down:
            return {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "message": "level=fatal msg=boom"}}}
        return {"state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}

    def items(self, path, request):
        def matches(labels):
            selector = request.one("labelSelector")
            return all(labels.get(k) == v for k, _, v in (part.partition("=") for part in selector.split(",") if part))
        where = re.fullmatch(r"/api/v1/(?:namespaces/([^/]+)/)?pods", path)
        if where:
            return "Pod", [p for p in self.pods() if matches(p["metadata"]["labels"]) and where[1] in (None, self.ns)]
        if path == "/api/v1/nodes":
            return "Node", [{"metadata": {"name": n, "labels": {"kubernetes.io/os": "linux"}}, "status": {}} for n in self.nodes]
        where = re.fullmatch(r"/apis/apps/v1/(?:namespaces/([^/]+)/)?daemonsets", path)
        if where and where[1] in (None, self.ns):
            return "DaemonSet", [{"metadata": {"name": "net", "namespace": self.ns},
                                  "spec": {"selector": {"matchLabels": self.labels}, "template": {"spec": {"containers": [{"name": "cilium-agent", "image": "quay.io/cilium/cilium:v1.18.3"}]}}}}]
        return "Thing", []

    def answer(self, request):
        if request.method == "POST" and request.path.endswith("/selfsubjectaccessreviews"):
            a = json.loads(request.body)["spec"]["resourceAttributes"]
            resource = "/".join(x for x in (a.get("group", ""), a["resource"], a.get("subresource", "")) if x)
            return Answer(201, {"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1",
                                "status": {"allowed": not self.refuses(a["verb"], resource, a.get("namespace", ""))}})
        verb, group, resource, ns = what(request)
        if self.refuses(verb, "/".join(x for x in (group, resource) if x), ns):
            where = 'in the namespace "%s"' % ns if ns else "at the cluster scope"
            return Answer(403, status(403, "Forbidden", '%s is forbidden: User "jane" cannot %s resource "%s" in API group "%s" %s' % (resource, verb, resource, group, where), kind=resource))
        if resource == "pods/log":
            return Answer(200, "level=fatal msg=boom\n")
        if verb == "get":
            return Answer(404, status(404, "NotFound", '%s "%s" not found' % (resource, request.path.rsplit("/", 1)[1])))
        kind, items = self.items(request.path, request)
        limit, token = int(request.one("limit") or 0), int(request.one("continue") or 0)
        page = items[token:token + limit] if limit else items[token:]
        more = str(token + limit) if limit and token + limit < len(items) else ""
        return Answer(200, {"kind": kind + "List", "apiVersion": "v1", "metadata": {"resourceVersion": "100", "continue": more}, "items": page})

    def refuses(self, verb, resource, ns):
        return bool({(verb, resource, ns), (verb, resource, "*")} & self.denied)


def what(request):
    """verb, API group, resource[/subresource], namespace of a request, as an API server authorizes it."""
    parts = request.path.strip("/").split("/")
    group, rest = ("", parts[2:]) if parts[0] == "api" else (parts[1], parts[3:])
    ns = ""
    if rest[0] == "namespaces" and len(rest) > 2:
        ns, rest = rest[1], rest[2:]
    resource = rest[0] + ("/" + rest[2] if len(rest) > 2 else "")
    verb = {"GET": "get" if len(rest) > 1 else "list", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}.get(request.method, request.method)
    if request.one("watch") in ("1", "true"):
        verb = "watch"
    return verb, group, resource, ns


def said(argv, outputs=None):
    """(stdout, stderr, exit code) of an agent's container for one exec: the probe's frames, or one command's output."""
    outputs = OUTPUTS if outputs is None else outputs
    if argv[:2] == ["sh", "-c"]:
        boundary = re.match(r"B=(\w+)", argv[2])[1].encode()
        names = re.findall(r"^[cn] (\S+) \d+ ", argv[2], re.M)
        out, err = b"\n%s B cilium-dbg\n" % boundary, b""
        for name in names:
            known = name in outputs
            out += b"\n%s O %s\n" % (boundary, name.encode()) + outputs.get(name, b"") + b"\n%s X %s %d\n" % (boundary, name.encode(), 0 if known else 127)
            err += (b"\n%s:%s\n" % (boundary, name.encode()) if len(names) > 1 else b"") + (b"" if known else b"sh: not found\n")
        if len(names) > 1:
            out, err = out + b"\n%s E\n%s" % (boundary, err), b""
        return out + b"\n%s END\n" % boundary, err, 0
    return (STATUS, b"", 0) if argv[1:] == ["status", "--verbose"] else (b"", b"sh: not found\n", 127)


def healthy(c):
    """An exec as it should be."""
    c.upgrade()
    out, err, code = said(c.request.query["command"])
    c.say(out)
    c.say(err, 2)
    c.exit(code)
    c.close()


class Run:
    def __init__(self, argv, env, signal_when=None, limit=HANG):
        start = time.monotonic()
        self.argv = argv
        p = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        pieces, threads = {}, []
        for name in ("stdout", "stderr"):
            t = threading.Thread(target=lambda n=name: pieces.__setitem__(n, getattr(p, n).read()), daemon=True)
            t.start()
            threads.append(t)
        if signal_when:
            number, condition = signal_when
            while not condition() and time.monotonic() - start < limit and p.poll() is None:
                time.sleep(0.01)
            p.send_signal(number)
        killer = threading.Timer(limit, p.kill)
        killer.start()
        _, wait_status, usage = os.wait4(p.pid, 0)
        killer.cancel()
        p.returncode = self.code = os.waitstatus_to_exitcode(wait_status)
        for t in threads:
            t.join(5)
        p.stdout.close()
        p.stderr.close()
        self.seconds, self.peak_mib = time.monotonic() - start, usage.ru_maxrss / 1024
        self.out, self.err = pieces["stdout"].decode(errors="backslashreplace"), pieces["stderr"].decode(errors="backslashreplace")

    def row(self, node):
        """The row's words with single spaces, or nothing."""
        return next((" ".join(line.split()) for line in self.out.splitlines() if line.split()[:1] == [node]), "")

    def __str__(self):
        return "%s\nexit %d after %.1f s\n--- stdout\n%s\n--- stderr\n%s" % (" ".join(map(shlex.quote, self.argv)), self.code, self.seconds, self.out[:6000], self.err[:6000])


class FaultTest(unittest.TestCase):
    """Certificates once a file; a server, a kubeconfig and an empty home for each test."""

    longMessage, maxDiff = True, None

    @classmethod
    def setUpClass(cls):
        cls.shared = tempfile.TemporaryDirectory(prefix="kpr-faults-")
        cls.addClassCleanup(cls.shared.cleanup)
        cls.pki = Certificates(cls.shared.name)

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kpr-faults-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.mkdir(os.path.join(self.folder, "bin"))

    def serve(self, nodes, certificate="server", clients=False, plain=False, **where):
        self.objects = Objects(nodes)
        self.script = Script(lambda request: self.objects.answer(request), healthy)
        self.server = Server(self.script, None if plain else self.pki.server_context(certificate, clients), **where)
        self.addCleanup(lambda server: self.assertEqual(server.errors, []), self.server)
        self.addCleanup(self.server.stop)
        return self.server

    def file(self, name, content, mode=0o644):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as f:
            f.write(content if isinstance(content, bytes) else content.encode())
        os.chmod(path, mode)
        return path

    def program(self, name, python):
        """A program in PATH."""
        return self.file("bin/" + name, "#!%s\n%s" % (sys.executable, python), 0o755)

    def kubeconfig(self, user=None, server=None, name="config", **cluster):
        settings = {"server": server or self.server.url, "certificate-authority-data": base64.b64encode(self.pki.pem("ca.crt")).decode()}
        settings.update({k.replace("_", "-"): v for k, v in cluster.items()})
        settings = {k: v for k, v in settings.items() if v is not None}
        return self.file(name, json.dumps({"apiVersion": "v1", "kind": "Config", "current-context": "test", "clusters": [{"name": "c", "cluster": settings}],
                                           "users": [{"name": "u", "user": user if user is not None else {"token": "secret-token-of-the-test"}}],
                                           "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}]}))

    def kpr(self, *arguments, environment=None, **options):
        env = {"PATH": os.path.join(self.folder, "bin"), "HOME": self.folder, "KUBECONFIG": os.path.join(self.folder, "config"), "LANG": "C.UTF-8"}
        env.update(environment or {})
        return Run([PLUGIN, *arguments], env, **options)

    def exits(self, run, code):
        self.assertEqual(run.code, code, "\n" + str(run))
        return run
