#!/bin/bash
# Stops the cluster that scripts/cluster-up.sh started in $KPR_LAB_DIR (default build/lab). Does nothing where none runs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
lab=${KPR_LAB_DIR:-$here/../build/lab}
[[ -d $lab/pid ]] || exit 0
lab=$(cd "$lab" && pwd)

# A pid file may have outlived its process, and the number be someone else's by now: only a process that runs in this folder is ours.
ours() { [[ $(readlink "/proc/$1/cwd" 2>/dev/null) == "$lab" ]]; }
pids=()
for name in labproxy fakekubelet kube-apiserver etcd; do
  file=$lab/pid/$name
  [[ -s $file ]] || continue
  pid=$(<"$file")
  if ours "$pid"; then
    kill "$pid" 2>/dev/null || true
    pids+=("$pid")
  fi
  rm -f "$file"
done
for _ in $(seq 50); do
  left=0
  for pid in ${pids[@]+"${pids[@]}"}; do if ours "$pid"; then left=1; fi; done
  [[ $left == 0 ]] && break
  sleep 0.1
done
for pid in ${pids[@]+"${pids[@]}"}; do
  if ours "$pid"; then kill -9 "$pid" 2>/dev/null || true; fi
done
rm -rf "$lab/etcd"
echo "cluster-down: stopped ${#pids[@]} processes"
