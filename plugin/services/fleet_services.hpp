// What a comparison asks of the fleet, looked up once.
#pragma once
#include <set>
#include <unordered_map>
#include <vector>

#include "services/expected.hpp"

namespace kpr::services {

struct FleetServices {
  explicit FleetServices(const facts::Fleet& fleet);
  const facts::Fleet& fleet;
  facts::FrontendPool& pool;
  Slices slices;
  Objects objects;
  bool services_complete = false, pods_complete = false;
  std::unordered_map<std::string, std::vector<const facts::Pod*>> host_ports;  // pods, by node
  std::set<std::string> kernel_words;  // flags that some kernel's frontend has
};

// Agents that have to serve the same, but for what is on their own nodes.
struct Profile {
  Settings settings;
  Place place;               // of the first one
  std::vector<bool> hidden;  // of Services that are not for all nodes
  std::vector<std::uint32_t> agents;
};
std::vector<Profile> profiles(const FleetServices& known);

}  // namespace kpr::services
