package agent

import "fmt"

// Pod is an application's pod with an endpoint on an agent's node.
type Pod struct{ Namespace, Name, Node, IP string }

// Pods that the agent's texts speak of.
func (a *Agent) Pods() (l []Pod) {
	for _, e := range a.endpoints() {
		l = append(l, Pod{e.ns, e.name, a.Node, e.ip})
	}
	return l
}

// Service is an application's: one port, some pods behind it, and for every tenth a NodePort.
type Service struct {
	Namespace, Name, ClusterIP string
	Port, NodePort             int
	Backends                   []string // addresses of pods
}

const backendPort = 8080

// ServiceOf: the i-th of a cluster, the same for each agent. Five pods of different nodes stand behind it, or as many as there are.
func ServiceOf(i, fleet, endpoints int) Service {
	s := Service{Namespace: fmt.Sprint("shop-", 1+i%3), Name: fmt.Sprint("svc-", i), ClusterIP: fmt.Sprintf("10.97.%d.%d", i/250, i%250+1), Port: 80}
	if i%10 == 0 && i/10 < 2700 {
		s.NodePort = 30000 + i/10
	}
	for k := 0; k < min(5, fleet) && endpoints > 0; k++ {
		pod := i*5 + k
		s.Backends = append(s.Backends, podIP(pod%fleet, 10+pod/fleet%endpoints))
	}
	return s
}

// DNSAddresses of the cluster DNS's pods.
func DNSAddresses(fleet int) []string {
	if fleet < 2 {
		return []string{podIP(0, 5)}
	}
	return []string{podIP(0, 5), podIP(1, 5)}
}

// A frontend as the agent has it.
type service struct {
	id             int
	ip             string
	port           int
	kind, ns, name string
	backends       []string
	udp            bool
}

// protocol is what stands behind an address: nothing up to 1.16.
func (s service) protocol(minor int) string {
	switch {
	case minor < 17:
		return ""
	case s.udp:
		return "/UDP"
	}
	return "/TCP"
}

func (a *Agent) services() []service {
	at := func(ips []string, port int) (l []string) {
		for _, ip := range ips {
			l = append(l, fmt.Sprint(ip, ":", port))
		}
		return l
	}
	dns := DNSAddresses(a.Fleet)
	l := []service{
		{1, "10.96.0.1", 443, "ClusterIP", "default", "kubernetes", []string{NodeIP(0) + ":6443"}, false},
		{2, "10.96.0.10", 53, "ClusterIP", "kube-system", "kube-dns", at(dns, 53), false},
	}
	if a.minor() >= 17 {
		l = append(l, service{3, "10.96.0.10", 53, "ClusterIP", "kube-system", "kube-dns", at(dns, 53), true})
	}
	for i := range a.Services {
		s := ServiceOf(i, a.Fleet, a.Endpoints)
		add := func(ip string, port int, kind string) {
			l = append(l, service{len(l) + 1, ip, port, kind, s.Namespace, s.Name, at(s.Backends, backendPort), false})
		}
		add(s.ClusterIP, s.Port, "ClusterIP")
		if s.NodePort != 0 {
			add(a.IP, s.NodePort, "NodePort")
			add("0.0.0.0", s.NodePort, "NodePort")
		}
	}
	return l
}
