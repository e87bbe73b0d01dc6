#!/usr/bin/env python3
"""mach_o.py BINARY amd64|arm64 [HEADERS]: what can be known of the macOS program without a Mac. It is a program for that processor and for macOS
11.0, wants nothing but libSystem, calls nothing that came after 11.0 (HEADERS: the system's headers, which say since when), and its signature,
without which arm64 Macs start nothing, covers every page. Each test is also made on a copy with that one thing broken."""
import hashlib
import pathlib
import re
import struct
import sys

CPU = {"amd64": 0x01000007, "arm64": 0x0100000C}
MINIMUM = (11, 0)
EXECUTABLE, PIE, TWO_LEVEL = 2, 0x200000, 0x80
LOADS = {0xC: "load", 0x18 | 0x80000000: "weak", 0x1F | 0x80000000: "reexport", 0x20: "lazy", 0x23 | 0x80000000: "upward"}


def text(data):
    return data.split(b"\0", 1)[0].decode()


class MachO:
    def __init__(self, data):
        self.data = data
        magic, self.cpu, _, self.kind, count, _, self.flags, _ = struct.unpack_from("<8I", data)
        assert magic == 0xFEEDFACF, "not a 64-bit Mach-O file"
        self.libraries, self.rpaths, self.minimum, self.loader, self.entry, self.signature, self.symtab = [], [], None, None, None, None, None
        at = 32
        for _ in range(count):
            command, size = struct.unpack_from("<2I", data, at)
            body = data[at:at + size]
            if command in LOADS:
                self.libraries.append((LOADS[command], text(body[struct.unpack_from("<I", body, 8)[0]:])))
            elif command == 0x1C | 0x80000000:
                self.rpaths.append(text(body[struct.unpack_from("<I", body, 8)[0]:]))
            elif command == 0x32:
                platform, version = struct.unpack_from("<2I", body, 8)
                self.minimum = (platform, version >> 16, version >> 8 & 255)
                self.minimum_at = at + 12
            elif command == 0xE:
                self.loader = text(body[12:])
            elif command == 0x28 | 0x80000000:
                self.entry = struct.unpack_from("<Q", body, 8)[0]
            elif command == 0x1D:
                self.signature = struct.unpack_from("<2I", body, 8)
            elif command == 2:
                self.symtab = struct.unpack_from("<4I", body, 8)
            at += size

    def imports(self):
        """Undefined symbols with the number of the library that they come from."""
        symbols, count, strings, size = self.symtab
        found = {}
        for i in range(count):
            name, kind, _, description, _ = struct.unpack_from("<IBBHQ", self.data, symbols + 16 * i)
            if kind & 0xE == 0 and kind & 1:
                found[text(self.data[strings + name:strings + size])] = description >> 8
        return found

    def unsigned_pages(self):
        """None without a signature, else the numbers of the pages whose hash is not the signature's."""
        if self.signature is None:
            return None
        offset, _ = self.signature
        magic, _, blobs = struct.unpack_from(">3I", self.data, offset)
        assert magic == 0xFADE0CC0, "the signature is no signature"
        for i in range(blobs):
            slot, start = struct.unpack_from(">2I", self.data, offset + 12 + 8 * i)
            if slot == 0:
                break
        else:
            raise AssertionError("the signature has no code directory")
        at = offset + start
        magic, _, _, _, hashes, _, _, slots, limit, hash_size, hash_type, _, page = struct.unpack_from(">9I4B", self.data, at)
        assert (magic, hash_size, hash_type) == (0xFADE0C02, 32, 2), "the code directory is not of SHA-256"
        assert slots == (limit + (1 << page) - 1) >> page, "the signature leaves pages out"
        assert limit == offset, "the signature does not reach to its own beginning"
        wrong = []
        for i in range(slots):
            chunk = self.data[i << page:min((i + 1) << page, limit)]
            if hashlib.sha256(chunk).digest() != self.data[at + hashes + 32 * i:at + hashes + 32 * (i + 1)]:
                wrong.append(i)
        return wrong


SINCE = re.compile(r"__(?:API_AVAILABLE\(\s*macosx?\(|OSX_AVAILABLE\(|OSX_AVAILABLE_STARTING\(__MAC_)(\d+)(?:[._](\d+))?")


def newer(headers):
    """Functions that macOS has only since a version above MINIMUM, by the system's headers."""
    found = {}
    for path in pathlib.Path(headers).rglob("*.h"):
        source = re.sub(r"/\*.*?\*/|//[^\n]*|^\s*#(?:[^\n]*\\\n)*[^\n]*", " ", path.read_text(errors="replace"), flags=re.S | re.M)
        for declaration in re.split(r"[;{}]", source):
            since = SINCE.search(declaration)
            name = re.search(r"\b([A-Za-z_]\w*)\s*\(", re.sub(r"\b__[A-Z]\w*\s*\((?:[^()]|\([^()]*\))*\)", " ", declaration))
            if since and name and (int(since[1]), int(since[2] or 0)) > MINIMUM:
                found["_" + name[1]] = (int(since[1]), int(since[2] or 0))
    return found


def faults(data, arch, too_new):
    try:
        program = MachO(data)
        found = []
        if program.cpu != CPU[arch]:
            found.append("processor %#x" % program.cpu)
        if program.kind != EXECUTABLE or not program.flags & PIE or not program.flags & TWO_LEVEL or program.entry is None:
            found.append("not a position-independent program")
        if program.loader != "/usr/lib/dyld":
            found.append(f"loader {program.loader}")
        if program.minimum != (1, *MINIMUM):
            found.append(f"platform and minimum version {program.minimum}")
        if program.libraries != [("load", "/usr/lib/libSystem.B.dylib")] or program.rpaths:
            found.append(f"libraries {program.libraries} {program.rpaths}")
        for name, library in program.imports().items():
            if library != 1:
                found.append(f"{name} of library {library}")
            if name in too_new:
                found.append("%s came with macOS %d.%d" % (name, *too_new[name]))
        if not program.imports():
            found.append("no imports: they were not understood")
        wrong = program.unsigned_pages()
        if arch == "arm64" and wrong is None:
            found.append("no signature")
        if wrong:
            found.append(f"pages not covered by the signature: {wrong[:3]}")
        return found
    except (AssertionError, struct.error) as e:
        return [str(e)]


def main():
    data, arch = pathlib.Path(sys.argv[1]).read_bytes(), sys.argv[2]
    too_new = newer(sys.argv[3]) if len(sys.argv) > 3 else {}
    passed, failed = 0, 0

    def expect(what, seen, right):
        nonlocal passed, failed
        passed, failed = passed + bool(right), failed + (not right)
        print(f"ok: {what}" if right else f"FAILED: {what}: {seen}")

    found = faults(data, arch, too_new)
    expect(f"macOS {arch}: {len(MachO(data).imports())} imports, all of libSystem, minimum 11.0", found, found == [])
    if len(sys.argv) > 3:
        expect(f"{len(too_new)} functions are known to be newer, _mkfifoat and _strchrnul among them", too_new,
               (too_new.get("_mkfifoat"), too_new.get("_strchrnul")) == ((13, 0), (15, 4)))
        seen = faults(data, arch, {**too_new, "_write": (99, 0)})
        expect("a newer function is seen", seen, any("_write came with macOS 99.0" in f for f in seen))
    program = MachO(data)

    def broken(what, at, value, pattern):
        copy = bytearray(data)
        copy[at:at + len(value)] = value
        seen = faults(bytes(copy), arch, too_new)
        expect(f"{what} is seen", seen, any(re.search(pattern, f) for f in seen))
    broken("another minimum version", program.minimum_at, struct.pack("<I", 12 << 16), r"^platform and minimum version \(1, 12, 0\)")
    broken("another library", data.index(b"/usr/lib/libSystem.B.dylib"), b"/usr/lib/libcurlyy.4.dylib", r"^libraries .*libcurlyy")
    broken("another processor", 4, struct.pack("<I", 7), "^processor 0x7")
    broken("no Mach-O", 0, b"\x7fELF", "^not a 64-bit Mach-O file")
    if arch == "arm64":
        broken("one changed byte", len(data) // 2, bytes([data[len(data) // 2] ^ 1]), "^pages not covered")
    print(f"{passed} passed, {failed} failed")
    return failed != 0


sys.exit(main())
