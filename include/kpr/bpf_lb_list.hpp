// The rows of `cilium bpf lb list` (cilium-dbg/cmd/bpf_lb_list.go): what the load balancer has in
// its BPF maps, beside what the agent says that it has (kpr/service_list.hpp).
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "kpr/service_list.hpp"

namespace kpr {

/// A backend slot of a frontend.
struct BpfLbBackend {
  ServiceAddress address;             ///< empty when its backend is missing
  std::optional<std::uint32_t> slot;  ///< from 1; empty where the version prints none
  std::optional<std::uint32_t>
      missing_id;  ///< "backend 12 not found": the slot names a backend that the map lacks
  Line line = 0;
};

/// A frontend: all entries of the service map that have its address, protocol and scope.
struct BpfLbFrontend {
  ServiceAddress address;  ///< 1.17+ with a protocol; "[1.2.3.4]:80" is an IPv4 frontend in the map
                           ///< of IPv6 (NAT46)
  std::optional<std::uint32_t> rev_nat;  ///< index of reverse NAT, the service's ID
  bool has_master = false;               ///< slot 0 is there: without it nothing is balanced
  std::string_view type;  ///< of slot 0: ClusterIP, NodePort, …; empty where none is printed
  std::vector<std::string_view>
      flags;  ///< of slot 0, after the type: "non-routable", "Local", "l7-load-balancer", …
  std::optional<std::uint32_t> l7_proxy_port;  ///< "(L7LB Proxy Port: 15735)", 1.16+
  std::vector<BpfLbBackend> backends;          ///< in the order printed
  Line line = 0;
};

}  // namespace kpr
