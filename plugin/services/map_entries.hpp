// What a frontend is in the kernel's map of services (cilium_lb4_services_v2): its flags, how many
// of its backends take part, and in which slots they stand. Source: pkg/loadbalancer/reconciler
// bpf_reconciler.go updateFrontend, pkg/loadbalancer NewSvcFlag (1.18+).
#pragma once
#include <string>
#include <vector>

#include "services/expected.hpp"

namespace kpr::services {

struct MapEntry {
  std::string address;  // "10.96.0.1:80/TCP", "172.30.0.11:30080/TCP/i", "10.96.0.1:0/ANY"
  std::string flags;    // "ClusterIP, Local, non-routable"
  std::string algorithm = "undef";
  int affinity_seconds = 0;
  std::size_t active = 0, inactive = 0;    // COUNT and QCOUNT of slot 0
  std::vector<std::uint32_t> slots;        // in Table::backends, in their order
  bool maglev = false;                     // has a table of its own
  std::vector<std::string> source_ranges;  // of its family
};

// The entry of a frontend as it stands in the table, and those that are made of it: one for each
// address of the node where NodePorts and host ports are served.
std::vector<MapEntry> map_entries(const Table& table,
                                  const Frontend& frontend,
                                  const Settings& settings,
                                  const Place& place);
// Entries that keep traffic to other ports of a Service's address from going on (1.19+).
std::vector<MapEntry>
wildcard_entries(const Table& table, const Settings& settings, const Place& place);

}  // namespace kpr::services
