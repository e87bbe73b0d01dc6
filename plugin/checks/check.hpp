// How to write a check: a function `void f(const facts::Fleet&, Sink&)`, a row in your family's
// list (below), an entry in the catalogue.
//   - state in `needs` what must have been read: when a piece is missing the runner skips the check
//   with the reason, it never passes;
//   - sink.not_applicable("…") where the rule has no meaning here; sink.skip("…") where evidence
//   inside a piece is missing;
//     sink.cannot_judge("…") where there is none to be had;
//   - one finding for many nodes: collect nodes, call sink.add once.
#pragma once
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "checks/catalogue.hpp"
#include "facts/fleet.hpp"

namespace kpr::services {
struct Comparison;
}

namespace kpr::checks {

// Pieces of the fleet that a check cannot do without.
enum class Need {
  agents,  // at least one agent with a readable status
  nodes,
  pods,
  services,
  endpoint_slices,
  events,
  daemonsets,
  deployments,
  helm,
  node_configs,
  cilium_nodes,
  cilium_config,   // ConfigMap cilium-config
  kube_proxies,    // pods or DaemonSets, to say where kube-proxy runs
  version,         // Cilium's version
  all_daemonsets,  // not only Cilium's own (a sysdump lacks them)
  // Without a type of their own: fleet.raw(). Null there although the need is met: the cluster has
  // no such resource.
  cilium_endpoints,
  persistent_volumes,
};

struct Thresholds {
  std::chrono::seconds pull_info{120}, pull_warn{300}, pull_error{600};
  std::chrono::seconds helm_pending{600};
  std::chrono::seconds agent_settle{
      120};  // younger agents: cluster health and the like are not judged
  std::chrono::seconds restarts_window{3600};
  double map_fill = 0.9;
  std::vector<std::string>
      workload_namespaces;  // empty: all. Only pods of users are narrowed by it
};

// What several checks are views of, made once when the first of them asks.
class Views {
 public:
  Views(const facts::Fleet& fleet, const Thresholds& thresholds);
  ~Views();
  const services::Comparison& services();  // Services and EndpointSlices have to be there

 private:
  const facts::Fleet& fleet_;
  const Thresholds& thresholds_;
  std::unique_ptr<services::Comparison> services_;
};

class Sink {
 public:
  // `cluster`: what cluster_values() says.
  Sink(const facts::Fleet& fleet,
       std::string_view id,
       const Thresholds& thresholds,
       const Values& cluster,
       Views* views = nullptr)
      : fleet_(fleet),
        id_(id),
        thresholds_(thresholds),
        cluster_(cluster),
        views_(views) {}
  Views& views() const { return *views_; }
  const Thresholds& thresholds() const { return thresholds_; }
  const std::string& id() const { return id_; }
  bool wants_namespace(std::string_view ns) const;  // --namespace-of-workloads

  // A new finding with the catalogue's severity, why, fix, verify and links. Change what you need,
  // say in `values` what its placeholders stand for, then add() it.
  Finding make(std::string summary) const;
  void add(Finding finding);
  void skip(std::string reason);  // could not be judged: something was not read; findings already
                                  // added stay
  void cannot_judge(std::string reason);    // nothing here could tell, whatever rights and time one
                                            // has: no image of an agent has the program for it
  void not_applicable(std::string reason);  // the rule has no meaning in this cluster
  const std::vector<Finding>& findings() const { return findings_; }
  std::vector<Finding>& findings() { return findings_; }
  const facts::Fleet& fleet() const { return fleet_; }
  const std::string& skipped() const { return skipped_; }
  const std::string& not_judged_because() const { return not_judged_; }
  const std::string& not_applicable_because() const { return not_applicable_; }

 private:
  const facts::Fleet& fleet_;
  std::string id_;
  const Thresholds& thresholds_;
  const Values& cluster_;
  Views* views_;
  std::vector<Finding> findings_;
  std::string skipped_, not_judged_, not_applicable_;
};

// What placeholders stand for in all of a cluster's findings: {ns}, {release}, {host} …
Values cluster_values(const facts::Fleet& fleet);

class Rule;

struct Check {
  std::string_view id;
  std::vector<Need> needs;
  // The second is the way to write one: see rule.hpp.
  std::variant<void (*)(const facts::Fleet&, Sink&), void (*)(const facts::Fleet&, Rule&)> judge;

  void run(const facts::Fleet& fleet, Sink& sink) const;
};
using Checks = std::vector<Check>;

// One function a family; registry.cpp strings them together.
Checks kpr_mode_checks();
Checks kube_proxy_leftovers_checks();
Checks kernel_checks();
Checks api_server_host_checks();
Checks devices_routing_checks();
Checks load_balancer_checks();
Checks socket_lb_checks();
Checks bpf_maps_checks();
Checks cluster_health_reach_checks();
Checks node_checks();
Checks lb_address_checks();
Checks host_datapath_checks();
Checks services_programmed_checks();
Checks workloads_checks();  // sections 8 to 10: checks/workloads.cpp, made of its own families
const Checks& registry();

// Why a need is not met, ready to print; empty when it is met.
std::string unmet(const facts::Fleet& fleet, Need need);

// Why what was read for a need is not all there is (one namespace only, a file that is cut off);
// empty when it is all. What a check finds in a part is true; that it finds nothing says nothing.
std::string partly_met(const facts::Fleet& fleet, Need need);

}  // namespace kpr::checks
