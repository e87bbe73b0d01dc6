#!/usr/bin/env bash
# Builds and runs every test, stage by stage; the last line counts them. `make test` calls it after installing what it needs.
set -uo pipefail
cd "$(dirname "$0")/.."
jobs=${JOBS:-$(nproc)}
launcher=()
command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
passed=0 failed=0 failures=()

# stage NAME PRESET TARGET [ctest arguments]: configure, build, run.
stage() {
  local name=$1 preset=$2 target=$3; shift 3
  echo "== $name"
  if ! cmake --preset "$preset" "${launcher[@]}" >"build-$preset.log" 2>&1 || ! cmake --build --preset "$preset" -j "$jobs" --target "$target" >>"build-$preset.log" 2>&1; then
    grep -E 'error|FAILED|Error' "build-$preset.log" | head -30; tail -5 "build-$preset.log"
    failed=$((failed + 1)); failures+=("$name: build"); return
  fi
  rm -f "build-$preset.log"
  local out; out=$(mktemp)
  ctest --test-dir "build/$preset" --output-on-failure --no-tests=error "$@" 2>&1 | tee "$out"
  local line; line=$(grep -E 'tests passed|tests failed' "$out" | tail -1)
  local total bad
  total=$(sed -nE 's/.* out of ([0-9]+).*/\1/p' <<<"$line"); bad=$(sed -nE 's/.*, ([0-9]+) tests? failed.*/\1/p' <<<"$line")
  [ -n "$total" ] || { total=1; bad=1; }
  passed=$((passed + total - bad)); failed=$((failed + bad))
  [ "$bad" = 0 ] || failures+=("$name")
  rm -f "$out"
}

# A script whose last line counts, as ours do.
counted() {
  local name=$1 out line good bad; shift
  echo "== $name"
  out=$(mktemp)
  "$@" 2>&1 | tee "$out"
  line=$(tail -n 1 "$out" | grep -E '^[0-9]+ passed, [0-9]+ failed$') || line="0 passed, 1 failed"
  read -r good _ bad _ <<<"$line"
  passed=$((passed + good)); failed=$((failed + bad))
  [ "$bad" = 0 ] || failures+=("$name")
  rm -f "$out"
}

stage "all tests, with assertions" dev all
stage "unit tests, properties and fuzz seeds under the sanitizers" asan sanitized -L sanitize
stage "instruction counts of the parser" release kpr-once -L bench
counted "the release of linux/amd64, from the compiler to krew" tests/release/path.sh
[ ${#failures[@]} -eq 0 ] || printf 'failed: %s\n' "${failures[@]}"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
