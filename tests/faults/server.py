"""A scripted API server: HTTPS, REST and exec over WebSocket, with every byte in the hands of the test.

A real API server never answers wrong on demand; this one does nothing else. It knows no Kubernetes: what it answers comes from a Script.
Python's standard library only. One thread a connection, HTTP/1.1.
"""
import base64
import hashlib
import json
import os
import re
import socket
import ssl
import struct
import subprocess
import threading
import time
import traceback
import urllib.parse

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10


class Certificates:
    """What the tests need of a public key infrastructure, made with the openssl program in `folder`."""

    def __init__(self, folder):
        self.folder = folder
        with open(self.path("openssl.cnf"), "w", encoding="ascii") as f:
            f.write("[req]\ndistinguished_name=dn\n[dn]\n[server]\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n"
                    "subjectAltName=DNS:localhost,DNS:kube.example,IP:127.0.0.1,IP:::1\n[other]\nbasicConstraints=CA:FALSE\nsubjectAltName=DNS:elsewhere.example\n"
                    "[client]\nbasicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\n"
                    "[ca]\ndefault_ca=authority\n[authority]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=any\nunique_subject=no\n[any]\ncommonName=supplied\n")
        for authority in ("ca", "other-ca"):
            self.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", authority + ".key", "-out", authority + ".crt", "-days", "30",
                     "-subj", "/CN=" + authority, "-config", "openssl.cnf", "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
        self.issue("server", "server")
        self.issue("elsewhere", "other")
        self.issue("old-server", "server", end="20200102000000Z")
        self.issue("client", "client")
        self.issue("old-client", "client", end="20200102000000Z")

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def issue(self, name, section, end="20990101000000Z"):
        self.run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name, "-config", "openssl.cnf")
        with open(self.path("index.txt"), "w", encoding="ascii"):
            pass
        if not os.path.exists(self.path("serial")):
            with open(self.path("serial"), "w", encoding="ascii") as f:
                f.write("1000\n")
        self.run("ca", "-batch", "-notext", "-config", "openssl.cnf", "-cert", "ca.crt", "-keyfile", "ca.key", "-in", name + ".csr", "-out", name + ".crt", "-extensions", section,
                 "-startdate", "20200101000000Z", "-enddate", end)

    def pem(self, name):
        with open(self.path(name), "rb") as f:
            return f.read()

    def server_context(self, name="server", clients=False):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path(name + ".crt"), self.path(name + ".key"))
        if clients:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.path("ca.crt"))
        return context


class Request:
    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.body = method, target, headers, body
        path, _, query = target.partition("?")
        self.path, self.query = path, urllib.parse.parse_qs(query, keep_blank_values=True)

    def one(self, name):
        return self.query.get(name, [""])[0]

    @property
    def pod(self):
        return self.path.split("/")[6]


class Answer:
    """What REST answers: JSON, or any bytes; `how` may take the connection over before anything is sent."""

    def __init__(self, status, body=b"", headers=(), how=None):
        self.status, self.headers, self.how = status, list(headers), how
        self.body = json.dumps(body).encode() if isinstance(body, (dict, list)) else body.encode() if isinstance(body, str) else body


def status(code, reason, message, **details):
    """A metav1.Status as an API server writes it."""
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "reason": reason, "details": details, "code": code}


class Gone(Exception):
    """The client went away."""


class Connection:
    """One accepted connection and what a script may do with it. Everything that is sent is sent whole."""

    def __init__(self, server, sock):
        self.server, self.sock = server, sock
        self.request = None

    def send(self, data):
        try:
            self.sock.sendall(data)
        except (OSError, ValueError) as e:
            raise Gone(str(e)) from e

    def receive(self, n=65536):
        try:
            return self.sock.recv(n)
        except (OSError, ValueError):
            return b""

    def answer(self, code, body=b"", headers=(), reason="Whatever"):
        if isinstance(body, (dict, list)):
            body, headers = json.dumps(body).encode(), [("Content-Type", "application/json"), *headers]
        elif isinstance(body, str):
            body = body.encode()
        lines = ["HTTP/1.1 %d %s" % (code, reason), "Content-Length: %d" % len(body), *("%s: %s" % h for h in headers)]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    # --- WebSocket -------------------------------------------------------------------------------------------------------------------------

    def upgrade(self, protocol="v5.channel.k8s.io", accept=None, headers=()):
        key = self.request.headers.get("sec-websocket-key", "")
        right = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
        lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: " + (accept or right)]
        if protocol:
            lines.append("Sec-WebSocket-Protocol: " + protocol)
        self.send("\r\n".join([*lines, *headers]).encode() + b"\r\n\r\n")

    @staticmethod
    def framed(opcode, data, fin=True):
        n = len(data)
        head = bytes([(0x80 if fin else 0) | opcode])
        if n < 126:
            return head + bytes([n]) + data
        return head + (bytes([126]) + struct.pack(">H", n) if n < 65536 else bytes([127]) + struct.pack(">Q", n)) + data

    def frame(self, opcode, data=b"", fin=True):
        self.send(self.framed(opcode, data, fin))

    def channel(self, number, data):
        """One message on a channel: 1 stdout, 2 stderr, 3 status."""
        self.frame(BINARY, bytes([number]) + data)

    def say(self, data, channel=1, size=16384):
        for at in range(0, len(data), size):
            self.channel(channel, data[at:at + size])

    def exit(self, code=0):
        if code == 0:
            s = {"metadata": {}, "status": "Success"}
        else:
            s = {"metadata": {}, "status": "Failure", "message": "command terminated with non-zero exit code: exit status %d" % code, "reason": "NonZeroExitCode",
                 "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]}}
        self.channel(3, json.dumps(s).encode())

    def fail(self, message, reason="InternalError"):
        self.channel(3, json.dumps({"metadata": {}, "status": "Failure", "message": message, "reason": reason, "code": 500}).encode())

    def close(self, code=1000):
        self.frame(CLOSE, struct.pack(">H", code))
        self.wait_for_end()

    def wait_for_end(self, limit=60.0):
        """Reads and drops until the client ends the connection."""
        self.sock.settimeout(limit)
        while self.receive():
            pass

    def drain(self):
        """Reads what the client sends in the background, so that it never blocks."""
        threading.Thread(target=self.wait_for_end, daemon=True).start()

    def reset(self):
        """RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock = self.sock
        if isinstance(sock, ssl.SSLSocket):
            socket.socket(fileno=sock.detach()).close()
        else:
            sock.close()


class Script:
    """What happens: `rest(request)` gives an Answer; `execs[pod]` is a list of functions of a Connection, one a try, the last one again and
    again; `accepted[n]` takes the n-th connection (from 0) over before TLS and ends it when it returns True."""

    def __init__(self, rest, exec_default):
        self.rest, self.exec_default = rest, exec_default
        self.execs, self.accepted = {}, {}
        self.allow_exec = lambda connection: None  # an Answer refuses


class Server:
    def __init__(self, script, context=None, prefix="", host="127.0.0.1"):
        self.script, self.context, self.prefix, self.host = script, context, prefix, host
        self.requests, self.tries, self.errors = [], {}, []
        self.lock = threading.Lock()
        self.running_execs, self.most_execs = 0, 0
        self.connections = self.resumed = 0
        self.open = set()
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((host, 0))
        self.socket.listen(256)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def authority(self):
        return "%s:%d" % ("[%s]" % self.host if ":" in self.host else self.host, self.port)

    @property
    def url(self):
        return "%s://%s%s" % ("https" if self.context else "http", self.authority, self.prefix)

    def stop(self):
        for sock in [self.socket, *self.open]:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()

    def seen(self, method="", path=""):
        with self.lock:
            return [r for r in self.requests if r.method.startswith(method) and re.search(path, r.path)]

    def accept(self):
        while True:
            try:
                sock, _ = self.socket.accept()
            except OSError:
                return
            with self.lock:
                number = self.connections
                self.connections += 1
                self.open.add(sock)
            threading.Thread(target=self.serve, args=(sock, number), daemon=True).start()

    def serve(self, raw, number):
        sock = raw
        try:
            raw.settimeout(60)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            hook = self.script.accepted.get(number)
            if hook and hook(Connection(self, raw)):
                return
            if self.context:
                try:
                    sock = self.context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False)
                    sock.do_handshake()
                except ssl.SSLError:
                    time.sleep(0.3)  # the client reads the alert before the connection ends, as it does over any distance
                    return
                with self.lock:
                    self.open.discard(raw)
                    self.open.add(sock)
                    self.resumed += sock.session_reused
            while self.serve_one(Connection(self, sock)):
                pass
        except (OSError, Gone):
            pass
        except Exception:  # a mistake of the test: it must not look like a fault of the network
            self.errors.append(traceback.format_exc())
        finally:
            with self.lock:
                self.open.discard(sock)
                self.open.discard(raw)
            sock.close()
            raw.close()

    def read_request(self, connection):
        head = b""
        while b"\r\n\r\n" not in head:
            more = connection.receive(1 if len(head) > 65536 else 65536)
            if not more:
                return None
            head += more
        head, _, body = head.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ", 2)
        headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
        length = int(headers.get("content-length", 0))
        while len(body) < length:
            more = connection.receive()
            if not more:
                return None
            body += more
        return Request(method, target, headers, body)

    def serve_one(self, connection):
        request = self.read_request(connection)
        if request is None:
            return False
        connection.request = request
        outside = not request.path.startswith(self.prefix + "/")
        request.path = request.path[len(self.prefix):]
        with self.lock:
            self.requests.append(request)
        if outside:
            connection.answer(404, "404 page not found\n")
            return True
        if "upgrade" in request.headers:
            return self.serve_exec(connection)
        answer = self.script.rest(request)
        if answer.how:
            answer.how(connection)
            return False
        connection.answer(answer.status, answer.body, [("Content-Type", "application/json"), ("Date", time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())), *answer.headers])
        return True

    def serve_exec(self, connection):
        pod = connection.request.pod
        with self.lock:
            attempt = self.tries.get(pod, 0)
            self.tries[pod] = attempt + 1
            self.running_execs += 1
            self.most_execs = max(self.most_execs, self.running_execs)
        try:
            behaviours = self.script.execs.get(pod, [self.script.exec_default])
            behaviours[min(attempt, len(behaviours) - 1)](connection)
        finally:
            with self.lock:
                self.running_execs -= 1
        return False
