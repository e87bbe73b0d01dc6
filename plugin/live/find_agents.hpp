// Which pods are agents, on which nodes, and what their containers say when they do not run. Only
// for the cluster collector.
#pragma once
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "kube/client.hpp"
#include "live/cluster.hpp"

namespace kpr::live {

struct AgentPod {
  std::string ns, name, node, container;
  std::optional<std::string> down;  // why nothing can be asked of it
  std::string created;
};

// nullopt: the pod has no container of that name.
std::optional<AgentPod> agent_pod(const nlohmann::json& pod, std::string_view container);

struct Found {
  std::string ns;                           // Cilium's namespace
  std::map<std::string, AgentPod> by_node;  // the best pod of each node
  std::vector<AgentPod> homeless;           // pending, without a node
  std::vector<std::string> notes;
};
Result<Found>
find_agents(kube::Client& client, const ClusterOptions& options, const std::string& wanted_ns);

struct NodeNames {
  std::vector<std::string> names;      // of nodes that should have an agent
  std::optional<std::string> unknown;  // why the nodes could not be listed
  std::vector<std::string> notes;
};
Result<NodeNames> list_nodes(kube::Client& client, const ClusterOptions& options);

}  // namespace kpr::live
