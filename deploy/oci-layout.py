#!/usr/bin/env python3
"""oci-layout.py BINARY FOLDER [ARCH]: an OCI image layout with one layer that holds the static binary and its licence; no registry, no
daemon. The same binary gives the same digest. `oci-layout.py --check FOLDER` verifies sizes, digests and the layer."""
import gzip
import hashlib
import io
import json
import pathlib
import sys
import tarfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def blob(folder, data, kind):
    path = folder / "blobs" / "sha256" / hashlib.sha256(data).hexdigest()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return {"mediaType": kind, "digest": digest(data), "size": len(data)}


def encode(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def make(binary, folder, arch="amd64"):
    folder = pathlib.Path(folder)
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as out:
        for name, data, mode in [("LICENSE", (ROOT / "LICENSE").read_bytes(), 0o644), ("kubectl-kpr", pathlib.Path(binary).read_bytes(), 0o755)]:
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), mode
            out.addfile(info, io.BytesIO(data))
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as out:
        out.write(raw.getvalue())
    layer = blob(folder, packed.getvalue(), LAYER)
    config = blob(folder, encode({
        "architecture": arch, "os": "linux", "config": {"Entrypoint": ["/kubectl-kpr"], "User": "65532:65532"},
        "rootfs": {"type": "layers", "diff_ids": [digest(raw.getvalue())]},
        "history": [{"created_by": "FROM scratch; COPY kubectl-kpr /"}],
    }), CONFIG)
    manifest = blob(folder, encode({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]}), MANIFEST)
    manifest["platform"] = {"architecture": arch, "os": "linux"}
    (folder / "oci-layout").write_bytes(encode({"imageLayoutVersion": "1.0.0"}))
    (folder / "index.json").write_bytes(encode({"schemaVersion": 2, "manifests": [manifest]}))
    print(manifest["digest"])


def check(folder):
    folder = pathlib.Path(folder)

    def read(entry, kind):
        algorithm, name = entry["digest"].split(":")
        data = (folder / "blobs" / algorithm / name).read_bytes()
        assert entry["mediaType"] == kind, f"{name}: media type {entry['mediaType']}"
        assert digest(data) == entry["digest"], f"{name}: digest is {digest(data)}"
        assert len(data) == entry["size"], f"{name}: size is {len(data)}"
        return data

    assert json.loads((folder / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    for entry in json.loads((folder / "index.json").read_text())["manifests"]:
        manifest = json.loads(read(entry, MANIFEST))
        config = json.loads(read(manifest["config"], CONFIG))
        layers = [gzip.decompress(read(layer, LAYER)) for layer in manifest["layers"]]
        assert [digest(layer) for layer in layers] == config["rootfs"]["diff_ids"], "diff_ids do not match the layers"
        with tarfile.open(fileobj=io.BytesIO(layers[0])) as tar:
            entrypoint = tar.getmember(config["config"]["Entrypoint"][0].lstrip("/"))
            assert entrypoint.mode == 0o755 and entrypoint.isreg(), "the entry point is not executable"
    print("ok")


if __name__ == "__main__":
    try:
        check(*sys.argv[2:]) if sys.argv[1:2] == ["--check"] else make(*sys.argv[1:])
    except (AssertionError, OSError, KeyError, ValueError) as error:
        sys.exit(f"error: {error}")
