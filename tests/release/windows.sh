#!/usr/bin/env bash
# windows.sh EXE NATIVE: the windows/amd64 program under wine: the command lines, the scripted API servers and the real one (KPR_LAB_DIR) that
# the program of this machine is tested with, and what only Windows has. Without wine the tests are skipped with exit code 77.
set -uo pipefail
exe=$(readlink -f "${1:?usage: tests/release/windows.sh EXE NATIVE}")
native=$(readlink -f "${2:?usage: tests/release/windows.sh EXE NATIVE}")
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
passed=0 failed=0
ok() { passed=$((passed + 1)); echo "ok: $1"; }
bad() { failed=$((failed + 1)); echo "FAILED: $1"; }
check() { local what=$1; shift; if "$@" >"$work/said" 2>&1; then ok "$what"; else bad "$what"; head -n 20 "$work/said"; fi; }

# What can be seen without running it.
python3 - "$exe" >"$work/imports" <<'P'
import struct, sys
data = open(sys.argv[1], "rb").read()
pe = struct.unpack_from("<I", data, 0x3C)[0]
machine, sections, _, _, _, optional = struct.unpack_from("<HHIIIH", data, pe + 4)
assert data[pe:pe + 4] == b"PE\0\0" and machine == 0x8664, "not a program for x86-64"
table = pe + 24 + optional
def at(rva):
    for i in range(sections):
        size, start, raw, offset = struct.unpack_from("<IIII", data, table + i * 40 + 8)
        if start <= rva < start + max(size, raw):
            return rva - start + offset
entry = at(struct.unpack_from("<I", data, pe + 24 + 112 + 8)[0])
while name := struct.unpack_from("<I", data, entry + 12)[0]:
    print(data[at(name):data.index(b"\0", at(name))].decode().lower())
    entry += 20
P
check "an x86-64 program" test -s "$work/imports"
check "needs only what Windows 10 brings" bash -c "! grep -vE '^(api-ms-win-crt-[a-z0-9-]+|kernel32|advapi32|bcrypt|crypt32|ws2_32|user32|gdi32|ntdll|shell32|ole32)\.dll$' '$work/imports'"
check "UTF-8 is its code page" grep -qa 'activeCodePage.*UTF-8' "$exe"

wine=$(command -v wine) || { echo "skipped: wine is not here, so the program was not run (apt-get install wine)"; [ $failed -eq 0 ] && exit 77; echo "$passed passed, $failed failed"; exit 1; }
export WINEPREFIX=$work/wine WINEDEBUG=-all WINEDLLOVERRIDES='mscoree=;mshtml=' LC_ALL=C.UTF-8
server=$(command -v wineserver || ls /usr/lib/wine/wineserver* 2>/dev/null | head -n 1)
trap '"$server" -k 2>/dev/null; rm -rf "$work"' EXIT
"$wine" wineboot --init >"$work/said" 2>&1
"$server" -p  # one for all runs
bin="$work/Prögram Files"
mkdir -p "$bin" "$work/path"
cp "$exe" "$bin/kubectl-kpr.exe"
# The name that the tests of the other systems start. They give an environment of their own.
cat >"$work/path/kubectl-kpr" <<S
#!/bin/sh
export HOME=$HOME WINEPREFIX='$WINEPREFIX' WINEDEBUG=-all LC_ALL=C.UTF-8
exec '$wine' '$bin/kubectl-kpr.exe' "\$@"
S
chmod 755 "$work/path/kubectl-kpr"
kpr() { "$wine" "$bin/kubectl-kpr.exe" "$@"; }
cd "$root"

same() {  # same EXPECTED-CODE ARGS...: equal output and exit code
  local expected=$1 code=0 there=0; shift
  kpr "$@" >"$work/out" 2>"$work/err" || code=$?
  "$native" "$@" >"$work/native.out" 2>"$work/native.err" || there=$?
  [ $code = "$expected" ] && [ $there = "$expected" ] && cmp "$work/out" "$work/native.out" && cmp "$work/err" "$work/native.err" && [ -s "$work/out" ]
}
check "version" same 0 version
check "status of eight nodes" same 0 status -f examples/eight-nodes -o json --now=2026-11-24T12:00:00Z
check "doctor on a sysdump" same 1 doctor --from tests/fixtures/sysdump -o json
(cd tests/fixtures/sysdump && python3 -m zipfile -c "$work/sysdump.zip" ./*)
check "doctor on a packed sysdump" same 1 doctor --from "$work/sysdump.zip" -o html
check "parse" same 0 parse examples/eight-nodes/z-k8s-n-4.txt
check "the catalogue" same 0 checks -o yaml
cp examples/eight-nodes/z-k8s-n-4.txt "$work/Knoten Ü.txt"
check "a name that is not ASCII" same 0 status -f "$work/Knoten Ü.txt"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
