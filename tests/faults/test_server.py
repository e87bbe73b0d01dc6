"""Faults of the API server itself, of TLS and of logins: what is said on stderr, word by word, and the exit code. And no run outlives its deadline."""
import base64
import json
import os
import resource
import signal
import threading
import time
import unittest
import zlib

import table
from cluster import FaultTest, healthy, pod_of
from server import BINARY, PING, Answer, status

NODES = ["node-%d" % i for i in range(1, 6)]
UNABLE = "Unable to connect to the server: "
CHECK_TLS = "check certificate-authority and tls-server-name of the cluster in the kubeconfig\n"
LOGIN = "error: You must be logged in to the server (Unauthorized)\nthe credentials of the kubeconfig were not accepted: they may have expired\n"
UNAUTHORIZED = Answer(401, status(401, "Unauthorized", "Unauthorized"))


class ServerTest(FaultTest):
    def first(self, path, *answers):
        """The first requests of a path meet these answers; then all is well."""
        queue = list(answers)
        well = self.script.rest

        def rest(request):
            return queue.pop(0) if queue and request.path == path else well(request)
        self.script.rest = rest

    def always(self, path, answer):
        well = self.script.rest
        self.script.rest = lambda request: answer if request.path == path else well(request)

    def fails(self, err, code=3, *flags, **options):
        run = self.exits(self.kpr("status", *flags, **options), code)
        self.assertEqual((run.out, run.err), ("", err), "\n" + str(run))
        return run

    def all_read(self, *flags, **options):
        run = self.exits(self.kpr("status", "-o", "json", *flags, **options), 0)
        self.assertEqual([(i["node"], i["reading"]) for i in json.loads(run.out)["items"]], [(n, "read") for n in NODES])
        return run

    def readings(self, run):
        return {i["node"]: i["reading"] for i in json.loads(run.out)["items"]}


class Rest(ServerTest):
    def setUp(self):
        super().setUp()
        self.serve(NODES)
        self.kubeconfig()

    def test_tls_sessions_are_resumed(self):
        self.all_read("--max-concurrency=1")
        # REST has the first; each exec is a connection of its own.
        self.assertGreaterEqual(self.server.connections, 1 + len(NODES))
        self.assertGreaterEqual(self.server.resumed, self.server.connections - 2)

    def test_403_of_the_pods(self):
        self.objects.denied = {("list", "pods", "*"), ("list", "apps/daemonsets", "*")}
        run = self.exits(self.kpr("status"), 3)
        self.assertEqual(run.err.splitlines(), ['Error from server (Forbidden): pods is forbidden: User "jane" cannot list resource "pods" in API group "" at the cluster scope', table.RIGHTS])

    def test_410_while_paging_starts_again(self):
        gone = Answer(410, status(410, "Expired", "The provided continue parameter is too old"))
        well = self.script.rest
        self.script.rest = lambda r: gone if r.path == "/api/v1/pods" and r.one("continue") == "4" else well(r)
        self.all_read("--chunk-size=2")
        asked = [(r.one("limit"), r.one("continue")) for r in self.server.seen(path="^/api/v1/pods$")]
        self.assertEqual(asked, [("2", ""), ("2", "2"), ("2", "4"), ("", "")])

    def test_410_for_ever(self):
        self.always("/api/v1/pods", Answer(410, status(410, "Expired", "The provided continue parameter is too old")))
        self.fails("Error from server (Expired): The provided continue parameter is too old\n")

    def test_429_then_ok(self):
        self.first("/api/v1/pods", Answer(429, table.THROTTLED, [("Retry-After", "1")]))
        self.assertGreaterEqual(self.all_read().seconds, 1)

    def test_429_with_a_date_then_ok(self):
        later = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 2))
        self.first("/api/v1/pods", Answer(429, table.THROTTLED, [("Retry-After", later)]))
        self.assertGreaterEqual(self.all_read().seconds, 1)

    def test_429_for_ever(self):
        self.always("/api/v1/pods", Answer(429, table.THROTTLED))
        self.fails("Error from server (TooManyRequests): too many requests, please try again later\n")
        self.assertEqual(len(self.server.seen(path="^/api/v1/pods$")), 3)

    def test_429_for_longer_than_the_run(self):
        self.always("/api/v1/pods", Answer(429, table.THROTTLED, [("Retry-After", "3600")]))
        self.fails("Error from server (TooManyRequests): too many requests, please try again later\n", 3, "--run-timeout=5s")

    def test_leader_changed_then_ok(self):
        self.first("/api/v1/nodes", Answer(500, status(500, "InternalError", "etcdserver: leader changed")))
        self.all_read()

    def test_500_that_stays(self):
        self.always("/api/v1/nodes", Answer(500, status(500, "InternalError", "out of luck")))
        self.fails("Error from server (InternalError): out of luck\n")

    def test_reset_then_ok(self):
        self.first("/api/v1/pods", Answer(200, how=lambda c: c.reset()))
        self.all_read()

    def test_body_cut_then_ok(self):
        self.first("/api/v1/pods", Answer(200, how=lambda c: c.send(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"kind": "PodList", "items": [')))
        self.all_read()

    def test_body_always_cut(self):
        self.always("/api/v1/pods", Answer(200, how=lambda c: c.send(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"kind": "PodList", "items": [')))
        self.fails(UNABLE + "unexpected EOF\n")

    def test_not_json(self):
        self.always("/api/v1/pods", Answer(200, "<html>log in first</html>"))
        self.fails("error: the server's answer to GET /api/v1/pods is not JSON\n")

    def test_not_a_list(self):
        self.always("/api/v1/pods", Answer(200, {"kind": "Pod"}))
        self.fails("error: the server's answer to GET /api/v1/pods is not a list\n")

    def flood(self, head, block):
        """1 GiB of an answer's body, if the client takes it; how much of it was sent."""
        sent = []

        def how(c):
            c.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + head + b"\r\n")
            for _ in range(1 << 10):
                c.send(block)
                sent.append(len(block))
        self.always("/api/v1/pods", Answer(200, how=how))
        self.fails("error: the server's answer to GET /api/v1/pods is larger than 64 MiB\nask for fewer objects at once: --chunk-size=100\n")
        return sum(sent)

    def test_1_gib_of_body(self):
        self.assertLess(self.flood(b"Content-Length: %d\r\n" % (1 << 30), b" " * (1 << 20)), 256 << 20)

    def test_1_gib_of_body_in_a_megabyte(self):
        deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
        body = b"".join(deflate.compress(b" " * (1 << 20)) for _ in range(1 << 10)) + deflate.flush()
        self.assertLess(len(body), 2 << 20)
        self.always("/api/v1/pods", Answer(200, how=lambda c: c.send(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)))
        self.fails("error: the server's answer to GET /api/v1/pods is larger than 64 MiB\nask for fewer objects at once: --chunk-size=100\n")

    def endpoints(self):
        """Of each request for CiliumEndpoints: the version that was asked for, and whether it was a page."""
        return [(r.one("resourceVersion"), bool(r.one("continue"))) for r in self.server.seen("GET", "/ciliumendpoints$")]

    def doctor(self, *flags):
        return json.loads(self.kpr("doctor", "-o", "json", *flags).out)

    def test_a_cached_list_comes_in_one_piece(self):
        report = self.doctor()
        self.assertEqual(self.endpoints(), [("0", False)])
        self.assertNotIn("ciliumendpoints", json.dumps(report))

    def test_a_piece_that_is_too_large_comes_in_pages(self):
        well = self.script.rest

        def rest(request):
            if not request.path.endswith("/ciliumendpoints"):
                return well(request)
            if request.one("resourceVersion") == "0":
                return Answer(200, {"kind": "CiliumEndpointList", "apiVersion": "cilium.io/v2", "metadata": {}, "items": [], "more": "x" * (65 << 20)})
            if not request.one("continue"):
                return Answer(200, {"kind": "CiliumEndpointList", "apiVersion": "cilium.io/v2", "metadata": {"continue": "2"}, "items": []})
            return Answer(200, {"kind": "CiliumEndpointList", "apiVersion": "cilium.io/v2", "metadata": {}, "items": []})
        self.script.rest = rest
        report = self.doctor()
        self.assertEqual(self.endpoints(), [("0", False), ("", False), ("", True)])
        self.assertNotIn("ciliumendpoints", json.dumps(report))

    def test_lists_are_read_while_agents_answer(self):
        """But for what agents are compared with: that is listed when they have answered."""
        self.script.exec_default = lambda c: (time.sleep(0.3), healthy(c))
        self.doctor("--max-concurrency=1")
        order = [r.path.rsplit("/", 1)[1] for r in self.server.requests if r.method == "GET"]
        last = len(order) - 1 - order[::-1].index("exec")
        self.assertLess(order.index("deployments"), last, order)
        for late in ("services", "endpointslices"):
            self.assertGreater(order.index(late), last, order)

    def test_an_agent_that_says_too_much_is_asked_again_with_limits(self):
        asked = []

        def limited(c):
            asked.append(c.request.query["command"][2])
            healthy(c)
        self.script.execs[pod_of("node-2")] = [table.flood(1), limited]
        inspected = self.doctor()["inspected"]
        self.assertEqual((inspected["agentsRead"], inspected["unread"]), (len(NODES), []))
        self.assertIn("head -c", asked[0])
        others = [r.query["command"][2] for r in self.server.seen("GET", "/exec$") if pod_of("node-2") not in r.path]
        self.assertTrue(others and not any("head -c" in script for script in others))

    def test_an_agent_that_says_too_much_whatever_it_is_asked(self):
        self.script.execs[pod_of("node-2")] = [table.flood(1)]
        inspected = self.doctor()["inspected"]
        self.assertEqual(self.server.tries[pod_of("node-2")], 2)
        self.assertEqual(inspected["agentsRead"], len(NODES) - 1)
        self.assertRegex(json.dumps(inspected["unread"]), r"node-2.*the output is larger than \d+ MiB")

    def pages(self, page):
        """The list of pods as `page(request)` gives its items and the token of the next page."""
        well = self.script.rest

        def rest(request):
            if request.path != "/api/v1/pods":
                return well(request)
            items, more = page(request)
            return Answer(200, {"kind": "PodList", "apiVersion": "v1", "metadata": {"continue": more}, "items": items})
        self.script.rest = rest

    def test_a_list_that_does_not_end(self):
        pods = self.objects.pods()
        numbers = iter(range(1 << 20))
        for name, page, most in (("the same token", lambda r: (pods, "again"), 2), ("a token and nothing else", lambda r: ([], str(next(numbers))), 10)):
            with self.subTest(name):
                self.server.requests.clear()
                self.pages(page)
                self.fails("error: the server's list of /api/v1/pods does not end\n")
                self.assertLessEqual(len(self.server.seen(path="^/api/v1/pods$")), most)

    def test_a_few_pages_may_be_empty(self):
        """The server filtered all of their objects out."""
        pods = self.objects.pods()
        self.pages(lambda r: (pods, "") if r.one("continue") == "5" else ([], str(int(r.one("continue") or 0) + 1)))
        self.all_read()

    def endless(self, start, block):
        """An answer to the list of pods that never ends; the client must leave it."""
        def how(c):
            c.send(start)
            while True:
                c.send(block)
        self.always("/api/v1/pods", Answer(200, how=how))
        return self.exits(self.kpr("status", "--run-timeout=3s"), 3)

    def test_answers_without_end(self):
        chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        lines = "error: the server's answer to GET /api/v1/pods has too many or too long header lines\n"
        late = UNABLE + "net/http: request canceled (Client.Timeout exceeded while awaiting headers)\n"
        for name, start, block, err in (("trailers", chunked + b"0\r\n", b"X-Trailer: more\r\n" * 1000, lines),
                                        ("header lines", b"HTTP/1.1 200 OK\r\n", b"X-Header: more\r\n" * 1000, lines),
                                        ("one header line", b"HTTP/1.1 200 OK\r\nX: ", b"x" * 65536, lines),
                                        ("answers before the answer", b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, lines),
                                        ("a chunk's size", chunked, b"0" * 65536, None),
                                        ("a chunk's extension", chunked + b"1;", b"x" * 65536, late)):
            with self.subTest(name):
                run = self.endless(start, block)
                # The system counts what this process had when it made the child.
                self.assertLess(run.peak_mib, 100 + resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, run)
                self.assertLess(run.seconds, 15, run)
                if err:
                    self.assertEqual(run.err, err)

    def test_http_2_that_nobody_asked_for(self):
        """Frames without end: a client that takes them up is lost in them."""
        settings, data = b"\0\0\0\4\0\0\0\0\0", b"\0\0\0\0\0\0\0\0\1"
        run = self.endless(settings, data * 1000)
        self.assertLess(run.seconds, 15, run)

    def test_html_error(self):
        self.always("/api/v1/pods", Answer(400, "<html>\x1b[2Jno</html>"))
        self.fails("Error from server (BadRequest): the server answered 400 to GET /api/v1/pods: <html>^[[2Jno</html>\n")

    def test_a_token_is_never_shown(self):
        run = self.all_read("-v=9")
        self.assertIn("GET /api/v1/pods", run.err)
        self.assertNotIn("secret-token", run.err + run.out)
        self.assertEqual({r.headers["authorization"] for r in self.server.seen()}, {"Bearer secret-token-of-the-test"})

    def test_refused_connection(self):
        self.server.stop()
        self.fails("The connection to the server %s was refused - did you specify the right host or port?\n" % self.server.authority)


class Deadlines(ServerTest):
    """The runs are bounded by the test's HANG; what is asserted is that the deadline ended them, and what was said."""

    def setUp(self):
        super().setUp()
        self.serve(NODES)
        self.kubeconfig()

    def silence(self, connection):
        connection.wait_for_end()
        return True

    def test_request_timeout(self):
        self.always("/api/v1/pods", Answer(200, how=lambda c: c.wait_for_end()))
        self.fails(UNABLE + "net/http: request canceled (Client.Timeout exceeded while awaiting headers)\n", 3, "--request-timeout=1")

    def test_silence_before_tls(self):
        self.script.accepted = dict.fromkeys(range(100), self.silence)
        self.fails(UNABLE + "net/http: request canceled (Client.Timeout exceeded while awaiting headers)\n", 3, "--request-timeout=1s")

    def test_run_timeout_while_listing(self):
        self.always("/api/v1/nodes", Answer(200, how=lambda c: c.wait_for_end()))
        self.fails(UNABLE + "net/http: request canceled (Client.Timeout exceeded while awaiting headers)\n", 3, "--run-timeout=1s")

    def test_node_timeout_is_for_each_node(self):
        for node in NODES[:2]:
            self.script.execs[pod_of(node)] = [table.silent]
        run = self.exits(self.kpr("status", "-o", "json", "--node-timeout=1s"), 2)
        self.assertEqual(self.readings(run), {n: "unread" if n in NODES[:2] else "read" for n in NODES})
        self.assertLess(run.seconds, 10)

    def test_half_of_a_handshake_of_one_node(self):
        """Its server begins TLS and stops. One connection at a time, so that the third one is of node-2."""
        def half(connection):
            connection.receive()
            connection.send(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03")
            return self.silence(connection)
        self.script.accepted = {2: half}
        run = self.exits(self.kpr("status", "--max-concurrency=1", "--node-timeout=1s"), 2)
        self.assertTrue(run.row("node-2").endswith(" unread: timed out: while connecting"), run)
        self.assertEqual(len(run.out.splitlines()), 1 + len(NODES))
        self.assertEqual(sum(run.row(n).endswith(table.READ) for n in NODES), 4)

    def test_handshake_that_is_cut_once(self):
        def cut(connection):
            connection.receive()
            connection.send(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03")
            connection.sock.close()
            return True
        self.script.accepted = {2: cut}
        self.all_read("--max-concurrency=1")

    def test_handshake_that_is_always_cut(self):
        def cut(connection):
            connection.receive()
            connection.send(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03")
            connection.sock.close()
            return True
        self.script.accepted = dict.fromkeys(range(100), cut)
        self.fails(UNABLE + "TLS handshake failed: unexpected EOF\n")

    def test_whole_run(self):
        for node in NODES[1:]:
            self.script.execs[pod_of(node)] = [table.silent]
        run = self.exits(self.kpr("status", "-o", "json", "--run-timeout=2s"), 2)
        self.assertEqual(self.readings(run), {n: "unread" if n in NODES[1:] else "read" for n in NODES})
        self.assertIn("the time limit of the whole run was reached: what is shown is not all\n", run.err)

    def test_senders_that_never_rest(self):
        """All but one agent send as fast as they can: neither deadline nor signal has to wait for them."""
        senders = [table.fast((BINARY, b"\x01")), table.fast((BINARY, b"\x09")), table.fast((BINARY, b"\x01x")), table.fast((PING, b"x" * 100))]
        for node, sender in zip(NODES[1:], senders):
            self.script.execs[pod_of(node)] = [sender]
        for flags in (["--run-timeout=2s"], ["--node-timeout=2s"]):
            run = self.exits(self.kpr("status", "-o", "json", *flags), 2)
            self.assertEqual(self.readings(run), {n: "unread" if n in NODES[1:] else "read" for n in NODES})
            self.assertLess(run.seconds, 15, run)
        self.server.tries.clear()
        run = self.kpr("status", signal_when=(signal.SIGINT, lambda: len(self.server.tries) == len(NODES) and not time.sleep(0.3)))
        self.exits(run, 130)
        self.assertLess(run.seconds, 15, run)

    def test_interrupt_prints_what_was_gathered(self):
        self.script.execs[pod_of("node-2")] = [table.silent]
        run = self.kpr("status", "-o", "json", signal_when=(signal.SIGINT, lambda: len(self.server.tries) == len(NODES) and self.server.running_execs == 1 and not time.sleep(0.3)))
        self.exits(run, 130)
        self.assertEqual(self.readings(run), {n: "unread" if n == "node-2" else "read" for n in NODES})
        self.assertEqual(json.loads(run.out)["items"][1]["reason"], "interrupted")

    def test_interrupted_doctor_prints_what_it_knows(self):
        self.script.execs[pod_of("node-2")] = [table.silent]
        run = self.kpr("doctor", "-o", "json", signal_when=(signal.SIGINT, lambda: len(self.server.tries) == len(NODES) and self.server.running_execs == 1 and not time.sleep(0.3)))
        self.exits(run, 130)
        self.assertEqual(json.loads(run.out)["inspected"]["complete"], False)

    def test_interrupt_while_listing(self):
        self.always("/api/v1/nodes", Answer(200, how=lambda c: c.wait_for_end()))
        run = self.kpr("status", signal_when=(signal.SIGINT, lambda: self.server.seen(path="/nodes$") and not time.sleep(0.1)))
        self.exits(run, 130)

    def test_concurrency_is_halved(self):
        nodes = ["node-%d" % i for i in range(1, 25)]
        self.server.stop()
        self.serve(nodes)
        self.kubeconfig()
        afterwards = []
        first, told = threading.Lock(), threading.Event()

        def slow(connection):
            if first.acquire(blocking=False):
                while self.server.running_execs < 8:
                    time.sleep(0.01)
                connection.answer(429, table.THROTTLED)
                return told.set()
            if told.is_set():
                afterwards.append(self.server.running_execs)
            told.wait(20)
            time.sleep(0.1)
            return table.healthy(connection)
        self.script.exec_default = slow
        run = self.exits(self.kpr("status", "--max-concurrency=8"), 0)
        self.assertEqual(run.err.splitlines()[0], table.PUSHED_BACK)
        self.assertEqual(len(run.out.splitlines()), 25)
        self.assertEqual(self.server.most_execs, 8)
        self.assertLess(max(afterwards), 8)

    def test_agents_that_hang_yield_their_places(self):
        nodes = ["node-%02d" % i for i in range(1, 61)]
        hang = {"node-%02d" % i for i in range(15, 45, 5)}
        self.server.stop()
        self.serve(nodes)
        self.kubeconfig()
        for node in hang:
            self.script.execs[pod_of(node)] = [table.silent]
        run = self.exits(self.kpr("status", "--max-concurrency=4", "--node-timeout=5s", "-o", "json"), 2)
        self.assertEqual({i["node"] for i in json.loads(run.out)["items"] if i["reading"] != "read"}, hang)
        self.assertGreater(self.server.most_execs, 4)
        self.assertLessEqual(self.server.most_execs, 4 + 54 // 8)


class Tls(ServerTest):
    def test_unknown_authority(self):
        self.serve(NODES)
        self.kubeconfig(certificate_authority_data=base64.b64encode(self.pki.pem("other-ca.crt")).decode())
        self.fails(UNABLE + "tls: failed to verify certificate: x509: certificate signed by unknown authority\n" + CHECK_TLS)

    def test_wrong_name(self):
        self.serve(NODES, "elsewhere")
        self.kubeconfig()
        self.fails(UNABLE + "tls: failed to verify certificate: x509: certificate is not valid for 127.0.0.1\n" + CHECK_TLS)

    def test_tls_server_name(self):
        self.serve(NODES, "elsewhere")
        self.kubeconfig(tls_server_name="elsewhere.example")
        self.all_read()
        self.assertEqual({r.headers["host"] for r in self.server.seen()}, {self.server.authority})

    def test_tls_server_name_that_is_wrong(self):
        self.serve(NODES)
        self.kubeconfig()
        self.fails(UNABLE + "tls: failed to verify certificate: x509: certificate is not valid for other.example\n" + CHECK_TLS, 3, "--tls-server-name=other.example")

    def test_expired_server_certificate(self):
        self.serve(NODES, "old-server")
        self.kubeconfig()
        self.fails(UNABLE + "tls: failed to verify certificate: x509: certificate has expired or is not yet valid\n" + CHECK_TLS)

    def test_insecure(self):
        self.serve(NODES, "old-server")
        self.kubeconfig(certificate_authority_data=None)
        self.all_read("--insecure-skip-tls-verify")

    def test_insecure_with_an_authority(self):
        self.serve(NODES)
        self.kubeconfig(insecure_skip_tls_verify=True)
        self.fails("error: specifying a root certificates file with the insecure flag is not allowed\n")

    def user(self, name):
        return {"client-certificate-data": base64.b64encode(self.pki.pem(name + ".crt")).decode(), "client-key-data": base64.b64encode(self.pki.pem(name + ".key")).decode()}

    def test_client_certificate(self):
        self.serve(NODES, clients=True)
        self.kubeconfig(self.user("client"))
        self.all_read()

    def test_expired_client_certificate(self):
        self.serve(NODES, clients=True)
        self.kubeconfig(self.user("old-client"))
        self.fails(UNABLE + "remote error: tls: expired certificate\nthe server refused the client certificate of the kubeconfig: it may have expired or belong to another cluster\n")

    def test_expired_client_certificate_and_a_401(self):
        """A real API server takes the certificate in the handshake and answers 401."""
        self.serve(NODES)
        self.script.rest = lambda request: UNAUTHORIZED
        self.kubeconfig(self.user("old-client"))
        self.fails("error: You must be logged in to the server (Unauthorized)\nthe client certificate of the kubeconfig expired at 2020-01-02T00:00:00Z\n")

    def test_no_client_certificate(self):
        self.serve(NODES, clients=True)
        self.kubeconfig()
        self.fails(UNABLE + "remote error: tls: certificate required\nthe server wants a client certificate: client-certificate and client-key of the user in the kubeconfig name one\n")

    def test_key_of_another_certificate(self):
        self.serve(NODES, clients=True)
        self.kubeconfig({**self.user("client"), "client-key-data": self.user("old-client")["client-key-data"]})
        run = self.exits(self.kpr("status"), 3)
        self.assertRegex(run.err, r"^error: tls: the client certificate and key cannot be used: ")

    def test_plain_text_behind_https(self):
        self.serve(NODES, plain=True)
        self.kubeconfig(server="https://" + self.server.authority)
        run = self.exits(self.kpr("status", "--request-timeout=2s"), 3)
        self.assertRegex(run.err, r"^" + UNABLE)


PLUGIN = """import json, os, sys
path = os.path.join(os.path.dirname(sys.argv[0]), "runs")
with open(path, "a") as f: f.write("run\\n")
runs = len(open(path).readlines())
print(json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "token-%d" % runs}}))
"""


class Logins(ServerTest):
    def setUp(self):
        super().setUp()
        self.serve(NODES)
        self.valid = {"Bearer token-1"}
        well, well_exec = self.script.rest, self.script.exec_default
        self.script.rest = lambda r: well(r) if r.headers.get("authorization") in self.valid else UNAUTHORIZED

        def checked(connection):
            if connection.request.headers.get("authorization") in self.valid:
                return well_exec(connection)
            return connection.answer(401, status(401, "Unauthorized", "Unauthorized"))
        self.script.exec_default = checked

    def plugin(self, **more):
        self.program("login", PLUGIN)
        self.kubeconfig({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "login", "interactiveMode": "Never", **more}})

    def runs(self):
        with open(self.folder + "/bin/runs", encoding="ascii") as f:
            return len(f.readlines())

    def test_one_run_for_all_requests(self):
        self.plugin()
        self.all_read()
        self.assertEqual(self.runs(), 1)

    def test_401_then_ok(self):
        self.plugin()
        self.valid = {"Bearer token-2"}
        self.all_read()
        self.assertEqual(self.runs(), 2)

    def test_401_of_the_execs_then_ok(self):
        """The token expires between the lists and the execs: one renewal for all."""
        self.plugin()
        self.valid = {"Bearer token-1"}
        well = self.script.rest

        def rest(request):
            answer = well(request)
            if request.path == "/api/v1/nodes":
                self.valid = {"Bearer token-2"}
            return answer
        self.script.rest = rest
        self.all_read()
        self.assertEqual(self.runs(), 2)

    def test_401_for_ever(self):
        self.plugin()
        self.valid = set()
        self.fails(LOGIN)
        self.assertEqual(self.runs(), 2)

    def test_plugin_that_is_not_there(self):
        self.kubeconfig({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-login", "interactiveMode": "Never", "installHint": "Install it\nfrom the shop\x1b[31m"}})
        self.fails(UNABLE + "getting credentials: exec: executable no-such-login not found\n"
                   "It looks like you are trying to use a client-go credential plugin that is not installed.\n\nInstall it\nfrom the shop[31m\n")

    def test_plugin_that_fails(self):
        self.program("login", "import sys\nsys.stderr.write('no such user\\n')\nsys.exit(7)\n")
        self.kubeconfig({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "login", "interactiveMode": "Never"}})
        self.fails("no such user\n" + UNABLE + "getting credentials: exec: executable login failed with exit code 7\n")

    def test_plugin_that_hangs(self):
        self.program("login", "import time\ntime.sleep(100)\n")
        self.kubeconfig({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "login", "interactiveMode": "Never"}})
        self.fails(UNABLE + "getting credentials: exec: executable login did not answer in time\n", 3, "--run-timeout=1s")

    def login(self, python):
        self.program("login", python)
        self.kubeconfig({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "login", "interactiveMode": "Never"}})

    GOOD = 'import json, os, signal, subprocess, sys, time\nsys.stdout.write(json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "token-1"}}))\n'
    CLOSED = "sys.stdout.close()\nos.close(1)\ntime.sleep(100)\n"

    def test_plugin_that_closes_its_output_and_stays(self):
        """However it stays, and whatever it said before: its end is part of its answer."""
        for name, python in {"without a word": "import os, sys, time\n" + self.CLOSED, "with a credential": self.GOOD + self.CLOSED,
                             "deaf": self.GOOD + "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + self.CLOSED}.items():
            with self.subTest(name):
                self.login(python)
                run = self.fails(UNABLE + "getting credentials: exec: executable login did not answer in time\n", 3, "--run-timeout=1s")
                self.assertLess(run.seconds, 20)

    def test_plugin_that_stays_and_one_interrupt(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            for python in ("import os, sys, time\nopen(%r, 'w').close()\n" % (self.folder + "/started") + self.CLOSED,
                           "import os, sys, time\nopen(%r, 'w').close()\ntime.sleep(100)\n" % (self.folder + "/started")):
                with self.subTest(number=number, python=python):
                    self.login(python)
                    started = self.folder + "/started"
                    run = self.kpr("status", signal_when=(number, lambda: os.path.exists(started)))
                    self.exits(run, 128 + number)
                    self.assertLess(run.seconds, 20)
                    os.remove(started)

    def test_plugin_that_leaves_something_behind(self):
        """What it started may keep its output open: a token daemon, say. It is not ours to end."""
        self.login(self.GOOD + "sys.stdout.flush()\nsubprocess.Popen(['/bin/sleep', '20'], stderr=subprocess.DEVNULL)\n")
        self.assertLess(self.all_read().seconds, 15)

    def test_what_a_hanging_plugin_started_ends_with_it(self):
        path = self.folder + "/pid"
        self.login(self.GOOD + "p = subprocess.Popen(['/bin/sleep', '100'])\nopen(%r, 'w').write(str(p.pid))\n" % path + self.CLOSED)
        self.fails(UNABLE + "getting credentials: exec: executable login did not answer in time\n", 3, "--run-timeout=2s")
        with open(path, encoding="ascii") as f, self.assertRaises(OSError):
            pid = int(f.read())
            for _ in range(100):  # buried by init, or a zombie where there is none
                with open("/proc/%d/stat" % pid, encoding="ascii") as stat:
                    if stat.read().rsplit(")", 1)[1].split()[0] == "Z":
                        raise OSError
                time.sleep(0.1)

    def test_plugin_gets_no_descriptor_of_ours(self):
        path = self.folder + "/fds"
        self.valid = {"Bearer token-2"}  # it runs again, with connections open
        self.login("import json, os\nwith open(%r, 'a') as f: f.write(str(sorted(int(n) for n in os.listdir('/proc/self/fd'))) + '\\n')\n" % path + PLUGIN)
        self.all_read()
        with open(path, encoding="ascii") as f:
            for line in f:
                self.assertEqual(line, "[0, 1, 2, 3, 4]\n")  # its own file and folder

    def test_no_plugin_of_a_stranger(self):
        self.login(self.GOOD + "open(%r, 'w').close()\n" % (self.folder + "/ran"))
        self.fails('error: the kubeconfig gets its credentials from the program "login", and --no-exec-plugin lets none run\n'
                   "Give others with --token or --client-certificate, or leave the flag out.\n", 3, "--no-exec-plugin")
        self.all_read("--no-exec-plugin", "--token=token-1")
        self.assertFalse(os.path.exists(self.folder + "/ran"))

    def test_line_breaks_in_credentials(self):
        for flag, header in (("--as=jane\r\nImpersonate-Group: system:masters", "Impersonate-User"), ("--token=a\nb", "Authorization")):
            with self.subTest(flag):
                self.kubeconfig({"token": "token-1"})
                before = len(self.server.requests)
                self.fails('error: invalid header field value for "%s"\nA credential, or a name given with --as, holds a line break or another control character.\n' % header, 3, flag)
                self.assertEqual(len(self.server.requests), before)

    def test_token_file_that_is_renewed(self):
        path = self.file("token", "token-0\n")
        self.kubeconfig({"tokenFile": path})
        well = self.script.rest

        def rest(request):
            if request.headers.get("authorization") == "Bearer token-0":
                self.file("token", "token-1\n")
            return well(request)
        self.script.rest = rest
        self.all_read()

    def test_token_that_is_wrong(self):
        self.kubeconfig({"token": "wrong"})
        self.fails(LOGIN)


if __name__ == "__main__":
    unittest.main()
