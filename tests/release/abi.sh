#!/usr/bin/env bash
# abi.sh: release/abi-check.sh on small libraries: what it must let pass and what it must see.
set -uo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
passed=0 failed=0
cat >base.cpp <<'C'
#include <string>
#include <vector>
namespace kpr {
namespace det { int helper(int x) { return x + 1; } }
enum class Kind : unsigned char { status, unknown };
struct Line { int number; };
struct Document { Kind kind; std::vector<Line> lines; };
Document parse(std::string text) { return {Kind::unknown, {{det::helper(static_cast<int>(text.size()))}}}; }
int version() { return 1; }
}
C
build() { g++ -std=c++20 -g -O0 -shared -fPIC "-Wl,-soname,${3:-libkprparse.so.0}" -o "$2" "$1"; }
build base.cpp old.so
expect() {  # expect WHAT EXPECTED-CODE PATTERN SED-EXPRESSION [SONAME]
  local code=0
  sed -E "$4" base.cpp >new.cpp
  build new.cpp new.so "${5:-}" || { failed=$((failed + 1)); echo "FAILED: $1: does not compile"; return; }
  "$root/release/abi-check.sh" old.so new.so >out 2>&1 || code=$?
  if [ $code = "$2" ] && grep -qE "$3" out; then passed=$((passed + 1)); echo "ok: $1"; else failed=$((failed + 1)); echo "FAILED: $1: exit code $code, expected $2 and /$3/"; cat out; fi
}
expect "the same library" 0 '^compatible$' ''
expect "a new function" 0 '^compatible$' 's/^int version/int more() { return 2; }\nint version/'
expect "another way inside" 0 '^compatible$' 's/helper\(int x\)/helper(long x)/'
expect "a removed function" 1 'kpr::version' '/^int version/d'
expect "another argument" 1 'kpr::version' 's/int version\(\)/int version(int)/'
expect "a new member of a type that a function returns" 1 'int added' 's/Kind kind;/Kind kind; int added = 0;/; s/\{Kind::unknown, /{Kind::unknown, 0, /'
expect "a wider member of a type two steps away" 1 'Line' 's/int number/long number/'
expect "a new value in the middle of an enumeration" 1 'enumerator' 's/status, unknown/status, other, unknown/'
expect "everything, under a new SONAME" 0 '^SONAME changed from libkprparse.so.0 to libkprparse.so.1' 's/int number/long number/' libkprparse.so.1
echo 'int other() { return 1; }' >other.cpp
build other.cpp old.so
expect "a library that is not ours" 2 '^error: old.so and new.so have no functions' 's/namespace kpr/namespace other/'
strip -g old.so
expect "a library without debug information" 2 '^error: old.so has no debug information' ''
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
