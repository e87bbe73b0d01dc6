#!/bin/bash
# Fuzz: scripts/fuzz.sh SECONDS fuzzes each target that long; scripts/fuzz.sh TARGET SECONDS one of them. Exit 1 when something was found.
set -euo pipefail
cd "$(dirname "$0")/.."
targets="status service_list frontends last_words health json_input differential yaml_block http_head exec_frames list_page probe_frames kubeconfig exec_status"
if [ $# -ge 2 ]; then targets=$1; shift; fi
seconds=${1:-60}
cmake --preset fuzz >/dev/null
cmake --build build/fuzz -j "$(nproc)" -- --quiet $(printf 'fuzz-%s ' $targets)
found=0
for target in $targets; do
  work=build/fuzz/corpus/$target; mkdir -p "$work"
  echo "fuzz-$target for $seconds s"
  build/fuzz/tests/fuzz/fuzz-"$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=20000 -dict=tests/fuzz/status.dict -verbosity=0 \
    -print_final_stats=1 -artifact_prefix="build/fuzz/$target-" "$work" "tests/fuzz/seeds/$target" || found=1
done
exit $found
