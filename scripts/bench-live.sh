#!/bin/bash
# Measures `kubectl-kpr status` beside the bare Go client and beside `kubectl exec`, in one run on one cluster.
#   scripts/bench-live.sh [N=1000] [ROUNDS=3] [CONCURRENCY=32] [XARGS=200] [SHELL_INSIDE=1]
#   SHELL_INSIDE=  (empty) starts a real shell for each exec that wants one: three processes more an agent, on the processors that the client
#         needs too. On a cluster the nodes pay for them.
#   KPR   the plugin (default build/release/plugin/kubectl-kpr)
# XARGS: so many agents are asked by `xargs -P kubectl exec`, which takes about 80 ms of CPU each. Rounds take turns, and the best of each is compared:
# what else the machine does only ever adds. The bare client (client-go's WebSocket executor, output thrown away) runs twice a round: with the
# plain command, and with the very command that the plugin sends, so that both have the same work done for them on the other side.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
N=1000 ROUNDS=3 CONCURRENCY=32 XARGS=200 SHELL_INSIDE=1
for argument in "$@"; do
  case $argument in
    N=* | ROUNDS=* | CONCURRENCY=* | XARGS=* | SHELL_INSIDE=*) declare "${argument%%=*}=${argument#*=}" ;;
    *) echo "bench-live: what is $argument? Known: N=, ROUNDS=, CONCURRENCY=, XARGS=, SHELL_INSIDE=" >&2; exit 64 ;;
  esac
done
kpr=${KPR:-$here/../build/release/plugin/kubectl-kpr}
[[ -x $kpr ]] || { echo "bench-live: no plugin at $kpr (KPR=)" >&2; exit 1; }
kpr=$(readlink -f "$kpr")
export KPR_LAB_DIR=${KPR_LAB_DIR:-$here/../build/lab-bench}
"$here/cluster-up.sh" "N=$N" VERSION=1.18.4 SHELL_INSIDE="$SHELL_INSIDE" >/dev/null
trap '"$here/cluster-down.sh" >/dev/null' EXIT
python3 - "$KPR_LAB_DIR" "$kpr" "$N" "$ROUNDS" "$CONCURRENCY" "$XARGS" <<'PY'
import json, os, subprocess, sys, time, urllib.request
lab, kpr = sys.argv[1:3]
n, rounds, concurrency, xargs = map(int, sys.argv[3:])
env = {"PATH": lab + "/bin:/usr/bin:/bin", "KUBECONFIG": lab + "/kubeconfig", "HOME": lab}
control = "http://127.0.0.1:" + open(lab + "/kubelet/control.port").read().strip()
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
ask = lambda method, what: opener.open(urllib.request.Request(control + what, method=method)).read()


def measure(argv, codes=(0,), stdin=None):
    """wall, CPU and peak memory of one program and its children"""
    start = time.monotonic()
    p = subprocess.Popen(argv, env=env, stdin=subprocess.PIPE if stdin else subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=open(lab + "/log/bench.err", "w"))
    if stdin:
        p.stdin.write(stdin)
        p.stdin.close()
    out = p.stdout.read()
    _, status, u = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    if p.returncode not in codes:
        sys.exit("%s: exit %d\n%s" % (" ".join(argv)[:200], p.returncode, open(lab + "/log/bench.err").read()[-2000:]))
    return {"wall": time.monotonic() - start, "cpu": u.ru_utime + u.ru_stime, "kib": u.ru_maxrss, "out": out}


status = [kpr, "status", "--max-concurrency", str(concurrency)]
load = [lab + "/bin/labload", "-c", str(concurrency)]
measure(load)  # warm: the fake kubelet writes each agent's answers when it is first asked
ask("DELETE", "/log")
first = measure(status)
log = json.loads(ask("GET", "/log"))
asked = {e["pod"] for e in log}
if len(asked) != n:
    sys.exit("status asked %d agents of %d" % (len(asked), n))
nodes = first["out"].decode().count("node-")
if nodes < n:
    sys.exit("the table has %d rows of %d" % (nodes, n))
json.dump(log[-1]["argv"], open(lab + "/probe.json", "w"))
rows = {"bare client, plain command": [], "bare client, status's command": [], "kubectl-kpr status": []}
for _ in range(rounds):
    rows["bare client, plain command"].append(measure(load))
    rows["bare client, status's command"].append(measure(load + ["-argv", "@" + lab + "/probe.json"]))
    rows["kubectl-kpr status"].append(measure(status))
best = {k: {f: min(r[f] for r in v) for f in ("wall", "cpu", "kib")} for k, v in rows.items()}
some = min(xargs, n)
pods = [a["pod"] for a in json.load(open(lab + "/kubelet/agents.json"))][:some]
x = measure(["xargs", "-P", str(concurrency), "-I{}", "kubectl", "-n", "kube-system", "exec", "{}", "-c", "cilium-agent", "--", "cilium-dbg", "status", "--verbose"], stdin="\n".join(pods).encode())
best["xargs -P kubectl exec (%d agents, scaled)" % some] = {"wall": x["wall"] * n / some, "cpu": x["cpu"] * n / some, "kib": x["kib"]}
print("%d agents of %.1f kB (%.1f kB by status's command, %d execs an agent), %d at a time, best of %d; %d CPUs" % (n, json.loads(rows["bare client, plain command"][0]["out"])["bytes"] / n / 1000, json.loads(rows["bare client, status's command"][0]["out"])["bytes"] / n / 1000, len(log) // n, concurrency, rounds, os.cpu_count()))
print("%-46s %8s %8s %10s" % ("", "wall s", "CPU s", "peak MB"))
for k, v in best.items():
    print("%-46s %8.2f %8.2f %10.1f" % (k, v["wall"], v["cpu"], v["kib"] / 1024))
mine, bare, same = best["kubectl-kpr status"], best["bare client, plain command"], best["bare client, status's command"]
print("status is %.2f of the bare client's wall and %.2f of its CPU (same command; plain: %.2f and %.2f); xargs takes %.1f times as long" % (mine["wall"] / same["wall"], mine["cpu"] / same["cpu"], mine["wall"] / bare["wall"], mine["cpu"] / bare["cpu"], x["wall"] * n / some / mine["wall"]))
PY
