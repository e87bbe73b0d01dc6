// Makers of parts of the fleet. Inside this room only.
#pragma once
#include "facts/fleet.hpp"

namespace kpr::facts {

Piece<std::vector<KubeProxy>> find_kube_proxies(const Fleet& fleet);
Distribution detect_distribution(const Fleet& fleet);
bool looks_like_kube_proxy(const Pod& pod);

}  // namespace kpr::facts
