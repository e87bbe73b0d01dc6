#!/bin/bash
# abi-check.sh OLD.so NEW.so: fails when NEW took away or changed what a program built with OLD uses, under the same SONAME. Both are built with
# debug information (-g). What counts are the functions of include/kpr and the types that they reach.
set -euo pipefail
old=${1:?usage: release/abi-check.sh OLD.so NEW.so}
new=${2:?usage: release/abi-check.sh OLD.so NEW.so}
command -v abidiff >/dev/null || { echo "error: abidiff is missing: apt-get install abigail-tools" >&2; exit 2; }
for library in "$old" "$new"; do
  readelf -SW "$library" | grep -q ' \.debug_info ' || { echo "error: $library has no debug information, so its types cannot be compared: build it with -g" >&2; exit 2; }
done
soname() { readelf -d "$1" | sed -nE 's/.*\(SONAME\).*\[(.*)\]/\1/p'; }
if [ "$(soname "$old")" != "$(soname "$new")" ]; then
  echo "SONAME changed from $(soname "$old") to $(soname "$new"): an incompatible change is allowed"
  exit 0
fi
public=$(mktemp)
trap 'rm -f "$public"' EXIT
# Functions of namespace kpr itself; what is in kpr::det, inline or of the standard library is not promised.
echo "[abi_whitelist]" >"$public"
for library in "$old" "$new"; do
  paste -d' ' <(nm -D --defined-only -j "$library") <(nm -D --defined-only -C "$library") | sed -nE 's/^(\S+) [0-9a-f]+ T kpr::[a-z_]+(\[abi:cxx11\])?\(.*/  \1/p'
done | sort -u >>"$public"
[ "$(wc -l <"$public")" -gt 1 ] || { echo "error: $old and $new have no functions of namespace kpr" >&2; exit 2; }
code=0
abidiff --kmi-whitelist "$public" --no-added-syms --redundant --no-show-locs "$old" "$new" || code=$?
# abidiff: 1 and 2 are errors of its own, 4 is any change that is left, 8 one that is certainly incompatible.
[ $((code & 3)) -eq 0 ] || exit 2
[ "$code" -eq 0 ] || { echo "changed under the same SONAME $(soname "$old")"; exit 1; }
echo "compatible"
