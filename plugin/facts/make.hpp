// Makers of parts of the fleet. Inside this room only.
#pragma once
#include "facts/fleet.hpp"

namespace kpr::facts {

Piece<std::vector<KubeProxy>> find_kube_proxies(const Fleet& fleet);
Distribution detect_distribution(const Fleet& fleet);
bool is_kubespray_proxy(const Pod& pod);
bool looks_like_kube_proxy(const Pod& pod);
bool is_kube_proxy(const Workload& daemonset);
Ownership find_owner(const Fleet& fleet);
KubeProxyOwner find_kube_proxy_owner(const Fleet& fleet);

}  // namespace kpr::facts
