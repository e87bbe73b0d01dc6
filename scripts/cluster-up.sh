#!/bin/bash
# A Kubernetes cluster on this machine to try kubectl-kpr with: a real kube-apiserver and etcd, and a fake kubelet that answers exec for
# every node as Cilium agents of many versions would. Everything listens on loopback; everything is in one folder.
#   scripts/cluster-up.sh [N=8] [VERSION=mixed|1.18.4] [ENDPOINTS=12]     starts it and fills it with N nodes
#   scripts/cluster-up.sh WORKLOADS=1 [SERVICES=20] …                      and with all that stands around agents: operator, DNS, ENDPOINTS pods on each node, Services
#   scripts/cluster-up.sh EMPTY=1 [SERVICE_CIDR=10.96.0.0/12]             starts it without nodes (see cluster-load-scenario.sh)
#   SHELL_INSIDE=1  the fake kubelet runs scripts in its own process (for measurements; see tests/lab/tools/cmd/fakekubelet/shell.go)
#   AUDIT=1       the API server writes each request into log/audit.log
#   KPR_LAB_DIR   where it lives (default build/lab)
# A cluster that already runs in that folder is stopped first. Stop it with scripts/cluster-down.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
N=${N:-8} VERSION=${VERSION:-mixed} ENDPOINTS=${ENDPOINTS:-12} WORKLOADS=${WORKLOADS:-} SERVICES=${SERVICES:-20} EMPTY=${EMPTY:-} SERVICE_CIDR=${SERVICE_CIDR:-10.96.0.0/12} AUDIT=${AUDIT:-} SHELL_INSIDE=${SHELL_INSIDE:-}
for argument in "$@"; do
  case $argument in
    N=* | VERSION=* | ENDPOINTS=* | WORKLOADS=* | SERVICES=* | EMPTY=* | SERVICE_CIDR=* | AUDIT=* | SHELL_INSIDE=*) declare "${argument%%=*}=${argument#*=}" ;;
    *) echo "cluster-up: what is $argument? Known: N=, VERSION=, ENDPOINTS=, WORKLOADS=, SERVICES=, EMPTY=, SERVICE_CIDR=, AUDIT=, SHELL_INSIDE=" >&2; exit 64 ;;
  esac
done
[[ $N =~ ^[0-9]+$ && $N -ge 1 ]] || { echo "cluster-up: N=$N is not a number of nodes" >&2; exit 64; }

for program in cc curl flock openssl python3 setsid; do
  command -v $program >/dev/null || { echo "cluster-up: $program is not here; scripts/install-packages.sh scripts/packages-test.txt installs all that is needed on Debian 12" >&2; exit 1; }
done
bin=$("$here/cluster-build.sh")
lab=${KPR_LAB_DIR:-$here/../build/lab}
mkdir -p "$lab"
lab=$(cd "$lab" && pwd)
KPR_LAB_DIR=$lab "$here/cluster-down.sh" >/dev/null
rm -rf "$lab"/{etcd,pki,kubelet,log,pid,kubeconfig*,tokens.csv,exec-credential*,in-cluster,bin,env}
mkdir -p "$lab"/{pki,kubelet,log,pid}
ln -sfn "$bin" "$lab/bin"
cd "$lab"

# --- certificates: one authority for all
ca() { openssl "$@" 2>>log/openssl.log; }
openssl_config=pki/openssl.cnf
printf '[req]\ndistinguished_name=dn\n[dn]\n[server]\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,DNS:kubernetes,DNS:kubernetes.default.svc,DNS:lab.example,IP:127.0.0.1,IP:::1,IP:10.96.0.1\n[client]\nbasicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\n' >$openssl_config
ca req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout pki/ca.key -out pki/ca.crt -days 30 -subj /CN=kpr-lab-ca -config $openssl_config -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
certificate() {  # name, kind, subject
  ca req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "pki/$1.key" -out "pki/$1.csr" -subj "$3" -config $openssl_config
  ca x509 -req -in "pki/$1.csr" -CA pki/ca.crt -CAkey pki/ca.key -CAcreateserial -days 30 -extfile $openssl_config -extensions "$2" -out "pki/$1.crt"
  rm "pki/$1.csr"
}
certificate server server /CN=kube-apiserver
certificate kubelet server /CN=fake-kubelet
certificate kubelet-client client /O=system:masters/CN=kube-apiserver-kubelet-client
certificate admin client /O=system:masters/CN=admin-by-certificate
certificate alice client /CN=alice
ca genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out pki/service-account.key
ca rsa -in pki/service-account.key -pubout -out pki/service-account.pub

random_token() { openssl rand -hex 24; }
admin_token=$(random_token) alice_token=$(random_token)
(umask 077; printf '%s,admin,1,"system:masters"\n%s,alice,2\n' "$admin_token" "$alice_token" >tokens.csv)

free_ports() { python3 -c 'import socket,sys
s=[socket.socket() for _ in range(int(sys.argv[1]))]
[x.bind(("127.0.0.1",0)) for x in s]
print(*[x.getsockname()[1] for x in s])' "$1"; }

audit=()
if [[ -n $AUDIT ]]; then
  printf 'apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules:\n- level: Metadata\n' >audit-policy.yaml
  audit=(--audit-policy-file audit-policy.yaml --audit-log-path log/audit.log --audit-log-mode blocking)
fi

started() { echo "$2" >"pid/$1"; }
failed() { echo "cluster-up: $1; the last lines of $lab/log/$2.log:" >&2; tail -n 15 "log/$2.log" >&2; KPR_LAB_DIR=$lab "$here/cluster-down.sh" >/dev/null; exit 1; }
alive() { kill -0 "$(cat "pid/$1")" 2>/dev/null; }

# --- etcd and the API server; a port can be lost between choosing it and listening on it: try again with others
for attempt in 1 2 3; do
  read -r etcd_port peer_port api_port < <(free_ports 3)
  rm -rf etcd
  setsid bin/etcd --name lab --data-dir etcd --unsafe-no-fsync --listen-client-urls "http://127.0.0.1:$etcd_port" --advertise-client-urls "http://127.0.0.1:$etcd_port" \
    --listen-peer-urls "http://127.0.0.1:$peer_port" --initial-advertise-peer-urls "http://127.0.0.1:$peer_port" --initial-cluster "lab=http://127.0.0.1:$peer_port" \
    --quota-backend-bytes 2147483648 --log-level warn </dev/null >log/etcd.log 2>&1 &
  started etcd $!
  setsid bin/kube-apiserver --etcd-servers "http://127.0.0.1:$etcd_port" --bind-address 127.0.0.1 --secure-port "$api_port" --advertise-address 192.0.2.1 \
    --tls-cert-file pki/server.crt --tls-private-key-file pki/server.key --client-ca-file pki/ca.crt --token-auth-file tokens.csv --authorization-mode RBAC \
    --service-account-issuer https://kubernetes.default.svc --service-account-key-file pki/service-account.pub --service-account-signing-key-file pki/service-account.key \
    --kubelet-certificate-authority pki/ca.crt --kubelet-client-certificate pki/kubelet-client.crt --kubelet-client-key pki/kubelet-client.key \
    --kubelet-preferred-address-types ExternalDNS,InternalIP --service-cluster-ip-range "$SERVICE_CIDR" --endpoint-reconciler-type none \
    --disable-admission-plugins ServiceAccount --allow-privileged --profiling=false ${audit[@]+"${audit[@]}"} </dev/null >log/kube-apiserver.log 2>&1 &
  started kube-apiserver $!
  for _ in $(seq 300); do
    if curl -sf --noproxy '*' --cacert pki/ca.crt -H "Authorization: Bearer $admin_token" "https://127.0.0.1:$api_port/readyz" >/dev/null; then break 2; fi
    alive kube-apiserver && alive etcd || break
    sleep 0.2
  done
  [[ $attempt -lt 3 ]] || failed "kube-apiserver does not get ready" kube-apiserver
  grep -q "address already in use" log/*.log || failed "kube-apiserver does not get ready" kube-apiserver
  KPR_LAB_DIR=$lab "$here/cluster-down.sh" >/dev/null
done

# --- the kubelet of every node, and a proxy for those who must pass one
setsid bin/fakekubelet --state kubelet --cert pki/kubelet.crt --key pki/kubelet.key --client-ca pki/ca.crt --shim bin/shim ${SHELL_INSIDE:+--shell=inside} </dev/null >log/fakekubelet.log 2>&1 &
started fakekubelet $!
setsid bin/labproxy --port-file "$lab/proxy.port.new" </dev/null >log/labproxy.log 2>&1 &
started labproxy $!
rm -f proxy.port
for _ in $(seq 100); do
  if [[ -s proxy.port.new ]]; then mv proxy.port.new proxy.port; fi
  if [[ -s kubelet/control.port && -s proxy.port ]]; then break; fi
  sleep 0.1
done
[[ -s kubelet/control.port ]] || failed "fakekubelet does not start" fakekubelet
[[ -s proxy.port ]] || failed "labproxy does not start" labproxy

# --- kubeconfigs: the same cluster by each way to prove who you are
url=https://127.0.0.1:$api_port
kubeconfig() {  # file, user's fields, more of the cluster
  (umask 077; cat >"$1" <<YAML
apiVersion: v1
kind: Config
current-context: lab
clusters:
- name: lab
  cluster:
    server: $url
    certificate-authority: $lab/pki/ca.crt
${3:-}
users:
- name: lab
  user:
$2
contexts:
- name: lab
  context: {cluster: lab, user: lab}
YAML
  )
}
kubeconfig kubeconfig "    token: $admin_token"
kubeconfig kubeconfig-certificate "    client-certificate: pki/admin.crt
    client-key: pki/admin.key"
kubeconfig kubeconfig-exec "    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: ./exec-credential
      interactiveMode: Never"
kubeconfig kubeconfig-proxy "    token: $admin_token" "    proxy-url: http://127.0.0.1:$(cat proxy.port)"
kubeconfig kubeconfig-alice "    token: $alice_token"
kubeconfig kubeconfig-wrong-token "    token: not-a-token-of-this-cluster"
(umask 077; cat >exec-credential <<SH
#!/bin/sh
# Credential plugin of the laboratory. Counts its runs, so that a test can see that one run served many requests.
echo run >>"$lab/exec-credential.runs"
echo '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "$admin_token"}}'
SH
chmod 700 exec-credential)
export KUBECONFIG=$lab/kubeconfig
bin/kubectl create serviceaccount kpr -n kube-system >/dev/null
bin/kubectl create clusterrolebinding lab-kpr --clusterrole cluster-admin --serviceaccount kube-system:kpr >/dev/null
mkdir -p in-cluster
bin/kubectl create token kpr -n kube-system --duration 24h >in-cluster/token
cp pki/ca.crt in-cluster/ca.crt
printf kube-system >in-cluster/namespace
cat >env <<SH
KUBECONFIG=$lab/kubeconfig
KPR_LAB_BIN=$bin
KPR_LAB_API_PORT=$api_port
KPR_LAB_CONTROL=http://127.0.0.1:$(cat kubelet/control.port)
KPR_LAB_PROXY=http://127.0.0.1:$(cat proxy.port)
SH

if [[ -z $EMPTY ]]; then
  bin/labload -mode populate -n "$N" -version "$VERSION" -endpoints "$ENDPOINTS" -services "$SERVICES" ${WORKLOADS:+-workloads} -state kubelet
  curl -sf --noproxy '*' -X PUT "http://127.0.0.1:$(cat kubelet/control.port)/agents"
fi
echo "cluster-up: Kubernetes $(bin/kubectl version -o json | sed -n 's/.*"gitVersion": "\(.*\)".*/\1/p' | tail -n 1) at $url, state in $lab; kubectl in $lab/bin" >&2
echo "export KUBECONFIG=$lab/kubeconfig"
