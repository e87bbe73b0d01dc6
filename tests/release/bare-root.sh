#!/usr/bin/env bash
# bare-root.sh BINARY: the release binary in a folder that holds nothing else and, with KPR_SLOW=1, in Debian 12 and 11 made by debootstrap.
# Needs root (chroot); without it the tests are skipped with exit code 77.
set -euo pipefail
binary=$(readlink -f "${1:?usage: tests/release/bare-root.sh BINARY}")
root=$(cd "$(dirname "$0")/../.." && pwd)
[ "$(id -u)" = 0 ] || { echo "skipped: chroot needs root"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
run_in() {  # run_in FOLDER WHAT EXPECTED-CODE PATTERN ARGS...
  local folder=$1 what=$2 expected=$3 pattern=$4 code=0
  shift 4
  chroot "$folder" /kubectl-kpr "$@" >"$work/out" 2>&1 || code=$?
  if [ $code = "$expected" ] && grep -qE "$pattern" "$work/out"; then
    passed=$((passed + 1)); echo "ok: $what: $*"
  else
    failed=$((failed + 1)); echo "FAILED: $what: $*: exit code $code, expected $expected and /$pattern/"; head -n 20 "$work/out"
  fi
}
try_root() {
  cp "$binary" "$1/kubectl-kpr"
  mkdir -p "$1/data"
  cp -r "$root/examples/eight-nodes" "$1/data/"
  run_in "$1" "$2" 0 '^kubectl-kpr v[0-9]+\.' version
  run_in "$1" "$2" 0 'NODE|NAME' status -f /data/eight-nodes
  # Without a kubeconfig and a cluster: a message, not a crash.
  run_in "$1" "$2" 3 '^(error|The connection)' status
  if [ -n "${KPR_SYSDUMP:-}" ]; then
    cp "$KPR_SYSDUMP" "$1/data/dump.zip"
    run_in "$1" "$2" "${KPR_SYSDUMP_CODE:-1}" . doctor --from /data/dump.zip
  fi
}
mkdir "$work/empty"
try_root "$work/empty" "nothing but the binary"
if [ "${KPR_SLOW:-0}" = 1 ]; then
  for suite in bookworm bullseye; do
    debootstrap --variant=minbase "$suite" "$work/$suite" >"$work/log" 2>&1 || { tail "$work/log"; echo "FAILED: debootstrap $suite"; failed=$((failed + 1)); continue; }
    try_root "$work/$suite" "Debian $suite"
  done
fi
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
