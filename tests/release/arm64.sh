#!/usr/bin/env bash
# arm64.sh BINARY NATIVE: the linux/arm64 program under qemu says the same as NATIVE, the program of this machine, in an empty root too.
set -uo pipefail
binary=$(readlink -f "${1:?usage: tests/release/arm64.sh BINARY NATIVE}")
native=$(readlink -f "${2:?usage: tests/release/arm64.sh BINARY NATIVE}")
root=$(cd "$(dirname "$0")/../.." && pwd)
qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64) || { echo "FAILED: no qemu-aarch64 here: apt-get install qemu-user-static"; echo "0 passed, 1 failed"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
check() { local what=$1; shift; if "$@" >"$work/said" 2>&1; then passed=$((passed + 1)); echo "ok: $what"; else failed=$((failed + 1)); echo "FAILED: $what"; head -n 20 "$work/said"; fi; }
check "a program for AArch64" grep -q 'Machine: *AArch64' <(readelf -h "$binary")
check "static" bash -c "! readelf -ld '$binary' | grep -E 'INTERP|NEEDED'"
cd "$root"
same() {  # same EXPECTED-CODE ARGS...: equal output and exit code
  local expected=$1 code=0 there=0; shift
  "$qemu" "$binary" "$@" >"$work/out" 2>"$work/err" || code=$?
  "$native" "$@" >"$work/native.out" 2>"$work/native.err" || there=$?
  [ $code = "$expected" ] && [ $there = "$expected" ] && cmp "$work/out" "$work/native.out" && cmp "$work/err" "$work/native.err" && [ -s "$work/out" ]
}
check "status of eight nodes" same 0 status -f examples/eight-nodes -o json
check "doctor on a sysdump" same 1 doctor --from tests/fixtures/sysdump -o json
(cd tests/fixtures/sysdump && python3 -m zipfile -c "$work/sysdump.zip" ./*)
check "doctor on a packed sysdump" same 1 doctor --from "$work/sysdump.zip" -o html
check "parse" same 0 parse examples/eight-nodes/z-k8s-n-4.txt
check "the catalogue" same 0 checks -o yaml
check "version" same 0 version
if [ "$(id -u)" = 0 ]; then
  mkdir "$work/empty"
  cp "$binary" "$work/empty/kubectl-kpr"
  cp "$qemu" "$work/empty/qemu"
  check "starts with nothing around it" grep -q '^kubectl-kpr v' <(env -i "$(PATH=$PATH:/usr/sbin:/sbin command -v chroot)" "$work/empty" /qemu /kubectl-kpr version)
fi
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
