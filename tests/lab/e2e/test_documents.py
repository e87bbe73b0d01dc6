"""What the documents and the help texts tell people to type, typed: every line that begins with kubectl or kubectl-kpr is run by bash with real
kubectl in front of the laboratory, in a folder that holds the files that the lines name."""
import os
import pathlib
import re
import shutil
import tempfile
import unittest
import zipfile

import lab

ROOT = pathlib.Path(lab.SOURCE)
PAGES = ["README.md", "CONTRIBUTING.md", "docs/zh/README.md", *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").glob("*.md"))]
# Run by another test, or not possible here: why.
ELSEWHERE = {
    r"kubectl krew ": "tests/release/krew.sh",
    r"kubectl kpr doctor --checks dns-service-missing ": "the reader writes this check first",
    r"kubectl-kpr status -f examples/eight-nodes$": "tests/release/docs_test.py compares every character",
}


def shell_lines(page):
    """Lines of sh blocks, of blocks that are indented, and of transcripts."""
    text = (ROOT / page).read_text(encoding="utf-8")
    fenced = "".join(re.findall(r"^```(?:sh|console)\n(.*?)^```", text, re.S | re.M))
    outside = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    indented = "\n".join(re.findall(r"^    (\S.*)$", outside, re.M))
    return [line.removeprefix("$ ") for line in (fenced + indented).split("\n")]


class Documents(lab.LabTest):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name in ("node-a.txt", "node-b.txt"):
            shutil.copy(ROOT / "examples/eight-nodes/z-k8s-n-4.txt", self.folder / name)
        dump = ROOT / "tests/fixtures/sysdump"
        for name in ("sysdump.zip", "cilium-sysdump-….zip", "kpr-sysdump-….zip", "cilium-sysdump-20261124-120000.zip"):
            with zipfile.ZipFile(self.folder / name, "w") as z:
                for file in sorted(dump.rglob("*")):
                    z.write(file, file.relative_to(dump))
        waivers = re.search(r"```yaml\n(.*?)```", (ROOT / "docs/waivers.md").read_text(encoding="utf-8"), re.S)[1]
        (self.folder / "waivers.yaml").write_text(waivers)

    def type(self, line):
        environment = lab.environment(HOME=str(self.folder / "home"))
        os.makedirs(environment["HOME"], exist_ok=True)
        return lab.Run(["bash", "-o", "pipefail", "-c", f"cd '{self.folder}' && {line}"], environment, timeout=300)

    def run_all(self, lines):
        count = 0
        for where, line in lines:
            if not re.match(r"kubectl(-kpr)? |source <\(kubectl", line) or any(re.match(k, line) for k in ELSEWHERE):
                continue
            with self.subTest(where=where, line=line):
                run = self.type(line)
                # Findings are no failure of the line; words that are not known, or nothing to read, are.
                self.assertIn(run.code, (0, 1), "\n" + str(run))
                self.assertNotRegex(run.err, r"(?m)^error: ", "\n" + str(run))
                self.assertTrue(run.out or run.err or re.search(r"[>]|collect|-o cluster|source", line), "\n" + str(run))
            count += 1
        return count

    def test_documents(self):
        self.assertGreater(self.run_all((page, line) for page in PAGES for line in shell_lines(page)), 20)

    def test_examples_of_the_help_texts(self):
        lines = []
        for command in self.exits(lab.kpr("__complete", ""), 0).out.split("\n"):
            name = command.split("\t")[0]
            if re.fullmatch("[a-z]+", name):
                help_text = self.exits(lab.kpr("help", name), 0).out
                examples = re.search(r"^Examples:\n(.*?)\n\n(?=\S)", help_text, re.S | re.M)
                lines += [(name, line.strip()) for line in (examples[1] if examples else "").split("\n")]
        self.assertGreater(self.run_all(lines), 12)


if __name__ == "__main__":
    unittest.main()
