// Facts of one Cilium agent: who it is, what it says of itself, what it programmed, and what lies
// in its node's iptables.
#pragma once
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "evidence/evidence.hpp"
#include "facts/cgroup.hpp"
#include "facts/frontends.hpp"
#include "facts/metrics.hpp"
#include "facts/network.hpp"
#include "facts/version.hpp"
#include "util/time.hpp"

namespace kpr::facts {

using evidence::Missing;
using evidence::Piece;

// What the agent's mode amounts to. `blank`: the line was printed without a value (1.15 with an old
// word: nothing is replaced).
enum class KprMode { unknown, on, partial, off, blank };

struct StatusDevice {
  std::string name;
  std::vector<std::string> ips;
};
struct Controller {
  std::string name, message;
  long long failures = 0;
};
struct HealthPath {
  std::string ip, icmp, http;  // status texts; "" is reachable, absent paths have no entry
  bool icmp_ok = true, http_ok = true, known = false;
  std::optional<Time> probed;  // 1.18+: the later of the two probes
};
struct HealthNode {
  std::string name;
  std::vector<HealthPath> host, endpoint;
  bool host_ok() const;
  bool endpoint_ok() const;
};
struct DegradedModule {
  std::string name, message;  // name: path from the root, "agent.datapath.…"
};

// Status in the words of `cilium status -o json`, from the text through libkprparse or from that
// JSON itself.
struct AgentStatus {
  std::string source;
  KprMode mode = KprMode::unknown;
  std::string mode_text;  // as printed
  bool mode_seen = false;
  std::vector<StatusDevice> devices;
  bool devices_known =
      false;  // the list is what the agent printed (text with mode False prints none)
  std::string direct_routing_device;
  std::optional<bool> socket_lb, socket_lb_hostns_only, node_port, host_port, external_ips,
      session_affinity;
  std::string lb_mode, lb_algorithm, lb_acceleration, dsr_dispatch;
  std::optional<int> port_min, port_max, lut_size;
  std::string host_routing;     // "BPF", "Legacy", ""
  std::string network_routing;  // "Native", "Tunnel [vxlan]", …
  std::string masquerade_mode;  // "BPF", "IPTables", ""
  std::optional<bool> masquerade_enabled;
  std::string cni_chaining;
  std::string cilium_state, cilium_msg, kubernetes_state, kubernetes_msg;
  std::vector<Controller> failing_controllers;
  std::vector<std::string> stale;  // "name: since when"
  std::vector<DegradedModule> degraded;
  std::optional<int> health_reachable, health_total;
  std::vector<HealthNode> health_nodes;  // the ones that are not reached in full; each of 1,000
                                         // agents names 1,000 nodes
  std::optional<Time> health_probed;     // when the agent last probed
  std::optional<std::chrono::seconds> health_interval;  // 1.18+
  std::size_t health_named = 0;                         // nodes that it named
  std::string health_state;
  std::optional<Version> version;
  std::string error;  // the agent answered, but with this error text only
  bool kpr_on() const { return mode == KprMode::on; }
  // Does all that kube-proxy did: mode True or Strict, or Partial (up to 1.15) with all its parts
  // on.
  bool replaces_kube_proxy() const;
};

// iptables of the node as the agent (host network) sees them, one entry for each backend and family
// that holds something of kube-proxy's.
struct IptablesTrace {
  std::string command;  // "iptables-nft-save"
  std::string source;
  std::size_t service_chains = 0;  // KUBE-SVC-/SEP-/EXT-/FW-/XLB- with a hash
  std::size_t rules = 0;           // -A lines in chains of kube-proxy
  std::size_t rejects = 0;         // REJECT rules in KUBE-SERVICES or KUBE-EXTERNAL-SERVICES
  bool canary = false;             // KUBE-PROXY-CANARY
  std::vector<std::string> samples;
  bool left() const { return service_chains > 0 || canary; }
};

struct Agent {
  std::string node, pod, ns, container, origin;
  std::optional<Missing> unreachable;
  std::optional<Version> version;  // status, then `version`, then the pod's image tag
  std::string version_text;
  Piece<AgentStatus> status;
  Piece<FrontendPool::List> services;  // in the fleet's pool
  std::string services_source;
  Piece<FrontendPool::List> kernel;   // the same from `bpf lb list`, where all of it was read
  Piece<std::size_t> bpf_lb_entries;  // rows of `bpf lb list`, masters and backends
  std::string bpf_lb_source;
  Piece<std::map<std::string, std::string>> config;  // `config --all`
  Piece<std::vector<IptablesTrace>> iptables;  // present when at least one table could be read
  Piece<std::vector<Interface>> interfaces;    // `ip a`
  Piece<std::vector<Metric>> metrics;  // those that are judged: drops, forwards, map pressure
  std::string metrics_source;
  Piece<CgroupTree> cgroups;  // `bpftool cgroup tree`
  std::string cgroups_source;
  const evidence::Agent* raw = nullptr;  // other commands' outputs; lives as long as the Evidence
  const evidence::Output* output(const std::string& command) const;  // null when missing
};

KprMode kpr_mode_of(std::string_view text);
AgentStatus status_from_json(const nlohmann::json& status, std::string source);
IptablesTrace scan_iptables(std::string_view text, std::string command, std::string source);

}  // namespace kpr::facts
