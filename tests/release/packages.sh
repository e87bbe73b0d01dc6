#!/usr/bin/env bash
# packages.sh BUILD: the .deb packages that CPack makes of a build tree, unpacked into an empty folder, and what `cmake --install` lays out.
set -uo pipefail
build=$(cd "${1:?usage: tests/release/packages.sh BUILD}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
check() { local what=$1; shift; if "$@" >"$work/out" 2>&1; then passed=$((passed + 1)); echo "ok: $what"; else failed=$((failed + 1)); echo "FAILED: $what"; sed 's/^/    /' "$work/out"; fi; }
same() { diff <(printf '%s\n' "$1") <(printf '%s\n' "$2"); }
commands=$("$build/plugin/kubectl-kpr" __complete '' | sed -nE 's/^([a-z]+)\t.*/\1/p')
check "the program names its commands" test -n "$commands"

cd "$work"
check "cpack makes the packages" cpack --config "$build/CPackConfig.cmake" -B "$work/packages"
plugin=$(ls "$work"/packages/kubectl-kpr_*.deb) library=$(ls "$work"/packages/libkprparse-dev_*.deb)
check "two packages, no more" same 2 "$(ls "$work"/packages/*.deb | wc -l)"
dpkg-deb -x "$plugin" "$work/plugin" && dpkg-deb -x "$library" "$work/library"
check "the plugin's package depends on shared libraries" grep -E 'libcurl4|libssl3' <(dpkg-deb -f "$plugin" Depends)
check "the library's package depends on what its headers and package files name" same "libre2-dev, nlohmann-json3-dev" "$(dpkg-deb -f "$library" Depends)"
check "the installed program runs" "$work/plugin/usr/bin/kubectl-kpr" version
check "kubectl's name for completion is a link beside it" same kubectl-kpr "$(readlink "$work/plugin/usr/bin/kubectl_complete-kpr")"
check "the link answers" same "status" "$("$work/plugin/usr/bin/kubectl_complete-kpr" sta | sed -nE 's/^([a-z]+)\t.*/\1/p')"
for name in '' $commands; do
  page=$work/plugin/usr/share/man/man1/kubectl-kpr${name:+-$name}.1
  check "man page of ${name:-the program}" grep -q '^\.SH NAME' "$page"
  # groff is where people read it; its warnings are errors here.
  if command -v groff >/dev/null; then check "groff reads it" same "" "$(groff -man -Tascii -ww -z "$page" 2>&1)"; fi
done
check "licence" test -s "$work/plugin/usr/share/doc/kubectl-kpr/LICENSE"
check "no file outside /usr" same usr "$(ls "$work/plugin" "$work/library" | grep -v : | sort -u | grep .)"
check "header" test -s "$work/library/usr/include/kpr/kpr.hpp"
check "CMake package" bash -c "find '$work/library/usr' -name kprparseConfig.cmake | grep ."
check "pkg-config file" bash -c "find '$work/library/usr' -name kprparse.pc | grep ."
check "library" bash -c "find '$work/library/usr' -name 'libkprparse.*' | grep ."
# One tree under a prefix of the user's choice holds the same files.
check "cmake --install" cmake --install "$build" --prefix "$work/prefix"
below() { (cd "$1" && find . -type f -o -type l | sort); }
check "it lays out what the packages do" diff <(below "$work/prefix") <({ below "$work/plugin/usr"; below "$work/library/usr"; } | sort -u)
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
