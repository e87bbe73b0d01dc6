#!/usr/bin/env bash
# go-tools.sh FOLDER: builds the programs that FOLDER/tools.go names, pinned by its go.mod and go.sum, once into the cache; prints where they are.
set -euo pipefail
tools=$(cd "${1:?usage: tests/release/go-tools.sh FOLDER}" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
cache=${KPR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-kpr}
bin=$cache/$(basename "$tools")-$(cat "$tools"/go.mod "$tools"/go.sum "$tools"/tools.go | sha256sum | cut -c1-16)
mkdir -p "$cache"
exec 9>"$cache/$(basename "$tools").lock"
flock 9
if [ ! -e "$bin/complete" ]; then
  go=$("$root/scripts/ensure-go.sh" "$(sed -n 's/^go //p' "$tools/go.mod")")
  mapfile -t packages < <(sed -nE 's/^.*_ "(.*)"$/\1/p' "$tools/tools.go")
  log=$bin.log
  (cd "$tools" && CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-buildvcs=false nice "$go" build -trimpath -o "$bin/" "${packages[@]}") >"$log" 2>&1 || {
    grep -v '^go: downloading' "$log" | tail -n 20 >&2
    echo "error: ${packages[*]} does not build; all that go said is in $log" >&2
    exit 1
  }
  touch "$bin/complete"
fi
echo "$bin"
