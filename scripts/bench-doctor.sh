#!/bin/bash
# Measures `kubectl-kpr doctor` beside `status` on one cluster with workloads, best of ROUNDS, taking turns: wall, CPU of the client, its peak
# memory, and CPU of all that takes part (client, API server, etcd, simulated nodes). On processors that others use too the last one tells most.
#   scripts/bench-doctor.sh [N=1000] [ENDPOINTS=10] [SERVICES=2000] [ROUNDS=3] [KEEP=1] [SHELL_INSIDE=1]
#   KPR    the plugin (default build/release/plugin/kubectl-kpr)
#   SHELL_INSIDE=  (empty) starts a real shell for each agent, see bench-live.sh
#   KEEP   take the cluster that runs in KPR_LAB_DIR, and leave it running
# Every agent lists all Services and their backends, as agents do: their answers grow with the cluster. They are written and packed when they are first
# asked for, before anything is measured: nodes have processors of their own (tests/lab/tools/cmd/fakekubelet/gzip.go).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
N=1000 ENDPOINTS=10 SERVICES=2000 ROUNDS=3 KEEP= SHELL_INSIDE=1
for argument in "$@"; do
  case $argument in
    N=* | ENDPOINTS=* | SERVICES=* | ROUNDS=* | KEEP=* | SHELL_INSIDE=*) declare "${argument%%=*}=${argument#*=}" ;;
    *) echo "bench-doctor: what is $argument? Known: N=, ENDPOINTS=, SERVICES=, ROUNDS=, KEEP=, SHELL_INSIDE=" >&2; exit 64 ;;
  esac
done
kpr=${KPR:-$here/../build/release/plugin/kubectl-kpr}
[[ -x $kpr ]] || { echo "bench-doctor: no plugin at $kpr (KPR=)" >&2; exit 1; }
kpr=$(readlink -f "$kpr")
export KPR_LAB_DIR=${KPR_LAB_DIR:-$here/../build/lab-bench}
if [[ -z $KEEP ]]; then
  "$here/cluster-up.sh" "N=$N" VERSION=1.18.4 SHELL_INSIDE="$SHELL_INSIDE" WORKLOADS=1 "ENDPOINTS=$ENDPOINTS" "SERVICES=$SERVICES" >/dev/null
  trap '"$here/cluster-down.sh" >/dev/null' EXIT
fi
python3 - "$KPR_LAB_DIR" "$kpr" "$ROUNDS" <<'PY'
import glob, os, subprocess, sys, time
lab, kpr, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
env = {"PATH": lab + "/bin:/usr/bin:/bin", "KUBECONFIG": lab + "/kubeconfig", "HOME": lab}


def laboratory():
    """CPU seconds of the laboratory's programs so far"""
    ticks = 0
    for file in glob.glob(lab + "/pid/*"):
        fields = open("/proc/%s/stat" % open(file).read().strip()).read().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def measure(*arguments):
    start, before = time.monotonic(), laboratory()
    p = subprocess.Popen([kpr, *arguments], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=open(lab + "/log/bench.err", "w"))
    out = p.stdout.read().decode()
    _, status, u = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    if p.returncode not in (0, 1, 2):
        sys.exit("%s: exit %d\n%s" % (" ".join(arguments), p.returncode, open(lab + "/log/bench.err").read()[-2000:]))
    cpu = u.ru_utime + u.ru_stime
    return time.monotonic() - start, cpu, u.ru_maxrss / 1024, cpu + laboratory() - before, out


now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 600))
commands = {"status": ["status"], "doctor": ["doctor", "--now", now]}
measure(*commands["doctor"], "--node-timeout=5m", "--run-timeout=20m")  # warm: the agents' answers are written when they are first asked for
rows = {name: [] for name in commands}
for _ in range(rounds):
    for name, arguments in commands.items():
        rows[name].append(measure(*arguments))
print(rows["doctor"][-1][-1].splitlines()[-1 if "More about" not in rows["doctor"][-1][-1] else -2])
print("best of %d; %d CPUs\n%-8s %8s %8s %10s %8s" % (rounds, os.cpu_count(), "", "wall s", "CPU s", "peak MB", "all CPU"))
best = {name: [min(r[i] for r in all_of_it) for i in range(4)] for name, all_of_it in rows.items()}
for name, figures in best.items():
    print("%-8s %8.2f %8.2f %10.1f %8.2f" % (name, *figures))
print("doctor takes %.2f times as long as status, and %.2f times the CPU of all that takes part" % tuple(best["doctor"][i] / best["status"][i] for i in (0, 3)))
PY
