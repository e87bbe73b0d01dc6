#include "checks/check.hpp"

namespace kpr::checks {

const Checks& registry() {
  static const Checks all = [] {
    Checks list;
    for (auto* family : {&kpr_mode_checks,
                         &kube_proxy_leftovers_checks,
                         &kernel_checks,
                         &api_server_host_checks,
                         &devices_routing_checks,
                         &load_balancer_checks,
                         &socket_lb_checks,
                         &bpf_maps_checks,
                         &cluster_health_reach_checks,
                         &node_checks,
                         &lb_address_checks,
                         &host_datapath_checks,
                         &services_programmed_checks,
                         &workloads_checks})
      for (auto& check : (*family)())
        list.push_back(std::move(check));
    return list;
  }();
  return all;
}

}  // namespace kpr::checks
