#!/usr/bin/env python3
"""html_page.py KUBECTL-KPR EXAMPLE: opens doctor's HTML report in headless Chromium and looks at it, light and dark and on paper, with one
node whose name is markup. 77 (skipped) where there is no Chromium."""
import html
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

HOSTILE = "<img src=x onerror=document.title='owned'>"
LIGHT = {"background": (255, 255, 255), "same": (0xDC, 0xF3, 0xE2), "odd": (0xFF, 0xE2, 0xB8), "bad": (0xFF, 0xD3, 0xCF), "none": (0xE8, 0xEB, 0xEE)}
DARK = {"background": (0x12, 0x16, 0x1B), "same": (0x16, 0x38, 0x1F), "odd": (0x57, 0x39, 0x0A), "bad": (0x5A, 0x1A, 0x16), "none": (0x26, 0x2E, 0x36)}


def pixels(png):
    """how often each colour stands in a picture of 8 bits a channel"""
    data = png.read_bytes()
    at, packed, width, channels = 8, b"", 0, 0
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        chunk = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, _, depth, colour = struct.unpack(">IIBB", chunk[:10])
            channels = {2: 3, 6: 4}[colour]
            assert depth == 8
        elif kind == b"IDAT":
            packed += chunk
        at += size + 12
    raw, stride, counts = zlib.decompress(packed), width * channels, {}
    above = bytearray(stride)
    for start in range(0, len(raw), stride + 1):
        method, line = raw[start], bytearray(raw[start + 1:start + 1 + stride])
        for i in range(stride):
            left, up, corner = (line[i - channels] if i >= channels else 0), above[i], (above[i - channels] if i >= channels else 0)
            if method == 4:
                guess = left + up - corner
                near = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]
            else:
                near = (0, left, up, (left + up) // 2)[method]
            line[i] = (line[i] + near) & 255
        for i in range(0, stride, channels):
            colour = tuple(line[i:i + 3])
            counts[colour] = counts.get(colour, 0) + 1
        above = line
    return counts


def main():
    plugin, example = sys.argv[1], pathlib.Path(sys.argv[2])
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        print("skipped: no Chromium here")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "texts").mkdir()
        for text in example.iterdir():
            shutil.copy(text, folder / "texts")
        shutil.copy(example / "z-k8s-n-5.txt", folder / "texts" / (HOSTILE + ".txt"))
        page = folder / "report.html"
        run = subprocess.run([plugin, "doctor", "--from", str(folder / "texts"), "-o", "html"], capture_output=True, text=True, check=False)
        assert run.returncode == 1, (run.returncode, run.stderr)
        page.write_text(run.stdout)
        assert "<script" not in run.stdout and not re.search(r"(src|href)=\"(?!https://(docs\.cilium\.io|github\.com|kubernetes\.io)/)", run.stdout), "the page loads or links something unexpected"

        def chromium(*arguments):
            argv = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile", "--window-size=2000,3000", *arguments, page.as_uri()]
            return subprocess.run(argv, capture_output=True, text=True, timeout=120, check=True).stdout

        dom = chromium("--dump-dom")
        assert "<img" not in dom and "<title>kube-proxy replacement report</title>" in dom, "a node's name became markup"
        rows = re.findall(r"<tr><th>(.*?)</th>", dom)[1:]
        nodes = sorted(html.unescape(r) for r in rows)
        assert nodes == sorted([HOSTILE] + [t.stem for t in example.iterdir()]), nodes
        assert "kpr-nodes-differ" in dom and "How we know" in dom

        for scheme, colours in ((1, LIGHT), (0, DARK)):
            picture = folder / f"{scheme}.png"
            chromium(f"--blink-settings=preferredColorScheme={scheme}", f"--screenshot={picture}")
            seen = pixels(picture)
            assert seen.get(colours["background"], 0) > sum(seen.values()) / 3, "the background is not the page's"
            for cell in ("same", "odd", "bad", "none"):
                assert seen.get(colours[cell], 0) > 400, f"no {cell} cell in the heat map (colour scheme {scheme})"

        paper = folder / "report.pdf"
        chromium(f"--print-to-pdf={paper}")
        pages = len(re.findall(rb"/Type\s*/Page\b", paper.read_bytes()))
        assert 1 <= pages <= 8, f"{pages} pages on paper"
    print("the page shows its heat map, light and dark, prints, and runs nothing")
    return 0


sys.exit(main())
