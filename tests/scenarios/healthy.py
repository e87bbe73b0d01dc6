#!/usr/bin/env python3
"""healthy.py KUBECTL-KPR: clusters of every kind in which nothing is wrong, through the whole doctor. None may give a finding of error or worse,
every one must be read to the end, and one change for the worse must be seen in each: a fleet that can only be healthy proves nothing."""
import json
import subprocess
import sys
import tempfile
import unittest

from fleet import Fleet

PROGRAM = sys.argv[1]
CONTROL_PLANE = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
UBUNTU = dict(kernel="6.8.0-49-generic", os_image="Ubuntu 24.04.1 LTS", runtime="containerd://1.7.24", kubelet="v1.31.4", annotations={"kubeadm.alpha.kubernetes.io/cri-socket": "unix:///run/containerd/containerd.sock"})
KUBE_PROXY = dict(ns="kube-system", name="kube-proxy", image="registry.k8s.io/kube-proxy:v1.31.4", labels={"k8s-app": "kube-proxy"}, command=("/usr/local/bin/kube-proxy", "--config=/var/lib/kube-proxy/config.conf"))


def kubeadm_config(f, without_proxy):
    text = "apiServer: {}\napiVersion: kubeadm.k8s.io/v1beta4\nclusterName: kubernetes\nkind: ClusterConfiguration\nkubernetesVersion: v1.31.4\ncontrolPlaneEndpoint: %s:%s\n%s" % (*f.api, "proxy:\n  disabled: true\n" if without_proxy else "")
    f.objects["configmaps"].append({"metadata": {"name": "kubeadm-config", "namespace": "kube-system"}, "data": {"ClusterConfiguration": text}})
    if not without_proxy:
        f.objects["configmaps"].append({"metadata": {"name": "kube-proxy", "namespace": "kube-system"}, "data": {"config.conf": "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: \"\"\n", "kubeconfig.conf": "clusters:\n- cluster:\n    server: https://%s:%s\n" % f.api}})


def kubeadm_nodes(f, workers=3):
    for i in range(3):
        f.node("cp-%d" % (i + 1), "192.168.10.%d" % (11 + i), roles=["control-plane"], taints=[CONTROL_PLANE], labels={"node.kubernetes.io/exclude-from-external-load-balancers": ""}, **UBUNTU)
    for i in range(workers):
        f.node("worker-%d" % (i + 1), "192.168.10.%d" % (21 + i), **UBUNTU)
    for n in f.nodes()[:3]:
        for name in ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"):
            f.static_pod(name, n["metadata"]["name"], "registry.k8s.io/%s:v1.31.4" % name, [name, "--advertise-address=" + n["status"]["addresses"][0]["address"]])


def names(f, linux_only=True):
    return [n["metadata"]["name"] for n in f.nodes(linux_only)]


def replaced(f, **config):
    return {"kube-proxy-replacement": "true", "kube-proxy-replacement-healthz-bind-address": "0.0.0.0:10256", "k8s-service-host": f.api[0], "k8s-service-port": str(f.api[1]), "routing-mode": "tunnel", "tunnel-protocol": "vxlan", **config}


def values(f, **more):
    return {"kubeProxyReplacement": True, "k8sServiceHost": f.api[0], "k8sServicePort": f.api[1], "kubeProxyReplacementHealthzBindAddr": "0.0.0.0:10256", **more}


def kubeadm():
    f = Fleet(api=("192.168.10.10", 6443))
    kubeadm_nodes(f)
    kubeadm_config(f, True)
    f.cilium(replaced(f), values(f))
    f.applications()
    return f


def k3s(kube_proxy=False):
    f = Fleet(api=("127.0.0.1", 6444), service_net="10.43.0.0/16", version="1.17.8")
    about = dict(kernel="6.1.0-28-amd64", os_image="Debian GNU/Linux 12 (bookworm)", runtime="containerd://1.7.23-k3s2", kubelet="v1.31.4+k3s1")
    server = ["server", "--flannel-backend", "none", "--disable-network-policy"] + ([] if kube_proxy else ["--disable-kube-proxy"])
    f.node("k3s-server-1", "192.168.10.11", roles=["control-plane", "master"], labels={"node.kubernetes.io/instance-type": "k3s"}, annotations={"k3s.io/node-args": json.dumps(server), "k3s.io/internal-ip": "192.168.10.11"}, **about)
    for i in range(2):
        f.node("k3s-agent-%d" % (i + 1), "192.168.10.%d" % (21 + i), labels={"node.kubernetes.io/instance-type": "k3s"}, annotations={"k3s.io/node-args": '["agent"]'}, **about)
    if kube_proxy:
        f.cilium({"kube-proxy-replacement": "false", "routing-mode": "tunnel", "tunnel-protocol": "vxlan", "enable-bpf-masquerade": "false", "cni-chaining-mode": "portmap"}, {"kubeProxyReplacement": False, "cni": {"chainingMode": "portmap"}}, env=False)
        for a in f.agents.values():
            a["embedded kube-proxy"] = True
    else:
        f.cilium(replaced(f), values(f))
    f.applications()
    for node in names(f):  # k3s' own load balancer: a pod with host ports on each node
        f.pod("kube-system", "svclb-traefik-7c1d2e3f-%s" % node[-1], node, [("lb-tcp-80", "rancher/klipper-lb:v0.4.9")], owner=("DaemonSet", "svclb-traefik-7c1d2e3f"), labels={"app": "svclb-traefik-7c1d2e3f"}, ports=[{"containerPort": 80, "hostPort": 80, "protocol": "TCP"}])
    return f


def rke2(kube_proxy=False):
    f = Fleet(api=("localhost", 6443), service_net="10.43.0.0/16", version="1.16.4", release="rke2-cilium", device="ens192")
    about = dict(kernel="5.14.0-503.15.1.el9_5.x86_64", os_image="Red Hat Enterprise Linux 9.5 (Plow)", runtime="containerd://1.7.23-k3s2", kubelet="v1.31.4+rke2r1")
    args = ["server", "--cni", "cilium"] + ([] if kube_proxy else ["--disable-kube-proxy"])
    for i in range(3):
        f.node("rke2-server-%d" % (i + 1), "192.168.10.%d" % (11 + i), roles=["control-plane", "etcd", "master"], annotations={"rke2.io/node-args": json.dumps(args)}, **about)
    f.node("rke2-agent-1", "192.168.10.21", annotations={"rke2.io/node-args": '["agent"]'}, **about)
    for node in names(f):
        if node.startswith("rke2-server"):
            f.static_pod("kube-apiserver", node, "index.docker.io/rancher/hardened-kubernetes:v1.31.4-rke2r1", ["kube-apiserver"])
        if kube_proxy:
            f.static_pod("kube-proxy", node, "index.docker.io/rancher/hardened-kubernetes:v1.31.4-rke2r1", ["kube-proxy", "--cluster-cidr=10.42.0.0/16", "--proxy-mode=iptables"])
    image = dict(image="rancher/mirrored-cilium-cilium", chart="rke2-cilium", chart_version="1.16.400")
    if kube_proxy:
        f.cilium({"kube-proxy-replacement": "false", "routing-mode": "tunnel", "enable-bpf-masquerade": "false"}, {"kubeProxyReplacement": False}, env=False, **image)
    else:
        f.cilium(replaced(f), values(f), **image)
    f.applications()
    return f


def eks():
    f = Fleet(api=("0A1B2C3D4E5F.gr7.eu-west-1.eks.amazonaws.com", 443), service_net="10.100.0.0/16", device="ens5")
    for i, zone in enumerate("abc"):
        ip = "192.168.%d.21" % (32 * i + 10)
        f.node("ip-%s.eu-west-1.compute.internal" % ip.replace(".", "-"), ip, "6.1.119-129.201.amzn2023.x86_64", "Amazon Linux 2023.6.20241212", "containerd://1.7.23", "v1.31.3-eks-59bf375", provider_id="aws:///eu-west-1%s/i-0a1b2c3d4e5f%d" % (zone, i),
               labels={"eks.amazonaws.com/nodegroup": "general", "eks.amazonaws.com/capacityType": "ON_DEMAND", "topology.kubernetes.io/zone": "eu-west-1" + zone, "node.kubernetes.io/instance-type": "m6i.xlarge"})
    f.daemonset("kube-system", "aws-node", "602401143452.dkr.ecr.eu-west-1.amazonaws.com/amazon-k8s-cni:v1.19.0", {"k8s-app": "aws-node"}, [], node_selector={"io.cilium/aws-node-enabled": "true"})  # switched off
    f.cilium(replaced(f, ipam="eni", **{"routing-mode": "native", "auto-direct-node-routes": "false", "enable-endpoint-routes": "true", "egress-masquerade-interfaces": "ens+", "enable-bpf-masquerade": "false", "ipv4-native-routing-cidr": "192.168.0.0/16"}),
             values(f, eni={"enabled": True}, ipam={"mode": "eni"}, routingMode="native"))
    f.applications()
    return f


def talos():
    f = Fleet(api=("localhost", 7445), version="1.16.5", device="enp0s3")
    about = dict(kernel="6.12.6-talos", os_image="Talos (v1.9.1)", runtime="containerd://2.0.1", kubelet="v1.32.0")
    for i in range(3):
        f.node("talos-cp-%d" % (i + 1), "192.168.10.%d" % (11 + i), roles=["control-plane"], taints=[CONTROL_PLANE], **about)
        f.static_pod("kube-apiserver", "talos-cp-%d" % (i + 1), "registry.k8s.io/kube-apiserver:v1.32.0", ["/usr/local/bin/kube-apiserver", "--advertise-address=192.168.10.%d" % (11 + i)])
    f.node("talos-worker-1", "192.168.10.21", **about)
    f.cilium(replaced(f, **{"cgroup-root": "/sys/fs/cgroup"}),
             values(f, cgroup={"autoMount": {"enabled": False}, "hostRoot": "/sys/fs/cgroup"}, securityContext={"capabilities": {"ciliumAgent": ["CHOWN", "KILL", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "SYS_ADMIN", "SYS_RESOURCE", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"]}}), without=["mount-cgroup", "apply-sysctl-overwrites"])
    f.applications()
    return f


def with_windows():
    f = Fleet(api=("192.168.10.10", 6443))
    kubeadm_nodes(f, 2)
    for i in range(2):
        f.node("win-%d" % (i + 1), "192.168.10.%d" % (31 + i), "10.0.20348.2966", "Windows Server 2022 Datacenter", "containerd://1.7.20", "v1.31.4", os="windows", labels={"node.kubernetes.io/windows-build": "10.0.20348"}, taints=[{"key": "os", "value": "windows", "effect": "NoSchedule"}])
    kubeadm_config(f, True)
    f.cilium(replaced(f), values(f))
    f.daemonset("kube-system", "kube-proxy-windows", "sigwindowstools/kube-proxy:v1.31.4-calico-hostprocess", {"k8s-app": "kube-proxy-windows"}, ["win-1", "win-2"], node_selector={"kubernetes.io/os": "windows"}, container="kube-proxy")
    f.applications()
    for node in ("win-1", "win-2"):
        f.pod("shop", "iis-6b8c9d7f5-%s" % node, node, [("iis", "mcr.microsoft.com/windows/servercore/iis:windowsservercore-ltsc2022")], owner=("ReplicaSet", "iis-6b8c9d7f5"), labels={"app": "iis"})
    return f


def replacement_node_by_node():
    """Half of the nodes are done: a CiliumNodeConfig switches the replacement on where a label says so, and kube-proxy keeps off those."""
    f = Fleet(api=("192.168.10.10", 6443))
    kubeadm_nodes(f)
    kubeadm_config(f, False)
    done = names(f)[3:5]
    for n in f.nodes():
        if n["metadata"]["name"] in done:
            n["metadata"]["labels"]["io.cilium.migration/kube-proxy-replacement"] = "true"
    f.cilium({**replaced(f), "kube-proxy-replacement": "false"}, {**values(f), "kubeProxyReplacement": False}, kpr={n: n in done for n in names(f)})
    f.objects["ciliumnodeconfigs"].append({"apiVersion": "cilium.io/v2", "metadata": {"name": "kube-proxy-replacement", "namespace": "kube-system", "creationTimestamp": "2026-11-09T08:00:00Z"},
                                           "spec": {"nodeSelector": {"matchLabels": {"io.cilium.migration/kube-proxy-replacement": "true"}}, "defaults": {"kube-proxy-replacement": "true", "kube-proxy-replacement-healthz-bind-address": "0.0.0.0:10256"}}})
    f.daemonset(nodes=[n for n in names(f) if n not in done], affinity={"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "io.cilium.migration/kube-proxy-replacement", "operator": "NotIn", "values": ["true"]}]}]}}}, **KUBE_PROXY)
    f.applications()
    return f


def from_another_cni():
    """Cilium beside flannel, node by node; kube-proxy stays until the end. Pods of the nodes that wait are flannel's."""
    f = Fleet(api=("192.168.10.10", 6443))
    kubeadm_nodes(f)
    kubeadm_config(f, False)
    done = names(f)[4:]
    for n in f.nodes():
        if n["metadata"]["name"] in done:
            n["metadata"]["labels"]["io.cilium.migration/cilium-default"] = "true"
    f.cilium({"kube-proxy-replacement": "false", "routing-mode": "tunnel", "tunnel-protocol": "vxlan", "tunnel-port": "8473", "custom-cni-conf": "true", "cni-uninstall": "false", "enable-policy": "never", "unmanaged-pod-watcher-interval": "0",
              "enable-host-legacy-routing": "true", "enable-bpf-masquerade": "false"}, {"kubeProxyReplacement": False, "cni": {"customConf": True, "uninstall": False}}, env=False)
    f.objects["ciliumnodeconfigs"].append({"apiVersion": "cilium.io/v2", "metadata": {"name": "cilium-default", "namespace": "kube-system", "creationTimestamp": "2026-11-09T08:00:00Z"},
                                           "spec": {"nodeSelector": {"matchLabels": {"io.cilium.migration/cilium-default": "true"}}, "defaults": {"write-cni-conf-when-ready": "/host/etc/cni/net.d/05-cilium.conflist", "custom-cni-conf": "false", "cni-chaining-mode": "none", "cni-exclusive": "true"}}})
    f.daemonset(nodes=names(f), **KUBE_PROXY)
    f.daemonset("kube-flannel", "kube-flannel-ds", "docker.io/flannel/flannel:v0.26.1", {"app": "flannel", "k8s-app": "flannel"}, [n for n in names(f) if n not in done], command=("/opt/bin/flanneld", "--ip-masq", "--kube-subnet-mgr"), container="kube-flannel")
    f.applications()
    for node, a in f.agents.items():
        a["pods are not managed"] = node not in done
    return f


def kube_proxy_stays():
    f = Fleet(api=("192.168.10.10", 6443))
    kubeadm_nodes(f)
    kubeadm_config(f, False)
    f.cilium({"kube-proxy-replacement": "false", "routing-mode": "tunnel", "tunnel-protocol": "vxlan", "enable-bpf-masquerade": "false"}, {"kubeProxyReplacement": False}, env=False)
    f.daemonset(nodes=names(f), **KUBE_PROXY)
    f.applications()
    return f


# --- one change for the worse: what it does, and the finding that it must give

def kube_proxy_back(f):
    f.daemonset(nodes=names(f), **KUBE_PROXY)


def one_agent_off(f):
    f.agents[names(f)[-1]]["kpr"] = False


def kube_proxy_gone(f):
    f.objects["daemonsets"] = [d for d in f.objects["daemonsets"] if d["metadata"]["name"] != "kube-proxy"]
    f.objects["pods"] = [p for p in f.objects["pods"] if not p["metadata"]["name"].startswith("kube-proxy-")]


def in_process_again(f):
    f.nodes()[0]["metadata"]["annotations"]["k3s.io/node-args"] = '["server","--flannel-backend","none"]'


def replaced_too(f):
    f.config["kube-proxy-replacement"] = "true"
    for a in f.agents.values():
        a["kpr"] = True


FLEETS = [(kubeadm, kube_proxy_back, "kube-proxy-still-running"), (k3s, in_process_again, "kube-proxy-invisible-in-process"), (lambda: k3s(True), replaced_too, "kube-proxy-invisible-in-process"),
          (rke2, one_agent_off, "kpr-nodes-differ"), (lambda: rke2(True), replaced_too, "kube-proxy-still-running"), (eks, kube_proxy_back, "kube-proxy-still-running"), (talos, one_agent_off, "kpr-nodes-differ"),
          (with_windows, one_agent_off, "kpr-nodes-differ"), (replacement_node_by_node, kube_proxy_gone, "kpr-mode-off-no-kube-proxy"), (from_another_cni, kube_proxy_gone, "kpr-mode-off-no-kube-proxy"), (kube_proxy_stays, kube_proxy_gone, "kpr-mode-off-no-kube-proxy")]
NAMES = ["kubeadm", "k3s", "k3s_with_kube_proxy", "rke2", "rke2_with_kube_proxy", "eks", "talos", "windows_nodes", "replacement_node_by_node", "from_another_cni", "kube_proxy_stays"]


class Healthy(unittest.TestCase):
    maxDiff = None

    def doctor(self, fleet):
        with tempfile.TemporaryDirectory() as folder:
            run = subprocess.run([PROGRAM, "doctor", "-o", "json", "--from", fleet.write(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"})
        self.assertIn(run.returncode, (0, 1, 2), run.stderr.decode())
        return run.returncode, json.loads(run.stdout)

    def judge(self, make, worse, finding):
        fleet = make()
        code, report = self.doctor(fleet)
        said = ["%s %s: %s %s" % (f["severity"], f["id"], f["summary"], [e["text"] for e in f["evidence"]][:3]) for f in report["findings"]]
        print("\n" + "\n".join(["  " + s for s in said + [report["inspected"]["summary"]]]), file=sys.stderr)
        self.assertEqual([s for s in said if s.startswith(("error", "critical"))], [])
        self.assertEqual((code, report["inspected"]["complete"]), (0, True), report["checks"]["skipped"] + report["inspected"]["gaps"])
        self.assertEqual(report["inspected"]["agentsRead"], len(fleet.nodes()))
        self.assertGreater(report["checks"]["ok"], 40)
        fleet = make()
        worse(fleet)
        self.assertIn(finding, [f["id"] for f in self.doctor(fleet)[1]["findings"]])


for name, case in zip(NAMES, FLEETS, strict=True):
    setattr(Healthy, "test_" + name, lambda self, case=case: self.judge(*case))

if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv[:1] + ["Healthy.test_" + a for a in sys.argv[2:]])
