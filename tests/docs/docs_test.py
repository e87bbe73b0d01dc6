"""docs_test.py PROGRAM SOURCE: the pages against the program."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

PROGRAM, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
PAGES = sorted((ROOT / "docs").glob("*.md")) + [ROOT / "README.md"]


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT, env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"})


def code(page):
    """Lines of a page's blocks, and its `spans`."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"```[a-z]*\n(.*?)```", text, re.S) + re.findall(r"(?m)^    (.*)$", text)
    return [line for block in blocks for line in block.split("\n")] + re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.S))


class Docs(unittest.TestCase):
    maxDiff = None

    def test_the_catalogues_page_is_made_from_the_catalogue(self):
        r = subprocess.run([sys.executable, str(ROOT / "scripts/catalogue-page.py"), "--check"], stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual((r.returncode, r.stderr), (0, ""))

    def test_the_picture_is_what_the_program_prints(self):
        r = subprocess.run([sys.executable, str(ROOT / "scripts/picture.py"), PROGRAM, "--check"], stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual((r.returncode, r.stderr), (0, ""))

    def test_the_page_has_every_check(self):
        listed = set(run("checks", "-o", "name").stdout.split())
        self.assertEqual(listed, set(re.findall(r"(?m)^### (\S+)$", (ROOT / "docs/checks.md").read_text(encoding="utf-8"))))
        self.assertGreater(len(listed), 100)

    def test_what_no_check_judges_is_said_with_its_reason(self):
        listed = json.loads(run("checks", "-o", "json").stdout)["items"]
        table = (ROOT / "docs/checks-not-judged.md").read_text(encoding="utf-8").split("Judged in part only")[0]
        told = [name for row in re.findall(r"(?m)^\| (`.*?) \|", table) for name in re.findall(r"`([^`]+)`", row)]
        self.assertEqual(sorted(told), sorted(entry["id"] for entry in listed if not entry["judged"]))

    def test_commands_and_flags_exist(self):
        seen = 0
        for page in PAGES:
            for line in code(page):
                line = re.sub(r"\s#.*", "", line)  # comments are prose
                for call in re.findall(r"kubectl[ -]kpr ([a-z]+(?![a-z/.])(?: [^|;&#`()]*)?)", line):
                    words = call.split()
                    shown = run("help", words[0])
                    self.assertEqual(shown.returncode, 0, "%s: %s" % (page.name, line))
                    seen += 1
                    for flag in re.findall(r"(?<!\S)(--[a-z][a-z-]*)", call):
                        self.assertIn(flag, shown.stdout, "%s: %s" % (page.name, line))
        self.assertGreater(seen, 30)

    def test_links_lead_somewhere(self):
        for page in PAGES:
            text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
            for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
                self.assertTrue((page.parent / link).exists(), "%s: %s" % (page.name, link))

    def test_the_waivers_of_the_page_are_waivers(self):
        text = (ROOT / "docs/waivers.md").read_text(encoding="utf-8")
        example = re.search(r"```yaml\n(.*?)```", text, re.S).group(1)
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
            f.write(example)
            f.flush()
            before = run("doctor", "--from", "tests/fixtures/sysdump", "-o", "json")
            after = run("doctor", "--from", "tests/fixtures/sysdump", "-o", "json", "--waivers", f.name)
        self.assertEqual((before.returncode, after.returncode), (1, 1), after.stderr)
        self.assertIn('"id": "host-routing-legacy"', before.stdout)
        self.assertNotIn('"id": "host-routing-legacy"', after.stdout)
        self.assertIn('"id": "image-pull-stuck-pulling"', after.stdout)  # its pod is not in staging

    def test_the_report_of_the_page_is_one(self):
        shown = re.search(r"```text\n(ERROR.*?)  Fix", (ROOT / "docs/doctor.md").read_text(encoding="utf-8"), re.S).group(1)
        self.assertIn("\n".join(shown.split("\n")[:7]), run("doctor", "--from", "tests/fixtures/sysdump").stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
