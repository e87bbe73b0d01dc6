"""What the end-to-end tests share: the running laboratory, kubectl and the plugin in front of it, and faults."""
import json
import os
import subprocess
import time
import unittest
import urllib.request

LAB = os.environ.get("KPR_LAB_DIR", "build/lab")
PLUGIN = os.environ.get("KPR_PLUGIN", "")
SOURCE = os.environ.get("KPR_SOURCE_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.."))
KUBECTL = os.path.join(LAB, "bin", "kubectl")


def path(*parts):
    return os.path.join(LAB, *parts)


def agents():
    """The fleet as the laboratory made it, in the order of its nodes: [{pod, node, version, …}]."""
    with open(path("kubelet", "agents.json"), encoding="utf-8") as f:
        return json.load(f)


class Run:
    """One finished program: code, out, err; raw bytes are decoded so that nothing is lost."""

    def __init__(self, argv, env=None, stdin=None, timeout=120):
        start = time.monotonic()
        r = subprocess.run(argv, env=env, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout, check=False)
        self.argv, self.code, self.seconds = argv, r.returncode, time.monotonic() - start
        self.out, self.err = r.stdout.decode(errors="backslashreplace"), r.stderr.decode(errors="backslashreplace")

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return "%s\nexit %d after %.1f s\n--- stdout\n%s\n--- stderr\n%s" % (" ".join(self.argv), self.code, self.seconds, self.out[:4000], self.err[:4000])


def environment(kubeconfig="kubeconfig", **more):
    """A clean environment with kubectl and the plugin in PATH."""
    folders = [path("bin")] + ([os.path.dirname(PLUGIN)] if PLUGIN else []) + ["/usr/bin", "/bin"]
    env = {"PATH": ":".join(folders), "HOME": path("home"), "LANG": "C.UTF-8"}
    if kubeconfig:
        env["KUBECONFIG"] = path(kubeconfig)
    env.update({k: v for k, v in more.items() if v is not None})
    return env


def kubectl(*arguments, kubeconfig="kubeconfig", stdin=None, timeout=120, **more):
    return Run([KUBECTL, *arguments], environment(kubeconfig, **more), stdin.encode() if isinstance(stdin, str) else stdin, timeout)


def kpr(*arguments, **options):
    """The plugin as users call it: `kubectl kpr …`."""
    return kubectl("kpr", *arguments, **options)


def control(method, what, body=None):
    with open(path("kubelet", "control.port"), encoding="utf-8") as f:
        url = "http://127.0.0.1:%s/%s" % (f.read().strip(), what)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    data = json.dumps(body).encode() if body is not None else None
    with opener.open(urllib.request.Request(url, data, method=method), timeout=30) as r:
        text = r.read()
    return json.loads(text) if text else None


def fault(pod, **what):
    control("PUT", "faults/kube-system/" + pod, what)


class LabTest(unittest.TestCase):
    """Each test begins with agents that are all well, and an empty log of execs."""

    longMessage = True
    maxDiff = None

    def setUp(self):
        control("DELETE", "faults")
        control("DELETE", "log")
        self.addCleanup(control, "DELETE", "faults")

    def exits(self, run, code):
        self.assertEqual(run.code, code, "\n" + str(run))
        return run
