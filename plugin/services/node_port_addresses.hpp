// NodePorts are served at the same addresses of a node, all of them; which those are is the agent's
// affair (nodeport-addresses, devices, from 1.16 on the first address of each). Where most are
// served the others have to be, too, and where hardly any are nothing should be.
#pragma once
#include <vector>

#include "facts/frontends.hpp"

namespace kpr::services {

struct OddAddress {
  facts::FrontendPool::Listed
      listed;  // the frontend, and the address where it lacks or is too much
  bool missing = true;
};
std::vector<OddAddress> odd_addresses(const facts::FrontendPool& pool,
                                      const facts::FrontendPool::List& list);

}  // namespace kpr::services
