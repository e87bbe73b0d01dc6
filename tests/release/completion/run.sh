#!/usr/bin/env bash
# run.sh BINARY: completion in real shells: through kubectl (bash, zsh) and for the name kubectl-kpr (bash).
set -uo pipefail
binary=$(readlink -f "${1:?usage: run.sh BINARY}")
here=$(cd "$(dirname "$0")" && pwd)
lab=$("$here/../../../scripts/cluster-build.sh") || exit 1  # kubectl completes plugins since 1.26; Debian 12 has an older one
export PATH="$lab:$PATH"
work=$(mktemp -d)
cd "$work"
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
cp "$binary" "$work/bin/kubectl-kpr"
export PATH="$work/bin:$PATH" HOME="$work" KUBECONFIG="$work/config"
cat >"$work/config" <<K
apiVersion: v1
kind: Config
contexts:
- {name: blue, context: {cluster: c, user: u}}
- {name: green, context: {cluster: c, user: u}}
K
passed=0 failed=0
expect() {  # expect WHAT EXPECTED ACTUAL: each word of EXPECTED is a line of ACTUAL
  local word
  for word in $2; do
    grep -qxF -- "$word" <<<"$3" || { failed=$((failed + 1)); printf 'FAILED: %s: no "%s" in:\n%s\n' "$1" "$word" "$3"; return; }
  done
  passed=$((passed + 1)); echo "ok: $1"
}
kubectl-kpr completion install >"$work/out" 2>&1
expect "completion install makes the link" kubectl-kpr "$(readlink "$work/bin/kubectl_complete-kpr")"
expect "kubectl asks the plugin" "status version :4" "$(kubectl __complete kpr '' 2>/dev/null | cut -f1)"
expect "kubectl asks for a flag's value" "json yaml :4" "$(kubectl __complete kpr status -o '' 2>/dev/null | cut -f1)"
expect "kubectl offers flags" "--cohorts :4" "$(kubectl __complete kpr status --co 2>/dev/null | cut -f1)"
in_bash() {  # in_bash SCRIPT WORDS...: what bash would offer for these words
  bash --norc -c '
    _get_comp_words_by_ref() { cur=${COMP_WORDS[COMP_CWORD]}; prev=${COMP_WORDS[COMP_CWORD-1]}; words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; }
    _init_completion() { COMPREPLY=(); _get_comp_words_by_ref; }
    __ltrim_colon_completions() { :; }
    compopt() { :; }
    source "$1"; shift
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=63
    f=$(complete -p "$1" | sed -E "s/.*-F ([^ ]+).*/\1/")
    "$f" "$1" "${!#}" "${@: -2:1}"
    printf "%s\n" "${COMPREPLY[@]}"' bash "$@" 2>/dev/null | sed -E 's/ +\(.*//; s/ +$//'
}
kubectl completion bash >"$work/kubectl.bash"
kubectl-kpr completion bash >"$work/kpr.bash"
expect "bash, kubectl kpr <TAB>" "status version" "$(in_bash "$work/kubectl.bash" kubectl kpr '')"
expect "bash, kubectl kpr sta<TAB>" "status" "$(in_bash "$work/kubectl.bash" kubectl kpr sta)"
expect "bash, kubectl-kpr <TAB>" "status version" "$(in_bash "$work/kpr.bash" kubectl-kpr '')"
expect "bash, kubectl-kpr status --co<TAB>" "--cohorts" "$(in_bash "$work/kpr.bash" kubectl-kpr status --co | sed 's/=$//')"
kubectl completion zsh >"$work/kubectl.zsh"
kubectl-kpr completion zsh >"$work/kpr.zsh"
expect "zsh, kubectl kpr sta<TAB>" "kubectl_kpr_status" "$(zsh -f "$here/tab.zsh" "$work/kubectl.zsh" 'kubectl kpr sta' | tr ' ' _)"
expect "zsh, kubectl-kpr sta<TAB>" "kubectl-kpr_status" "$(zsh -f "$here/tab.zsh" "$work/kpr.zsh" 'kubectl-kpr sta' | tr ' ' _)"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
