// The backends of one frontend that was wanted against those of one that was found.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "services/compare.hpp"
#include "services/expected.hpp"

namespace kpr::services {

// What differs, without frontend, Service and agents.
struct Detail {
  Kind kind = Kind::missing;
  std::string backend, wanted, found;
};

// The agent's frontend against the API's.
std::vector<Detail> agent_details(const Table& table,
                                  const Frontend& wanted,
                                  const std::vector<Chosen>& backends,
                                  const facts::LbFrontend& found,
                                  const Settings& settings,
                                  bool redirects_known);
// The kernel's frontend against the agent's.
std::vector<Detail> kernel_details(const facts::LbFrontend& listed,
                                   const facts::LbFrontend& in_kernel);
// Policies in the flags of the kernel's frontend against the API's (1.18+). A word that no kernel
// has is one that is not printed: `printed` are those that some have.
std::vector<Detail> flag_details(const Frontend& wanted,
                                 const facts::LbFrontend& in_kernel,
                                 const std::set<std::string>& printed);

}  // namespace kpr::services
