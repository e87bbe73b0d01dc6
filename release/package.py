#!/usr/bin/env python3
"""Packs one target's binary: equal input gives equal bytes (sorted names, fixed times, owners and modes).

package.py archive TARGET VERSION BINARY NOTICES DIST EPOCH
package.py finish VERSION DIST EPOCH SOURCES ZIG_VERSION      (checksums and the SPDX bill of materials)
"""
import gzip
import hashlib
import io
import json
import pathlib
import sys
import tarfile
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def members(target, binary, notices):
    name = "kubectl-kpr.exe" if target.startswith("windows") else "kubectl-kpr"
    return sorted([
        ("LICENSE", (ROOT / "LICENSE").read_bytes(), 0o644),
        ("THIRD_PARTY_NOTICES", pathlib.Path(notices).read_bytes(), 0o644),
        (name, pathlib.Path(binary).read_bytes(), 0o755),
    ])


def archive(target, version, binary, notices, dist, epoch):
    epoch = int(epoch)
    dist = pathlib.Path(dist)
    files = members(target, binary, notices)
    if target.startswith("windows"):
        path = dist / f"kubectl-kpr_{target}.zip"
        when = time.gmtime(max(epoch, 315532800))[:6]
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
            for name, data, mode in files:
                info = zipfile.ZipInfo(name, when)
                info.create_system = 3  # Unix, so that the modes count
                info.external_attr = (0o100000 | mode) << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                out.writestr(info, data, compresslevel=9)
    else:
        path = dist / f"kubectl-kpr_{target}.tar.gz"
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as out:
            for name, data, mode in files:
                info = tarfile.TarInfo(name)
                info.size, info.mode, info.mtime = len(data), mode, epoch
                info.uid = info.gid = 0
                info.uname = info.gname = "root"
                out.addfile(info, io.BytesIO(data))
        with open(path, "wb") as out, gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=out, mtime=0) as packed:
            packed.write(raw.getvalue())
    print(f"{path.name}: {path.stat().st_size} bytes, binary {pathlib.Path(binary).stat().st_size} bytes")


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def finish(version, dist, epoch, sources, zig):
    dist = pathlib.Path(dist)
    archives = sorted(p for p in dist.iterdir() if p.name.startswith("kubectl-kpr_") and p.name.endswith((".tar.gz", ".zip")))
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(epoch)))
    packages = [{
        "SPDXID": "SPDXRef-kubectl-kpr", "name": "kubectl-kpr", "versionInfo": version, "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False, "licenseConcluded": "Apache-2.0", "licenseDeclared": "Apache-2.0", "copyrightText": "NOASSERTION",
        "supplier": "NOASSERTION", "primaryPackagePurpose": "APPLICATION",
    }]
    relations = [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-kubectl-kpr"}]
    rows = [line.split(maxsplit=3) for line in pathlib.Path(sources).read_text().splitlines() if line.strip() and not line.startswith("#")]
    for name, ver, digest, licence in rows:
        if licence == "deb":
            continue
        shown, purl = (name, f"pkg:deb/debian/{name}@{ver.replace(':', '%3A').replace('+', '%2B').replace('~', '%7E')}?arch=source&distro=debian-12")
        if name == "aria2":
            shown = "wslay"  # of aria2's source package only this folder is used
        ident = "SPDXRef-" + "".join(c if c.isalnum() or c in ".-" else "-" for c in shown)
        packages.append({
            "SPDXID": ident, "name": shown, "versionInfo": "1.1.1" if shown == "wslay" else ver.split(":")[-1],
            "downloadLocation": "NOASSERTION", "filesAnalyzed": False, "licenseConcluded": licence, "licenseDeclared": licence,
            "copyrightText": "NOASSERTION", "supplier": "Organization: Debian",
            "sourceInfo": f"Debian source package {name} {ver}, SHA-256 of its .dsc {digest}",
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}],
        })
        relations.append({"spdxElementId": "SPDXRef-kubectl-kpr", "relationshipType": "STATIC_LINK", "relatedSpdxElement": ident})
    packages.append({
        "SPDXID": "SPDXRef-zig", "name": "ziglang", "versionInfo": zig, "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
        "licenseConcluded": "MIT", "licenseDeclared": "MIT", "copyrightText": "NOASSERTION", "supplier": "NOASSERTION",
        "comment": "The compiler; brings musl (MIT), libc++, libc++abi, libunwind and compiler-rt (Apache-2.0 WITH LLVM-exception) or mingw-w64.",
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": f"pkg:pypi/ziglang@{zig}"}],
    })
    relations.append({"spdxElementId": "SPDXRef-zig", "relationshipType": "BUILD_TOOL_OF", "relatedSpdxElement": "SPDXRef-kubectl-kpr"})
    files = []
    for path in archives:
        ident = "SPDXRef-File-" + path.name.replace("_", "-")
        files.append({"SPDXID": ident, "fileName": "./" + path.name, "licenseConcluded": "NOASSERTION", "copyrightText": "NOASSERTION",
                      "checksums": [{"algorithm": "SHA1", "checksumValue": hashlib.sha1(path.read_bytes()).hexdigest()},
                                    {"algorithm": "SHA256", "checksumValue": sha256(path)}]})
        relations.append({"spdxElementId": ident, "relationshipType": "GENERATED_FROM", "relatedSpdxElement": "SPDXRef-kubectl-kpr"})
    seed = hashlib.sha256("".join(sha256(p) for p in archives).encode()).hexdigest()
    document = {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"kubectl-kpr-{version}",
        "documentNamespace": f"https://github.com/kubectl-kpr/kubectl-kpr/spdx/{version}/{seed[:32]}",
        "creationInfo": {"created": created, "creators": ["Tool: kubectl-kpr-release"]},
        "packages": packages, "files": files, "relationships": relations,
    }
    sbom = dist / "kubectl-kpr.spdx.json"
    sbom.write_text(json.dumps(document, indent=1) + "\n")
    lines = [f"{sha256(p)}  {p.name}\n" for p in [*archives, sbom]]
    (dist / "checksums.txt").write_text("".join(lines))


if __name__ == "__main__":
    {"archive": archive, "finish": finish}[sys.argv[1]](*sys.argv[2:])
