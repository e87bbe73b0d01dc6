// Where Cilium looks for the API server: the environment of its containers.
#pragma once
#include <string>
#include <vector>

#include "facts/objects.hpp"

namespace kpr::facts {

struct Fleet;

struct ApiServerEnv {
  bool known = false;  // the DaemonSet or a pod of it was read
  bool set = false;
  bool from_reference = false;  // of a ConfigMap, or a kubeconfig: no value to be seen
  bool only_in_some = false;    // one of the containers that need it lacks it
  std::string host, port;
  std::string where;  // "DaemonSet kube-system/cilium container config env KUBERNETES_SERVICE_HOST"
};

ApiServerEnv api_server_env(const std::vector<Container>& init,
                            const std::vector<Container>& main,
                            const std::string& where,
                            std::initializer_list<const char*> names);
ApiServerEnv agent_api_server(const Fleet& fleet);  // of containers config and cilium-agent

}  // namespace kpr::facts
