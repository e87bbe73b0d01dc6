package agent

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// hostAnswers: what the node's own programs and the agent's counters say.
func (a *Agent) hostAnswers(m map[string]Answer) {
	router, health := podIP(a.Index, 201), podIP(a.Index, 200)
	var ip strings.Builder
	link := func(i int, name, kind string, mtu int, addresses ...string) {
		fmt.Fprintf(&ip, "%d: %s: <%s,UP,LOWER_UP> mtu %d qdisc noqueue state UP group default qlen 1000\n", i, name, kind, mtu)
		for _, address := range addresses {
			fmt.Fprintf(&ip, "    inet %s scope global %s\n       valid_lft forever preferred_lft forever\n", address, strings.Split(name, "@")[0])
		}
	}
	link(1, "lo", "LOOPBACK", 65536, "127.0.0.1/8")
	link(2, "eth0", "BROADCAST,MULTICAST", 1500, a.IP+"/16")
	link(3, "cilium_net@cilium_host", "BROADCAST,MULTICAST,NOARP", 1500)
	link(4, "cilium_host@cilium_net", "BROADCAST,MULTICAST,NOARP", 1500, router+"/32")
	link(5, "cilium_vxlan", "BROADCAST,MULTICAST", 1500)
	link(7, "lxc_health@if6", "BROADCAST,MULTICAST", 1500)
	for i := range a.endpoints() {
		link(8+2*i, fmt.Sprintf("lxc%012x@if%d", a.number(fmt.Sprint("lxc", i), 1<<24), 7+2*i), "BROADCAST,MULTICAST", 1500)
	}
	m["ip a"] = Answer{Out: ip.String()}

	var metrics strings.Builder
	w := tabwriter.NewWriter(&metrics, 0, 0, 3, ' ', 0)
	fmt.Fprint(w, "Metric\tLabels\tValue\n")
	row := func(name, labels string, value float64) { fmt.Fprintf(w, "%s\t%s\t%f\n", name, labels, value) }
	for i, name := range []string{"cilium_lb4_services_v2", "cilium_lb4_backends_v3", "cilium_ipcache_v2", "cilium_lxc"} {
		row("cilium_bpf_map_pressure", fmt.Sprintf("map_name=%q", strings.TrimPrefix(name, "cilium_")), 0.01*float64(i+1))
	}
	row("cilium_drop_count_total", `direction="INGRESS" reason="Unsupported L3 protocol"`, float64(a.number("drops", 900)))
	row("cilium_forward_count_total", `direction="EGRESS"`, 1e6+float64(a.number("forwards", 90000)))
	row("cilium_endpoint_state", `endpoint_state="ready"`, float64(a.Endpoints+1))
	row("cilium_services_events_total", `action="add"`, float64(len(a.services())))
	row("cilium_version", fmt.Sprintf("arch=\"amd64\" revision=%q version=%q", a.revision(), a.Version), 1)
	w.Flush()
	m["cilium metrics list"] = Answer{Out: metrics.String()}

	var config strings.Builder
	fmt.Fprint(&config, "#### Read-only configurations ####\n")
	for _, line := range []string{"BPFLBMapMax=65536", "ClusterName=default", "DatapathMode=veth", "Devices=[eth0]", "EnableIPv4=true", "EnableIPv6=false", "K8sServiceProxyName=", "KubeProxyReplacement=" + strings.ToLower(a.kprMode(Healthy)),
		"NodePortMax=32767", "NodePortMin=30000", "RoutingMode=tunnel", "TunnelProtocol=vxlan", "IPv4NodeAddr=" + a.IP, "HealthIP=" + health} {
		key, value, _ := strings.Cut(line, "=")
		fmt.Fprintf(&config, "%-34s: %s\n", key, value)
	}
	fmt.Fprint(&config, "##### Read-write configurations #####\nConntrackAccounting               : Disabled\nPolicyEnforcement                 : default\n")
	m["cilium config --all"] = Answer{Out: config.String()}

	var cgroup strings.Builder
	fmt.Fprint(&cgroup, "CgroupPath\nID       AttachType      AttachFlags     Name           \n/run/cilium/cgroupv2\n")
	for i, hook := range [][2]string{{"cgroup_inet4_connect", "cil_sock4_connect"}, {"cgroup_inet4_getpeername", "cil_sock4_getpeername"}, {"cgroup_inet4_post_bind", "cil_sock4_post_bind"},
		{"cgroup_udp4_recvmsg", "cil_sock4_recvmsg"}, {"cgroup_udp4_sendmsg", "cil_sock4_sendmsg"}} {
		fmt.Fprintf(&cgroup, "    %-8d %-15s multi           %s\n", 500+i, hook[0], hook[1])
	}
	m["bpftool cgroup tree %run%cilium%cgroupv2"] = Answer{Out: cgroup.String()}
	m["bpftool net show"] = Answer{Out: "xdp:\n\ntc:\neth0(2) tcx/ingress cil_from_netdev prog_id 610 link_id 31\neth0(2) tcx/egress cil_to_netdev prog_id 611 link_id 32\ncilium_vxlan(5) tcx/ingress cil_from_overlay prog_id 605 link_id 28\n\nflow_dissector:\n\nnetfilter:\n"}
}
