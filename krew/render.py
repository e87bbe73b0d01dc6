#!/usr/bin/env python3
"""render.py VERSION DIST: the krew manifest of the archives in DIST, from kpr.yaml.in; platforms without an archive are left out."""
import hashlib
import pathlib
import sys

BASE = "https://github.com/kubectl-kpr/kubectl-kpr/releases/download"


def render(version, dist):
    text = (pathlib.Path(__file__).parent / "kpr.yaml.in").read_text()
    head, platform = text.split("# each platform\n")
    out = head.replace("@VERSION@", version)
    for path in sorted(pathlib.Path(dist).glob("kubectl-kpr_*")):
        target = path.name[len("kubectl-kpr_"):].split(".")[0]
        system, arch = target.split("_")
        fields = {"OS": system, "ARCH": arch, "URI": f"{BASE}/{version}/{path.name}",
                  "SHA256": hashlib.sha256(path.read_bytes()).hexdigest(), "BIN": "kubectl-kpr" + (".exe" if system == "windows" else "")}
        block = platform
        for key, value in fields.items():
            block = block.replace(f"@{key}@", value)
        out += block
    return out


if __name__ == "__main__":
    sys.stdout.write(render(*sys.argv[1:]))
