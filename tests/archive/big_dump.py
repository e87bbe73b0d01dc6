#!/usr/bin/env python3
"""big_dump.py OUT.zip|OUT.tar.gz|OUT [--nodes 500] [--pods 20] [--services 300]: a sysdump of a large cluster, made up, about 300 MB unpacked.

Everything is well in it but for one pod in a thousand, which waits for its image. For measuring:
    /usr/bin/time -v kubectl-kpr doctor --from OUT.zip"""
import argparse
import io
import json
import os
import pathlib
import tarfile
import time
import zipfile

STAMP = "20261124-120000"
TOP = "cilium-sysdump-" + STAMP + "/"
STATUS = (pathlib.Path(__file__).parent / "../fixtures/status/1.18-verbose.txt").read_text(encoding="utf-8")


class Out:
    """A zip, a tar.gz or a folder; files are added whole."""

    def __init__(self, path):
        self.path, self.bytes = path, 0
        self.zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) if path.endswith(".zip") else None
        self.tar = tarfile.open(path, "w:gz", compresslevel=1) if path.endswith((".tar.gz", ".tgz")) else None

    def add(self, name, text):
        data = text.encode()
        self.bytes += len(data)
        if self.zip:
            self.zip.writestr(TOP + name, data)
        elif self.tar:
            info = tarfile.TarInfo(TOP + name)
            info.size, info.mtime = len(data), int(time.time())
            self.tar.addfile(info, io.BytesIO(data))
        else:
            p = os.path.join(self.path, TOP + name)
            os.makedirs(os.path.dirname(p), exist_ok=True)
            with open(p, "wb") as f:
                f.write(data)

    def close(self):
        for f in (self.zip, self.tar):
            if f:
                f.close()


def ip(n):
    return "10.%d.%d.%d" % (64 + n // 65536, n // 256 % 256, n % 256)


def managed(fields, indent="    "):
    out = indent + "managedFields:\n"
    for manager, keys in fields:
        out += indent + "- apiVersion: v1\n" + indent + "  fieldsType: FieldsV1\n" + indent + "  fieldsV1:\n" + indent + "    f:status:\n"
        for k in keys:
            out += indent + "      f:%s:\n" % k + indent + "        .: {}\n" + indent + '        k:{"type":"%s"}:\n' % k + indent + "          f:lastProbeTime: {}\n" + indent + "          f:status: {}\n"
        out += indent + "  manager: %s\n" % manager + indent + "  operation: Update\n" + indent + '  time: "2026-11-20T10:00:00Z"\n'
    return out


POD_KEYS = ["conditions", "containerStatuses", "hostIP", "phase", "podIP", "podIPs", "startTime", "initContainerStatuses", "qosClass", "containers", "dnsPolicy", "enableServiceLinks", "restartPolicy", "schedulerName",
            "securityContext", "terminationGracePeriodSeconds", "volumes", "tolerations", "serviceAccount", "affinity"]


def pod(i, node, ns, name, image, labels, waiting=False, host=False):
    env = "".join('      - name: SETTING_%d\n        value: "some value number %d of pod %d"\n' % (k, k, i) for k in range(12))
    mounts = "".join("      - mountPath: /var/data/%d\n        name: volume-%d\n        readOnly: true\n" % (k, k) for k in range(6))
    volumes = "".join("    - configMap:\n        defaultMode: 420\n        name: settings-%d\n      name: volume-%d\n" % (k, k) for k in range(6))
    state = "        waiting:\n          reason: ContainerCreating\n" if waiting else '        running:\n          startedAt: "2026-11-20T10:00:05Z"\n'
    conditions = "".join('    - lastProbeTime: null\n      lastTransitionTime: "2026-11-20T10:00:0%dZ"\n      status: "%s"\n      type: %s\n' % (k, "False" if waiting and t != "PodScheduled" else "True", t)
                         for k, t in enumerate(["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"]))
    container = "cilium-agent" if host else "main"
    return ("- apiVersion: v1\n  kind: Pod\n  metadata:\n    annotations:\n      example.com/checksum: %064x\n      example.com/note: 'made up: it''s pod %d'\n    creationTimestamp: \"2026-11-20T10:00:00Z\"\n"
            "    generateName: %s-\n    labels:\n%s" % (i * 7919, i, name[:-6], "".join("      %s: %s\n" % kv for kv in labels))
            + managed([("kube-controller-manager", POD_KEYS), ("kubelet", POD_KEYS[:10]), ("kube-scheduler", POD_KEYS[:4])])
            + "    name: %s\n    namespace: %s\n    ownerReferences:\n    - apiVersion: apps/v1\n      blockOwnerDeletion: true\n      controller: true\n      kind: %s\n      name: %s\n      uid: 11111111-2222-3333-4444-%012d\n"
              "    resourceVersion: \"%d\"\n    uid: 00000000-0000-4000-8000-%012d\n" % (name, ns, "DaemonSet" if host else "ReplicaSet", "cilium" if host else name[:-6], i // 10, 1000000 + i, i)
            + "  spec:\n    containers:\n    - env:\n%s      image: %s\n      imagePullPolicy: IfNotPresent\n      livenessProbe:\n        failureThreshold: 3\n        httpGet:\n          path: /healthz\n          port: 8080\n"
              "          scheme: HTTP\n        periodSeconds: 10\n      name: %s\n      ports:\n      - containerPort: 8080\n        name: http\n        protocol: TCP\n      resources:\n        limits:\n          memory: 256Mi\n"
              "        requests:\n          cpu: 100m\n          memory: 128Mi\n      terminationMessagePath: /dev/termination-log\n      terminationMessagePolicy: File\n      volumeMounts:\n%s" % (env, image, container, mounts)
            + "    dnsPolicy: ClusterFirst\n    enableServiceLinks: true\n%s    nodeName: %s\n    preemptionPolicy: PreemptLowerPriority\n    priority: 0\n    restartPolicy: Always\n    schedulerName: default-scheduler\n"
              "    securityContext: {}\n    serviceAccountName: default\n    terminationGracePeriodSeconds: 30\n    tolerations:\n    - effect: NoExecute\n      key: node.kubernetes.io/not-ready\n      operator: Exists\n"
              "      tolerationSeconds: 300\n    volumes:\n%s" % ("    hostNetwork: true\n" if host else "", node, volumes)
            + "  status:\n    conditions:\n%s    containerStatuses:\n    - containerID: containerd://%064x\n      image: %s\n      imageID: %s@sha256:%064x\n      lastState: {}\n      name: %s\n      ready: %s\n"
              "      restartCount: 0\n      started: %s\n      state:\n%s    hostIP: 192.168.%d.%d\n    phase: %s\n    podIP: %s\n    podIPs:\n    - ip: %s\n    qosClass: Burstable\n    startTime: \"2026-11-20T10:00:01Z\"\n"
            % (conditions, i, image, image.rsplit(":", 1)[0], i, container, "false" if waiting else "true", "false" if waiting else "true", state, i // 20 // 250, i // 20 % 250, "Pending" if waiting else "Running", ip(i), ip(i)))


def listed(kind, items):
    return "apiVersion: v1\nitems:\n" + "".join(items) + "kind: %s\nmetadata:\n  resourceVersion: \"\"\n" % kind


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("out")
    ap.add_argument("--nodes", type=int, default=500)
    ap.add_argument("--pods", type=int, default=20, help="for each node, beside the agent's")
    ap.add_argument("--services", type=int, default=300)
    a = ap.parse_args()
    out = Out(a.out)
    nodes = ["worker-%04d" % n for n in range(a.nodes)]

    def node(n, name):
        images = "".join("    - names:\n      - registry.example.com/team-%d/app-%d@sha256:%064x\n      - registry.example.com/team-%d/app-%d:v%d\n      sizeBytes: %d\n" % (k, k, k, k, k, k, 1000000 + k) for k in range(50))
        conditions = "".join('    - lastHeartbeatTime: "2026-11-24T11:59:30Z"\n      lastTransitionTime: "2026-11-01T08:00:00Z"\n      message: all is well here\n      reason: Kubelet%s\n      status: "%s"\n      type: %s\n' % (t, s, t)
                             for t, s in (("MemoryPressure", "False"), ("DiskPressure", "False"), ("PIDPressure", "False"), ("Ready", "True")))
        return ("- apiVersion: v1\n  kind: Node\n  metadata:\n    creationTimestamp: \"2026-11-01T08:00:00Z\"\n    labels:\n      kubernetes.io/hostname: %s\n      kubernetes.io/os: linux\n" % name + managed([("kubelet", POD_KEYS)])
                + "    name: %s\n    uid: 00000000-0000-4000-9000-%012d\n  spec:\n    podCIDR: 10.%d.%d.0/24\n    podCIDRs:\n    - 10.%d.%d.0/24\n  status:\n    addresses:\n    - address: 192.168.%d.%d\n      type: InternalIP\n"
                  "    - address: %s\n      type: Hostname\n    allocatable:\n      cpu: \"16\"\n      pods: \"110\"\n    capacity:\n      cpu: \"16\"\n      pods: \"110\"\n    conditions:\n%s    images:\n%s    nodeInfo:\n"
                  "      architecture: amd64\n      containerRuntimeVersion: containerd://1.7.24\n      kernelVersion: 6.1.0-28-amd64\n      kubeletVersion: v1.31.3\n      operatingSystem: linux\n      osImage: Debian GNU/Linux 12 (bookworm)\n"
                % (name, n, 128 + n // 256, n % 256, 128 + n // 256, n % 256, n // 250, n % 250, name, conditions, images))

    out.add("k8s-nodes-%s.yaml" % STAMP, listed("NodeList", [node(n, name) for n, name in enumerate(nodes)]))
    pods, events, endpoints = [], [], []
    for n, name in enumerate(nodes):
        pods.append(pod(n, name, "kube-system", "cilium-%05d" % n, "quay.io/cilium/cilium:v1.18.16", [("k8s-app", "cilium"), ("app.kubernetes.io/name", "cilium-agent")], host=True))
        for p in range(a.pods):
            i = n * a.pods + p
            ns, pod_name, waiting = "team-%d" % (i % 40), "app-%d-%05x-%05d" % (i % 400, i % 400, i), i % 1000 == 999
            pods.append(pod(i, name, ns, pod_name, "registry.example.com/team-%d/app-%d:v3" % (i % 40, i % 400), [("app", "app-%d" % (i % 400)), ("pod-template-hash", "%05x" % (i % 400))], waiting))
            reason, message = ("Pulling", 'Pulling image "registry.example.com/team-%d/app-%d:v3"' % (i % 40, i % 400)) if waiting else ("Started", "Started container main")
            events.append("- apiVersion: v1\n  count: 1\n  eventTime: null\n  firstTimestamp: \"2026-11-24T11:30:00Z\"\n  involvedObject:\n    apiVersion: v1\n    fieldPath: spec.containers{main}\n    kind: Pod\n    name: %s\n    namespace: %s\n"
                          "    resourceVersion: \"%d\"\n    uid: 00000000-0000-4000-8000-%012d\n  kind: Event\n  lastTimestamp: \"2026-11-24T11:30:00Z\"\n  message: '%s'\n  metadata:\n    creationTimestamp: \"2026-11-24T11:30:00Z\"\n"
                          "%s    name: %s.%016x\n    namespace: %s\n  reason: %s\n  reportingComponent: kubelet\n  reportingInstance: %s\n  source:\n    component: kubelet\n    host: %s\n  type: Normal\n"
                          % (pod_name, ns, i, i, message, managed([("kubelet", POD_KEYS[:5])]), pod_name, i, ns, reason, name, name))
            endpoints.append("- apiVersion: cilium.io/v2\n  kind: CiliumEndpoint\n  metadata:\n    creationTimestamp: \"2026-11-20T10:00:00Z\"\n    name: %s\n    namespace: %s\n  status:\n    encryption: {}\n"
                             "    external-identifiers:\n      k8s-namespace: %s\n      k8s-pod-name: %s\n      pod-name: %s/%s\n    id: %d\n    identity:\n      id: %d\n      labels:\n      - k8s:app=app-%d\n"
                             "    networking:\n      addressing:\n      - ipv4: %s\n      node: 192.168.0.1\n    state: ready\n" % (pod_name, ns, ns, pod_name, ns, pod_name, i % 4096, i, i % 400, ip(i)))
    out.add("k8s-pods-%s.yaml" % STAMP, listed("PodList", pods))
    out.add("k8s-events-%s.yaml" % STAMP, listed("EventList", events))
    out.add("ciliumendpoints-%s.yaml" % STAMP, listed("CiliumEndpointList", endpoints))
    out.add("k8s-services-%s.yaml" % STAMP, listed("ServiceList", [
        "- apiVersion: v1\n  kind: Service\n  metadata:\n    name: app-%d\n    namespace: team-%d\n  spec:\n    clusterIP: 10.96.%d.%d\n    clusterIPs:\n    - 10.96.%d.%d\n    ports:\n    - port: 80\n      protocol: TCP\n      targetPort: 8080\n"
        "    selector:\n      app: app-%d\n    type: ClusterIP\n  status:\n    loadBalancer: {}\n" % (s, s % 40, s // 250, s % 250 + 1, s // 250, s % 250 + 1, s) for s in range(a.services)]))
    out.add("k8s-endpointslices-%s.yaml" % STAMP, listed("EndpointSliceList", [
        "- addressType: IPv4\n  apiVersion: discovery.k8s.io/v1\n  endpoints:\n" + "".join("  - addresses:\n    - %s\n    conditions:\n      ready: true\n    nodeName: worker-%04d\n" % (ip(s + 400 * k), k) for k in range(10))
        + "  kind: EndpointSlice\n  metadata:\n    labels:\n      kubernetes.io/service-name: app-%d\n    name: app-%d-x\n    namespace: team-%d\n  ports:\n  - name: \"\"\n    port: 8080\n    protocol: TCP\n" % (s, s, s % 40) for s in range(a.services)]))
    out.add("cilium-configmap-%s.yaml" % STAMP, "apiVersion: v1\ndata:\n  cluster-name: default\n  kube-proxy-replacement: \"true\"\n  routing-mode: tunnel\nkind: ConfigMap\nmetadata:\n  name: cilium-config\n  namespace: kube-system\n")

    services = json.dumps([{"spec": {"id": s}, "status": {"realized": {"id": s, "flags": {"type": "ClusterIP", "name": "app-%d" % s, "namespace": "team-%d" % (s % 40), "trafficPolicy": "Cluster"},
                                                                       "frontend-address": {"ip": "10.96.%d.%d" % (s // 250, s % 250 + 1), "port": 80, "protocol": "tcp", "scope": "external"},
                                                                       "backend-addresses": [{"ip": ip(s + 400 * k), "port": 8080, "state": "active", "weight": 100, "nodeName": "worker-%04d" % k} for k in range(10)]}}}
                           for s in range(a.services)], indent=2)
    lb = "SERVICE ADDRESS             BACKEND ADDRESS (REVNAT_ID) (SLOT)\n" + "".join(
        "10.96.%d.%d:80/TCP (%d)      %s:8080/TCP (%d) (%d)\n" % (s // 250, s % 250 + 1, k, ip(s + 400 * k), s, k) for s in range(a.services) for k in range(1, 11))
    metrics = "Metric                                                   Labels                                                  Value\n" + "".join(
        "cilium_some_metric_number_%d_total                        operation=\"create\" reason=\"reason-%d\" outcome=\"success\"    %d.000000\n" % (k, k, k * 17) for k in range(600))
    iptables = "*nat\n:PREROUTING ACCEPT [0:0]\n" + "".join("-A CILIUM_POST_nat -s 10.%d.0.0/16 -m comment --comment \"cilium masquerade non-cluster %d\" -j MASQUERADE\n" % (k % 250, k) for k in range(150)) + "COMMIT\n"
    for n, name in enumerate(nodes):
        folder = "cilium-bugtool-cilium-%05d-%s/cmd/" % (n, STAMP)
        address = "192.168.%d.%d" % (n // 250, n % 250)
        status = STATUS.replace("z-k8s-n-1", name).replace("192.168.6.111", address).replace("1/2 reachable", "%d/%d reachable" % (a.nodes, a.nodes))
        out.add(folder + "cilium-dbg-status---verbose.md", status)
        out.add(folder + "cilium-dbg-service-list--o-json.md", services)
        out.add(folder + "cilium-dbg-bpf-lb-list.md", lb)
        out.add(folder + "cilium-dbg-metrics-list.md", metrics)
        out.add(folder + "iptables-nft-save--c.md", iptables)
        out.add(folder + "hostname.md", name + "\n")
        out.add(folder + "cilium-dbg-bpf-ct-list-global.md", "TCP OUT 10.0.0.1:1 -> 10.0.0.2:2 expires=1 RxPackets=1\n" * 200)
    out.add("cilium-sysdump.log", "made up\n")
    out.close()
    print("%s: %.0f MB unpacked" % (a.out, out.bytes / 1e6))


if __name__ == "__main__":
    main()
