#!/usr/bin/env bash
# bare-root.sh BINARY: the release binary in a folder that holds nothing else, in a folder with a static busybox and, with KPR_SLOW=1, in Debian
# 12 and 11 made by debootstrap (kept in the cache folder); offline, and against the API server of KPR_LAB_DIR, with the authority's certificate
# where each distribution keeps its own.
# Needs root (chroot); without it the tests are skipped with exit code 77.
set -euo pipefail
binary=$(readlink -f "${1:?usage: tests/release/bare-root.sh BINARY}")
root=$(cd "$(dirname "$0")/../.." && pwd)
[ "$(id -u)" = 0 ] || { echo "skipped: chroot needs root"; exit 77; }
chroot=$(PATH=$PATH:/usr/sbin:/sbin command -v chroot)
debootstrap=$(PATH=$PATH:/usr/sbin:/sbin command -v debootstrap || true)
cache=${KPR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-kpr}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
start=(/kubectl-kpr)  # how the program is started in the root
run_in() {  # run_in FOLDER WHAT EXPECTED-CODE PATTERN [NAME=VALUE...] ARGS...
  local folder=$1 what=$2 expected=$3 pattern=$4 code=0 variables=()
  shift 4
  while [[ ${1:-} =~ ^[A-Z_]+= ]]; do variables+=("$1"); shift; done
  env -i HOME=/ "${variables[@]}" "$chroot" "$folder" "${start[@]}" "$@" >"$work/out" 2>&1 || code=$?
  if [ $code = "$expected" ] && grep -qE "$pattern" "$work/out"; then
    passed=$((passed + 1)); echo "ok: $what: $1"
  else
    local typed="$*"
    failed=$((failed + 1)); echo "FAILED: $what: ${typed%% --token*}: exit code $code, expected $expected and /$pattern/"; head -n 20 "$work/out"
  fi
}
try_root() {
  cp "$binary" "$1/kubectl-kpr"
  mkdir -p "$1/data"
  cp -r "$root/examples/eight-nodes" "$root/tests/fixtures/sysdump" "$1/data/"
  (cd "$1/data/sysdump" && python3 -m zipfile -c ../sysdump.zip ./*)
  run_in "$1" "$2" 0 '^kubectl-kpr v[0-9]+\.' version
  run_in "$1" "$2" 0 '^z-k8s-n-4 +1\.11\.7 +Partial' status -f /data/eight-nodes
  run_in "$1" "$2" 1 'agent-not-ready' doctor --from /data/sysdump
  run_in "$1" "$2" 1 'agent-not-ready' doctor --from /data/sysdump.zip
  run_in "$1" "$2" 0 'image-pull-stuck-pulling' explain image-pull-stuck-pulling
  # Without a kubeconfig and a cluster: a message, not a crash.
  run_in "$1" "$2" 3 '^(error|The connection)' status
}
cluster() {  # the real API server, its authority in each of the places where a distribution keeps certificates
  local folder=$1 what=$2 place
  [ -n "${KPR_LAB_DIR:-}" ] || return 0
  local server token
  server=$(sed -nE 's/.*server: *"?(https:[^" }]*).*/\1/p' "$KPR_LAB_DIR/kubeconfig" | head -n 1)
  token=$(sed -nE 's/.*token: *"?([^" }]*).*/\1/p' "$KPR_LAB_DIR/kubeconfig" | head -n 1)
  run_in "$folder" "$what, no certificates anywhere" 3 '^error: no certificate authorities found on this machine' status "--server=$server" "--token=$token"
  for place in etc/ssl/certs/ca-certificates.crt etc/pki/tls/certs/ca-bundle.crt etc/ssl/ca-bundle.pem etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem etc/ssl/cert.pem; do
    mkdir -p "$folder/${place%/*}"
    cp "$KPR_LAB_DIR/pki/ca.crt" "$folder/$place"
    run_in "$folder" "$what, certificates in /$place" 0 '^NODE ' status "--server=$server" "--token=$token"
    rm "$folder/$place"
  done
  cp "$KPR_LAB_DIR/pki/ca.crt" "$folder/data/own.pem"
  run_in "$folder" "$what, SSL_CERT_FILE" 0 '^NODE ' SSL_CERT_FILE=/data/own.pem status "--server=$server" "--token=$token"
}
whole() { try_root "$@"; cluster "$@"; }
mkdir "$work/empty"
whole "$work/empty" "nothing but the binary"
busybox=$(command -v busybox || true)
if [ -n "$busybox" ] && ! readelf -l "$busybox" | grep -q INTERP; then
  mkdir -p "$work/busybox/bin"
  cp "$busybox" "$work/busybox/bin/"
  start=(/bin/busybox sh -c 'exec /kubectl-kpr "$@"' sh)
  whole "$work/busybox" "busybox"
  start=(/kubectl-kpr)
else
  failed=$((failed + 1)); echo "FAILED: no static busybox here: apt-get install busybox-static"
fi
if [ "${KPR_SLOW:-0}" = 1 ]; then
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' 2>/dev/null | head -n 1)
  for suite in bookworm bullseye; do
    made=$cache/roots/$suite
    if [ ! -e "$made" ]; then
      mkdir -p "$cache/roots"
      rm -rf "$made.new"
      "${debootstrap:?debootstrap is missing: apt-get install debootstrap}" --variant=minbase "$suite" "$made.new" "$mirror" >"$work/log" 2>&1 ||
        { tail "$work/log"; echo "FAILED: debootstrap $suite"; failed=$((failed + 1)); continue; }
      mv "$made.new" "$made"
    fi
    cp -a "$made" "$work/$suite"
    whole "$work/$suite" "Debian $(cat "$made/etc/debian_version")"
    rm -rf "${work:?}/$suite"
  done
fi
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
