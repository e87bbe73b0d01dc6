#!/usr/bin/env bash
# workflows.sh: the workflow files, and the one that docs/ci.md tells people to write, read by actionlint: syntax, keys, expressions, inputs of
# known actions. They have not run anywhere; this is what can be known without a runner.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
bin=$("$here/go-tools.sh" "$here/actionlint") || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
lint() {  # lint WHAT FILE EXPECTED-CODE PATTERN
  local code=0 out
  out=$("$bin/actionlint" -no-color -oneline -shellcheck= -pyflakes= "$2" 2>&1) || code=$?
  if [ $code = "$3" ] && grep -qE "$4" <<<"$out"; then passed=$((passed + 1)); echo "ok: $1"; else failed=$((failed + 1)); echo "FAILED: $1: exit code $code"; echo "$out"; fi
}
for file in "$root"/.github/workflows/*.yml; do
  lint "$(basename "$file")" "$file" 0 '^$'
done
{
  printf 'on: push\njobs:\n  kpr:\n    runs-on: ubuntu-latest\n    permissions: {security-events: write}\n    steps:\n'
  sed -n '/^## GitHub Actions/,/^## GitLab/p' "$root/docs/ci.md" | sed -n '/^```yaml$/,/^```$/p' | grep -v '^```' | sed 's/^/    /'
} >"$work/documented.yml"
lint "the steps of docs/ci.md" "$work/documented.yml" 0 '^$'
grep -q 'upload-sarif' "$work/documented.yml" || { failed=$((failed + 1)); echo "FAILED: docs/ci.md has no steps for GitHub"; }
# What is wrong must be seen: an input that the action does not have, a job that is not there.
sed 's/^\( *\)path: ~/\1paht: ~/' "$root/.github/workflows/release.yml" >"$work/input.yml"
lint "a wrong input is refused" "$work/input.yml" 1 'input "paht" is not defined'
sed 's/needs: archives/needs: archive/' "$root/.github/workflows/release.yml" >"$work/needs.yml"
lint "a job that needs no job of the file is refused" "$work/needs.yml" 1 'needs job "archive"'
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
