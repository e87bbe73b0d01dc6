package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"

	"kpr.dev/lab/internal/agent"
)

// port is the fake kubelet's.
func port(state string) int32 {
	b, err := os.ReadFile(filepath.Join(state, "kubelet.port"))
	die(err)
	p, err := strconv.Atoi(strings.TrimSpace(string(b)))
	die(err)
	return int32(p)
}

func must[T any](v T, err error) T {
	if !apierrors.IsAlreadyExists(err) {
		die(err)
	}
	return v
}

func podSpec(version string) corev1.PodSpec {
	image := "lab.local/cilium/cilium:v" + version
	env := []corev1.EnvVar{{Name: "KUBERNETES_SERVICE_HOST", Value: agent.NodeIP(0)}, {Name: "KUBERNETES_SERVICE_PORT", Value: "6443"}}
	var init []corev1.Container
	for _, n := range []string{"config", "mount-cgroup", "apply-sysctl-overwrites", "mount-bpf-fs", "clean-cilium-state", "install-cni-binaries"} {
		init = append(init, corev1.Container{Name: n, Image: image, Env: env})
	}
	grace := int64(1)
	return corev1.PodSpec{HostNetwork: true, PriorityClassName: "system-node-critical", TerminationGracePeriodSeconds: &grace, InitContainers: init,
		Containers:  []corev1.Container{{Name: "cilium-agent", Image: image, Env: env, Command: []string{"cilium-agent"}, Args: []string{"--config-dir=/tmp/cilium/config-map"}}},
		Tolerations: []corev1.Toleration{{Operator: corev1.TolerationOpExists}}}
}

func nodeStatus(name, ip string, kubelet int32) corev1.NodeStatus {
	now := metav1.Now()
	size := corev1.ResourceList{"cpu": resource.MustParse("8"), "memory": resource.MustParse("32Gi"), "pods": resource.MustParse("110")}
	condition := func(t corev1.NodeConditionType, s corev1.ConditionStatus, reason, message string) corev1.NodeCondition {
		return corev1.NodeCondition{Type: t, Status: s, Reason: reason, Message: message, LastHeartbeatTime: now, LastTransitionTime: now}
	}
	return corev1.NodeStatus{Allocatable: size, Capacity: size,
		Addresses:       []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: ip}, {Type: corev1.NodeHostName, Address: name}, {Type: corev1.NodeExternalDNS, Address: "127.0.0.1"}},
		DaemonEndpoints: corev1.NodeDaemonEndpoints{KubeletEndpoint: corev1.DaemonEndpoint{Port: kubelet}},
		Conditions: []corev1.NodeCondition{condition(corev1.NodeReady, corev1.ConditionTrue, "KubeletReady", "kubelet is posting ready status"),
			condition(corev1.NodeNetworkUnavailable, corev1.ConditionFalse, "CiliumIsUp", "Cilium is running on this node"),
			condition(corev1.NodeMemoryPressure, corev1.ConditionFalse, "KubeletHasSufficientMemory", "kubelet has sufficient memory available")},
		NodeInfo: corev1.NodeSystemInfo{KubeletVersion: "v1.36.3", KernelVersion: "6.1.0-28-amd64", OSImage: "Debian GNU/Linux 12 (bookworm)", ContainerRuntimeVersion: "containerd://2.1.4", OperatingSystem: "linux", Architecture: "amd64"}}
}

func podStatus(p *corev1.Pod, ip string) {
	now := metav1.Now()
	yes := true
	p.Status.Phase, p.Status.HostIP, p.Status.PodIP, p.Status.StartTime = corev1.PodRunning, ip, ip, &now
	p.Status.HostIPs, p.Status.PodIPs = []corev1.HostIP{{IP: ip}}, []corev1.PodIP{{IP: ip}}
	p.Status.Conditions = nil
	for _, t := range []corev1.PodConditionType{corev1.PodScheduled, corev1.PodInitialized, corev1.ContainersReady, corev1.PodReady} {
		p.Status.Conditions = append(p.Status.Conditions, corev1.PodCondition{Type: t, Status: corev1.ConditionTrue, LastTransitionTime: now})
	}
	id := func(name string) string { return fmt.Sprintf("containerd://%x", p.Name+"/"+name) }
	p.Status.InitContainerStatuses, p.Status.ContainerStatuses = nil, nil
	for _, c := range p.Spec.InitContainers {
		p.Status.InitContainerStatuses = append(p.Status.InitContainerStatuses, corev1.ContainerStatus{Name: c.Name, Image: c.Image, ImageID: c.Image, ContainerID: id(c.Name), Ready: true,
			State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Completed", StartedAt: now, FinishedAt: now, ContainerID: id(c.Name)}}})
	}
	for _, c := range p.Spec.Containers {
		p.Status.ContainerStatuses = append(p.Status.ContainerStatuses, corev1.ContainerStatus{Name: c.Name, Image: c.Image, ImageID: c.Image, ContainerID: id(c.Name), Ready: true, Started: &yes,
			State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}}})
	}
}

func populate(ctx context.Context, client *kubernetes.Clientset, n int, version string, endpoints, services int, workloads bool, state string) {
	start := time.Now()
	kubelet := port(state)
	agents := make([]agent.Agent, n)
	for i := range agents {
		v := version
		if v == "mixed" {
			v = agent.Versions[i%len(agent.Versions)]
		}
		agents[i] = agent.New(i, n, v, endpoints, services)
	}
	b, err := json.MarshalIndent(agents, "", " ")
	die(err)
	die(os.WriteFile(filepath.Join(state, "agents.json"), b, 0o644))

	newest := version
	if newest == "mixed" {
		newest = agent.Versions[0]
	}
	labels := map[string]string{"k8s-app": "cilium", "app.kubernetes.io/name": "cilium-agent", "app.kubernetes.io/part-of": "cilium"}
	selector := &metav1.LabelSelector{MatchLabels: map[string]string{"k8s-app": "cilium"}}
	set := must(client.AppsV1().DaemonSets("kube-system").Create(ctx, &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Name: "cilium", Labels: labels},
		Spec: appsv1.DaemonSetSpec{Selector: selector, Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: podSpec(newest)}}}, metav1.CreateOptions{}))
	set.Status = appsv1.DaemonSetStatus{DesiredNumberScheduled: int32(n), CurrentNumberScheduled: int32(n), NumberReady: int32(n), NumberAvailable: int32(n), UpdatedNumberScheduled: int32(n), ObservedGeneration: 1}
	_, err = client.AppsV1().DaemonSets("kube-system").UpdateStatus(ctx, set, metav1.UpdateOptions{})
	die(err)
	must(client.CoreV1().ConfigMaps("kube-system").Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "cilium-config"}, Data: map[string]string{
		"kube-proxy-replacement": "true", "k8s-service-host": agent.NodeIP(0), "k8s-service-port": "6443", "enable-ipv4": "true", "enable-ipv6": "false", "bpf-lb-mode": "snat",
		"bpf-lb-algorithm": "random", "ipam": "cluster-pool", "cni-chaining-mode": "none", "enable-bpf-masquerade": "true", "bpf-lb-sock": "true", "kube-proxy-replacement-healthz-bind-address": "0.0.0.0:10256", "node-port-range": "30000,32767", "routing-mode": "tunnel", "tunnel-protocol": "vxlan", "cluster-name": "default", "cluster-id": "0", "devices": "eth0"}}, metav1.CreateOptions{}))
	dns := map[string]string{"k8s-app": "kube-dns"}
	must(client.CoreV1().Services("kube-system").Create(ctx, &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "kube-dns", Labels: dns}, Spec: corev1.ServiceSpec{Selector: dns, ClusterIP: "10.96.0.10",
		Ports: []corev1.ServicePort{{Name: "dns", Protocol: "UDP", Port: 53, TargetPort: intstr.FromInt(53)}, {Name: "dns-tcp", Protocol: "TCP", Port: 53, TargetPort: intstr.FromInt(53)}}}}, metav1.CreateOptions{}))
	yes, apiPort, tcp, name := true, int32(6443), corev1.ProtocolTCP, "https"
	must(client.DiscoveryV1().EndpointSlices("default").Create(ctx, &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Name: "kubernetes", Labels: map[string]string{"kubernetes.io/service-name": "kubernetes"}},
		AddressType: discoveryv1.AddressTypeIPv4, Endpoints: []discoveryv1.Endpoint{{Addresses: []string{agent.NodeIP(0)}, Conditions: discoveryv1.EndpointConditions{Ready: &yes}}},
		Ports: []discoveryv1.EndpointPort{{Name: &name, Port: &apiPort, Protocol: &tcp}}}, metav1.CreateOptions{}))

	parallel(n, 32, func(i int) {
		a := agents[i]
		nodeLabels := map[string]string{"kubernetes.io/hostname": a.Node, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", "topology.kubernetes.io/zone": fmt.Sprintf("zone-%c", 'a'+i%3)}
		if i == 0 {
			nodeLabels["node-role.kubernetes.io/control-plane"] = ""
		}
		must(client.CoreV1().Nodes().Create(ctx, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: a.Node, Labels: nodeLabels}, Status: nodeStatus(a.Node, a.IP, kubelet)}, metav1.CreateOptions{}))
		spec := podSpec(a.Version)
		spec.NodeName = a.Node
		podLabels := map[string]string{"controller-revision-hash": "6f7d8c9b5", "pod-template-generation": "1"}
		for k, v := range labels {
			podLabels[k] = v
		}
		p := must(client.CoreV1().Pods("kube-system").Create(ctx, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: a.Pod, Labels: podLabels,
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "DaemonSet", Name: "cilium", UID: set.UID, Controller: &yes, BlockOwnerDeletion: &yes}}}, Spec: spec}, metav1.CreateOptions{}))
		podStatus(p, a.IP)
		_, err := client.CoreV1().Pods("kube-system").UpdateStatus(ctx, p, metav1.UpdateOptions{})
		die(err)
	})
	fmt.Fprintf(os.Stderr, "%d nodes with an agent in %.1f s\n", n, time.Since(start).Seconds())
	if workloads {
		surround(ctx, client, agents)
	}
}

// adopt: the nodes of a cluster that someone else filled get our kubelet.
func adopt(ctx context.Context, client *kubernetes.Clientset, kubelet int32) {
	nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	die(err)
	parallel(len(nodes.Items), 16, func(i int) {
		n := &nodes.Items[i]
		n.Status.DaemonEndpoints.KubeletEndpoint.Port = kubelet
		n.Status.Addresses = append(n.Status.Addresses, corev1.NodeAddress{Type: corev1.NodeExternalDNS, Address: "127.0.0.1"})
		_, err := client.CoreV1().Nodes().UpdateStatus(ctx, n, metav1.UpdateOptions{})
		die(err)
	})
	fmt.Fprintf(os.Stderr, "%d nodes answer exec\n", len(nodes.Items))
}
