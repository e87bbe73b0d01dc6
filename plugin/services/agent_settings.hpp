// What decides, beside the objects, which frontends an agent has to serve: its version, its
// settings, its node.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "facts/fleet.hpp"

namespace kpr::services {

enum class Answer { no, yes, unknown };

struct Settings {
  // Of the agent. Where it is not known, what depends on it may be or not.
  std::optional<facts::Version> version;
  bool ipv4 = true, ipv6 = false;
  bool protocols = true;  // frontends of one port and two protocols are two (bpf-lb-proto-diff)
  Answer node_port = Answer::yes, external_ips = Answer::yes, host_port = Answer::yes;
  Answer sctp = Answer::unknown;
  bool internal_traffic_policy = true, topology = false;
  std::string proxy_name;  // k8s-service-proxy-name
  int port_min = 30000, port_max = 32767;
  // What only the kernel's entries show.
  bool kube_proxy_replacement = true, tunnel = true;
  bool external_cluster_ip = false, source_ranges_everywhere = false;
  bool mode_annotation = false, algorithm_annotation = false, wildcards = true;
  std::string mode = "snat", algorithm = "random", lb_ipam = "lbipam";

  // Certainly of this version or later; certainly before it. Neither where it is not known.
  bool since(int major, int minor) const;
  bool before(int major, int minor) const;
  bool operator==(const Settings&) const = default;
};

// An address of the node, as the agent's table node-addresses has it (1.16+).
struct NodeAddress {
  std::string ip;
  bool node_port = false;  // NodePorts are served there
};

struct Place {
  std::string node, zone;
  facts::Labels labels;
  std::vector<NodeAddress> addresses;  // where they are known
};

// A setting's value by its name in cilium-config, nothing where it is not known.
using Lookup = std::function<std::optional<std::string>(const char* name)>;

// Flags of an agent as they are in force, "--name=value"; "--name" is true.
Lookup flags_lookup(const std::vector<std::string>& flags);
void take_settings(const Lookup& value, Settings& into);
Settings settings_of(const facts::Fleet& fleet, const facts::Agent& agent);
Place place_of(const facts::Fleet& fleet, const facts::Agent& agent);

}  // namespace kpr::services
