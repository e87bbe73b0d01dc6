// Sections 8 to 10 of the catalogue.
#include "checks/workloads_common.hpp"

namespace kpr::checks {

Checks workloads_checks() {
  Checks out;
  for (Checks (*family)() : {cluster_health_checks,
                             helm_checks,
                             pull_checks,
                             sandbox_checks,
                             agent_health_checks,
                             agent_start_checks,
                             envoy_checks}) {
    for (Check& c : family())
      out.push_back(std::move(c));
  }
  return out;
}

}  // namespace kpr::checks
