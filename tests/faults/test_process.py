"""The process and what is around it: descriptors that are closed, disks that are full, limits, signals. No cluster is needed."""
import gzip
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import tarfile
import time
import unittest
import zipfile
import zlib

from cluster import HANG, PLUGIN, SOURCE, FaultTest

DUMP = os.path.join(SOURCE, "tests/fixtures/sysdump")
TEXTS = os.path.join(SOURCE, "examples/eight-nodes")
TEXT = os.path.join(TEXTS, "z-k8s-m-1.txt")
FULL = "error: cannot write to standard output: No space left on device\n"
COMMANDS = [["status", "-f", TEXTS], ["status", "-o", "json", "-f", TEXTS], ["doctor", "--from", DUMP], ["doctor", "--from", DUMP, "-o", "junit", "--fail-on=never"], ["parse", TEXT],
            ["checks"], ["explain", "image-pull-stuck-pulling"], ["rbac"], ["version"], ["completion", "bash"], ["help"], ["status", "--help"], ["__complete", "sta"], ["__man"], []]


def limits(**values):
    def apply():
        for name, value in values.items():
            resource.setrlimit(getattr(resource, "RLIMIT_" + name), (value, value))
    return apply


class ProcessTest(FaultTest):
    def run_(self, *arguments, code, **how):
        environment = {"PATH": "/usr/bin:/bin", "HOME": self.folder, "LANG": "C.UTF-8"}
        p = subprocess.run([PLUGIN, *arguments], cwd=self.folder, env=environment, timeout=HANG, **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how})
        said = (p.stderr or b"").decode()
        self.assertIn(p.returncode, code if isinstance(code, tuple) else (code,), said)
        return p.stdout, said


class Output(ProcessTest):
    def test_full_disk(self):
        for command in COMMANDS:
            with self.subTest(command=command), open("/dev/full", "wb") as full:
                _, err = self.run_(*command, code=3, stdout=full)
                self.assertEqual(err.splitlines(True)[-1], FULL)

    def test_a_pipe_whose_reader_went_away_is_no_error(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                reader, writer = os.pipe()
                os.close(reader)
                p = subprocess.run([PLUGIN, *command], stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.PIPE, timeout=HANG)
                os.close(writer)
                self.assertIn(p.returncode, (0, 1, 2))
                self.assertNotIn(b"error", p.stderr)

    def test_closed_descriptors(self):
        """The first thing opened would be standard output, or the pipe that wakes us."""
        missing = [a for i in range(1500) for a in ("-f", "/nonexistent/%0150d" % i)]
        for closed in ([0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]):
            for command, code in ((["status", "-f", TEXT, *missing], 2), (["status", "-o", "json", *["-f", TEXTS] * 20], 0)):
                with self.subTest(closed=closed, command=command[:3]):
                    self.run_(*command, code=3 if 1 in closed else code, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=lambda c=closed: [os.close(fd) for fd in c])

    def test_closed_standard_output_is_said(self):
        _, err = self.run_("version", code=3, stdout=None, preexec_fn=lambda: os.close(1))
        self.assertEqual(err, "error: cannot write to standard output: Bad file descriptor\n")

    def test_closed_standard_input_is_said(self):
        _, err = self.run_("status", "-f", "-", code=3, stdin=None, preexec_fn=lambda: os.close(0))
        self.assertEqual(err, "error: cannot read standard input: Bad file descriptor\n")

    def test_a_slow_reader_and_one_interrupt(self):
        reader, writer = os.pipe()
        p = subprocess.Popen([PLUGIN, "status", "-o", "json", *["-f", TEXTS] * 20], stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.PIPE)
        os.close(writer)
        os.read(reader, 1)
        time.sleep(0.3)
        p.send_signal(signal.SIGINT)
        self.assertEqual(p.wait(HANG), 130)
        os.close(reader)
        p.stderr.close()

    def test_files_that_may_not_grow(self):
        """SIGXFSZ would end it before the part is removed."""
        _, err = self.run_("doctor", "--from", DUMP, "-o", "html", "--output-file=report.html", code=3, preexec_fn=limits(FSIZE=4096))
        self.assertEqual(err, "error: cannot write report.html: File too large\n")
        _, err = self.run_("collect", "--from", DUMP, "-o", "dump.zip", code=3, preexec_fn=limits(FSIZE=4096))
        self.assertEqual(err, "error: cannot write dump.zip: File too large\n")
        self.assertEqual(os.listdir(self.folder), ["bin"])

    def test_an_archive_for_a_full_disk(self):
        self.file("full.zip", "")
        os.remove(self.folder + "/full.zip")
        _, err = self.run_("collect", "--from", DUMP, "-o", "/dev/full/dump.zip", code=3)
        self.assertEqual(err, "error: cannot write /dev/full/dump.zip: Not a directory\n")


class OutputFile(ProcessTest):
    def write(self, path, code=1, err=""):
        out, said = self.run_("doctor", "--from", DUMP, "-o", "short", "--output-file=" + path, code=code)
        self.assertEqual(out, b"")
        if err:
            self.assertEqual(said, err)

    def test_devices_links_and_fifos_stay(self):
        os.symlink("/dev/null", self.folder + "/null")
        os.symlink("/proc/self/fd/1", self.folder + "/stdout")
        os.mkfifo(self.folder + "/fifo")
        reader = os.open(self.folder + "/fifo", os.O_RDONLY | os.O_NONBLOCK)
        for name in ("null", "fifo"):
            self.write(name)
        self.assertIn(b"error", os.read(reader, 1000))
        os.close(reader)
        out, _ = self.run_("doctor", "--from", DUMP, "-o", "short", "--output-file=stdout", code=1)
        self.assertIn(b"error", out)
        self.assertTrue(os.path.islink(self.folder + "/null") and os.path.islink(self.folder + "/stdout"))
        self.assertEqual(sorted(os.listdir(self.folder)), ["bin", "fifo", "null", "stdout"])

    @unittest.skipUnless(os.geteuid() == 0, "only root makes devices")
    def test_a_device_of_our_own(self):
        path = self.folder + "/device"
        os.mknod(path, 0o20666, os.makedev(1, 3))
        self.write(path)
        self.assertTrue(os.path.exists(path) and not os.path.isfile(path))

    def test_a_guess_at_the_name_beside_it(self):
        precious = self.file("precious", "precious")
        os.symlink("precious", self.folder + "/r.part")
        self.file("s.part", "my own notes")
        for name in ("r", "s"):
            self.write(name)
        self.assertTrue(os.path.islink(self.folder + "/r.part"))
        with open(precious, encoding="ascii") as a, open(self.folder + "/s.part", encoding="ascii") as b:
            self.assertEqual((a.read(), b.read()), ("precious", "my own notes"))

    def test_for_its_owner_alone(self):
        for form, mode in (("html", 0o600), ("prometheus", 0o644)):
            self.run_("doctor", "--from", DUMP, "-o", form, "--output-file=" + form, code=1, umask=0)
            self.assertEqual(os.stat(os.path.join(self.folder, form)).st_mode & 0o777, mode)

    def test_what_cannot_be_written(self):
        self.write(self.folder, 3, "error: cannot write %s: Is a directory\n" % self.folder)
        self.write("/dev/full", 3, "error: cannot write /dev/full: No space left on device\n")
        self.write("", 64, "error: the output file's name is empty\nSee 'kubectl kpr doctor --help' for usage.\n")

    def test_a_fifo_that_nobody_reads_and_one_interrupt(self):
        os.mkfifo(self.folder + "/fifo")
        p = subprocess.Popen([PLUGIN, "doctor", "--from", DUMP, "--output-file=" + self.folder + "/fifo"], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)  # it may be on its way to the FIFO or wait there: one signal is enough
        p.send_signal(signal.SIGTERM)
        self.assertEqual(p.wait(HANG), 143)


class Input(ProcessTest):
    NO_DUMP = "error: %s is neither a cilium sysdump nor a cilium-bugtool archive nor a saved `cilium status`: %s\nMake one with `cilium sysdump`, or with `kubectl kpr collect`.\n"
    EMPTY = "error: %s holds neither a cilium sysdump nor a cilium-bugtool archive: it is empty\nMake one with `cilium sysdump`, or with `kubectl kpr collect`.\n"

    def archive(self, name, files):
        with zipfile.ZipFile(os.path.join(self.folder, name), "w") as z:
            for file in files:
                z.writestr(file, "x" * 1000)
        return name

    def test_what_is_no_dump(self):
        """Whoever names another file must not read that there are no findings."""
        self.archive("empty.zip", [])
        whole = self.archive("other.zip", ["a/b.txt"])
        with open(os.path.join(self.folder, whole), "rb") as f:
            self.file("cut.zip", f.read()[:200])
        other = "error: other.zip holds neither a cilium sysdump nor a cilium-bugtool archive\nMake one with `cilium sysdump`, or with `kubectl kpr collect`.\n"
        for name, content, err in (("random", bytes((i * i * 7 + i // 3) % 256 for i in range(5000)), self.NO_DUMP % ("random", "the input is binary, not a text")),
                                   ("hello", b"hello\n", self.NO_DUMP % ("hello", "no line of a Cilium agent's status was found")),
                                   ("nothing", b"", self.NO_DUMP % ("nothing", "the text is empty")),
                                   ("list.json", b'{"kind": "List"}', self.NO_DUMP % ("list.json", "this JSON is not the one of an agent's `cilium status -o json`")),
                                   ("wide.txt", "KubeProxyReplacement: True\n".encode("utf-16"), self.NO_DUMP % ("wide.txt", "the text is UTF-16")),
                                   ("empty.zip", None, self.EMPTY % "empty.zip"), ("other.zip", None, other), ("cut.zip", None, None)):
            if content is not None:
                self.file(name, content)
            for command in (["doctor", "--from", name], ["collect", "-o", "out.zip", "--from", name]):
                with self.subTest(command=command):
                    out, said = self.run_(*command, code=3)
                    self.assertEqual(out, b"")
                    self.assertTrue(said == err if err else "is damaged: " in said, said)
            with self.subTest(file=name):
                self.run_("status", "--from", name, code=3)
                self.run_("doctor", "-f", name, code=3)
        self.assertNotIn("out.zip", os.listdir(self.folder))

    def test_an_agent_that_does_not_answer_is_one(self):
        self.run_("doctor", "-f", os.path.join(SOURCE, "tests/fixtures/hostile/agent-down.txt"), code=2)

    @unittest.skipUnless(os.geteuid() == 0, "as another user, who may not read everything")
    def test_files_that_may_not_be_read(self):
        os.chmod(self.folder, 0o755)
        dump = shutil.copytree(DUMP, self.folder + "/dump")
        hidden = [next(pathlib.Path(dump).rglob(p)) for p in ("k8s-pods*", "k8s-events*", "*bbbbb*/cmd/*status*")]
        for path in hidden:
            path.chmod(0)
        out, err = self.run_("doctor", "--from", "dump", "-o", "json", code=(1, 2), user=65534)
        said = ["cannot read %s: Permission denied" % p.relative_to(self.folder) for p in hidden]
        self.assertEqual(sorted(err.splitlines()), sorted("warning: " + s for s in said))
        self.assertNotIn(b"is empty", out)
        report = json.loads(out)
        self.assertFalse(report["inspected"]["complete"])
        for words in said:
            self.assertIn(words, json.dumps(report), "a reason, too")
        hidden[2].parent.chmod(0)
        _, err = self.run_("status", "--from", "dump", code=2, user=65534)
        self.assertIn("warning: cannot read %s: Permission denied\n" % hidden[2].parent.relative_to(self.folder), err)
        alone = self.file("alone.txt", "x", 0)
        for command in (["doctor", "--from"], ["doctor", "-f"], ["status", "-f"], ["parse"]):
            _, err = self.run_(*command, alone, code=3, user=65534)
            self.assertEqual(err, "error: cannot read %s: Permission denied\n" % alone)

    def interrupted(self, number, *command, ready=None, **how):
        p = subprocess.Popen([PLUGIN, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder, **{"stdin": subprocess.DEVNULL, **how})
        if ready:
            ready()
        time.sleep(0.3)
        p.send_signal(number)
        start = time.monotonic()
        self.assertEqual(p.wait(HANG), 128 + number)
        self.assertLess(time.monotonic() - start, 10)

    def test_one_interrupt_while_reading(self):
        """A FIFO that nobody writes, one that somebody holds open, standard input, and a file of the kernel's that never ends."""
        fifo = self.folder + "/fifo"
        os.mkfifo(fifo)
        for number in (signal.SIGINT, signal.SIGTERM):
            for command in (["status", "-f", fifo], ["doctor", "-f", fifo], ["parse", fifo], ["doctor", "--from", DUMP, "--waivers", fifo]):
                with self.subTest(number=number, command=command):
                    self.interrupted(number, *command)
                    writer = os.open(fifo, os.O_RDWR)
                    os.write(writer, b"KubeProxyReplacement: True\n")
                    self.interrupted(number, *command)
                    os.close(writer)
            for command in (["status", "-f", "-"], ["doctor", "-f", "-"], ["parse", "-"]):
                with self.subTest(number=number, command=command):
                    self.interrupted(number, *command, stdin=subprocess.PIPE)

    def test_one_interrupt_while_an_archive_is_read(self):
        """One whose first entry, which nobody wants, unpacks to gigabytes."""
        path = self.folder + "/large.tar.gz"
        info = tarfile.TarInfo("cilium-sysdump-1/unwanted")
        info.size = 8 << 30
        with gzip.open(path, "wb", compresslevel=1) as z:
            z.write(info.tobuf())
            block = zlib.compressobj(1, zlib.DEFLATED, 31)
            member = block.compress(bytes(64 << 20)) + block.flush()
        with open(path, "ab") as f:
            for _ in range(128):  # gzip's members follow each other
                f.write(member)
        self.interrupted(signal.SIGINT, "doctor", "--from", path)
        self.interrupted(signal.SIGTERM, "collect", "-o", "out.zip", "--from", path)
        self.assertNotIn("out.zip", os.listdir(self.folder))


class Memory(ProcessTest):
    def test_no_core_dump(self):
        os.mkfifo(self.folder + "/fifo")
        p = subprocess.Popen([PLUGIN, "status", "-f", self.folder + "/fifo"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             preexec_fn=limits(CORE=resource.RLIM_INFINITY) if resource.getrlimit(resource.RLIMIT_CORE)[1] == resource.RLIM_INFINITY else None)
        writer = os.open(self.folder + "/fifo", os.O_WRONLY)  # it is there when it reads
        with open("/proc/%d/limits" % p.pid, encoding="ascii") as f:
            core = next(line for line in f if line.startswith("Max core file size"))
        self.assertEqual(core.split()[4:6], ["0", "0"])
        p.send_signal(signal.SIGSEGV)
        self.assertEqual(p.wait(HANG), -signal.SIGSEGV)
        os.close(writer)


if __name__ == "__main__":
    unittest.main()
