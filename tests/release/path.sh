#!/usr/bin/env bash
# path.sh [TARGET...]: the release path as a user walks it: build, sizes, start-up, empty roots, krew; linux_amd64 when no other target is named,
# which is always among them. The other targets get what this machine can do: qemu for linux_arm64, wine for windows_amd64, a look into the macOS programs.
# The last line counts. What it builds stays in build/ and in the cache folder; KPR_SLOW=1 adds Debian's roots and a second build from nothing
# with equal bytes.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
export DIST=$root/build/dist
version=${VERSION:-v0.1.0}
passed=0 failed=0
ok() { passed=$((passed + 1)); echo "ok: $1"; }
bad() { failed=$((failed + 1)); echo "FAILED: $1"; }
at_most() { if [ -n "$2" ] && [ "$2" -le "$3" ]; then ok "$1: $2, at most $3"; else bad "$1: ${2:-nothing}, more than $3"; fi; }
nested() {  # nested WHAT COMMAND...: a script whose last line counts
  local what=$1 out code=0; shift
  out=$("$@" 2>&1) || code=$?
  printf '%s\n' "$out"
  [ $code = 77 ] && return
  local line; line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' <<<"$out" | tail -n 1)
  if [ -z "$line" ]; then bad "$what ended with $code"; return; fi
  passed=$((passed + ${line%% *})); failed=$((failed + $(sed -E 's/.*, ([0-9]+) failed/\1/' <<<"$line")))
}
targets=(linux_amd64)
for target in "$@"; do [ "$target" = linux_amd64 ] || targets+=("$target"); done
"$root/release/build.sh" $version "${targets[@]}" || { echo "0 passed, 1 failed"; exit 1; }
archive=$DIST/kubectl-kpr_linux_amd64.tar.gz
work=$(mktemp -d)
trap 'rm -rf "$work"; [ -n "${KPR_LAB_DIR:-}" ] && "$root/scripts/cluster-down.sh" >/dev/null 2>&1' EXIT
tar -xzf "$archive" -C "$work"
binary=$work/kubectl-kpr
at_most "bytes of the archive" "$(stat -c %s "$archive")" 4000000
at_most "bytes of the binary" "$(stat -c %s "$binary")" 10000000
if readelf -ld "$binary" | grep -qE 'INTERP|NEEDED'; then bad "the binary wants a loader or a library"; else ok "static"; fi
cache=${KPR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-kpr}
if grep -qaF -e "$root" -e "$cache" "$binary"; then bad "the binary names the folder it was built in"; else ok "no path of this machine in the binary"; fi
# 5 ms of CPU are at least ten million instructions; counted, not timed.
at_most "instructions of kubectl kpr version" "$(valgrind --tool=callgrind --callgrind-out-file="$work/callgrind" "$binary" version 2>&1 | sed -nE 's/.*Collected : ([0-9]+).*/\1/p')" 10000000
for target in "${targets[@]:1}"; do
  mkdir "$work/$target"
  case $target in
    windows_*) python3 -m zipfile -e "$DIST/kubectl-kpr_$target.zip" "$work/$target" ;;
    *) tar -xzf "$DIST/kubectl-kpr_$target.tar.gz" -C "$work/$target" ;;
  esac
  case $target in
    linux_arm64) nested "$target" "$here/arm64.sh" "$work/$target/kubectl-kpr" "$binary" ;;
    windows_*) windows=$work/$target/kubectl-kpr.exe ;;  # beside the laboratory, below
    darwin_*)
      headers=$(. "$root/release/common.sh" && zig_setup && echo "${ZIG%/zig}/lib/libc/include/any-darwin-any")
      nested "$target" python3 "$here/mach_o.py" "$work/$target/kubectl-kpr" "${target#darwin_}" "$headers"
      ;;
  esac
done
(cd "$DIST" && sha256sum --quiet --strict -c checksums.txt) && ok "checksums" || bad "checksums"
export KPR_LAB_DIR=$root/build/lab-release  # VERSION is ours here, not the agents'
"$root/scripts/cluster-up.sh" N=2 VERSION=mixed >"$work/up" 2>&1 || { cat "$work/up"; bad "the laboratory starts"; }
[ -z "${windows:-}" ] || nested windows_amd64 "$here/windows.sh" "$windows" "$binary"
nested "empty roots" "$here/bare-root.sh" "$binary"
nested "krew" "$here/krew.sh" "$DIST"
if [ "${KPR_SLOW:-0}" = 1 ]; then
  if KPR_CACHE=$work/cache DIST=$work/again "$root/release/build.sh" $version "${targets[@]}"; then
    for archive in "$DIST"/kubectl-kpr_* "$DIST"/kpr.yaml "$DIST"/checksums.txt; do
      name=$(basename "$archive")
      if cmp "$archive" "$work/again/$name"; then ok "$name: equal bytes from an empty cache folder"; else bad "$name: other bytes from an empty cache folder"; fi
    done
  else
    bad "a second build, from an empty cache folder"
  fi
fi
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
