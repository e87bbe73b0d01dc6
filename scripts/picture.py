#!/usr/bin/env python3
"""picture.py PROGRAM [--check]: writes docs/picture.svg, the README's picture, from what the program prints in colour; with --check it only says
whether the picture is what the program prints."""
import html
import pathlib
import re
import subprocess
import sys
import unicodedata

ROOT = pathlib.Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs/picture.svg"
COMMANDS = [(0, ["status", "-f", "examples/eight-nodes"]),
            (1, ["doctor", "--from", "tests/fixtures/sysdump", "--checks=image-pull-stuck-pulling"])]
COLUMNS, WIDTH, HEIGHT, MARGIN = 112, 8.0, 19, 20
STYLES = {"1": "bold", "2": "dim", "31": "red", "32": "green", "33": "yellow", "36": "cyan"}
CSS = ("text{font:13.2px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#d7dee6;white-space:pre}"
       ".bold{font-weight:700;fill:#fff}.dim{fill:#8795a3}.red{fill:#ff7b72;font-weight:700}.green{fill:#7ee787}.yellow{fill:#f2cc60;font-weight:700}"
       ".cyan{fill:#79c0ff}")


def cells(line):
    """The characters of a line, each with the style it stands in."""
    style, out = "", []
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        if part.startswith("\x1b"):
            style = " ".join(STYLES[code] for code in part[2:-1].split(";") if code not in ("", "0"))
        else:
            assert all(unicodedata.east_asian_width(c) not in "WF" for c in part), "a wide character"
            out += [(c, style) for c in part]
    return out


def wrapped(line):
    """As a terminal of COLUMNS would, but between words."""
    while len(line) > COLUMNS:
        cut = max(i for i in range(COLUMNS + 1) if line[i][0] == " ")
        yield line[:cut]
        line = line[cut + 1:]
    yield line


def picture(program):
    lines = []
    for expected, arguments in COMMANDS:
        r = subprocess.run([program, *arguments, "--color=always"], cwd=ROOT, capture_output=True, text=True, check=False)
        if r.returncode != expected:
            sys.exit(f"picture: {' '.join(arguments)} ended with {r.returncode}: {r.stderr}")
        lines += [[]] if lines else []
        lines.append([("$", "dim")] + [(c, "bold") for c in " kubectl kpr " + " ".join(arguments)])
        for line in (r.stdout + r.stderr).rstrip("\n").split("\n"):
            lines += wrapped(cells(line))
    rows = []
    for number, line in enumerate(lines):
        y = MARGIN + 38 + number * HEIGHT
        for run in re.finditer(r"(\S+(?: \S+)*)", "".join(c for c, _ in line)):
            start = run.start()
            while start < run.end():  # one <text> a style, placed by its column, so that every font lines up
                end = start + 1
                while end < run.end() and line[end][1] == line[start][1]:
                    end += 1
                text = html.escape("".join(c for c, _ in line[start:end]), quote=False)
                kind = f' class="{line[start][1]}"' if line[start][1] else ""
                rows.append(f'<text x="{MARGIN + start * WIDTH:g}" y="{y}"{kind} textLength="{(end - start) * WIDTH:g}" lengthAdjust="spacingAndGlyphs">{text}</text>')
                start = end
    width, height = int(COLUMNS * WIDTH + 2 * MARGIN), MARGIN + 38 + len(lines) * HEIGHT
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="kubectl kpr in a terminal">',
                      f"<style>{CSS}</style>", f'<rect width="{width}" height="{height}" rx="10" fill="#12161b"/>',
                      *(f'<circle cx="{22 + 20 * i}" cy="20" r="6" fill="{colour}"/>' for i, colour in enumerate(("#ff5f57", "#febc2e", "#28c840"))),
                      *rows, "</svg>"]) + "\n"


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: scripts/picture.py PROGRAM [--check]")
    made = picture(str(pathlib.Path(sys.argv[1]).resolve()))
    if "--check" in sys.argv[2:]:
        if not PICTURE.exists() or PICTURE.read_text(encoding="utf-8") != made:
            sys.exit("docs/picture.svg is not what the program prints: run scripts/picture.py PROGRAM")
    else:
        PICTURE.write_text(made, encoding="utf-8")
