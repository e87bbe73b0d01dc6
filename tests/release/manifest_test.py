#!/usr/bin/env python3
"""Checks release scripts and the krew manifest rules on small stand-in archives: no compiler, no network.

manifest_test.py SOURCE_DIR"""
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile

import yaml  # python3-yaml

SOURCE = pathlib.Path(sys.argv.pop(1)).resolve()
TARGETS = ["linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64", "windows_amd64"]
KNOWN = {("windows", "386"), ("windows", "amd64"), ("windows", "arm64"), ("linux", "386"), ("linux", "amd64"), ("linux", "arm"),
         ("linux", "arm64"), ("linux", "ppc64le"), ("darwin", "386"), ("darwin", "amd64"), ("darwin", "arm64")}
LICENCES = {"license", "license.txt", "license.md", "licenses", "licenses.txt", "licenses.md", "copying", "copying.txt"}
DEVICES = {"con", "prn", "aux", "nul"} | {f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10)}


def violations(manifest, file_name, archives):
    """The rules of krew's validation and of its index; an empty list when all hold."""
    bad = []
    name = manifest["metadata"]["name"]
    spec = manifest["spec"]
    if manifest["apiVersion"] != "krew.googlecontainertools.github.com/v1alpha2" or manifest["kind"] != "Plugin":
        bad.append("apiVersion or kind")
    if file_name != name + ".yaml" or not re.fullmatch(r"[\w-]+", name) or name.lower() in DEVICES:
        bad.append("name")
    if name != name.lower() or name.startswith(("kube-", "kubectl-")):
        bad.append("naming guide")
    if not re.fullmatch(r"v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?", spec["version"]):
        bad.append("version")
    short = spec.get("shortDescription", "")
    if not short or "\n" in short or len(short) > 50:
        bad.append("shortDescription")
    description = spec.get("description", "")
    if not description or any(len(line) > 80 for line in description.splitlines()) or "kubectl kpr" in description or " --" in description:
        bad.append("description")
    if not spec.get("homepage", "").startswith("https://"):
        bad.append("homepage")
    seen = set()
    for platform in spec["platforms"]:
        labels = platform["selector"]["matchLabels"]
        pair = (labels.get("os"), labels.get("arch"))
        if set(labels) != {"os", "arch"} or pair not in KNOWN:
            bad.append(f"selector {labels}")
        if pair in seen:
            bad.append(f"two selectors for {pair}")
        seen.add(pair)
        if not re.fullmatch(r"[a-f0-9]{64}", platform["sha256"]):
            bad.append("sha256")
        if "files" in platform and not all(os.path.normpath(f["to"]) == f["to"] for f in platform["files"]):
            bad.append("files")
        if spec["version"] not in platform["uri"]:
            bad.append("uri without the version")
        path = archives / platform["uri"].rsplit("/", 1)[1]
        if hashlib.sha256(path.read_bytes()).hexdigest() != platform["sha256"]:
            bad.append("sha256 is not the archive's")
        bad += archive_violations(path, platform["bin"], pair[0] == "windows")
    return bad


def archive_violations(path, binary, windows):
    bad = []
    if path.name.endswith(".zip"):
        with zipfile.ZipFile(path) as z:
            entries = {i.filename: (i.external_attr >> 16) & 0o777 for i in z.infolist()}
    else:
        with tarfile.open(path) as t:
            if not all(m.isreg() or m.isdir() for m in t.getmembers()):
                bad.append("archive has links or special files")
            entries = {m.name: m.mode for m in t.getmembers()}
    if any(".." in n or n.startswith(("/", "\\")) for n in entries):
        bad.append("archive leaves its folder")
    if entries.get(binary) != 0o755:
        bad.append(f"{binary} missing or not executable")
    if not any(pathlib.PurePosixPath(n).name.lower() in LICENCES for n in entries):
        bad.append("no licence")
    if "THIRD_PARTY_NOTICES" not in entries:
        bad.append("no notices")
    if windows != binary.endswith(".exe"):
        bad.append(".exe")
    return bad


class Release(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.dist = self.pack(pathlib.Path(self.folder.name) / "a")

    def tearDown(self):
        self.folder.cleanup()

    def pack(self, dist):
        dist.mkdir()
        (dist.parent / "binary").write_bytes(b"not a program")
        (dist.parent / "notices").write_text("notices")
        tool = [sys.executable, SOURCE / "release/package.py"]
        for target in TARGETS:
            subprocess.run([*tool, "archive", target, "v1.2.3", dist.parent / "binary", dist.parent / "notices", dist, "1700000000"],
                           check=True, stdout=subprocess.DEVNULL)
        subprocess.run([*tool, "finish", "v1.2.3", dist, "1700000000", SOURCE / "release/sources.txt", "0.0.0"], check=True)
        text = subprocess.run([sys.executable, SOURCE / "krew/render.py", "v1.2.3", dist], check=True, capture_output=True).stdout
        (dist / "kpr.yaml").write_bytes(text)
        return dist

    def manifest(self):
        return yaml.safe_load((self.dist / "kpr.yaml").read_text())

    def test_packing_twice_gives_equal_bytes(self):
        other = self.pack(pathlib.Path(self.folder.name) / "b")
        names = sorted(p.name for p in self.dist.iterdir())
        self.assertEqual(names, sorted([*(f"kubectl-kpr_{t}.{'zip' if 'windows' in t else 'tar.gz'}" for t in TARGETS),
                                        "checksums.txt", "kpr.yaml", "kubectl-kpr.spdx.json"]))
        for name in names:
            self.assertEqual((self.dist / name).read_bytes(), (other / name).read_bytes(), name)

    def test_checksums_hold(self):
        subprocess.run(["sha256sum", "--quiet", "--strict", "-c", "checksums.txt"], cwd=self.dist, check=True)

    def test_bill_of_materials_names_every_linked_source(self):
        import json
        document = json.loads((self.dist / "kubectl-kpr.spdx.json").read_text())
        names = {p["name"] for p in document["packages"]}
        self.assertEqual(names, {"kubectl-kpr", "zlib", "libdeflate", "openssl", "nghttp2", "curl", "libarchive", "re2", "simdjson", "yaml-cpp",
                                 "boost1.74", "wslay", "nlohmann-json3", "fmtlib", "ziglang"})
        ids = {x["SPDXID"] for x in [document, *document["packages"], *document["files"]]}
        for relation in document["relationships"]:
            self.assertIn(relation["spdxElementId"], ids)
            self.assertIn(relation["relatedSpdxElement"], ids)

    def test_manifest_keeps_krews_rules(self):
        manifest = self.manifest()
        self.assertEqual(violations(manifest, "kpr.yaml", self.dist), [])
        self.assertEqual(len(manifest["spec"]["platforms"]), 5)

    def test_each_broken_rule_is_seen(self):
        def broken(change, file_name="kpr.yaml"):
            manifest = self.manifest()
            change(manifest)
            return violations(manifest, file_name, self.dist)
        first = lambda m: m["spec"]["platforms"][0]
        self.assertEqual(broken(lambda m: m["spec"].update(version="1.2.3")), ["version"])
        self.assertEqual(broken(lambda m: m["spec"].update(shortDescription="x" * 51)), ["shortDescription"])
        self.assertEqual(broken(lambda m: m["spec"].update(description="run kubectl kpr status")), ["description"])
        self.assertEqual(broken(lambda m: None, "other.yaml"), ["name"])
        self.assertIn("sha256", broken(lambda m: first(m).update(sha256=first(m)["sha256"].upper())))
        self.assertEqual(broken(lambda m: first(m).update(files=[{"from": "*", "to": "./x"}])), ["files"])
        self.assertEqual(broken(lambda m: first(m).update(bin="kubectl-x")), ["kubectl-x missing or not executable"])
        self.assertEqual(broken(lambda m: m["spec"]["platforms"].append(first(m))), ["two selectors for ('darwin', 'amd64')"])

    def test_release_bot_template_says_the_same(self):
        text = (SOURCE / ".krew.yaml").read_text()
        text = re.sub(r'{{addURIAndSha "(.*)" .TagName}}', lambda m: f"uri: {m[1]}\n    sha256: unknown", text).replace("{{ .TagName }}", "v1.2.3")
        bot, ours = yaml.safe_load(text), self.manifest()
        for platform in ours["spec"]["platforms"]:
            platform["sha256"] = "unknown"
        self.assertEqual(bot, ours)

    def test_documents_and_workflow_name_the_same_targets(self):
        archives = {p.name for p in self.dist.glob("kubectl-kpr_*")}
        self.assertEqual(set(re.findall(r"kubectl-kpr_\w+\.(?:tar\.gz|zip)", (SOURCE / "docs/install.md").read_text())), archives)
        workflow = yaml.safe_load((SOURCE / ".github/workflows/release.yml").read_text())
        self.assertEqual(sorted(["linux_amd64", *workflow["env"]["TARGETS"].split()]), sorted(TARGETS))
        run = {row["archive"] for row in workflow["jobs"]["runs"]["strategy"]["matrix"]["include"]}
        self.assertEqual(run | {"kubectl-kpr_linux_amd64.tar.gz"}, archives)

    def test_unknown_target_and_version_are_refused(self):
        run = lambda *a: subprocess.run([SOURCE / "release/build.sh", *a], capture_output=True, text=True,
                                        env={**os.environ, "KPR_CACHE": self.folder.name, "DIST": self.folder.name + "/d"})
        self.assertEqual(run("0.1.0").stderr, 'error: "0.1.0" is not a version such as v0.1.0\n')
        self.assertEqual(run("v0.1.0", "plan9_amd64").stderr,
                         'error: unknown target "plan9_amd64", known targets are: linux_amd64 linux_arm64 darwin_amd64 darwin_arm64 windows_amd64\n')


if __name__ == "__main__":
    unittest.main()
