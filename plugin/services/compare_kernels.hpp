// `bpf lb list` of agents against their `service list`: what the kernel has against what the agent
// believes.
#pragma once
#include <unordered_map>

#include "services/compare_agents.hpp"

namespace kpr::services {

class KernelComparer {
 public:
  KernelComparer(FleetServices& known, Groups& groups) : known_(known), groups_(groups) {}
  // `agents` has just compared this agent; `listed` holds what its service list has.
  void compare(std::uint32_t agent,
               const AgentComparer& agents,
               const ByKey& listed,
               const Settings& settings);

 private:
  // A host port of the wildcard address stands in the map at each address of the node.
  std::uint32_t listed_key(const facts::LbFrontend& in_kernel, const ByKey& listed);

  FleetServices& known_;
  Groups& groups_;
  ByKey in_kernel_;
  // Number of the agent's frontend and of the kernel's → what differs: the same for all agents of
  // a profile.
  std::unordered_map<std::uint64_t, std::vector<Groups::Number>> pairs_;
};

}  // namespace kpr::services
