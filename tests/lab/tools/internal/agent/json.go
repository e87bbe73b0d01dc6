package agent

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
)

type object = map[string]any

func document(v any) string {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(err) // only maps, lists, strings and numbers of ours come here
	}
	return string(b) + "\n"
}

// StatusJSON: as `status -o json`: zero values are absent, lists are not.
func (a *Agent) StatusJSON(variant string) string {
	m := a.minor()
	on := variant != KprOff
	s := object{}
	cilium := strings.SplitN(a.ciliumLine(variant), "   ", 2)
	s["cilium"] = object{"state": cilium[0], "msg": cilium[1]}
	if m >= 17 {
		s["kvstore"] = object{"state": "Disabled"}
	} else {
		s["kvstore"] = object{"state": "Ok", "msg": "Disabled"}
	}
	if variant == Unhealthy {
		s["kubernetes"] = object{"state": "Failure", "msg": unreachable, "k8s-api-versions": nil}
	} else {
		s["kubernetes"] = object{"state": "Ok", "msg": "1.36 (v1.36.3) [linux/amd64]", "k8s-api-versions": apis}
	}
	allocations := object{podIP(a.Index, 200): "health", podIP(a.Index, 201): "router"}
	addresses := []string{podIP(a.Index, 200), podIP(a.Index, 201)}
	for _, e := range a.endpoints() {
		allocations[e.ip] = e.ns + "/" + e.name
		addresses = append(addresses, e.ip)
	}
	s["ipam"] = object{"status": fmt.Sprintf("IPv4: %d/254 allocated from %s, ", len(addresses), PodCIDR(a.Index)), "allocations": allocations, "ipv4": addresses, "ipv6": nil}
	s["nodeMonitor"] = object{"cpus": 8, "npages": 64, "pagesize": 4096}
	s["cluster"] = object{"self": a.Node, "ciliumHealth": object{"state": "Ok"}, "nodes": nil}
	var controllers []object
	for _, c := range a.controllers(variant) {
		status := object{"success-count": 12, "last-success-timestamp": "2026-11-24T12:00:00.000Z", "last-failure-timestamp": "0001-01-01T00:00:00.000Z"}
		if c.count > 0 {
			status["consecutive-failure-count"], status["failure-count"], status["last-failure-msg"] = c.count, c.count, c.message
		}
		controllers = append(controllers, object{"name": c.name, "configuration": object{"interval": "1m0s"}, "status": status})
	}
	s["controllers"] = controllers
	proxy := object{"ip": podIP(a.Index, 201), "port-range": "10000-20000", "redirects": nil}
	if m >= 14 {
		proxy["envoy-deployment-mode"] = "external"
	}
	s["proxy"] = proxy
	features := object{"annotations": nil, "sessionAffinity": enabled(on), "hostPort": enabled(on), "externalIPs": enabled(on), "nodePort": object{}}
	if on {
		features["nodePort"] = object{"enabled": true, "mode": "SNAT", "algorithm": "Random", "acceleration": "Disabled", "portMin": 30000, "portMax": 32767}
	}
	if m >= 12 {
		features["socketLB"] = enabled(on)
	} else if on {
		features["hostReachableServices"] = object{"enabled": true, "protocols": []string{"TCP", "UDP"}}
	}
	kpr := object{"mode": a.kprMode(variant), "devices": []string{"eth0"}, "directRoutingDevice": "eth0", "features": features}
	switch {
	case m >= 15:
		kpr["deviceList"] = []object{{"name": "eth0", "ip": []string{"", "", a.IP, a.linkLocal()}}}
	case m >= 10:
		kpr["deviceList"] = []object{{"name": "eth0", "ip": []string{a.IP}}}
	}
	s["kube-proxy-replacement"] = kpr
	return document(s)
}

func enabled(on bool) object {
	if on {
		return object{"enabled": true}
	}
	return object{}
}

func (a *Agent) ServiceList() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 5, 0, 3, ' ', 0)
	state := ""
	if a.minor() >= 12 {
		state = " (active)"
	}
	fmt.Fprint(w, "ID\tFrontend\tService Type\tBackend\t\n")
	for _, s := range a.services() {
		proto := s.protocol(a.minor())
		for i, be := range s.backends {
			if i == 0 {
				fmt.Fprintf(w, "%d\t%s:%d%s\t%s\t1 => %s%s%s\t\n", s.id, s.ip, s.port, proto, s.kind, be, proto, state)
			} else {
				fmt.Fprintf(w, "\t\t\t%d => %s%s%s\t\n", i+1, be, proto, state)
			}
		}
	}
	w.Flush()
	return b.String()
}

func (a *Agent) LoadBalancerMap() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 5, 0, 3, ' ', 0)
	fmt.Fprint(w, "SERVICE ADDRESS\tBACKEND ADDRESS (REVNAT_ID) (SLOT)\n")
	for _, s := range a.services() {
		proto := s.protocol(a.minor())
		fmt.Fprintf(w, "%s:%d%s (0)\t0.0.0.0:0 (%d) (0) [%s]\n", s.ip, s.port, proto, s.id, s.kind)
		for i, be := range s.backends {
			fmt.Fprintf(w, "%s:%d%s (%d)\t%s%s (%d) (%d)\n", s.ip, s.port, proto, i+1, be, proto, s.id, i+1)
		}
	}
	w.Flush()
	return b.String()
}
