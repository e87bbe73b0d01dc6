#!/bin/bash
# abi-check.sh OLD.so NEW.so: fails when NEW took away or changed what OLD has, under the same SONAME.
set -euo pipefail
old=${1:?usage: release/abi-check.sh OLD.so NEW.so}
new=${2:?usage: release/abi-check.sh OLD.so NEW.so}
soname() { readelf -d "$1" | sed -nE 's/.*\(SONAME\).*\[(.*)\]/\1/p'; }
if [ "$(soname "$old")" != "$(soname "$new")" ]; then
  echo "SONAME changed from $(soname "$old") to $(soname "$new"): an incompatible change is allowed"
  exit 0
fi
exported() { nm -D --defined-only -C "$1" | sed -E 's/^[0-9a-f]+ . //' | grep -E '^kpr::' | sort -u; }
gone=$(comm -23 <(exported "$old") <(exported "$new"))
if [ -n "$gone" ]; then
  printf 'removed under the same SONAME:\n%s\n' "$gone"
  exit 1
fi
if command -v abidiff >/dev/null; then
  code=0
  abidiff "$old" "$new" || code=$?
  # abidiff: bit 8 is an incompatible change, bit 4 any change, bits 1 and 2 are errors of its own.
  if [ $((code & 11)) -ne 0 ]; then exit 1; fi
fi
echo "compatible"
