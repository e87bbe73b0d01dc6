#!/bin/bash
# build.sh VERSION [TARGET...]: release archives, checksums, bill of materials and krew manifest in dist/. Targets: linux_amd64 linux_arm64
# darwin_amd64 darwin_arm64 windows_amd64 (all of them when none is named). A target that fails is named at the end; the rest is kept.
. "$(dirname "$0")/common.sh"
version=${1:?usage: release/build.sh VERSION [TARGET...]}
shift
[[ $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || die "\"$version\" is not a version such as v0.1.0"
read -ra targets <<<"${*:-$ALL_TARGETS}"
targets=("${targets[@]//\//_}")
for target in "${targets[@]}"; do zig_target "$target" >/dev/null; done
jobs=${JOBS:-$(nproc)}
dist=${DIST:-$root/dist}
mkdir -p "$dist" "$root/build"
rm -f "$dist"/kubectl-kpr* "$dist/checksums.txt" "$dist/kpr.yaml"
# The time of everything that carries one is the commit's.
epoch=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 1700000000)}
export SOURCE_DATE_EPOCH=$epoch
failed=()
zig_setup
# Objects are kept beside the dependencies.
launcher=()
if command -v ccache >/dev/null; then
  launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  export CCACHE_DIR=$KPR_CACHE/ccache CCACHE_MAXSIZE=500M CCACHE_COMPILERTYPE=clang CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1 CCACHE_SLOPPINESS=pch_defines,time_macros
fi

build_target() (
  set -e
  target=$1
  deps=$("$here/deps.sh" "$target")
  zig_wrappers "$target"
  build=$root/build/release-$target
  rm -rf "$build"
  export KPR_DEPS=$deps KPR_PREFIX_MAPS="$build:$root:$deps"
  export CCACHE_COMPILERCHECK="string:zig-$ZIG_VERSION-$target"
  program() {
    cmake -S "$root" -B "$build" -G Ninja -DCMAKE_TOOLCHAIN_FILE="$here/toolchain.cmake" -DCMAKE_BUILD_TYPE=Release "${launcher[@]}" \
      -DKPR_VERSION="${version#v}" -DCMAKE_MODULE_PATH="$here/modules" -DOPENSSL_USE_STATIC_LIBS=ON -DOPENSSL_ROOT_DIR="$deps" -DBoost_USE_STATIC_LIBS=ON \
      -DBoost_NO_BOOST_CMAKE=ON -DBOOST_ROOT="$deps" -DBoost_NO_SYSTEM_PATHS=ON --log-level=WARNING && cmake --build "$build" -j "$jobs" --target kubectl-kpr
  }
  spent=$(timed "$build.log" program) || {
    grep -E -A3 'error|Error' "$build.log" | head -n 60 >&2
    die "$target: the program does not build; the whole log is $build.log"
  }
  binary=$(find "$build/plugin" -maxdepth 1 -name 'kubectl-kpr*' -type f | head -n 1)
  say "$target: program ($spent)"
  python3 "$here/package.py" archive "$target" "$version" "$binary" "$deps/THIRD_PARTY_NOTICES" "$dist" "$epoch"
)

for target in "${targets[@]}"; do
  set +e
  build_target "$target"
  code=$?
  set -e
  [ $code -eq 0 ] || failed+=("$target")
done
if compgen -G "$dist/kubectl-kpr_*" >/dev/null; then
  python3 "$here/package.py" finish "$version" "$dist" "$epoch" "$here/sources.txt" "$ZIG_VERSION"
  python3 "$root/krew/render.py" "$version" "$dist" >"$dist/kpr.yaml"
fi
[ ${#failed[@]} -eq 0 ] || die "not made: ${failed[*]}"
