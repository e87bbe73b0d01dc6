// The rows of `cilium service list` (cilium-dbg/cmd/service_list.go).
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "kpr/status.hpp"

namespace kpr {

/// An address of a Service or backend. Text forms: "IP:port", "[IPv6]:port", 1.17+ "…/PROTO", 1.13+
/// "IP@cluster:port".
struct ServiceAddress {
  std::string_view ip;
  std::uint32_t cluster_id = 0;  ///< 1.13+, 0 for the local cluster
  std::uint32_t port = 0;
  std::string_view protocol;    ///< 1.17+: TCP, UDP, SCTP, ANY, NONE; empty before
  bool internal_scope = false;  ///< frontends only, 1.9+: suffix "/i"
};

struct Backend {
  std::uint64_t id = 0;  ///< number of the row
  ServiceAddress address;
  std::string_view state;    ///< 1.12+: active, terminating, quarantined, maintenance,
                             ///< terminating-not-serving (1.19+)
  bool preferred = false;    ///< --clustermesh-affinity, 1.12+
  std::uint32_t weight = 0;  ///< 1.6 only, 0 when not printed
  Line line = 0;
};

struct Service {
  std::uint64_t id = 0;
  ServiceAddress frontend;
  std::string_view type;  ///< ClusterIP, NodePort, ExternalIPs, HostPort, LoadBalancer,
                          ///< LocalRedirect (1.9+); empty in 1.6
  bool remote = false;    ///< 1.14+: " (Remote)"
  std::vector<Backend> backends;
  Line line = 0;
};

}  // namespace kpr
