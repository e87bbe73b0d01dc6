package agent

import (
	"fmt"
	"io"
	"sort"
	"strings"
	"text/tabwriter"
)

func onOff(b bool) string {
	if b {
		return "Enabled"
	}
	return "Disabled"
}

func (a *Agent) kprMode(variant string) string {
	off := variant == KprOff
	switch {
	case a.minor() <= 13 && off:
		return "Disabled"
	case a.minor() <= 13:
		return "Strict"
	case off:
		return "False"
	}
	return "True"
}

// linkLocal is the second address of eth0 on agents that list all addresses (1.15 and later).
func (a *Agent) linkLocal() string { return fmt.Sprintf("fe80::a:%x", a.Index+1) }

// devices: how the list looks differs by version; since 1.15 as many blanks stand before the addresses as there are addresses, and one more.
func (a *Agent) devices() string {
	switch m := a.minor(); {
	case m <= 9:
		return "eth0 (Direct Routing)"
	case m <= 14:
		return "eth0 " + a.IP + " (Direct Routing)"
	}
	return "eth0   " + a.IP + " " + a.linkLocal() + " (Direct Routing)"
}

func (a *Agent) ciliumLine(variant string) string {
	v := fmt.Sprintf("%s (v%s-%s)", a.Version, a.Version, a.revision())
	if variant == Unhealthy {
		message := "Kubernetes service is not ready"
		if a.minor() >= 14 {
			message += ": " + unreachable
		}
		return "Failure   " + v + "    " + message
	}
	return "Ok   " + v
}

const unreachable = `Get "https://10.96.0.1:443/version": dial tcp 10.96.0.1:443: i/o timeout`

var apis = []string{"EndpointSliceOrEndpoint", "cilium/v2::CiliumClusterwideNetworkPolicy", "cilium/v2::CiliumEndpoint", "cilium/v2::CiliumNetworkPolicy",
	"cilium/v2::CiliumNode", "cilium/v2alpha1::CiliumCIDRGroup", "core/v1::Namespace", "core/v1::Pods", "core/v1::Service", "networking.k8s.io/v1::NetworkPolicy"}

type endpoint struct {
	id       int
	ns, name string
	ip       string
}

func (a *Agent) endpoints() []endpoint {
	apps := []string{"web", "cart", "search", "mail", "queue", "report", "cache", "login"}
	var l []endpoint
	for i := 0; i < a.Endpoints; i++ {
		app := apps[(i+a.Index)%len(apps)]
		l = append(l, endpoint{40 + i*37 + a.number(fmt.Sprint("id", i), 30), "shop-" + fmt.Sprint(1+i%3), fmt.Sprintf("%s-%08x-%s", app, 0x5a1c0000+a.number(app, 60000), PodName(app, a.Index*1000+i)[len(app)+1:]), podIP(a.Index, 10+i)})
	}
	return l
}

type controller struct {
	name, success, failure string
	count                  int
	message                string
}

func (a *Agent) controllers(variant string) []controller {
	ago := func(what string, max int) string {
		s := a.number(what, max)
		switch {
		case s >= 3600:
			return fmt.Sprintf("%dh%dm%ds ago", s/3600, s/60%60, s%60)
		case s >= 60:
			return fmt.Sprintf("%dm%ds ago", s/60, s%60)
		}
		return fmt.Sprintf("%ds ago", s)
	}
	var l []controller
	ok := func(name string, max int) { l = append(l, controller{name, ago(name, max), "never", 0, "no error"}) }
	for _, n := range []string{"cilium-health-ep", "endpoint-gc", "sync-lb-maps-with-k8s-services", "link-cache", "neighbor-table-refresh", "sync-utime", "write-cni-file", "bpf-map-sync-cilium_lxc", "ep-bpf-prog-watchdog", "sync-host-ips", "waiting-initial-global-identities-ep (" + fmt.Sprint(90+a.Index) + ")"} {
		if n == "cilium-health-ep" && variant == Starting {
			continue
		}
		ok(n, 60)
	}
	l = append(l, controller{"dns-garbage-collector-job", ago("dns", 60), "never", 0, "no error"})
	if variant == Unhealthy {
		l = append(l, controller{"sync-node-with-ciliumnode (" + a.Node + ")", ago("node", 90000), ago("nodefail", 60), 17, unreachable})
	} else {
		ok("sync-node-with-ciliumnode ("+a.Node+")", 90000)
	}
	for _, e := range a.endpoints() {
		ok("resolve-identity-"+fmt.Sprint(e.id), 300)
		ok("resolve-labels-"+e.ns+"/"+e.name, 90000)
		ok("sync-policymap-"+fmt.Sprint(e.id), 900)
		ok(fmt.Sprintf("sync-to-k8s-ciliumendpoint (%d)", e.id), 10)
		ok(fmt.Sprintf("ipcache-inject-labels-%d", e.id), 60)
	}
	return l
}

func (a *Agent) Status(verbose bool, variant string) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 2, 0, 3, ' ', 0)
	m := a.minor()
	a.head(w, verbose, variant)
	a.controllerTable(w, verbose, variant)
	if m >= 14 {
		fmt.Fprintf(w, "Proxy Status:\tOK, ip %s, 0 redirects active on ports 10000-20000, Envoy: external\n", podIP(a.Index, 201))
	} else {
		fmt.Fprintf(w, "Proxy Status:\tOK, ip %s, 0 redirects active on ports 10000-20000\n", podIP(a.Index, 201))
	}
	if m >= 12 {
		fmt.Fprint(w, "Global Identity Range:\tmin 256, max 65535\n")
	}
	flows := 1000 + a.number("flows", 3095)
	hubble := fmt.Sprintf("Ok\tCurrent/Max Flows: %d/4095 (%.2f%%), Flows/s: %.2f", flows, float64(flows)*100/4095, float64(100+a.number("rate", 3000))/100)
	if m >= 18 {
		hubble += "\tMetrics: Disabled"
	} else {
		hubble += "\tMetrics: Ok"
	}
	fmt.Fprintf(w, "Hubble:\t%s\n", hubble)
	if verbose {
		a.kprDetails(w, variant)
		a.maps(w)
	}
	if m >= 14 {
		fmt.Fprint(w, "Encryption:\tDisabled\t\n")
	} else if m >= 10 {
		fmt.Fprint(w, "Encryption:\tDisabled\n")
	}
	if variant != Unhealthy {
		a.clusterHealth(w, verbose, variant)
		if m >= 15 && variant != Starting {
			a.modules(w, verbose)
		}
	}
	w.Flush()
	return b.String()
}

func (a *Agent) head(w io.Writer, verbose bool, variant string) {
	m := a.minor()
	if m >= 17 {
		fmt.Fprint(w, "KVStore:\tDisabled\t\n")
	} else {
		fmt.Fprint(w, "KVStore:\tOk\tDisabled\n")
	}
	if variant == Unhealthy {
		fmt.Fprintf(w, "Kubernetes:\tFailure\t%s\nKubernetes APIs:\t[\"\"]\n", unreachable)
	} else {
		fmt.Fprintf(w, "Kubernetes:\tOk\t1.36 (v1.36.3) [linux/amd64]\nKubernetes APIs:\t[\"%s\"]\n", strings.Join(apis, `", "`))
	}
	mode := a.kprMode(variant)
	list := "[" + a.devices() + "]"
	if mode == "Disabled" || (mode == "False" && m >= 16) {
		list = ""
	}
	fmt.Fprintf(w, "KubeProxyReplacement:\t%s\t%s\n", mode, list)
	if m >= 11 {
		fmt.Fprint(w, "Host firewall:\tDisabled\n")
	}
	if m >= 15 {
		fmt.Fprint(w, "SRv6:\tDisabled\n")
	}
	if m >= 12 {
		fmt.Fprint(w, "CNI Chaining:\tnone\n")
	}
	switch p := a.patch(); {
	case m == 13:
		fmt.Fprint(w, "CNI Config file:\tCNI configuration file successfully written to /host/etc/cni/net.d/05-cilium.conflist\n")
	case m > 15, m == 15 && p >= 5, m == 14 && p >= 11:
		fmt.Fprint(w, "CNI Config file:\tsuccessfully wrote CNI configuration file to /host/etc/cni/net.d/05-cilium.conflist\n")
	}
	fmt.Fprintf(w, "Cilium:\t%s\n", a.ciliumLine(variant))
	fmt.Fprint(w, "NodeMonitor:\tListening for events on 8 CPUs with 64x4096 of shared memory\n")
	fmt.Fprint(w, "Cilium health daemon:\tOk\t\n")
	eps := a.endpoints()
	total := 254
	if m <= 9 {
		total = 255
	}
	fmt.Fprintf(w, "IPAM:\tIPv4: %d/%d allocated from %s, \n", len(eps)+2, total, PodCIDR(a.Index))
	if verbose {
		fmt.Fprint(w, "Allocated addresses:\n")
		lines := []string{fmt.Sprintf("  %s (health)\n", podIP(a.Index, 200)), fmt.Sprintf("  %s (router)\n", podIP(a.Index, 201))}
		for _, e := range eps {
			lines = append(lines, fmt.Sprintf("  %s (%s/%s)\n", e.ip, e.ns, e.name))
		}
		sort.Strings(lines)
		fmt.Fprint(w, strings.Join(lines, ""))
	}
	if m >= 19 {
		fmt.Fprint(w, "ClusterMesh:\t0/0 remote clusters ready\n")
	} else if m >= 16 {
		fmt.Fprint(w, "ClusterMesh:\t0/0 remote clusters ready, 0 global-services\n")
	}
	if m >= 14 {
		fmt.Fprint(w, "IPv4 BIG TCP:\tDisabled\n")
	}
	if m >= 13 {
		fmt.Fprint(w, "IPv6 BIG TCP:\tDisabled\n")
	}
	if m >= 12 {
		fmt.Fprint(w, "BandwidthManager:\tEDT with BPF [CUBIC] [eth0]\n")
	} else {
		fmt.Fprint(w, "BandwidthManager:\tEDT with BPF\t[eth0]\n")
	}
	if m >= 16 {
		fmt.Fprint(w, "Routing:\tNetwork: Tunnel [vxlan]\tHost: BPF\nAttach Mode:\tTCX\nDevice Mode:\tveth\n")
	} else {
		fmt.Fprint(w, "Host Routing:\tBPF\n")
	}
	switch {
	case m <= 9:
		fmt.Fprint(w, "Masquerading:\tBPF\t[eth0]\t10.64.0.0/10\n")
	case m <= 17:
		fmt.Fprint(w, "Masquerading:\tBPF\t[eth0]\t10.64.0.0/10 [IPv4: Enabled, IPv6: Disabled]\n")
	default:
		fmt.Fprint(w, "Masquerading:\tBPF\t[eth0]\t10.64.0.0/10  [IPv4: Enabled, IPv6: Disabled]\n")
	}
	if verbose {
		fmt.Fprint(w, "Clock Source for BPF:\tktime\n")
	}
}

func (a *Agent) controllerTable(w io.Writer, verbose bool, variant string) {
	all := a.controllers(variant)
	healthy := 0
	var rows []string
	for _, c := range all {
		if c.count == 0 {
			healthy++
		}
		if verbose || c.count > 0 {
			rows = append(rows, fmt.Sprintf("  %s\t%s\t%s\t%d\t%s\t\n", c.name, c.success, c.failure, c.count, c.message))
		}
	}
	fmt.Fprintf(w, "Controller Status:\t%d/%d healthy\n", healthy, len(all))
	if len(rows) > 0 {
		rows = append(rows, "  Name\tLast success\tLast error\tCount\tMessage\n")
		sort.Strings(rows)
		t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
		fmt.Fprint(t, strings.Join(rows, ""))
		t.Flush()
	}
}

func (a *Agent) kprDetails(w io.Writer, variant string) {
	m := a.minor()
	on := variant != KprOff
	fmt.Fprint(w, "KubeProxyReplacement Details:\n")
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintf(t, "  Status:\t%s\n", a.kprMode(variant))
	if m == 9 && on {
		fmt.Fprint(t, "  Protocols:\tTCP, UDP\n")
	}
	if m >= 12 {
		fmt.Fprintf(t, "  Socket LB:\t%s\n", onOff(on))
		if m == 12 && a.patch() >= 9 {
			fmt.Fprint(t, "  Socket LB Coverage:\tFull\n")
		}
	}
	if m >= 13 {
		fmt.Fprintf(t, "  Socket LB Tracing:\t%s\n  Socket LB Coverage:\tFull\n", onOff(on))
	}
	if m >= 10 && m <= 12 && on {
		fmt.Fprint(t, "  Socket LB Protocols:\tTCP, UDP\n")
	}
	if on {
		fmt.Fprintf(t, "  Devices:\t%s\n  Mode:\tSNAT\n  Backend Selection:\tRandom\n", a.devices())
	}
	fmt.Fprintf(t, "  Session Affinity:\t%s\n", onOff(on))
	if m >= 11 && m <= 17 {
		fmt.Fprintf(t, "  Graceful Termination:\t%s\n", onOff(true))
	}
	if m >= 12 {
		fmt.Fprint(t, "  NAT46/64 Support:\tDisabled\n")
	}
	if on {
		fmt.Fprint(t, "  XDP Acceleration:\tDisabled\n")
	}
	fmt.Fprint(t, "  Services:\n  - ClusterIP:\tEnabled\n")
	if on {
		fmt.Fprint(t, "  - NodePort:\tEnabled (Range: 30000-32767) \n  - LoadBalancer:\tEnabled \n  - externalIPs:\tEnabled \n  - HostPort:\tEnabled\n")
	} else {
		fmt.Fprint(t, "  - NodePort:\tDisabled \n  - LoadBalancer:\tDisabled \n  - externalIPs:\tDisabled \n  - HostPort:\tDisabled\n")
	}
	if m >= 18 {
		fmt.Fprint(t, "  Annotations:\n  - service.cilium.io/node\n  - service.cilium.io/type\n")
	} else if m == 17 {
		fmt.Fprint(t, "  Annotations:\t(n/a)\n")
	}
	t.Flush()
}

func (a *Agent) maps(w io.Writer) {
	m := a.minor()
	type row struct {
		name string
		size int
	}
	var l []row
	add := func(size int, names ...string) {
		for _, n := range names {
			l = append(l, row{n, size})
		}
	}
	if m >= 14 {
		add(524288, "Auth")
	}
	add(65536, "Non-TCP connection tracking")
	add(131072, "TCP connection tracking")
	if m >= 18 {
		add(65535, "Endpoints")
	} else {
		add(65535, "Endpoint policy")
	}
	if m <= 13 {
		add(8, "Events")
	}
	add(512000, "IP cache")
	if m >= 14 {
		add(16384, "IPv4 masquerading agent", "IPv6 masquerading agent")
	} else {
		add(16384, "IP masquerading agent")
	}
	add(8192, "IPv4 fragmentation")
	add(65536, "IPv4 service", "IPv6 service", "IPv4 service backend", "IPv6 service backend", "IPv4 service reverse NAT", "IPv6 service reverse NAT")
	add(1024, "Metrics")
	if m >= 17 {
		add(64, "Ratelimit metrics")
	}
	add(131072, "NAT", "Neighbor table")
	if m >= 18 {
		add(16384, "Endpoint policy")
		add(65534, "Policy stats")
	} else {
		add(16384, "Global policy")
	}
	if m <= 13 {
		add(65536, "Per endpoint policy")
	}
	add(65536, "Session affinity")
	if m <= 13 {
		add(8, "Signal")
		add(65535, "Sockmap")
	}
	add(131072, "Sock reverse NAT")
	if m <= 17 {
		add(65536, "Tunnel")
	}
	fmt.Fprint(w, "BPF Maps:\tdynamic sizing: on (ratio: 0.002500)\n")
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprint(t, "  Name\tSize\n")
	for _, r := range l {
		fmt.Fprintf(t, "  %s\t%d\n", r.name, r.size)
	}
	t.Flush()
}

func (a *Agent) clusterHealth(w io.Writer, verbose bool, variant string) {
	m := a.minor()
	const stamp = "2026-11-24T12:00:00Z"
	if variant == Starting {
		if m >= 19 {
			fmt.Fprint(w, "Cluster health:\tProbe disabled\n")
		} else {
			fmt.Fprint(w, "Cluster health:\t\tProbe disabled\n")
		}
		return
	}
	peers := a.peers()
	n := len(peers)
	if m >= 18 {
		fmt.Fprintf(w, "Cluster health:\t%d/%d reachable\t(%s)\t(Probe interval: 1m36.566274746s)\n", n, n, stamp)
	} else {
		fmt.Fprintf(w, "Cluster health:\t%d/%d reachable\t(%s)\n", n, n, stamp)
	}
	local := func(i int) string {
		if i == 0 {
			return " (localhost)"
		}
		return ""
	}
	if m <= 16 {
		if verbose {
			fmt.Fprint(w, "  Name\tIP\tNode\tEndpoints\n")
			for i, p := range peers {
				fmt.Fprintf(w, "  %s%s\t%s\treachable\treachable\n", p.Name, local(i), p.IP)
			}
		}
		return
	}
	fmt.Fprint(w, "Name\tIP\tNode\tEndpoints\n")
	if !verbose {
		return
	}
	probed := ""
	if m >= 18 {
		probed = "\t(Last probed: " + stamp + ")"
	}
	for i, p := range peers {
		fmt.Fprintf(w, "  %s%s:\n", p.Name, local(i))
		for k, where := range []struct{ what, ip string }{{"Host", p.IP}, {"Endpoint", p.HealthIP}} {
			fmt.Fprintf(w, "    %s connectivity to %s:\n", where.what, where.ip)
			fmt.Fprintf(w, "      ICMP to stack:\tOK, RTT=%d.%dµs%s\n", 100+a.number(fmt.Sprint("icmp", i, k), 800), 1+k, probed)
			fmt.Fprintf(w, "      HTTP to agent:\tOK, RTT=1.%06dms%s\n", 100000+a.number(fmt.Sprint("http", i, k), 800000), probed)
		}
	}
}

// node of the tree of modules; a leaf has a level.
type module struct {
	name, level, message string
	children             []module
}

func (a *Agent) moduleTree() module {
	ok := func(name, message string) module { return module{name: name, level: "OK", message: message} }
	var eps []module
	for _, e := range a.endpoints() {
		eps = append(eps, module{name: fmt.Sprintf("cilium-endpoint-%d (%s/%s)", e.id, e.ns, e.name), children: []module{
			ok("datapath-regenerate", "Endpoint regeneration successful"), ok("policymap-sync", fmt.Sprintf("sync-policymap-%d", e.id))}})
	}
	return module{name: "agent", children: []module{
		{name: "controlplane", children: []module{
			{name: "auth", children: []module{ok("observer-job-auth-gc-identity-events", "Primed"), ok("timer-job-auth-gc-cleanup", "OK (21.1µs)")}},
			{name: "daemon", children: []module{ok("ep-bpf-prog-watchdog", "ep-bpf-prog-watchdog"), ok("", "daemon-validate-config")}},
			{name: "endpoint-manager", children: append(eps, ok("endpoint-gc", "endpoint-gc"))},
			{name: "l2-announcer", children: []module{ok("job-l2-announcer-lease-gc", "Running")}},
			{name: "node-manager", children: []module{ok("background-sync", "Node validation successful"), ok("nodes-add", "Node adds successful"), ok("nodes-update", "Node updates successful")}},
		}},
		{name: "datapath", children: []module{ok("node-address", fmt.Sprintf("%s (primary), %s", a.IP, a.linkLocal())), ok("orchestrator", "OK")}},
		{name: "infra", children: []module{{name: "k8s-synced-crdsync", children: []module{ok("job-sync-crds", "Running")}}}},
	}}
}

func (a *Agent) modules(w io.Writer, verbose bool) {
	root := a.moduleTree()
	m := a.minor()
	leaves, depth := 0, 0
	var count func(n module, d int)
	count = func(n module, d int) {
		if n.level != "" {
			leaves++
		}
		depth = max(depth, d)
		for _, c := range n.children {
			count(c, d+1)
		}
	}
	count(root, 0)
	summary := fmt.Sprintf("Stopped(0) Degraded(0) OK(%d)", leaves)
	if !verbose {
		if m == 15 && a.patch() <= 4 {
			summary += " Unknown(0)"
		}
		fmt.Fprintf(w, "Modules Health:\t%s\n", summary)
		return
	}
	var lines []string
	var walk func(n module, indent, branch string, level int)
	walk = func(n module, indent, branch string, level int) {
		line := indent + branch + n.name
		if n.level != "" {
			line = indent + branch + fmt.Sprintf("%-*s[%s] %s (%ds, x%d)", 40+2*(depth-level), n.name, n.level, n.message, 2+a.number(n.name, 58), 1+a.number("x"+n.name, 9))
		}
		lines = append(lines, line)
		below := indent
		switch branch {
		case "├── ":
			below += "│   "
		case "└── ":
			below += "    "
		}
		for i, c := range n.children {
			next := "├── "
			if i == len(n.children)-1 {
				next = "└── "
			}
			walk(c, below, next, level+1)
		}
	}
	walk(root, "", "", 0)
	switch {
	case m == 15:
		fmt.Fprintf(w, "Modules Health:\n%s\n\n", strings.Join(lines, "\n"))
	case m <= 17:
		fmt.Fprintf(w, "Modules Health:\n\t\t%s\n\t\t\n", strings.Join(lines, "\n\t\t"))
	case m <= 19:
		fmt.Fprintf(w, "Modules Health:\t\t%s\n\t\t\n\n", strings.Join(lines, "\n\t\t"))
	default:
		fmt.Fprintf(w, "Modules Health:\t%s\n  %s\n", summary, strings.Join(lines, "\n  "))
	}
}
