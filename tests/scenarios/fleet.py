"""A made-up cluster as `kubectl kpr collect` would have saved it: nodes, what runs on them, and what each agent says of itself."""
import base64
import gzip
import ipaddress
import json
import pathlib
import re

NOW = "2026-11-24T12:00:00Z"
LONG_AGO = "2026-11-10T08:00:00Z"
STAMP = "20261124-120000"
COMMANDS = {"status-verbose": "cilium-dbg-status---verbose", "service-list-json": "cilium-dbg-service-list--o-json", "bpf-lb-list": "cilium-dbg-bpf-lb-list", "config-all": "cilium-dbg-config--a",
            "metrics": "cilium-dbg-metrics-list", "version": "cilium-dbg-version", "ip-a": "ip-a", "uname": "uname--a", "iptables-nft-save": "iptables-nft-save--c",
            "iptables-legacy-save": "iptables-legacy-save--c", "ip6tables-nft-save": "ip6tables-nft-save--c", "ip6tables-legacy-save": "ip6tables-legacy-save--c", "bpftool-cgroup": "bpftool-cgroup-tree-"}


def meta(name, ns=None, labels=None, annotations=None, owner=None):
    m = {"name": name, "uid": "uid-" + name, "creationTimestamp": LONG_AGO}
    m.update({k: v for k, v in (("namespace", ns), ("labels", labels), ("annotations", annotations)) if v})
    if owner:
        m["ownerReferences"] = [{"apiVersion": "apps/v1", "kind": owner[0], "name": owner[1], "uid": "uid-" + owner[1], "controller": True}]
    return m


class Fleet:
    """`node()` first, then `cilium()`, then what else runs there; `write()` last."""

    def __init__(self, version="1.18.4", ns="kube-system", api=("192.168.10.11", 6443), service_net="10.96.0.0/12", device="eth0", release="cilium"):
        self.version, self.ns, self.api, self.device, self.release = version, ns, api, device, release
        self.kubernetes_ip, self.dns_ip = str(ipaddress.ip_network(service_net)[1]), str(ipaddress.ip_network(service_net)[10])
        self.objects = {k: [] for k in ("nodes", "pods", "services", "endpointslices", "configmaps", "daemonsets", "deployments", "ciliumnodes", "ciliumnodeconfigs", "ciliumendpoints",
                                        "ciliumlocalredirectpolicies", "namespaces", "persistentvolumes", "events", "secrets")}
        self.agents = {}   # node → what its agent runs with
        self.config = {}
        self.pods_of = {}  # node → pods with a network of their own
        self.windows = set()
        self.objects["namespaces"] += [{"metadata": meta(n)} for n in ("default", "kube-system", "shop")]
        address = api[0] if re.fullmatch(r"[0-9.]+", api[0]) and not api[0].startswith("127.") else "192.168.10.11"  # an EndpointSlice takes no name
        self.add_service("default", "kubernetes", self.kubernetes_ip, 443, [(address, api[1] if api[1] in (443, 6443) else 6443)])

    def node(self, name, ip, kernel, os_image, runtime, kubelet, roles=(), labels=None, annotations=None, taints=(), os="linux", provider_id=None):
        all_labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": os, "kubernetes.io/arch": "amd64", **{"node-role.kubernetes.io/" + r: "" for r in roles}, **(labels or {})}
        condition = lambda kind, status, reason: {"type": kind, "status": status, "reason": reason, "lastTransitionTime": LONG_AGO, "lastHeartbeatTime": NOW}
        conditions = [condition("Ready", "True", "KubeletReady"), condition("MemoryPressure", "False", "KubeletHasSufficientMemory"), condition("DiskPressure", "False", "KubeletHasNoDiskPressure")]
        if os == "linux":
            conditions.append(condition("NetworkUnavailable", "False", "CiliumIsUp"))
        else:
            self.windows.add(name)
        n = {"metadata": meta(name, None, all_labels, annotations), "spec": {"taints": list(taints)},
             "status": {"addresses": [{"type": "InternalIP", "address": ip}, {"type": "Hostname", "address": name}], "conditions": conditions,
                        "nodeInfo": {"kernelVersion": kernel, "osImage": os_image, "operatingSystem": os, "architecture": "amd64", "containerRuntimeVersion": runtime, "kubeletVersion": kubelet}, "images": []}}
        if provider_id:
            n["spec"]["providerID"] = provider_id
        self.objects["nodes"].append(n)
        return n

    def nodes(self, linux_only=True):
        return [n for n in self.objects["nodes"] if not linux_only or n["metadata"]["name"] not in self.windows]

    def ip_of(self, node):
        return next(a["address"] for n in self.objects["nodes"] if n["metadata"]["name"] == node for a in n["status"]["addresses"] if a["type"] == "InternalIP")

    def index_of(self, node):
        return [n["metadata"]["name"] for n in self.objects["nodes"]].index(node)

    def add_service(self, ns, name, ip, port, backends, node_port=None, kind="ClusterIP", labels=None):
        p = {"name": "main", "port": port, "protocol": "TCP", "targetPort": backends[0][1] if backends else port}
        if node_port:
            p["nodePort"] = node_port
        self.objects["services"].append({"metadata": meta(name, ns, labels), "spec": {"type": kind, "clusterIP": ip, "clusterIPs": [ip], "ports": [p], "selector": {"app": name}, "internalTrafficPolicy": "Cluster"}, "status": {"loadBalancer": {}}})
        self.objects["endpointslices"].append({"metadata": meta(name, ns, {"kubernetes.io/service-name": name}), "addressType": "IPv4", "ports": [{"name": "main", "port": backends[0][1] if backends else port, "protocol": "TCP"}],
                                               "endpoints": [{"addresses": [a], "conditions": {"ready": True, "serving": True}} for a, _ in backends]})

    def pod(self, ns, name, node, containers, owner=None, labels=None, host_network=False, annotations=None, ip=None, init=(), ports=()):
        """containers: (name, image, args). Runs, and has for two weeks."""
        if ip is None:
            own = self.pods_of.setdefault(node, [])
            ip = self.ip_of(node) if host_network else "10.244.%d.%d" % (self.index_of(node), 10 + len(own))
            if not host_network:
                own.append((ns, name, ip))
        state = lambda done: {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": LONG_AGO, "finishedAt": LONG_AGO}} if done else {"running": {"startedAt": LONG_AGO}}
        spec = lambda c: {"name": c[0], "image": c[1], **({"command": c[2]} if len(c) > 2 else {}), **({"ports": list(ports)} if ports else {})}
        status = lambda c, done: {"name": c[0], "image": c[1], "imageID": c[1], "ready": True, "started": not done, "restartCount": 0, "state": state(done), "lastState": {}}
        p = {"metadata": meta(name, ns, labels, annotations, owner), "spec": {"nodeName": node, "hostNetwork": host_network, "containers": [spec(c) for c in containers], "initContainers": [spec(c) for c in init]},
             "status": {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}], "hostIP": self.ip_of(node), "startTime": LONG_AGO,
                        "conditions": [{"type": t, "status": "True", "lastTransitionTime": LONG_AGO} for t in ("PodScheduled", "Initialized", "ContainersReady", "Ready")],
                        "containerStatuses": [status(c, False) for c in containers], "initContainerStatuses": [status(c, True) for c in init]}}
        self.objects["pods"].append(p)
        return p

    def static_pod(self, name, node, image, command):
        return self.pod("kube-system", name + "-" + node, node, [(name, image, command)], owner=("Node", node), labels={"component": name, "tier": "control-plane"}, host_network=True,
                        annotations={"kubernetes.io/config.source": "file", "kubernetes.io/config.mirror": "0123456789abcdef", "kubernetes.io/config.hash": "0123456789abcdef"})

    def daemonset(self, ns, name, image, labels, nodes, command=(), node_selector=None, affinity=None, host_network=True, host_port=None, container=None):
        port = [{"containerPort": host_port, "hostPort": host_port, "protocol": "TCP"}] if host_port else []
        template = {"hostNetwork": host_network, "nodeSelector": node_selector or {"kubernetes.io/os": "linux"}, "containers": [{"name": container or name, "image": image, "command": list(command), "ports": port}]}
        if affinity:
            template["affinity"] = affinity
        n = len(nodes)
        self.objects["daemonsets"].append({"metadata": meta(name, ns, labels), "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": template}, "updateStrategy": {"type": "RollingUpdate"}},
                                           "status": {"desiredNumberScheduled": n, "currentNumberScheduled": n, "numberReady": n, "numberAvailable": n, "updatedNumberScheduled": n, "observedGeneration": 1}})
        for i, node in enumerate(nodes):
            self.pod(ns, "%s-%s" % (name, "bcdfgh2468"[i % 10] * 4 + "x%d" % i), node, [(container or name, image, list(command))], owner=("DaemonSet", name), labels=labels, host_network=host_network, ports=port)

    def cilium(self, config, values=None, image="quay.io/cilium/cilium", chart="cilium", chart_version=None, kpr=None, env=True, without=()):
        """`kpr`: node → whether its agent replaces kube-proxy; the configuration's word for all by default. `without`: init containers that the values switch off."""
        self.config = {"cni-chaining-mode": "none", "enable-ipv4": "true", "enable-ipv6": "false", "cluster-name": "default", "enable-bpf-masquerade": "true", "ipam": "cluster-pool", "identity-allocation-mode": "crd", **config}
        replaced = self.config["kube-proxy-replacement"] == "true"
        labels = {"k8s-app": "cilium", "app.kubernetes.io/name": "cilium-agent", "app.kubernetes.io/part-of": "cilium", "app.kubernetes.io/managed-by": "Helm"}
        full = "%s:v%s" % (image, self.version)
        variables = [{"name": "KUBERNETES_SERVICE_HOST", "value": self.api[0]}, {"name": "KUBERNETES_SERVICE_PORT", "value": str(self.api[1])}] if env else []
        agents = [n["metadata"]["name"] for n in self.nodes()]
        init = [(c, full) for c in ("config", "mount-cgroup", "apply-sysctl-overwrites", "mount-bpf-fs", "clean-cilium-state", "install-cni-binaries") if c not in without]
        containers = lambda names: [{"name": n, "image": full, "env": variables} for n in names]
        n = len(agents)
        annotations = {"meta.helm.sh/release-name": self.release, "meta.helm.sh/release-namespace": self.ns}
        self.objects["daemonsets"].append({"metadata": meta("cilium", self.ns, labels, annotations), "spec": {"selector": {"matchLabels": {"k8s-app": "cilium"}}, "updateStrategy": {"type": "RollingUpdate"},
                                           "template": {"metadata": {"labels": labels}, "spec": {"hostNetwork": True, "nodeSelector": {"kubernetes.io/os": "linux"}, "initContainers": containers(c for c, _ in init), "containers": containers(["cilium-agent"])}}},
                                           "status": {"desiredNumberScheduled": n, "currentNumberScheduled": n, "numberReady": n, "numberAvailable": n, "updatedNumberScheduled": n, "observedGeneration": 1}})
        for i, node in enumerate(agents):
            pod = self.pod(self.ns, "cilium-%sx%d" % ("kmnpq"[i % 5] * 3, i), node, [("cilium-agent", full)], owner=("DaemonSet", "cilium"), labels=labels, host_network=True, init=init)
            for c in pod["spec"]["containers"] + pod["spec"]["initContainers"]:
                c["env"] = variables
            self.agents[node] = {"pod": pod["metadata"]["name"], "kpr": (kpr or {}).get(node, replaced)}
            self.objects["ciliumnodes"].append({"metadata": meta(node), "spec": {"addresses": [{"type": "InternalIP", "ip": self.ip_of(node)}], "ipam": {"podCIDRs": ["10.244.%d.0/24" % self.index_of(node)]}}})
        op_labels = {"io.cilium/app": "operator", "name": "cilium-operator", "app.kubernetes.io/name": "cilium-operator", "app.kubernetes.io/part-of": "cilium"}
        op_image = full.replace("cilium-cilium", "cilium-operator-generic").replace("cilium/cilium", "cilium/operator-generic")
        self.objects["deployments"].append({"metadata": meta("cilium-operator", self.ns, op_labels), "spec": {"replicas": 1, "selector": {"matchLabels": {"name": "cilium-operator"}}, "template": {"metadata": {"labels": op_labels},
                                            "spec": {"hostNetwork": True, "containers": [{"name": "cilium-operator", "image": op_image, "env": variables}]}}}, "status": {"replicas": 1, "readyReplicas": 1, "availableReplicas": 1, "updatedReplicas": 1, "observedGeneration": 1}})
        operator = self.pod(self.ns, "cilium-operator-7f5d9c8b46-x2k4p", agents[-1], [("cilium-operator", op_image)], owner=("ReplicaSet", "cilium-operator-7f5d9c8b46"), labels=op_labels, host_network=True)
        operator["spec"]["containers"][0]["env"] = variables
        cm = meta("cilium-config", self.ns, {"app.kubernetes.io/managed-by": "Helm"}, annotations)
        cm["managedFields"] = [{"manager": "helm", "operation": "Update", "time": LONG_AGO}]
        self.objects["configmaps"].append({"metadata": cm, "data": self.config})
        record = {"name": self.release, "namespace": self.ns, "version": 1, "config": values or {}, "info": {"first_deployed": LONG_AGO, "last_deployed": LONG_AGO, "status": "deployed", "description": "Install complete"},
                  "chart": {"metadata": {"name": chart, "version": chart_version or self.version, "appVersion": self.version}}}
        self.objects["secrets"].append({"type": "helm.sh/release.v1", "metadata": meta("sh.helm.release.v1.%s.v1" % self.release, self.ns, {"owner": "helm", "name": self.release, "status": "deployed", "version": "1"}),
                                        "data": {"release": base64.b64encode(base64.b64encode(gzip.compress(json.dumps(record).encode()))).decode()}})

    def applications(self, dns=True):
        """The cluster's DNS and two replicas of a shop."""
        last, first = self.nodes()[-1]["metadata"]["name"], self.nodes()[0]["metadata"]["name"]
        if dns:
            self.pod("kube-system", "coredns-668d6bf9bc-p9x4d", last, [("coredns", "registry.k8s.io/coredns/coredns:v1.11.3")], owner=("ReplicaSet", "coredns-668d6bf9bc"), labels={"k8s-app": "kube-dns"})
            self.add_service("kube-system", "kube-dns", self.dns_ip, 53, [(self.pods_of[last][-1][2], 53)], labels={"k8s-app": "kube-dns"})
        for i, node in enumerate((first, last)):
            self.pod("shop", "web-5c7d8b9f4-%sx" % ("rstv"[i] * 4), node, [("web", "registry.example/shop/web:2.7")], owner=("ReplicaSet", "web-5c7d8b9f4"), labels={"app": "web"})
        self.add_service("shop", "web", self.dns_ip.rsplit(".", 1)[0] + ".80", 80, [(self.pods_of[n][-1][2], 8080) for n in dict.fromkeys((first, last))], node_port=31080, kind="NodePort")

    # --- what the agents say

    def status(self, node):
        a, ip = self.agents[node], self.ip_of(node)
        on = lambda b: "Enabled" if b else "Disabled"
        native = self.config.get("routing-mode") == "native"
        bpf_masquerade = self.config.get("enable-bpf-masquerade") == "true"
        devices = "%s   %s fe80::1 (Direct Routing)" % (self.device, ip)
        rows = [("KVStore", "Disabled"), ("Kubernetes", "Ok         1.31 (v1.31.4) [linux/amd64]"), ("KubeProxyReplacement", "True   [%s]" % devices if a["kpr"] else "False"), ("Host firewall", "Disabled"),
                ("SRv6", "Disabled"), ("CNI Chaining", self.config["cni-chaining-mode"]), ("Cilium", "Ok   %s (v%s-0fd7a1c2)" % (self.version, self.version)), ("NodeMonitor", "Listening for events on 8 CPUs with 64x4096 of shared memory"),
                ("Cilium health daemon", "Ok"), ("IPAM", "IPv4: 4/254 allocated from 10.244.%d.0/24, " % self.index_of(node)), ("IPv4 BIG TCP", "Disabled"), ("IPv6 BIG TCP", "Disabled"), ("BandwidthManager", "Disabled"),
                ("Routing", "Network: %s   Host: %s" % ("Native" if native else "Tunnel [vxlan]", "BPF" if bpf_masquerade and a["kpr"] else "Legacy")), ("Attach Mode", "TCX"), ("Device Mode", "veth"),
                ("Masquerading", "%s [IPv4: Enabled, IPv6: Disabled]" % ("BPF   [%s]   10.244.0.0/16 " % self.device if bpf_masquerade else "IPTables")), ("Controller Status", "2/2 healthy")]
        text = "".join("%-24s%s\n" % (k + ":", v) for k, v in rows)
        text += "  Name                  Last success   Last error   Count   Message\n  cilium-health-ep      12s ago        never        0       no error\n  sync-host-ips         40s ago        never        0       no error\n"
        text += "Proxy Status:            OK, ip 10.244.%d.2, 0 redirects active on ports 10000-20000, Envoy: external\nGlobal Identity Range:   min 256, max 65535\n" % self.index_of(node)
        text += "KubeProxyReplacement Details:\n  Status:                %s\n  Socket LB:             %s\n  Socket LB Tracing:     %s\n  Socket LB Coverage:    Full\n" % (("True" if a["kpr"] else "False"), on(a["kpr"]), on(a["kpr"]))
        if a["kpr"]:
            text += "  Devices:               %s\n  Mode:                  SNAT\n  Backend Selection:     Random\n" % devices
        text += "  Session Affinity:      %s\n  NAT46/64 Support:      Disabled\n%s  Services:\n  - ClusterIP:      Enabled\n" % (on(a["kpr"]), "  XDP Acceleration:      Disabled\n" if a["kpr"] else "")
        for feature in ("NodePort", "LoadBalancer", "externalIPs", "HostPort"):
            text += "  - %-14s  %s%s\n" % (feature + ":", on(a["kpr"]), " (Range: 30000-32767) " if a["kpr"] and feature == "NodePort" else "")
        n = len(self.agents)
        text += "Encryption:       Disabled\nCluster health:   %d/%d reachable   (2026-11-24T11:59:29Z)   (Probe interval: 1m36s)\nName              IP              Node                     Endpoints\n" % (n, n)
        for peer in [node] + [p for p in self.agents if p != node]:
            text += "  %s%s:\n    Host connectivity to %s:\n      ICMP to stack:   OK, RTT=187µs   (Last probed: 2026-11-24T11:58:29Z)\n      HTTP to agent:   OK, RTT=405µs   (Last probed: 2026-11-24T11:58:29Z)\n" % (peer, " (localhost)" if peer == node else "", self.ip_of(peer))
        return text + "Modules Health:\t\tagent\n\t\t├── datapath\n\t\t│   └── orchestrator                            [OK] OK (2m, x1)\n\t\t\n"

    @staticmethod
    def frontend(fronts, ns, name, address, number, kind, backends):
        """Adds it to what `service list` says, and returns what `bpf lb list` does."""
        spec = {"id": len(fronts) + 1, "flags": {"type": kind, "name": name, "namespace": ns}, "frontend-address": {"ip": address, "port": number, "protocol": "TCP", "scope": "external"},
                "backend-addresses": [{"ip": b, "port": p, "state": "active"} for b, p in backends]}
        fronts.append({"spec": spec, "status": {"realized": spec}})
        return "%s:%d/TCP (0)   0.0.0.0:0 (%d) (0) [%s, non-routable]\n" % (address, number, len(fronts), kind) + "".join(
            "%s:%d/TCP (%d)   %s:%d/TCP (%d) (%d)\n" % (address, number, i + 1, b, p, len(fronts), i + 1) for i, (b, p) in enumerate(backends))

    def answers(self, node):
        a, ip = self.agents[node], self.ip_of(node)
        fronts, lb = [], "SERVICE ADDRESS               BACKEND ADDRESS (REVNAT_ID) (SLOT)\n"
        slices = {(s["metadata"]["namespace"], s["metadata"]["name"]): s for s in self.objects["endpointslices"]}
        for service in self.objects["services"]:
            key = (service["metadata"]["namespace"], service["metadata"]["name"])
            port = service["spec"]["ports"][0]
            backends = [(e["addresses"][0], slices[key]["ports"][0]["port"]) for e in slices[key]["endpoints"]]
            wanted = [(service["spec"]["clusterIP"], port["port"], "ClusterIP")] + ([(ip, port["nodePort"], "NodePort"), ("0.0.0.0", port["nodePort"], "NodePort")] if a["kpr"] and "nodePort" in port else [])
            for address, number, kind in wanted:
                lb += self.frontend(fronts, *key, address, number, kind, backends)
        for pod in self.objects["pods"] if a["kpr"] else []:
            if pod["spec"]["nodeName"] == node and not pod["spec"]["hostNetwork"]:
                for port in (p for c in pod["spec"]["containers"] for p in c.get("ports", []) if "hostPort" in p):
                    name = "%s/host-port/%d" % (pod["metadata"]["name"], port["hostPort"])
                    for address in (ip, "0.0.0.0"):
                        lb += self.frontend(fronts, pod["metadata"]["namespace"], name, address, port["hostPort"], "HostPort", [(pod["status"]["podIP"], port["containerPort"])])
        links = "".join("%d: %s: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP group default qlen 1000\n    inet %s/24 scope global %s\n" % (i + 1, name, address, name.split("@")[0])
                        for i, (name, address) in enumerate([("lo", "127.0.0.1"), (self.device, ip), ("cilium_net@cilium_host", "10.244.0.3"), ("cilium_host@cilium_net", "10.244.0.2"), ("cilium_vxlan", "10.244.0.4")]))
        cilium_rules = "# Generated by iptables-save v1.8.8 (nf_tables)\n*nat\n:PREROUTING ACCEPT [0:0]\n:CILIUM_PRE_nat - [0:0]\n-A PREROUTING -j CILIUM_PRE_nat\nCOMMIT\n"
        kube_proxy = any(p["spec"]["nodeName"] == node and p["metadata"]["name"].startswith("kube-proxy") for p in self.objects["pods"]) or a.get("embedded kube-proxy")
        if kube_proxy:
            cilium_rules += "*nat\n:KUBE-SERVICES - [0:0]\n:KUBE-PROXY-CANARY - [0:0]\n:KUBE-SVC-NPX46M4PTMTKRN6Y - [0:0]\n-A KUBE-SERVICES -d %s/32 -p tcp -m tcp --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y\nCOMMIT\n" % self.kubernetes_ip
        cgroup = "CgroupPath\nID       AttachType      AttachFlags     Name\n/run/cilium/cgroupv2\n" + ("    501      cgroup_inet4_connect multi           cil_sock4_connect\n" if a["kpr"] else "")
        return {"status-verbose": self.status(node), "service-list-json": json.dumps(fronts, indent=1), "bpf-lb-list": lb, "config-all": "#### Read-only configurations ####\nBPFLBMapMax                       : 65536\nKubeProxyReplacement              : %s\n" % str(a["kpr"]).lower(),
                "metrics": "Metric                    Labels                                          Value\ncilium_drop_count_total   direction=\"INGRESS\" reason=\"Policy denied\"   3.000000\n", "ip-a": links, "uname": "Linux %s\n" % node,
                "version": "Client: %s 0fd7a1c2 2026-09-01T00:00:00+00:00 go version go1.25.1 linux/amd64\nDaemon: %s 0fd7a1c2 2026-09-01T00:00:00+00:00 go version go1.25.1 linux/amd64\n" % (self.version, self.version),
                "iptables-nft-save": cilium_rules, "iptables-legacy-save": "", "ip6tables-nft-save": "", "ip6tables-legacy-save": "", "bpftool-cgroup": cgroup}

    def write(self, folder):
        """As an unpacked archive."""
        top = pathlib.Path(folder, "cilium-sysdump-" + STAMP)
        top.mkdir(parents=True)
        managed = [n for n, a in self.agents.items() if not a.get("pods are not managed")]
        self.objects["ciliumendpoints"] = [{"metadata": {"namespace": ns, "name": name}} for n in managed for ns, name, _ in self.pods_of.get(n, [])]
        about = {"apiVersion": "kpr.dev/v1", "kind": "Collected", "sourceKind": 0, "now": NOW, "ciliumNamespace": self.ns, "interrupted": False, "notes": [], "agents": [], "logs": [],
                 "objects": {k: {"source": "/api/" + k, "partial": False, "detail": ""} for k in self.objects}}
        for plural, items in self.objects.items():
            lines = "".join("- %s\n" % json.dumps(item) for item in items)
            (top / ("k8s-%s-%s.yaml" % (plural, STAMP))).write_text("apiVersion: v1\nitems:%s\nkind: List\n" % ("\n" + lines.rstrip("\n") if items else " []"), encoding="utf-8")
        for node, a in self.agents.items():
            cmd = top / ("cilium-bugtool-%s-%s" % (a["pod"], STAMP)) / "cmd"
            cmd.mkdir(parents=True)
            outputs = {}
            for name, text in self.answers(node).items():
                (cmd / (COMMANDS[name] + ".md")).write_text(text, encoding="utf-8")
                outputs[name] = {"exitCode": 0, "err": "", "source": "kubectl -n %s exec %s -- %s" % (self.ns, a["pod"], name), "bytes": len(text.encode())}
            outputs["nft-tables"] = {"missing": "no_such_file", "detail": "the image has no such command: nft: not found"}
            about["agents"].append({"node": node, "pod": a["pod"], "namespace": self.ns, "container": "cilium-agent", "origin": self.ns + "/" + a["pod"], "folder": a["pod"], "outputs": outputs})
        (top / "kubectl-kpr-collect.json").write_text(json.dumps(about), encoding="utf-8")
        (top / "cilium-sysdump.log").write_text("", encoding="utf-8")
        return top
