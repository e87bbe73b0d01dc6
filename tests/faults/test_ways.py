"""Ways to a server: a path prefix, IPv6, proxies, and kubectl where WebSocket does not pass."""
import json
import os
import signal
import socket
import struct
import sys
import threading
import time
import unittest

import table
from cluster import FaultTest
from server import Answer, status

NODES = ["node-1", "node-2", "node-3"]
HERE = os.path.dirname(os.path.abspath(__file__))


class Proxy:
    """A SOCKS5 or CONNECT proxy that leads everything to one server, whatever the name; it records what it was asked for."""

    def __init__(self, kind, server, answer=None):
        self.kind, self.target, self.answer, self.asked = kind, (server.host, server.port), answer, []
        self.heads = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                sock, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        try:
            if (self.socks if self.kind == "socks5" else self.connect)(sock):
                other = socket.create_connection(self.target)
                threading.Thread(target=self.copy, args=(sock, other), daemon=True).start()
                self.copy(other, sock)
        except OSError:
            pass
        finally:
            sock.close()

    @staticmethod
    def copy(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def socks(self, sock):
        sock.recv(2 + sock.recv(2, socket.MSG_PEEK)[1])
        sock.sendall(b"\x05\x00")
        _, command, _, kind = sock.recv(4)
        host = socket.inet_ntoa(sock.recv(4)) if kind == 1 else sock.recv(sock.recv(1)[0]).decode()
        port, = struct.unpack(">H", sock.recv(2))
        self.asked.append((command, "address" if kind == 1 else "name", "%s:%d" % (host, port)))
        code = self.answer or 0
        sock.sendall(bytes([5, code, 0, 1]) + b"\0" * 6)
        return code == 0

    def connect(self, sock):
        head = b""
        while b"\r\n\r\n" not in head:
            head += sock.recv(65536)
        self.heads.append(head.decode())
        self.asked.append(head.decode().split("\r\n")[0])
        sock.sendall(b"HTTP/1.1 %d Whatever\r\n%s\r\n" % (self.answer or 200, b"Content-Length: 0\r\n" if self.answer else b""))
        return not self.answer


class Ways(FaultTest):
    def all_read(self, *flags, **options):
        run = self.exits(self.kpr("status", "-o", "json", *flags, **options), 0)
        self.assertEqual([(i["node"], i["reading"]) for i in json.loads(run.out)["items"]], [(n, "read") for n in NODES])
        return run

    def fails(self, err, *flags, **options):
        run = self.exits(self.kpr("status", *flags, **options), 3)
        self.assertEqual((run.out, run.err), ("", err), "\n" + str(run))

    def test_path_prefix(self):
        self.serve(NODES, prefix="/k8s/clusters/c-1")
        self.kubeconfig()
        self.all_read()

    def test_path_prefix_with_a_slash_too_many(self):
        self.serve(NODES, prefix="/k8s")
        self.kubeconfig(server=self.server.url + "/")
        self.all_read()

    def test_path_prefix_forgotten(self):
        self.serve(NODES, prefix="/k8s")
        self.kubeconfig(server="https://" + self.server.authority)
        self.fails("Error from server (NotFound): the server could not find the requested resource\n")

    @unittest.skipUnless(socket.has_ipv6 and os.path.exists("/proc/net/if_inet6"), "no IPv6 here")
    def test_ipv6(self):
        self.serve(NODES, host="::1")
        self.kubeconfig()
        self.all_read()
        self.assertEqual({r.headers["host"] for r in self.server.seen()}, {"[::1]:%d" % self.server.port})

    @unittest.skipUnless(socket.has_ipv6 and os.path.exists("/proc/net/if_inet6"), "no IPv6 here")
    def test_ipv6_with_another_name(self):
        self.serve(NODES, "elsewhere", host="::1")
        self.kubeconfig(tls_server_name="elsewhere.example")
        self.all_read()

    def test_plain_http(self):
        self.serve(NODES, plain=True)
        self.kubeconfig(certificate_authority_data=None)
        self.all_read()

    def test_flags_instead_of_a_kubeconfig(self):
        self.serve(NODES)
        self.all_read("--server=" + self.server.url, "--token=secret-token-of-the-test", "--certificate-authority=" + self.pki.path("ca.crt"))
        self.assertEqual({r.headers["authorization"] for r in self.server.seen()}, {"Bearer secret-token-of-the-test"})

    def test_impersonation(self):
        self.serve(NODES)
        self.kubeconfig()
        self.all_read("--as=jane", "--as-group=devs", "--as-group=ops", "--as-uid=7", "--as-user-extra=scopes=view")
        for r in self.server.seen():
            self.assertEqual((r.headers["impersonate-user"], r.headers["impersonate-uid"], r.headers["impersonate-extra-scopes"]), ("jane", "7", "view"))

    # --- proxies ---------------------------------------------------------------------------------------------------------------------------

    def proxy(self, kind, answer=None):
        p = Proxy(kind, self.server, answer)
        self.addCleanup(p.socket.close)
        return p

    def test_socks5_resolves_names(self):
        self.serve(NODES)
        p = self.proxy("socks5")
        self.kubeconfig(server="https://kube.example:6443", proxy_url="socks5://127.0.0.1:%d" % p.port)
        self.all_read()
        self.assertEqual(set(p.asked), {(1, "name", "kube.example:6443")})
        self.assertEqual(len(p.asked), 1 + len(NODES))

    def test_socks5_that_refuses(self):
        self.serve(NODES)
        p = self.proxy("socks5", 2)
        self.kubeconfig(server="https://kube.example:6443", proxy_url="socks5://127.0.0.1:%d" % p.port)
        self.fails("Unable to connect to the server: socks connect tcp 127.0.0.1:%d->kube.example:6443: connection not allowed by ruleset\ncheck proxy-url in the kubeconfig and HTTPS_PROXY\n" % p.port)

    def test_connect(self):
        self.serve(NODES)
        p = self.proxy("http")
        self.kubeconfig(server="https://kube.example:6443", proxy_url="http://user:word@127.0.0.1:%d" % p.port)
        self.all_read()
        self.assertEqual(set(p.asked), {"CONNECT kube.example:6443 HTTP/1.1"})
        for head in p.heads:
            self.assertIn("Proxy-Authorization: Basic dXNlcjp3b3Jk\r\n", head)
            self.assertNotIn("secret-token", head)

    def test_connect_from_the_environment(self):
        self.serve(NODES)
        p = self.proxy("http")
        self.kubeconfig(server="https://kube.example:6443")
        self.all_read(environment={"HTTPS_PROXY": "127.0.0.1:%d" % p.port, "NO_PROXY": "other.example"})
        self.assertEqual(set(p.asked), {"CONNECT kube.example:6443 HTTP/1.1"})

    def test_connect_that_refuses(self):
        self.serve(NODES)
        p = self.proxy("http", 403)
        self.kubeconfig(server="https://kube.example:6443", proxy_url="http://127.0.0.1:%d" % p.port)
        self.fails("Unable to connect to the server: the proxy answered CONNECT with 403\ncheck the proxy's rules and its user name and password\n")

    def test_proxy_that_is_not_there(self):
        self.serve(NODES)
        p = self.proxy("http")
        p.socket.shutdown(socket.SHUT_RDWR)  # the thread in accept() keeps a closed one open
        p.socket.close()
        self.kubeconfig(server="https://kube.example:6443", proxy_url="http://127.0.0.1:%d" % p.port)
        self.fails("Unable to connect to the server: proxyconnect tcp: dial tcp 127.0.0.1:%d: connect: connection refused\ncheck proxy-url in the kubeconfig and HTTPS_PROXY\n" % p.port)

    def test_no_proxy_and_no_such_host(self):
        self.serve(NODES)
        self.kubeconfig(server="https://no-such-host.invalid:6443")
        self.fails("Unable to connect to the server: dial tcp: lookup no-such-host.invalid: no such host\ncheck the server's name in the kubeconfig, DNS, and whether a VPN is needed\n",
                   environment={"HTTPS_PROXY": "127.0.0.1:1", "NO_PROXY": ".invalid"})

    # --- kubectl as the way ----------------------------------------------------------------------------------------------------------------

    def kubectl(self, body="sys.stdout.buffer.write(out); sys.stderr.buffer.write(err); sys.exit(code)"):
        self.program("kubectl", "import json, os, sys\nsys.path.insert(0, %r)\nsys.dont_write_bytecode = True\nfrom cluster import said\n"
                     "with open(%r, 'a') as f: f.write(json.dumps(sys.argv[1:]) + '\\n')\n"
                     "out, err, code = said(sys.argv[sys.argv.index('--') + 1:])\n%s\n" % (HERE, self.folder + "/argv", body))

    def argv(self):
        with open(self.folder + "/argv", encoding="utf-8") as f:
            return [json.loads(line) for line in f]

    def test_kubectl_on_demand(self):
        self.serve(NODES)
        path = self.kubeconfig(name="other")
        self.kubectl()
        self.all_read("--exec-via=kubectl", "--kubeconfig=" + path, "--as=jane", "--as-group=devs")
        self.assertEqual(self.server.tries, {})
        runs = sorted(a[:a.index("--")] for a in self.argv())
        self.assertEqual(runs, [["--kubeconfig=" + path, "--as=jane", "--as-group=devs", "exec", "--namespace=kube-system", "cilium-" + n, "--container=cilium-agent"] for n in NODES])

    def test_kubectl_where_websocket_is_forbidden(self):
        self.serve(NODES)
        self.kubeconfig()
        self.kubectl()
        self.script.exec_default = table.refuse(403, "<html>no WebSocket here</html>")
        run = self.all_read()
        self.assertEqual(run.err.splitlines()[0], "WebSocket exec was refused on the way to the API server: kubectl exec is used instead (slower); --exec-via=kubectl asks for that at once")
        self.assertEqual(len(self.argv()), len(NODES))

    def test_no_kubectl_where_websocket_is_asked_for(self):
        self.serve(NODES)
        self.kubeconfig()
        self.kubectl()
        self.script.exec_default = table.refuse(403, "<html>no WebSocket here</html>")
        run = self.kpr("status", "--exec-via=websocket")
        self.assertNotEqual(run.code, 0)
        self.assertFalse(os.path.exists(self.folder + "/argv"))
        self.assertIn("the WebSocket upgrade was refused with 403 by something that is not a Kubernetes API server: <html>no WebSocket here</html>", run.out + run.err)

    def test_a_status_of_the_server_is_no_proxy(self):
        """403 with a Status is an answer of the API server: kubectl would get the same."""
        self.serve(NODES)
        self.kubeconfig()
        self.kubectl()
        self.script.exec_default = table.refuse(403, status(403, "Forbidden", "no"))
        self.kpr("status")
        self.assertFalse(os.path.exists(self.folder + "/argv"))

    def test_kubectl_is_missing(self):
        self.serve(NODES)
        self.kubeconfig()
        run = self.kpr("status", "--exec-via=kubectl")
        self.assertNotEqual(run.code, 0)
        self.assertIn("kubectl was not found in PATH, so it cannot be used for exec", run.out + run.err)

    def test_kubectl_fails_for_one_node(self):
        self.serve(NODES)
        self.kubeconfig()
        self.kubectl("if 'cilium-node-2' in sys.argv:\n    sys.stderr.write('Error from server: error dialing backend: EOF\\n')\n    sys.exit(1)\nsys.stdout.buffer.write(out)")
        run = self.exits(self.kpr("status", "--exec-via=kubectl"), 2)
        self.assertTrue(run.row("node-2").endswith(" unread: kubectl exec: Error from server: error dialing backend: EOF"), run)
        self.assertTrue(run.row("node-1").endswith(table.READ) and run.row("node-3").endswith(table.READ), run)

    def test_kubectl_is_cut(self):
        self.serve(NODES)
        self.kubeconfig()
        self.kubectl("sys.stdout.buffer.write(out[:len(out) // 2] if 'cilium-node-2' in sys.argv else out)")
        run = self.exits(self.kpr("status", "--exec-via=kubectl"), 2)
        self.assertTrue(run.row("node-2").endswith(" " + table.CUT), run)

    def test_kubectl_hangs(self):
        self.serve(NODES)
        self.kubeconfig()
        self.kubectl("import time\nif 'cilium-node-2' in sys.argv:\n    time.sleep(100)\nsys.stdout.buffer.write(out)")
        run = self.exits(self.kpr("status", "--exec-via=kubectl", "--node-timeout=2s"), 2)
        self.assertTrue(run.row("node-2").endswith(" unread: timed out: kubectl exec did not end"), run)
        self.assertTrue(run.row("node-1").endswith(table.READ) and run.row("node-3").endswith(table.READ), run)

    def test_kubectl_closes_its_output_and_stays(self):
        self.serve(NODES)
        self.kubeconfig()
        self.kubectl("import time\nsys.stdout.buffer.write(out)\nsys.stdout.flush()\nif 'cilium-node-2' in sys.argv:\n    os.close(1)\n    os.close(2)\n    time.sleep(100)")
        run = self.exits(self.kpr("status", "--exec-via=kubectl", "--node-timeout=2s"), 2)
        self.assertTrue(run.row("node-2").endswith(" unread: timed out: kubectl exec did not end"), run)
        started = self.folder + "/argv"
        os.remove(started)
        run = self.kpr("status", "--exec-via=kubectl", signal_when=(signal.SIGINT, lambda: os.path.exists(started) and len(self.argv()) == len(NODES) and not time.sleep(0.3)))
        self.exits(run, 130)

    def test_kubectl_leaves_something_behind(self):
        """A helper of its own keeps the pipes open; kubectl has ended, and that counts."""
        self.serve(NODES)
        self.kubeconfig()
        self.kubectl("import subprocess\nsys.stdout.buffer.write(out)\nsys.stdout.flush()\nsubprocess.Popen(['/bin/sleep', '20'])")
        self.assertLess(self.all_read("--exec-via=kubectl").seconds, 15)

    def test_names_that_are_flags(self):
        """What a hostile API server calls a pod, a namespace, a container."""
        for name in ("--kubeconfig=/tmp/evil", "-n", "a b", "A", "a/b", "a" * 254, "x;y", ""):
            with self.subTest(name):
                self.serve(NODES)
                self.kubeconfig()
                self.kubectl()
                well = self.objects.pods
                self.objects.pods = lambda n=name, w=well: [{**p, "metadata": {**p["metadata"], "name": n}} if p["spec"]["nodeName"] == "node-2" else p for p in w()]
                for via in ("kubectl", "websocket"):
                    run = self.kpr("status", "-o", "json", "--exec-via=" + via)
                    self.assertIn(run.code, (0, 2), run)
                    readings = {i["node"]: i["reading"] for i in json.loads(run.out)["items"]}
                    self.assertEqual((readings["node-1"], readings["node-3"], readings.get("node-2")), ("read", "read", "unread"), run)
                self.assertEqual({a[a.index("exec") + 2] for a in self.argv()}, {"cilium-node-1", "cilium-node-3"})
                self.assertEqual({r.pod for r in self.server.seen(path="/exec$")}, {"cilium-node-1", "cilium-node-3"})
                os.remove(self.folder + "/argv")
                self.server.stop()

    def test_program_ends_with_a_code_over_kubectl(self):
        self.serve(NODES)
        self.kubeconfig()
        self.kubectl("if 'cilium-node-2' in sys.argv:\n    sys.stderr.write('sh: broken\\ncommand terminated with exit code 7\\n')\n    sys.exit(7)\nsys.stdout.buffer.write(out)")
        run = self.exits(self.kpr("status", "--exec-via=kubectl"), 2)
        self.assertTrue(run.row("node-2").endswith(" incomplete: the answer has no probe frames (the probe exited with 7: sh: broken)"), run)


if __name__ == "__main__":
    unittest.main()
