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

wine=$(command -v wine) || {
  [ $failed -eq 0 ] && { echo "skipped: wine is not here, so the program was not run (apt-get install wine)"; exit 77; }
  echo "$passed passed, $failed failed"
  exit 1
}
export WINEPREFIX=$work/wine WINEDEBUG=-all WINEDLLOVERRIDES='mscoree=;mshtml=' LC_ALL=C.UTF-8
wineserver=$(command -v wineserver || ls /usr/lib/wine/wineserver64 /usr/lib/wine/wineserver 2>/dev/null | head -n 1)
trap '"$wineserver" -k 2>/dev/null; rm -rf "$work"' EXIT
"$wine" wineboot --init >"$work/said" 2>&1
bin="$work/Prögram Files"
mkdir -p "$bin" "$work/path"
cp "$exe" "$bin/kubectl-kpr.exe"
# The name that the tests of the other systems start; they give an environment of their own.
cat >"$work/path/kubectl-kpr" <<S
#!/bin/sh
export HOME='$HOME' PATH=/usr/bin:/bin WINEPREFIX='$WINEPREFIX' WINEDEBUG=-all LC_ALL=C.UTF-8
exec '$wine' '$bin/kubectl-kpr.exe' "\$@"
S
chmod 755 "$work/path/kubectl-kpr"
kpr() { "$wine" "$bin/kubectl-kpr.exe" "$@"; }
says() { local pattern=$1; shift; "$@" >"$work/out" 2>&1; grep -qE "$pattern" "$work/out" || { cat "$work/out"; return 1; }; }
cd "$root" || exit 1

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

# The command lines of tests/cli, word for word. There are no devices among Windows' files, and wine shows the owner's rights to write and
# to run in more bits than one; what others may do must be nothing here too.
printf '#!/bin/sh\n/usr/bin/stat "$@" | sed -E "s/^[67][0-7]0 /600 /"\n' >"$work/path/stat"
chmod 755 "$work/path/stat"
python3 tests/cli/cases.py "$work/path/kubectl-kpr" . >"$work/cases"
others=$(grep -oE '^--- [a-z-]+\.case' "$work/cases" | cut -c5- | grep -vxE 'status-(device|empty)\.case')
if [ -z "$others" ] && grep -qE '^[0-9]{2} passed' "$work/cases"; then ok "$(tail -n 1 "$work/cases") of the command lines, the failed ones about devices"; else bad "command lines: $others"; cat "$work/cases"; fi

# The kubeconfig: where it is looked for, and how a list of them is written.
config() { printf '{apiVersion: v1, kind: Config, current-context: %s, contexts: [{name: %s, context: {cluster: %s}}], clusters: [{name: %s, cluster: {server: "https://%s.invalid"}}]}\n' "$1" "$1" "$1" "$1" "$1"; }
profile=$(ls -d "$work/wine/drive_c/users/$(id -un)")  # wine sets USERPROFILE, HOMEDRIVE and HOMEPATH to this one
mkdir "$profile/.kube"
config home >"$profile/.kube/config"
config one >"$work/one.yaml"
config two >"$work/two.yaml"
check "the user's folder" says '^home$' kpr __complete status --context ''
check "KUBECONFIG, a list" says '^one$' env KUBECONFIG="$work/none.yaml;$work/one.yaml;Z:${work//\//\\}\\two.yaml" "$wine" "$bin/kubectl-kpr.exe" __complete status --context ''
check "KUBECONFIG, the second one" grep -x two "$work/out"

if [ -n "${KPR_LAB_DIR:-}" ]; then
  # Credential plugins: a program and a script of Windows, found on Path by names without an ending.
  token=$(sed -nE 's/.*token: *"?([^" }]*).*/\1/p' "$KPR_LAB_DIR/kubeconfig" | head -n 1)
  echo "{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\", \"status\": {\"token\": \"$token\"}}" >"$work/wine/drive_c/answer.json"
  printf '@if "%%~1"=="two words" type C:\\answer.json\r\n' >"$work/wine/drive_c/windows/login.cmd"
  login() { sed "s/token: .*/exec: {apiVersion: client.authentication.k8s.io\/v1, interactiveMode: Never, command: $1, args: $2}/" "$KPR_LAB_DIR/kubeconfig" >"$work/login.yaml"; }
  login cmd '[\/c, type, "C:\\\\answer.json"]'
  check "a credential plugin" says '^node-1 +1\.' kpr --kubeconfig "$work/login.yaml" status
  login login '["two words"]'
  check "a credential plugin that is a script" says '^node-1 +1\.' kpr --kubeconfig "$work/login.yaml" status
  login cmd '[\/c, exit, "7"]'
  check "a credential plugin that fails" says 'exec: executable cmd failed with exit code 7$' kpr --kubeconfig "$work/login.yaml" status
  login nothing '[]'
  check "a credential plugin that is not there" says 'exec: executable nothing not found$' kpr --kubeconfig "$work/login.yaml" status
  check "status of the real API server" says '^node-1 +1\.' kpr --kubeconfig "$KPR_LAB_DIR/kubeconfig" status
  check "doctor of the real API server" says '^\{' kpr --kubeconfig "$KPR_LAB_DIR/kubeconfig" doctor -o json
  check "a client certificate" says '^node-1 +1\.' kpr --kubeconfig "$KPR_LAB_DIR/kubeconfig-certificate" status
  check "through a proxy" says '^node-1 +1\.' kpr --kubeconfig "$KPR_LAB_DIR/kubeconfig-proxy" status
  check "an authority that Windows does not know" says 'x509: certificate signed by unknown authority|no certificate authorities' kpr status "--server=$(sed -nE 's/.*server: *"?(https:[^" }]*).*/\1/p' "$KPR_LAB_DIR/kubeconfig" | head -n 1)" --token=x
fi

# API servers, proxies and agents that misbehave (tests/faults). What stays out: Unix signals, and scripts of Unix as programs.
if [ "${KPR_SLOW:-0}" = 1 ]; then
  for test in node ways; do
    (cd tests/faults && KPR_PLUGIN=$work/path/kubectl-kpr PYTHONDONTWRITEBYTECODE=1 python3 "test_$test.py") >"$work/faults" 2>&1
    others=$(sed -nE 's/^(FAIL|ERROR): (test_[A-Za-z0-9_]+) .*/\2/p' "$work/faults" | grep -vE 'kubectl|reset_in_the_middle')
    if [ -z "$others" ] && grep -qE '^Ran [0-9]+ tests' "$work/faults"; then ok "faults, $test: $(grep -E '^Ran ' "$work/faults")"; else bad "faults, $test: $others"; fi
  done
fi
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
