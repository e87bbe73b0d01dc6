// The typed facts of one `cilium status [--verbose]`: the agent's StatusResponse (Cilium's
// api/v1/openapi.yaml), plus what only the text has (cluster health, modules health). Each struct
// names the key it is printed under and, where it is not FormatStatusResponse in Cilium's
// pkg/client/client.go, the function that prints it. A version "1.N+" is the first that prints the
// line or the part. Every std::string_view points into the document that owns the text
// (kpr/parse.hpp). A std::optional that is empty means: its line was not printed, or cut. `line` is
// the 1-based line of the text; 0 for JSON input.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace kpr {

/// 1-based line of the text that a fact stands on; 0 when the document was JSON.
using Line = std::uint32_t;

/// An enumerated value and its raw text. A text of no known value is `other`, never an error.
template <class E>
struct Named {
  E value{};
  std::string_view text{};
};

/// State of a component (schema Status.state). `none` is an empty state.
enum class State : std::uint8_t { none, ok, warning, failure, disabled, other };

/// A component's state and message: lines KVStore, ContainerRuntime (1.6), Kubernetes, Cilium,
/// Cilium health daemon (pkg/client/client.go).
struct Component {
  Named<State> state;
  std::string_view msg;  ///< free text, may hold newlines; empty when none was printed
  Line line = 0;
};

/// KubeProxyReplacement.mode: 1.7-1.12 Strict, Partial, Probe, Disabled; 1.14+ True, False; `none`:
/// printed empty (1.15 with an old value).
enum class KprMode : std::uint8_t { none, strict, partial, probe, disabled, true_, false_, other };

/// One device of the kube-proxy replacement (1.8+).
struct Device {
  std::string_view name;
  std::vector<std::string_view> ips;  ///< 1.10+; IPv4 and IPv6, in the agent's order
  bool direct_routing = false;        ///< marked "(Direct Routing)", in 1.8 "(DR)"
};

/// Tri-state of a feature line: not printed, Enabled, Disabled.
using Enabled = std::optional<bool>;

/// NodePort part of the features.
struct NodePort {
  Enabled enabled;
  std::string_view mode;          ///< SNAT, DSR, Hybrid (1.8: HYBRID)
  std::string_view dsr_mode;      ///< 1.15+: "IP Option/Extension", IPIP, Geneve
  std::string_view algorithm;     ///< 1.9+: Random, Maglev
  std::uint32_t lut_size = 0;     ///< Maglev table size, 0 when not printed
  std::string_view acceleration;  ///< as printed: Disabled, Native, Generic, Best-Effort (1.15+)
  std::uint32_t port_min = 0;     ///< 0 when not printed
  std::uint32_t port_max = 0;
};

/// "KubeProxyReplacement Details" (1.9+, verbose) or the bracketed feature list of 1.7 and 1.8.
struct KprFeatures {
  Enabled socket_lb;          ///< 1.12+ "Socket LB"; before: host-reachable services are listed
  Enabled socket_lb_tracing;  ///< 1.13+
  std::string_view socket_lb_coverage;  ///< 1.12.9+: Full, Hostns-only
  std::vector<std::string_view>
      socket_protocols;  ///< 1.7-1.12: TCP, UDP; printed when socket LB is on
  NodePort node_port;
  Enabled cluster_ip, load_balancer, external_ips, host_port;
  Enabled session_affinity;
  Enabled graceful_termination;                ///< 1.11-1.17
  Enabled nat46x64;                            ///< 1.12+
  Enabled nat46x64_service, nat46x64_gateway;  ///< 1.13+, printed when NAT46/64 is on
  std::vector<std::string_view> nat46x64_prefixes;
  std::optional<std::vector<std::string_view>> annotations;  ///< 1.17+
  Line line = 0;
};

/// "KubeProxyReplacement:" (1.7+): the mode, and the devices that NodePort and friends are served
/// on.
struct KubeProxyReplacement {
  Named<KprMode> mode;
  std::vector<Device>
      devices;  ///< empty when the text prints none (1.9+: mode Disabled; 1.16+: mode False)
  bool devices_whole =
      false;  ///< true: the list was printed and read to its end; else there may be
              ///< other devices, and which one is for direct routing is not known
  std::optional<KprFeatures> features;
  Line line = 0;
};

/// A row of "Allocated addresses:" (verbose).
struct Allocation {
  std::string_view ip;     ///< may have a pool prefix (1.14+ multi-pool): "blue/10.1.2.3"
  std::string_view owner;  ///< router, health, ingress, ns/pod, may be empty
  Line line = 0;
};

/// "IPAM:": how many addresses of the pod ranges are in use.
struct Ipam {
  std::string_view status;  ///< "IPv4: 2/254 allocated from 10.0.0.0/24, " as printed
  std::optional<std::vector<Allocation>> allocations;  ///< verbose only
  Line line = 0;
};

/// A cluster under "ClusterMesh:"; counters of what was received from it (RemoteCluster; its
/// details are 1.14+).
struct RemoteCluster {
  std::string_view name;
  bool ready = false;
  // Empty where the version prints no such counter: endpoints 1.14+, service exports 1.17+
  // (MCS-API), endpoint slices 1.20.
  std::optional<std::uint64_t> nodes, endpoints, identities, services, endpoint_slices,
      service_exports, failures;
  std::string_view last_failure_ago;  ///< Go duration, or "never"
  std::string_view status;            ///< backend's own words
  bool has_config = false;            ///< "remote configuration:" line, 1.14+
  std::optional<bool> config_required, config_retrieved;
  std::optional<std::uint32_t> cluster_id;
  std::optional<bool> kvstoremesh, sync_canaries;
  std::string_view service_exports_mode;        ///< 1.17+: enabled, disabled, unsupported
  std::string_view endpoint_slice_export_mode;  ///< 1.20
  bool has_synced = false;                      ///< "synchronization status:" line, 1.14+
  std::optional<bool> synced_nodes, synced_endpoints, synced_identities, synced_services,
      synced_service_exports, synced_endpoint_slices;
  Line line = 0;
};

/// "ClusterMesh:" (1.7+).
struct ClusterMesh {
  std::uint64_t ready = 0, total = 0;  ///< of the key line; not known when `line` is 0 (JSON input
                                       ///< apart, where they are counted)
  std::optional<std::uint64_t> global_services;  ///< until 1.18
  std::vector<RemoteCluster> clusters;           ///< all in verbose, else those not ready
  Line line = 0;
};

/// "IPv6 BIG TCP:" (1.13+) and "IPv4 BIG TCP:" (1.14+).
struct BigTcp {
  bool enabled = false;
  std::uint64_t max_gro = 0, max_gso = 0;  ///< bytes, 0 when not printed
  Line line = 0;
};

/// "Masquerading:" (1.8+).
struct Masquerading {
  bool enabled = false;
  std::string_view mode;  ///< BPF, IPTables
  bool ip_masq_agent = false;
  std::vector<std::string_view> devices;  ///< names only, BPF mode with KPR
  std::string_view snat_exclusion_v4, snat_exclusion_v6;
  Enabled ipv4, ipv6;  ///< 1.10+
  Line line = 0;
};

/// A row of the controllers: one background task of the agent.
struct Controller {
  std::string_view name;
  std::string_view last_success_ago, last_failure_ago;  ///< Go duration, or "never"
  std::uint64_t consecutive_failures = 0;
  std::string_view last_failure_msg;  ///< empty for "no error"; may hold newlines
  std::string_view last_success_timestamp,
      last_failure_timestamp;  ///< JSON input only, RFC 3339; its zero time is
                               ///< "0001-01-01T00:00:00.000Z"
  Line line = 0;
};

/// "Controller Status:": how many of them are healthy.
struct Controllers {
  std::uint64_t
      healthy = 0,
      total = 0;  ///< of the key line; not known when `line` is 0 (rows whose key line was cut off)
  std::vector<Controller> rows;  ///< verbose: all with a status; else the failing ones
  Line line = 0;
};

/// A row of "Proxy Status:" (verbose): traffic redirected to an L7 proxy.
struct Redirect {
  std::string_view protocol, name;
  std::uint32_t proxy_port = 0;  ///< on the node, 1-65535
  Line line = 0;
};

/// "Proxy Status:": the L7 proxies.
struct Proxy {
  bool managed =
      false;  ///< false: "No managed proxy redirect" (or, with `line` 0, its key line was cut off)
  std::string_view ip;          ///< of the node, empty when not printed
  std::string_view port_range;  ///< "10000-20000"
  std::string_view envoy;       ///< 1.14+: external, embedded
  std::optional<std::uint64_t> total_redirects;
  std::vector<Redirect> redirects;
  Line line = 0;
};

/// "Hubble:" (1.8+): the flow log.
struct Hubble {
  Named<State> state;
  std::string_view msg;
  std::optional<std::uint64_t> current_flows, max_flows;  ///< kept, and kept at most
  std::string_view flows_per_second;                      ///< as printed, two decimals
  std::string_view metrics_state, metrics_msg;  ///< state of the metrics server, and its error
  Line line = 0;
};

/// A row of "BPF Maps:".
struct BpfMap {
  std::string_view name;   ///< in words: "TCP connection tracking"
  std::uint64_t size = 0;  ///< most entries it can hold
  Line line = 0;
};

/// "BPF Maps:" (1.9+, verbose).
struct BpfMaps {
  std::string_view
      dynamic_size_ratio;  ///< as printed, six decimals; empty when dynamic sizing is off
  std::vector<BpfMap> maps;
  Line line = 0;
};

/// An interface of "Encryption: Wireguard".
struct WireguardInterface {
  std::string_view name, public_key;
  std::uint64_t port = 0, peers = 0;  ///< UDP port; nodes it has a tunnel to
};

/// "Encryption:" (1.10+).
struct Encryption {
  std::string_view mode;  ///< Disabled, IPsec, Wireguard, Ztunnel (1.19+)
  std::string_view msg;
  bool wireguard = false;            ///< a bracketed list was printed, empty or not
  std::string_view node_encryption;  ///< 1.14+, with Wireguard: Enabled, Disabled, OptedOut
  std::vector<WireguardInterface> interfaces;
  Line line = 0;
};

/// One path to a node or its health endpoint.
struct HealthPath {
  std::string_view ip;
  bool secondary = false;
  std::optional<std::string_view> icmp,
      http;  ///< "OK, RTT=…", an error, or reachable/unreachable/unknown (until 1.16)
  std::string_view icmp_last_probed, http_last_probed;  ///< 1.18+
  std::uint32_t reachable = 0, total = 0, unknown = 0;  ///< one-line form of 1.17+: counts of paths
};

/// A node as seen by this node's health probes (FormatHealthStatusResponse,
/// pkg/health/client/client.go).
struct NodeHealth {
  std::string_view name;
  bool local = false;  ///< " (localhost)": the node that was asked
  std::vector<HealthPath> host,
      endpoint;  ///< to the node itself; to its health endpoint, a pod of its own
  std::string_view host_status, endpoint_status;  ///< table form: reachable, unreachable, unknown,
                                                  ///< true, false, "1/2", "0/1 (1 unknown)"
  Line line = 0;
};

/// "Cluster health:" (FormatHealthStatusResponse, pkg/health/client/client.go); also what
/// `cilium-health status` prints.
struct ClusterHealth {
  std::string_view state;  ///< empty for a table; "Probe disabled", "Warning", "Client error"
  std::string_view msg;
  std::optional<std::uint64_t> reachable, total;  ///< nodes
  std::string_view timestamp, probe_interval;     ///< probe interval: 1.18+
  std::vector<NodeHealth> nodes;
  bool more = false;  ///< "...": not all were printed
  Line line = 0;
};

/// A node of the tree under "Modules Health:"; a leaf has a level.
struct Module {
  std::string_view name;
  std::string_view level;  ///< OK, DEGRADED, STOPPED; empty for a branch
  std::string_view message;
  std::string_view age;  ///< HumanDuration: 60s, 2d3h
  std::uint64_t count = 0;
  std::uint32_t depth = 0;  ///< 0 for a root; the rows are in the tree's order
  Line line = 0;
};

/// "Modules Health:" (1.15+): what the agent's parts report of themselves
/// (GetAndFormatModulesHealth in modules.go).
struct ModulesHealth {
  std::optional<std::uint64_t> stopped, degraded, ok,
      unknown;           ///< printed, or counted from the tree's leaves (unknown: 1.15.0-1.15.4)
  std::string_view msg;  ///< an error instead of a tree
  std::vector<Module> tree;  ///< verbose
  Line line = 0;
};

/// "Stale status": a probe of the agent itself that did not come back in time.
struct Stale {
  std::string_view probe, since;  ///< its name; the moment, RFC 3339
};

/// A line with a key this library does not know, or a line it could not place; kept in order.
struct UnknownLine {
  Line line = 0;
  std::string_view text;
};

/// "Host firewall:" (1.11+).
struct HostFirewall {
  std::string_view mode;                  ///< Enabled, Disabled
  std::vector<std::string_view> devices;  ///< printed unless Disabled
  Line line = 0;
};

/// "SRv6:" (1.15+).
struct Srv6 {
  bool enabled = false;
  std::string_view encap_mode;  ///< as printed: srh, reduced; with enabled
  Line line = 0;
};

/// "NodeMonitor:": the perf ring buffer that agents read events from.
struct NodeMonitor {
  bool enabled = false;                              ///< false: "Disabled"
  std::uint64_t cpus = 0, npages = 0, pagesize = 0;  ///< CPUs listened on; pages; bytes a page
  std::uint64_t lost = 0, unknown = 0;               ///< events, as the agent counts them
  Line line = 0;
};

/// "BandwidthManager:" (1.9+).
struct BandwidthManager {
  bool enabled = false;
  std::string_view congestion_control;    ///< CUBIC or BBR, 1.12+
  std::vector<std::string_view> devices;  ///< printed when enabled
  Line line = 0;
};

/// "Routing:" (1.16+): how packets leave the node and the pod.
struct Routing {
  std::string_view inter_host;       ///< Native, Tunnel
  std::string_view intra_host;       ///< BPF, Legacy
  std::string_view tunnel_protocol;  ///< vxlan, geneve; with Tunnel
  Line line = 0;
};

/// "Clock Source for BPF:" (1.9.1+, verbose).
struct ClockSource {
  std::string_view mode;    ///< ktime, jiffies
  std::uint32_t hertz = 0;  ///< of jiffies, 0 when not printed
  Line line = 0;
};

/// "Global Identity Range:" (1.12+): both ends included.
struct IdentityRange {
  std::uint64_t min = 0, max = 0;
  Line line = 0;
};

/// All of one agent's status. Empty: the line was not printed, or not in the part of the text that
/// is there.
struct AgentStatus {
  std::optional<Component> kvstore, container_runtime, kubernetes, cilium, cilium_health, cni_file;
  std::optional<std::vector<std::string_view>> k8s_api_versions;
  std::optional<KubeProxyReplacement> kube_proxy_replacement;
  std::optional<HostFirewall> host_firewall;     ///< 1.11+
  std::optional<Srv6> srv6;                      ///< 1.15+
  std::optional<std::string_view> cni_chaining;  ///< 1.12+
  std::string_view cilium_version;  ///< "1.18.3" of the Cilium line; empty when it has none
  std::vector<Stale> stale;
  std::optional<NodeMonitor> node_monitor;
  std::optional<Ipam> ipam;
  std::optional<ClusterMesh> cluster_mesh;
  std::optional<BigTcp> ipv4_big_tcp, ipv6_big_tcp;
  std::optional<BandwidthManager> bandwidth_manager;  ///< 1.9+
  std::optional<std::string_view> host_routing;       ///< 1.9-1.15: BPF, Legacy
  std::optional<Routing> routing;                     ///< 1.16+
  std::optional<std::string_view> attach_mode;        ///< 1.16+: as printed, "TCX" or "Legacy TC"
  std::optional<std::string_view> device_mode;        ///< 1.16+
  std::string_view configured_device_mode;            ///< 1.20
  std::optional<Masquerading> masquerading;
  std::optional<ClockSource> clock_source;
  std::optional<Controllers> controllers;
  std::optional<Proxy> proxy;
  std::optional<IdentityRange> identity_range;
  std::optional<Hubble> hubble;  ///< 1.8+
  std::optional<BpfMaps> bpf_maps;
  std::optional<Encryption> encryption;
  std::optional<ClusterHealth> cluster_health;
  std::optional<ModulesHealth> modules_health;
};

}  // namespace kpr
