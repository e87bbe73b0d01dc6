package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"

	"kpr.dev/lab/internal/agent"
)

type object = map[string]any

// post creates an object of a kind that client-go has no type for.
func post(ctx context.Context, client *kubernetes.Clientset, path string, o object) {
	b, err := json.Marshal(o)
	die(err)
	for try := 0; ; try++ {
		err = client.CoreV1().RESTClient().Post().AbsPath(path).Body(b).SetHeader("Content-Type", "application/json").Do(ctx).Error()
		if errors.IsNotFound(err) && try < 200 { // the resource's definition is not served yet
			time.Sleep(50 * time.Millisecond)
			continue
		}
		if !errors.IsAlreadyExists(err) {
			die(err)
		}
		return
	}
}

// define makes a resource of Cilium's known to the server; its fields are not checked.
func define(ctx context.Context, client *kubernetes.Clientset, kind string, namespaced bool) {
	plural, scope := strings.ToLower(kind)+"s", "Cluster"
	plural = strings.Replace(plural, "policys", "policies", 1)
	if namespaced {
		scope = "Namespaced"
	}
	post(ctx, client, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", object{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": object{"name": plural + ".cilium.io"},
		"spec": object{"group": "cilium.io", "scope": scope, "names": object{"kind": kind, "listKind": kind + "List", "plural": plural, "singular": strings.ToLower(kind)},
			"versions": []object{{"name": "v2", "served": true, "storage": true, "schema": object{"openAPIV3Schema": object{"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}}})
}

// release is helm's own record, as helm keeps it in a Secret.
func release(version string) *corev1.Secret {
	when := time.Now().UTC().Add(-48 * time.Hour).Format(time.RFC3339Nano)
	text, err := json.Marshal(object{"name": "cilium", "namespace": "kube-system", "version": 1, "info": object{"first_deployed": when, "last_deployed": when, "deleted": "", "description": "Install complete", "status": "deployed"},
		"chart":  object{"metadata": object{"name": "cilium", "version": version, "appVersion": version}},
		"config": object{"kubeProxyReplacement": true, "k8sServiceHost": agent.NodeIP(0), "k8sServicePort": 6443, "kubeProxyReplacementHealthzBindAddr": "0.0.0.0:10256"}})
	die(err)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err = w.Write(text)
	die(err)
	die(w.Close())
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "sh.helm.release.v1.cilium.v1", Namespace: "kube-system", Labels: map[string]string{"name": "cilium", "owner": "helm", "status": "deployed", "version": "1"}},
		Type: "helm.sh/release.v1", Data: map[string][]byte{"release": []byte(base64.StdEncoding.EncodeToString(packed.Bytes()))}}
}

// runs makes a pod that runs, whoever would have scheduled it.
func runs(ctx context.Context, client *kubernetes.Clientset, p *corev1.Pod, ip string) {
	made := must(client.CoreV1().Pods(p.Namespace).Create(ctx, p, metav1.CreateOptions{}))
	podStatus(made, ip)
	_, err := client.CoreV1().Pods(p.Namespace).UpdateStatus(ctx, made, metav1.UpdateOptions{})
	die(err)
}

func owner(kind, name string) []metav1.OwnerReference {
	yes := true
	return []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: kind, Name: name, UID: types.UID("5a1c0000-0000-4000-8000-" + fmt.Sprintf("%012x", len(name))), Controller: &yes}}
}

// application: as large as pods of applications are.
func application(p agent.Pod) *corev1.Pod {
	app, _, _ := strings.Cut(p.Name, "-")
	no := false
	var env []corev1.EnvVar
	for i := range 12 {
		env = append(env, corev1.EnvVar{Name: fmt.Sprintf("SETTING_%d", i), Value: fmt.Sprintf("https://backend-%d.%s.example/api/v%d", i, app, i)})
	}
	probe := &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/healthz", Port: intstr.FromInt32(8080)}}, PeriodSeconds: 10}
	c := corev1.Container{Name: app, Image: "registry.example/shop/" + app + ":2.7.1", Env: env, Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}}, LivenessProbe: probe, ReadinessProbe: probe,
		VolumeMounts: []corev1.VolumeMount{{Name: "settings", MountPath: "/etc/" + app}}}
	name := p.Name[:strings.LastIndex(p.Name, "-")]
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: p.Name, Namespace: p.Namespace, Labels: map[string]string{"app.kubernetes.io/name": app, "app.kubernetes.io/part-of": "shop", "pod-template-hash": name[strings.LastIndex(name, "-")+1:]},
		OwnerReferences: owner("ReplicaSet", name)},
		Spec: corev1.PodSpec{NodeName: p.Node, Containers: []corev1.Container{c}, AutomountServiceAccountToken: &no,
			Volumes: []corev1.Volume{{Name: "settings", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: app}}}}}}}
}

func endpoint(p agent.Pod) object {
	return object{"apiVersion": "cilium.io/v2", "kind": "CiliumEndpoint", "metadata": object{"name": p.Name, "namespace": p.Namespace, "labels": object{"app.kubernetes.io/part-of": "shop"}},
		"status": object{"id": 400, "state": "ready", "networking": object{"addressing": []object{{"ipv4": p.IP}}, "node": p.Node}, "external-identifiers": object{"k8s-namespace": p.Namespace, "k8s-pod-name": p.Name, "pod-name": p.Namespace + "/" + p.Name},
			"identity": object{"id": 20000, "labels": []string{"k8s:app.kubernetes.io/part-of=shop", "k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name=" + p.Namespace, "k8s:io.cilium.k8s.policy.cluster=default",
				"k8s:io.cilium.k8s.policy.serviceaccount=default", "k8s:io.kubernetes.pod.namespace=" + p.Namespace}}}}
}

func slice(ctx context.Context, client *kubernetes.Clientset, ns, service string, addresses []string, ports map[string]int32, protocols map[string]corev1.Protocol) {
	yes := true
	s := &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Name: service + "-x7k2p", Labels: map[string]string{"kubernetes.io/service-name": service, "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"}}, AddressType: discoveryv1.AddressTypeIPv4}
	for name, number := range ports {
		protocol := protocols[name]
		s.Ports = append(s.Ports, discoveryv1.EndpointPort{Name: &name, Port: &number, Protocol: &protocol})
	}
	for _, address := range addresses {
		s.Endpoints = append(s.Endpoints, discoveryv1.Endpoint{Addresses: []string{address}, Conditions: discoveryv1.EndpointConditions{Ready: &yes, Serving: &yes}})
	}
	must(client.DiscoveryV1().EndpointSlices(ns).Create(ctx, s, metav1.CreateOptions{}))
}

// surround: Cilium's operator, resources and helm release, the cluster's DNS, and the applications that the agents speak of.
func surround(ctx context.Context, client *kubernetes.Clientset, agents []agent.Agent) {
	start := time.Now()
	first := agents[0]
	define(ctx, client, "CiliumNode", false)
	define(ctx, client, "CiliumEndpoint", true)
	define(ctx, client, "CiliumNodeConfig", true)
	define(ctx, client, "CiliumLocalRedirectPolicy", true)
	must(client.CoreV1().Secrets("kube-system").Create(ctx, release(first.Version), metav1.CreateOptions{}))

	image := "lab.local/cilium/operator-generic:v" + first.Version
	labels := map[string]string{"io.cilium/app": "operator", "name": "cilium-operator", "app.kubernetes.io/name": "cilium-operator", "app.kubernetes.io/part-of": "cilium"}
	spec := corev1.PodSpec{HostNetwork: true, Containers: []corev1.Container{{Name: "cilium-operator", Image: image, Env: podSpec(first.Version).Containers[0].Env, Command: []string{"cilium-operator-generic"}, Args: []string{"--config-dir=/tmp/cilium/config-map"}}}}
	one := int32(1)
	d := must(client.AppsV1().Deployments("kube-system").Create(ctx, &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "cilium-operator", Labels: labels},
		Spec: appsv1.DeploymentSpec{Replicas: &one, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"name": "cilium-operator"}}, Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: spec}}}, metav1.CreateOptions{}))
	d.Status = appsv1.DeploymentStatus{Replicas: 1, ReadyReplicas: 1, AvailableReplicas: 1, UpdatedReplicas: 1, ObservedGeneration: 1}
	_, err := client.AppsV1().Deployments("kube-system").UpdateStatus(ctx, d, metav1.UpdateOptions{})
	die(err)
	spec.NodeName = first.Node
	runs(ctx, client, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "cilium-operator-5d8c7b9f6-q7w2x", Namespace: "kube-system", Labels: labels, OwnerReferences: owner("ReplicaSet", "cilium-operator-5d8c7b9f6")}, Spec: spec}, first.IP)

	tcp, udp := corev1.ProtocolTCP, corev1.ProtocolUDP
	dns := agent.DNSAddresses(first.Fleet)
	slice(ctx, client, "kube-system", "kube-dns", dns, map[string]int32{"dns": 53, "dns-tcp": 53}, map[string]corev1.Protocol{"dns": udp, "dns-tcp": tcp})
	for i, ip := range dns {
		p := application(agent.Pod{Namespace: "kube-system", Name: agent.PodName("coredns-674b8bbfcf", i), Node: agents[i].Node, IP: ip})
		p.Labels = map[string]string{"k8s-app": "kube-dns"}
		runs(ctx, client, p, ip)
		post(ctx, client, "/apis/cilium.io/v2/namespaces/kube-system/ciliumendpoints", endpoint(agent.Pod{Namespace: "kube-system", Name: p.Name, Node: agents[i].Node, IP: ip}))
	}
	for i := range 3 {
		must(client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("shop-", 1+i)}}, metav1.CreateOptions{}))
	}
	pods := 0
	for i := range agents {
		pods += len(agents[i].Pods())
	}
	parallel(len(agents), 32, func(i int) {
		a := &agents[i]
		post(ctx, client, "/apis/cilium.io/v2/ciliumnodes", object{"apiVersion": "cilium.io/v2", "kind": "CiliumNode", "metadata": object{"name": a.Node}, "spec": object{"addresses": []object{{"ip": a.IP, "type": "InternalIP"}}, "ipam": object{"podCIDRs": []string{agent.PodCIDR(a.Index)}}}})
		for _, p := range a.Pods() {
			runs(ctx, client, application(p), p.IP)
			post(ctx, client, "/apis/cilium.io/v2/namespaces/"+p.Namespace+"/ciliumendpoints", endpoint(p))
		}
	})
	parallel(first.Services, 32, func(i int) {
		s := agent.ServiceOf(i, first.Fleet, first.Endpoints)
		port := corev1.ServicePort{Name: "http", Protocol: tcp, Port: int32(s.Port), TargetPort: intstr.FromInt32(8080), NodePort: int32(s.NodePort)}
		kind := corev1.ServiceTypeClusterIP
		if s.NodePort != 0 {
			kind = corev1.ServiceTypeNodePort
		}
		must(client.CoreV1().Services(s.Namespace).Create(ctx, &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: s.Name, Labels: map[string]string{"app.kubernetes.io/part-of": "shop"}},
			Spec: corev1.ServiceSpec{Type: kind, ClusterIP: s.ClusterIP, Ports: []corev1.ServicePort{port}}}, metav1.CreateOptions{}))
		slice(ctx, client, s.Namespace, s.Name, s.Backends, map[string]int32{"http": 8080}, map[string]corev1.Protocol{"http": tcp})
	})
	fmt.Fprintf(os.Stderr, "%d pods and %d Services of applications in %.1f s\n", pods, first.Services, time.Since(start).Seconds())
}
