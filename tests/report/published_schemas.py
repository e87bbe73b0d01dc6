#!/usr/bin/env python3
"""published_schemas.py KUBECTL-KPR SOURCE: doctor's reports against the published schemas of their forms, and against our own.

SARIF   the schema of the OASIS standard, as the Go module go-sarif carries it (tests/report/schemas/go.mod)
JUnit   junit-10.xsd of Jenkins' xUnit plugin, as the source package of pytest carries it
JSON    docs/doctor-report.schema.json; here no field may stand in a report that is not in there

Each is fetched by its ordinary client into the cache folder. That a schema refuses anything at all is tried with documents that are wrong."""
import copy
import fcntl
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
CACHE = pathlib.Path(os.environ.get("KPR_CACHE") or pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "kubectl-kpr")
PYTEST, PYTEST_SHA256 = "8.3.5", "f4efe70cc14e511565ac476b57c279e12a855b11f48f212af1080ef2263d3845"
HOSTILE = "<img src=x onerror=alert(1)>]]>&\"'"


def environment():
    """the virtual environment of requirements.txt, made once"""
    requirements = HERE / "schemas/requirements.txt"
    folder = CACHE / ("schemas-" + hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:16])
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "schemas.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
            pip = [str(folder / "bin/pip"), "--quiet", "--disable-pip-version-check"]
            subprocess.run(pip + ["install", "--only-binary", ":all:", "-r", str(requirements)], check=True)
            subprocess.run(pip + ["download", "--no-deps", "--no-binary", "pytest", "pytest==" + PYTEST, "-d", str(folder)], check=True)
            (folder / "complete").touch()
    return folder


FOLDER = environment()
if pathlib.Path(sys.prefix).resolve() != FOLDER.resolve():
    os.execv(FOLDER / "bin/python", [str(FOLDER / "bin/python"), *sys.argv])

import jsonschema  # noqa: E402
from lxml import etree  # noqa: E402

PROGRAM, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])


def sarif_schema():
    go = subprocess.run([ROOT / "scripts/ensure-go.sh"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    got = subprocess.run([go, "mod", "download", "-json", "github.com/owenrumney/go-sarif/v3"], cwd=HERE / "schemas", check=True, stdout=subprocess.PIPE, env={**os.environ, "GOTOOLCHAIN": "local"})
    text = pathlib.Path(json.loads(got.stdout)["Dir"], "pkg/report/v210/sarif/schema.go").read_text(encoding="utf-8")
    schema = json.loads(re.search(r"`(.*)`", text, re.S).group(1))
    assert schema["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/"), schema["id"]
    return schema


def junit_schema():
    archive = FOLDER / ("pytest-%s.tar.gz" % PYTEST)
    assert hashlib.sha256(archive.read_bytes()).hexdigest() == PYTEST_SHA256
    with tarfile.open(archive) as tar:
        return etree.XMLSchema(etree.parse(tar.extractfile("pytest-%s/testing/example_scripts/junit-10.xsd" % PYTEST)))


def closed(schema):
    """the same schema, in which no field goes unmentioned"""
    if isinstance(schema, dict):
        schema = {k: closed(v) for k, v in schema.items()}
        if "properties" in schema and schema.get("type") == "object":
            schema["additionalProperties"] = False
    elif isinstance(schema, list):
        schema = [closed(v) for v in schema]
    return schema


def report(form, *arguments):
    run = subprocess.run([PROGRAM, "doctor", "-o", form, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"})
    assert run.returncode in (0, 1, 2), run.stderr.decode()
    return run.stdout


class PublishedSchemas(unittest.TestCase):
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        hostile = pathlib.Path(scratch.name, "hostile")
        hostile.mkdir()
        for i, file in enumerate(sorted((ROOT / "examples/eight-nodes").iterdir())):
            shutil.copy(file, hostile / (HOSTILE.replace("/", "") + file.name if i == 0 else file.name))
        cls.sources = {"text": ["-f", ROOT / "examples/eight-nodes"], "hostile names": ["-f", hostile], "sysdump": ["--from", ROOT / "tests/fixtures/sysdump"],
                       "no finding": ["-f", ROOT / "examples/eight-nodes", "--checks=helm-pending"], "infos only": ["--from", ROOT / "tests/fixtures/sysdump", "--fail-on=never", "--min-severity=error"]}
        cls.found = sum(len(json.loads(report("json", *source))["findings"]) for source in cls.sources.values())

    def test_there_is_something_to_judge(self):
        self.assertGreater(self.found, 3)
        self.assertIn("&lt;img", report("junit", *self.sources["hostile names"]).decode())

    def refuses(self, validator, document, *changes):
        for change in changes:
            wrong = copy.deepcopy(document)
            change(wrong)
            self.assertFalse(validator.is_valid(wrong), "a wrong document passes: " + json.dumps(wrong)[:500])

    def test_sarif(self):
        schema = sarif_schema()
        jsonschema.Draft4Validator.check_schema(schema)
        validator = jsonschema.Draft4Validator(schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER)
        for name, source in self.sources.items():
            document = json.loads(report("sarif", *source))
            self.assertEqual([e.json_path + ": " + e.message for e in validator.iter_errors(document)], [], name)
            for run in document["runs"]:  # what a schema cannot say
                for result in run["results"]:
                    self.assertEqual(run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"], result["ruleId"])
        document = json.loads(report("sarif", *self.sources["text"]))
        result = lambda d: d["runs"][0]["results"][0]
        self.refuses(validator, document, lambda d: result(d).pop("message"), lambda d: result(d).update(level="fatal"), lambda d: result(d).update(colour="red"), lambda d: d.update(version="2.0.0"),
                     lambda d: d["runs"][0].pop("tool"), lambda d: d["runs"][0]["invocations"][0].pop("executionSuccessful"), lambda d: d["runs"][0]["tool"]["driver"]["rules"][0].update(helpUri="not a link"))

    def test_junit(self):
        schema = junit_schema()
        for name, source in self.sources.items():
            document = etree.fromstring(report("junit", *source))
            self.assertTrue(schema.validate(document), "%s: %s" % (name, schema.error_log))
            suite = document.find("testsuite")
            self.assertEqual([int(suite.get(k)) for k in ("tests", "failures", "skipped")], [len(suite.findall(p)) for p in ("testcase", "testcase/failure", "testcase/skipped")], name)
        text = report("junit", *self.sources["text"])
        for was, wrong in ((b"<testcase name=", b"<testcase title="), (b"<failure type=", b"<failed type="), (b" tests=\"", b" number=\"")):
            self.assertIn(was, text)
            bad = text.replace(was, wrong).replace(b"</failure>", b"</failed>") if b"failed" in wrong else text.replace(was, wrong)
            self.assertFalse(schema.validate(etree.fromstring(bad)), "a wrong document passes: %s" % wrong)

    def test_our_own(self):
        schema = json.loads((ROOT / "docs/doctor-report.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(closed(schema))
        for name, source in self.sources.items():
            self.assertEqual([e.json_path + ": " + e.message for e in validator.iter_errors(json.loads(report("json", *source)))], [], name)
        document = json.loads(report("json", *self.sources["text"]))
        self.refuses(validator, document, lambda d: d.pop("findings"), lambda d: d["findings"][0].update(severity="bad"), lambda d: d["inspected"].pop("complete"), lambda d: d["checks"].update(skipped=2), lambda d: d.update(more=1))


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv[:1] + ["PublishedSchemas." + name for name in sys.argv[3:]])
