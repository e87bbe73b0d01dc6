// Makers of parts of the fleet. Inside this room only.
#pragma once
#include "facts/fleet.hpp"

namespace kpr::facts {

Agent make_agent(const evidence::Agent& in, const StatusSeen& on_status);
Piece<std::vector<KubeProxy>> find_kube_proxies(const Fleet& fleet);
Distribution detect_distribution(const Fleet& fleet);
bool looks_like_kube_proxy(const Pod& pod);

}  // namespace kpr::facts
