#!/usr/bin/env bash
# krew.sh DIST: the real krew installs the plugin of each platform from DIST (what `make release` made), validates the manifest, runs,
# upgrades and uninstalls the plugin, each time in an empty KREW_ROOT.
set -euo pipefail
dist=$(cd "${1:?usage: tests/release/krew.sh DIST}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
bin=$("$here/go-tools.sh" "$here/krew")
ln -sf krew "$bin/kubectl-krew"  # what `kubectl krew` runs
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
ok() { passed=$((passed + 1)); echo "ok: $1"; }
bad() { failed=$((failed + 1)); echo "FAILED: $1"; }
check() { local what=$1; shift; if "$@" >"$work/out" 2>&1; then ok "$what"; else bad "$what"; sed 's/^/    /' "$work/out"; fi; }
fresh() { rm -rf "$work/root"; export KREW_ROOT=$work/root; mkdir -p "$KREW_ROOT"; export PATH="$KREW_ROOT/bin:$base_path"; }
lab=$("$root/scripts/cluster-build.sh")  # kubectl
base_path=$bin:$lab:$PATH
# krew's own index, which is on the network, is replaced by an empty one on this machine.
git init -q "$work/default" && mkdir "$work/default/plugins" && touch "$work/default/plugins/.keep"
commit() { git -C "$1" add -A && git -C "$1" -c user.name=t -c user.email=t@example.org commit -qm "$2"; }
commit "$work/default" empty
export KREW_DEFAULT_INDEX_URI=$work/default
manifest=$dist/kpr.yaml
for archive in "$dist"/kubectl-kpr_*; do
  target=$(basename "$archive"); target=${target#kubectl-kpr_}; target=${target%%.*}
  fresh
  check "krew installs $target" env KREW_OS="${target%_*}" KREW_ARCH="${target#*_}" "$bin/krew" install --manifest="$manifest" --archive="$archive"
  name=kubectl-kpr; [ "${target%_*}" = windows ] && name=kubectl-kpr.exe
  check "$target has its licence, notices and program" bash -c "cd '$KREW_ROOT/store/kpr/'v* && ls LICENSE THIRD_PARTY_NOTICES $name"
done
# The validator downloads what the manifest names; here the same files are served from this machine.
python3 -u -m http.server --bind 127.0.0.1 --directory "$dist" 0 >"$work/http.log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT
for _ in $(seq 100); do port=$(sed -nE 's/.* port ([0-9]+) .*/\1/p' "$work/http.log"); [ -n "$port" ] && break; sleep 0.1; done
mkdir -p "$work/local"
sed -E "s|uri: .*/([^/]+)$|uri: http://127.0.0.1:$port/\1|" "$manifest" >"$work/local/kpr.yaml"
fresh
check "validate-krew-manifest accepts every platform" "$bin/validate-krew-manifest" -manifest "$work/local/kpr.yaml"
host=$(uname -m); host=${host/x86_64/amd64}; host=${host/aarch64/arm64}
fresh
check "krew starts on an empty KREW_ROOT" kubectl krew update
check "kubectl krew install" kubectl krew install --manifest="$manifest" --archive="$dist/kubectl-kpr_linux_$host.tar.gz"
version=$(sed -nE 's/^  version: //p' "$manifest")
check "kubectl kpr version answers $version" bash -c "kubectl kpr version | grep -F 'kubectl-kpr $version '"
check "krew uninstalls it" kubectl krew uninstall kpr
check "nothing is left in PATH" bash -c "! test -e '$KREW_ROOT/bin/kubectl-kpr'"
# A custom index is a git repository with plugins/kpr.yaml; an upgrade comes from a newer manifest in it.
index=$work/index
mkdir -p "$index/plugins"
sed "s/^  version: .*/  version: v0.0.1/" "$work/local/kpr.yaml" >"$index/plugins/kpr.yaml"
git -C "$index" init -q && commit "$index" old
fresh
kubectl krew update >/dev/null 2>&1
check "krew index add takes a custom index" kubectl krew index add kpr "$index"
check "krew installs from it" kubectl krew install kpr/kpr
cp "$work/local/kpr.yaml" "$index/plugins/kpr.yaml"
commit "$index" new
check "krew hears of the new version" kubectl krew update
check "krew upgrades it" kubectl krew upgrade kpr
check "the new version is the installed one" bash -c "ls '$KREW_ROOT/store/kpr' | grep -Fx '$version'"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
