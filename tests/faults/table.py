"""The table of faults that one agent, its kubelet or the way to it can have: what happens, and the row, message and exit code that must come of it."""
import dataclasses
import json
import struct
import time

from cluster import STATUS, healthy, said
from server import BINARY, CLOSE, CONTINUATION, PING, TEXT, Gone, status

READ = "Ok, 1 controller failing, 1/2 nodes reachable"  # the fixture's own state

RIGHTS = "kubectl kpr rbac prints the rights that are needed, and with --check which of them are missing"


@dataclasses.dataclass
class Fault:
    name: str
    tries: list                # what each try of the exec meets; the last one again and again
    row: str = READ            # the STATUS column
    code: int = 0
    flags: tuple = ()
    notes: tuple = ()          # lines that must be on stderr
    asked: int = 0             # how often the exec was tried
    at_least: float = 0.0      # seconds that it must take: somebody waited


def answers(c):
    out, err, code = said(c.request.query["command"])
    return out, err, code


def refuse(code, body=b"", headers=()):
    def behaviour(c):
        c.answer(code, body, headers)
    return behaviour


def forbidden(verb):
    return status(403, "Forbidden", 'pods "cilium-node-2" is forbidden: User "jane" cannot %s resource "pods/exec" in API group "" in the namespace "kube-system"' % verb, name="cilium-node-2", kind="pods")


DIALING = status(500, "InternalError", "error dialing backend: dial tcp 10.0.0.2:10250: connect: connection refused")
THROTTLED = status(429, "TooManyRequests", "too many requests, please try again later", retryAfterSeconds=1)


def ends(code):
    """The probe's shell ends with a code and without a word."""
    def behaviour(c):
        c.upgrade()
        c.say(b"sh: broken\n", 2)
        c.exit(code)
        c.close()
    return behaviour


def runtime_says(message):
    def behaviour(c):
        c.upgrade()
        c.fail(message)
        c.close()
    return behaviour


def cut_with_success(part):
    """Success and exit code 0 after only a part of the text: seen on real servers."""
    def behaviour(c):
        out, _, _ = answers(c)
        c.upgrade()
        c.say(out[:int(len(out) * part)])
        c.exit(0)
        c.close()
    return behaviour


def closed_without_status(c):
    out, _, _ = answers(c)
    c.upgrade()
    c.say(out)
    c.close(1000)


def one_byte_fragments(c):
    out, err, _ = answers(c)
    c.upgrade()
    for channel, data in ((1, out), (2, err)):
        payload = bytes([channel]) + data
        c.send(b"".join(c.framed(BINARY if i == 0 else CONTINUATION, payload[i:i + 1], i + 1 == len(payload)) for i in range(len(payload))))
    c.exit()
    c.close()


def interleaved(c):
    out, err, _ = answers(c)
    c.upgrade()
    for i in range(max(len(out), len(err)) // 7 + 1):
        for channel, data in ((1, out), (2, err)):
            if data[i * 7:i * 7 + 7]:
                c.channel(channel, data[i * 7:i * 7 + 7])
        c.channel(9, b"a channel that nobody knows")
    c.exit()
    c.close()


def fragments_and_pings(c):
    """Control frames may stand between the fragments of a message."""
    out, _, _ = answers(c)
    c.upgrade()
    c.drain()
    payload = bytes([1]) + out
    half = len(payload) // 2
    c.frame(BINARY, payload[:half], fin=False)
    for _ in range(2000):
        c.frame(PING, b"are you there")
    c.frame(CONTINUATION, payload[half:])
    c.exit()
    c.frame(CLOSE, struct.pack(">H", 1000))
    time.sleep(1)


def ping_storm(c):
    c.upgrade()
    c.drain()
    pings = c.framed(PING, b"x" * 100) * 500
    while True:
        c.send(pings)


def fast(*frames, opening=b""):
    """A sender that never rests: the same frames as fast as the client takes them."""
    def behaviour(c):
        c.upgrade()
        c.drain()
        block = b"".join(c.framed(*f) for f in frames)
        block *= max(1, (1 << 20) // len(block))
        c.send(opening)
        while True:
            c.send(block)
    return behaviour


def text_frames(c):
    """The v4 protocol, in text frames and with empty messages between."""
    out, _, _ = answers(c)
    c.upgrade("v4.channel.k8s.io")
    c.channel(1, b"")
    c.channel(2, b"")
    c.frame(TEXT, b"\x01" + out)
    c.exit()
    c.close()


def reset_in_the_middle(c):
    out, _, _ = answers(c)
    c.upgrade()
    c.say(out[:len(out) // 2])
    time.sleep(0.05)
    c.reset()


def closed_in_the_middle(c):
    out, _, _ = answers(c)
    c.upgrade()
    c.say(out[:len(out) // 2])


def silent(c):
    c.wait_for_end()


def silent_after_upgrade(c):
    out, _, _ = answers(c)
    c.upgrade()
    c.say(out[:100])
    c.wait_for_end()


def endless(c):
    c.upgrade()
    try:
        while True:
            c.channel(1, b".")
            time.sleep(0.02)
    except Gone:
        pass


def flood(channel):
    """1 GiB, if the client lets us."""
    def behaviour(c):
        c.upgrade()
        block = c.framed(BINARY, bytes([channel]) + b"x" * 65535) * 16
        for _ in range(1024):
            c.send(block)
        c.exit()
        c.close()
    return behaviour


def huge_message(c):
    c.upgrade()
    c.send(bytes([0x82, 127]) + struct.pack(">Q", 1 << 30) + b"\x01" + b"x" * 1000)
    c.wait_for_end()


def masked_frame(c):
    c.upgrade()
    c.send(bytes([0x82, 0x81, 1, 2, 3, 4, 5]))
    c.wait_for_end()


def head(text):
    def behaviour(c):
        c.send(text)
    return behaviour


def upgraded(**how):
    def behaviour(c):
        c.upgrade(**how)
        c.wait_for_end()
    return behaviour


def status_twice(c):
    """The Status comes, and the connection ends without a close frame."""
    out, _, _ = answers(c)
    c.upgrade()
    c.say(out)
    c.exit()


def single_commands(*codes):
    """An image without sh; its programs end with the codes in turn (0: with their true output)."""
    def behaviour(c):
        argv = c.request.query["command"]
        c.upgrade()
        if argv[0] == "sh":
            c.exit(126)
        else:
            code = codes[0] if argv[0] == "cilium-dbg" else codes[-1]
            c.say(STATUS if code == 0 else b"")
            c.exit(code)
        c.close()
    return behaviour


SHORT = ("--node-timeout=1s",)
PUSHED_BACK = "the API server pushed back: fewer agents were asked at a time"
PROXY = "a proxy may forbid WebSocket; --exec-via=kubectl runs kubectl exec instead"
TOO_MANY = "unread: Error from server (TooManyRequests): too many requests, please try again later"
CUT = "incomplete: the answer was cut: status-verbose is missing or not whole"

FAULTS = [
    # What the API server answers instead of the upgrade.
    Fault("401 without a way to renew", [refuse(401, status(401, "Unauthorized", "Unauthorized"))],
          "unread: You must be logged in to the server (Unauthorized)", 2, asked=1, notes=("the credentials of the kubeconfig were not accepted: they may have expired",)),
    Fault("403 with the reason", [refuse(403, forbidden("create"))],
          'unread: Error from server (Forbidden): pods "cilium-node-2" is forbidden: User "jane" cannot create resource "pods/exec" in API group "" in the namespace "kube-system"', 2, notes=(RIGHTS,), asked=1),
    Fault("404, the pod is gone", [refuse(404, status(404, "NotFound", 'pods "cilium-node-2" not found'))],
          'unread: Error from server (NotFound): pods "cilium-node-2" not found', 2, asked=1),
    Fault("429 with Retry-After, then well", [refuse(429, THROTTLED, [("Retry-After", "1")]), healthy], notes=(PUSHED_BACK,), asked=2, at_least=1.0),
    Fault("429 with a date, then well", [refuse(429, THROTTLED, [("Date", "Wed, 01 Jan 2020 00:00:00 GMT"), ("Retry-After", "Wed, 01 Jan 2020 00:00:01 GMT")]), healthy],
          notes=(PUSHED_BACK,), asked=2, at_least=1.0),
    Fault("429 again and again", [refuse(429, THROTTLED)], TOO_MANY, 2, notes=(PUSHED_BACK,), asked=3),
    Fault("429 for longer than the node's deadline", [refuse(429, THROTTLED, [("Retry-After", "3600")])], TOO_MANY, 2, notes=(PUSHED_BACK,), asked=1),
    Fault("500 error dialing backend", [refuse(500, DIALING)],
          "unread: Error from server (InternalError): error dialing backend: dial tcp 10.0.0.2:10250: connect: connection refused", 2, asked=3),
    Fault("500 error dialing backend, then well", [refuse(500, DIALING), healthy], asked=2),
    Fault("502 of a load balancer", [refuse(502, "<html>bad gateway</html>")],
          "unread: Error from server (InternalError): the server answered 502 to exec: <html>bad gateway</html>", 2, asked=3),
    Fault("upgrade refused with JSON", [refuse(400, status(400, "BadRequest", "you must specify at least 1 of stdin, stdout, stderr"))],
          "unread: Error from server (BadRequest): you must specify at least 1 of stdin, stdout, stderr", 2, asked=1),
    Fault("upgrade refused without JSON", [refuse(403, "<html>WebSocket is not allowed here\x1b[31m</html>")],
          "unread: the WebSocket upgrade was refused with 403 by something that is not a Kubernetes API server: <html>WebSocket is not allowed here^[[31m</html>", 2, notes=(PROXY,), asked=1),
    Fault("200 instead of an upgrade", [refuse(200, "hello")],
          "unread: the WebSocket upgrade was refused with 200 by something that is not a Kubernetes API server: hello", 2, notes=(PROXY,), asked=1),
    Fault("redirect to a login page", [refuse(302, "", [("Location", "https://login.example/")])],
          "unread: the WebSocket upgrade was refused with 302 by something that is not a Kubernetes API server", 2, notes=(PROXY,), asked=1),

    # An upgrade that is wrong.
    Fault("no subprotocol", [upgraded(protocol=None)], "unread: the server chose no subprotocol", 2, asked=1),
    Fault("a subprotocol that was not offered", [upgraded(protocol="v1.channel.k8s.io")], 'unread: the server chose the subprotocol "v1.channel.k8s.io", which was not offered', 2, asked=1),
    Fault("wrong Sec-WebSocket-Accept", [upgraded(accept="AAAA")], "unread: the server's Sec-WebSocket-Accept is wrong", 2, asked=1),
    Fault("an extension that was not offered", [upgraded(headers=("Sec-WebSocket-Extensions: permessage-deflate",))], "unread: the server chose a WebSocket extension that was not offered", 2, asked=1),
    Fault("not HTTP", [head(b"\x15\x03\x01 what\r\n\r\n")], "unread: the server's answer is not HTTP/1.1", 2, asked=1),
    Fault("closed without an answer", [head(b"")], "unread: the server closed the connection without an answer", 2, asked=3),
    Fault("closed in the head", [head(b"HTTP/1.1 101 Sw")], "unread: the server closed the connection in the middle of its answer", 2, asked=3),
    Fault("a head without end", [head(b"HTTP/1.1 101 Switching\r\n" + b"X: y\r\n" * 20000)], "unread: the server's answer has a head of more than 64 KiB", 2, asked=1),

    # WebSocket as the standard allows it.
    Fault("v4, text frames, empty messages", [text_frames], asked=1),
    Fault("fragments of one byte", [one_byte_fragments], asked=1),
    Fault("interleaved channels", [interleaved], asked=1),
    Fault("2,000 pings between two fragments", [fragments_and_pings], asked=1),
    Fault("a Status and no close frame", [status_twice], asked=1),

    # And as it does not.
    Fault("ping storm", [ping_storm], "unread: the server sent too many WebSocket pings", 2, asked=1),
    Fault("empty fragments", [fast((CONTINUATION, b"", False), opening=b"\x02\x01\x01")], "unread: the server sent too many empty WebSocket frames", 2, asked=1),
    Fault("empty messages", [fast((BINARY, b""))], "unread: the server sent too many empty WebSocket frames", 2, asked=1),
    Fault("messages of no channel", [fast((BINARY, b"\x09" + b"x" * 1000))], "unread: the server sent too much that is no output", 2, asked=1),
    Fault("close without Status", [closed_without_status], "unread: the exec was closed without a status (WebSocket code 1000)", 2, asked=3),
    Fault("masked frames", [masked_frame], "unread: the server broke the WebSocket protocol", 2, asked=1),
    Fault("a message of 1 GiB", [huge_message], "unread: the server sent a WebSocket message larger than 16 MiB", 2, asked=1),
    Fault("reset in the middle", [reset_in_the_middle], "unread: the connection was lost in the middle of the output: connection reset by peer", 2, asked=3),
    Fault("reset in the middle, then well", [reset_in_the_middle, healthy], asked=2),
    Fault("closed in the middle", [closed_in_the_middle], "unread: the connection was closed without a close frame (1006)", 2, asked=3),

    # Exit codes.
    Fault("exit code 1", [ends(1)], "incomplete: the answer has no probe frames (the probe exited with 1: sh: broken)", 2, asked=2),
    Fault("exit code 126, no sh", [single_commands(0)], asked=2),
    Fault("exit code 126 of all programs", [single_commands(126)], "unread: the image has neither cilium-dbg nor cilium", 2, asked=3),
    Fault("no sh, the program is called cilium", [single_commands(127, 0)], asked=3),
    Fault("no sh, the program fails", [single_commands(1)], "unread: status-verbose exited with 1 and said nothing", 2, asked=2),
    Fault("the runtime has no sh", [runtime_says('failed to exec in container: failed to start exec "x": OCI runtime exec failed: exec failed: unable to start container process: '
                                                 'exec: "sh": executable file not found in $PATH: unknown')], "unread: the image has neither cilium-dbg nor cilium", 2, asked=3),
    Fault("container not found", [runtime_says('container not found ("cilium-agent")')], 'unread: container not found ("cilium-agent")', 2, asked=1),

    # Success, exit code 0 and half a text: only the end frame proves that all is there.
    Fault("cut to nothing", [cut_with_success(0)], "incomplete: the answer has no probe frames", 2, asked=2),
    Fault("cut in half", [cut_with_success(0.5)], CUT, 2, asked=2),
    Fault("cut in the end frame", [cut_with_success(0.995)], "incomplete: the answer was cut before its end frame", 2, asked=2),
    Fault("cut in half, then well", [cut_with_success(0.5), healthy], asked=2),

    # Time and size.
    Fault("accepts and says nothing", [silent], "unread: timed out: no answer to the upgrade", 2, SHORT, asked=1, at_least=1.0),
    Fault("silent after a part", [silent_after_upgrade], "unread: timed out: the output did not end", 2, SHORT, asked=1, at_least=1.0),
    Fault("a stream that never ends", [endless], "unread: timed out: the output did not end", 2, SHORT, asked=1, at_least=1.0),
    Fault("messages without bytes for ever", [fast((BINARY, b"\x01"))], "unread: the server sent too much that is no output", 2, asked=1),
    Fault("1 GiB of stdout", [flood(1)], "unread: the output is larger than 9 MiB", 2, asked=1),
    Fault("1 GiB of stderr", [flood(2)], "unread: the output is larger than 9 MiB", 2, asked=1),
    Fault("1 GiB of Status", [flood(3)], "unread: the exec's status is larger than 64 KiB", 2, asked=1),
]
