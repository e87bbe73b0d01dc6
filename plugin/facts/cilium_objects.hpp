// Objects that one or two checks look at, read when they are asked for.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "facts/fleet.hpp"

namespace kpr::facts {

struct LocalRedirectPolicy : Meta {
  Selector backends;  // spec.redirectBackend.localEndpointSelector
};
struct L2AnnouncementPolicy : Meta {
  std::vector<std::string> interfaces;  // spec.interfaces, regular expressions
};

// Nothing where the resource could not be read; an empty list where the cluster has none.
std::optional<std::vector<LocalRedirectPolicy>> local_redirect_policies(const Fleet& fleet);
std::optional<std::vector<L2AnnouncementPolicy>> l2_announcement_policies(const Fleet& fleet);
// Names and labels alone: "leases", "namespaces", "ciliumloadbalancerippools".
std::optional<std::vector<Meta>> metas_of(const Fleet& fleet, const std::string& resource);

}  // namespace kpr::facts
