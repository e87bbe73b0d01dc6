#!/bin/bash
# Starts an empty cluster and loads a whole-cluster scenario into it: objects with times moved to the present, and agents that answer as recorded.
#   scripts/cluster-load-scenario.sh SCENARIO_DIR [PROGRAMS_DIR]
# PROGRAMS_DIR (default: the folder that SCENARIO_DIR is in) holds shift_time.py, to_cluster.py and agent_exec.py.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[[ $# -ge 1 && -f ${1:-}/meta.json ]] || { echo "usage: $0 SCENARIO_DIR [PROGRAMS_DIR]" >&2; exit 64; }
scenario=$(cd "$1" && pwd)
programs=$(cd "${2:-$scenario/..}" && pwd)
export KPR_LAB_DIR=${KPR_LAB_DIR:-$here/../build/lab}
field() { python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$scenario/meta.json" "$1"; }

"$here/cluster-up.sh" EMPTY=1 SERVICE_CIDR="$(field serviceCIDR)" >/dev/null
cd "$KPR_LAB_DIR"
lab=$PWD
rm -rf "$lab/scenario"
python3 "$programs/shift_time.py" "$scenario" "$lab/scenario"
token=$(sed -n 's/^    token: //p' kubeconfig)
server=$(sed -n 's/^    server: //p' kubeconfig)
# Refused objects make it exit with 1; what they were is said, and the rest of the cluster is there.
python3 "$programs/to_cluster.py" "$lab/scenario" --server "$server" --token "$token" --ca pki/ca.crt --out "$lab/scenario" >&2 || echo "cluster-load-scenario: the cluster is not complete, see above" >&2
bin/labload -kubeconfig kubeconfig -mode adopt -state kubelet
python3 - "$lab" "$programs" <<'PY'
import json, sys, urllib.request
lab, programs = sys.argv[1:]
body = {"program": ["python3", programs + "/agent_exec.py"], "map": json.load(open(lab + "/scenario/execmap.json")), "logs": lab + "/scenario/logs"}
control = "http://127.0.0.1:" + open(lab + "/kubelet/control.port").read().strip()
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
opener.open(urllib.request.Request(control + "/scenario", json.dumps(body).encode(), method="PUT")).read()
PY
echo "export KUBECONFIG=$lab/kubeconfig"
