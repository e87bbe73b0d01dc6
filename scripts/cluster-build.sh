#!/bin/sh
# Builds the laboratory's programs once, into a cache folder outside the clone, and prints the folder:
#   kube-apiserver, etcd, kubectl     take minutes; built again only when tests/lab/tools/go.mod names other versions
#   fakekubelet, labload, labproxy, shim     seconds; built again when their sources change
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tools=$here/../tests/lab/tools
cache=${KPR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-kpr}
mkdir -p "$cache"

heavy=$cache/kubernetes-$(cat "$tools/go.mod" "$tools/go.sum" | sha256sum | cut -c1-16)
light=$cache/lab-$(cd "$tools" && find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -c1-16)
if [ -e "$light/complete" ] && [ -e "$heavy/complete" ]; then
  echo "$light"
  exit 0
fi

# Two builds at once (tests beside a `make cluster-up`) wait for each other.
exec 9>"$cache/lock"
flock 9
go=$("$here/ensure-go.sh")
export CGO_ENABLED=0 GOFLAGS="${GOFLAGS:+$GOFLAGS }-buildvcs=false" GOTOOLCHAIN=local
version=$(sed -n 's/^\tk8s.io\/kubernetes \(v[0-9.]*\).*/\1/p' "$tools/go.mod")
major=${version#v}
minor=${major#*.}
set_version="-X k8s.io/component-base/version.gitVersion=$version -X k8s.io/component-base/version.gitMajor=${major%%.*} -X k8s.io/component-base/version.gitMinor=${minor%%.*}"

build() {  # folder, packages…: what go says is shown only when it fails
  into=$1
  shift
  if ! (cd "$tools" && nice "$go" build -trimpath -ldflags "$flags" -o "$into/" "$@") >"$cache/build.log" 2>&1; then
    grep -v '^go: downloading' "$cache/build.log" | tail -n 30 >&2
    echo "cluster-build: go build failed; all it said is in $cache/build.log" >&2
    exit 1
  fi
}

if [ ! -e "$heavy/complete" ]; then
  echo "cluster-build: building kube-apiserver $version, etcd and kubectl with $("$go" env GOVERSION) into $heavy; this takes some minutes, once" >&2
  mkdir -p "$heavy"
  flags="-s -w $set_version"
  build "$heavy" k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes/cmd/kubectl go.etcd.io/etcd/server/v3
  mv "$heavy/server" "$heavy/etcd"
  touch "$heavy/complete"
fi
if [ ! -e "$light/complete" ]; then
  mkdir -p "$light"
  flags="-s -w"
  build "$light" ./cmd/...
  ${CC:-cc} -O2 -static -Wall -Wextra -o "$light/shim" "$tools/shim/shim.c"
  for program in kube-apiserver kubectl etcd; do ln -sf "$heavy/$program" "$light/$program"; done
  touch "$light/complete"
fi
echo "$light"
