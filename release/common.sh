# Sourced by the release scripts: places, pins and the targets.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
KPR_CACHE=${KPR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-kpr}
ZIG_VERSION=0.17.1
ZIG_SHA256=ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54  # of the x86_64 Linux wheel
ALL_TARGETS="linux_amd64 linux_arm64 darwin_amd64 darwin_arm64 windows_amd64"
export LC_ALL=C TZ=UTC ZERO_AR_DATE=1
umask 022

say() { printf '==> %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# spent=$(timed LOG COMMAND...): runs a command; what it says goes into LOG, what is printed is the time that it took.
timed() {
  local log=$1 TIMEFORMAT='%0R s, CPU %0U s + %0S s'
  shift
  { time "$@" >"$log" 2>&1; } 2>&1
}

zig_target() {
  case $1 in
    linux_amd64) echo x86_64-linux-musl ;;
    linux_arm64) echo aarch64-linux-musl ;;
    darwin_amd64) echo x86_64-macos.11.0 ;;
    darwin_arm64) echo aarch64-macos.11.0 ;;
    windows_amd64) echo x86_64-windows-gnu ;;
    *) die "unknown target \"$1\", known targets are: $ALL_TARGETS" ;;
  esac
}

# The compiler's flags stand in the wrappers, so that no path of this machine reaches a library (OpenSSL keeps its command line).
# KPR_PREFIX_MAPS=dir:dir names the folders whose paths become ".".
zig_setup() {
  local venv=$KPR_CACHE/zig-$ZIG_VERSION
  if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -m ziglang version >/dev/null 2>&1; then
    say "installing the zig compiler $ZIG_VERSION"
    rm -rf "$venv"
    python3 -m venv "$venv"
    printf 'ziglang==%s --hash=sha256:%s\n' "$ZIG_VERSION" "$ZIG_SHA256" >"$venv/requirements.txt"
    "$venv/bin/pip" -q --disable-pip-version-check install --no-deps --only-binary :all: --require-hashes -r "$venv/requirements.txt" ||
      die "ziglang $ZIG_VERSION could not be installed from PyPI"
  fi
  ZIG=$("$venv/bin/python" -c 'import ziglang,os;print(os.path.join(os.path.dirname(ziglang.__file__),"zig"))')
  export ZIG
}

zig_wrappers() {  # zig_wrappers TARGET -> puts zcc, zcxx, zar, zranlib, zrc on PATH
  local target=$1 dir=$KPR_CACHE/wrappers-$ZIG_VERSION/$1 triple tool
  triple=$(zig_target "$target")
  mkdir -p "$dir"
  for tool in cc c++; do
    cat >"$dir/z${tool/c++/cxx}.new" <<W
#!/bin/bash
maps=()
IFS=: read -ra dirs <<<"\${KPR_PREFIX_MAPS:-}"
for d in "\${dirs[@]}"; do maps+=("-ffile-prefix-map=\$d=."); done
exec "$ZIG" $tool -target $triple -Os -ffunction-sections -fdata-sections -fno-sanitize=undefined "\${maps[@]}" "\$@"
W
    chmod 755 "$dir/z${tool/c++/cxx}.new" && mv "$dir/z${tool/c++/cxx}.new" "$dir/z${tool/c++/cxx}"
  done
  for tool in ar ranlib rc; do
    printf '#!/bin/sh\nexec "%s" %s "$@"\n' "$ZIG" "$tool" >"$dir/z$tool"
    chmod 755 "$dir/z$tool"
  done
  export PATH="$dir:$PATH" KPR_WRAPPERS="$dir" KPR_TARGET="$target" ZIG_GLOBAL_CACHE_DIR="$KPR_CACHE/zig-cache-$target"
  export ZIG_LOCAL_CACHE_DIR="$ZIG_GLOBAL_CACHE_DIR/local"
}

# Everything that decides what the dependencies are; the name of their folder in the cache.
deps_hash() { (cd "$here" && cat sources.txt common.sh deps.sh toolchain.cmake parts/* | sha256sum | cut -c1-12); }
