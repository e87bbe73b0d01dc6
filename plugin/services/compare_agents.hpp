// `service list` of the agents of one profile against the API's objects.
#pragma once
#include <map>
#include <unordered_map>
#include <vector>

#include "services/fleet_services.hpp"
#include "services/groups.hpp"

namespace kpr::services {

class AgentComparer {
 public:
  AgentComparer(FleetServices& known, const Profile& profile, Groups& groups);
  void compare(std::uint32_t agent, ByKey& listed);
  const Table& table() const { return table_; }
  // What the API says of a frontend that was found; null where it has none.
  const Frontend* wanted(const facts::LbFrontend& found) const;
  // Of a NodePort at the wildcard address, so that it is one for all nodes, or at `ip`.
  Subject subject(Layer layer, const facts::LbFrontend& found) const;
  Subject subject(Layer layer, const facts::LbFrontend& found, const std::string& ip) const;

 private:
  using Numbers = std::vector<Groups::Number>;
  struct Verdict {  // of a frontend of the pool, the same for all nodes where `by_node` has none
    bool given = false;
    std::int32_t wanted = -1;  // place in the table
    Numbers groups;
  };

  void place_key(std::size_t frontend);
  const Verdict& verdict(facts::FrontendPool::Listed listed);
  Numbers details(std::size_t wanted, const facts::LbFrontend& found, const Place& place);
  bool has_backends_here(std::size_t frontend) const;
  bool may_be_there(const facts::LbFrontend& found) const;
  void compare_host_ports(const facts::Agent& agent, std::uint32_t number);
  void compare_host_port(facts::FrontendPool::Listed listed,
                         const Table& table,
                         const std::map<std::uint32_t, std::size_t>& by_key,
                         std::uint32_t agent);

  FleetServices& known_;
  const Profile& profile_;
  Groups& groups_;
  Place place_;
  Table table_;
  std::vector<std::uint32_t> keys_;   // of the table's frontends
  std::vector<std::int32_t> by_key_;  // place in the table
  std::vector<Verdict> verdicts_;     // by the pool's number
  std::vector<Groups::Number> missing_;
  std::unordered_map<std::string, std::vector<bool>> here_;  // node → frontends that differ there
};

}  // namespace kpr::services
