#include "facts/api_server.hpp"

#include <algorithm>

#include "facts/fleet.hpp"

namespace kpr::facts {
namespace {

bool names_api_server(const Container& c) {
  return std::any_of(c.args.begin(), c.args.end(), [](const std::string& a) {
    return a.starts_with("--k8s-kubeconfig-path") || a.starts_with("--k8s-api-server");
  });
}

void take(ApiServerEnv& e, const Container& c, const std::string& where) {
  const EnvVar* host = c.env_named("KUBERNETES_SERVICE_HOST");
  const EnvVar* port = c.env_named("KUBERNETES_SERVICE_PORT");
  e.set = true;
  e.where = where + " container " + c.name;
  if (host == nullptr) {
    e.from_reference = true;
    return;
  }
  e.where += " env KUBERNETES_SERVICE_HOST";
  if (host->value)
    e.host = *host->value;
  else
    e.from_reference = true;
  if (port != nullptr && port->value)
    e.port = *port->value;
}

}  // namespace

ApiServerEnv api_server_env(const std::vector<Container>& init,
                            const std::vector<Container>& main,
                            const std::string& where,
                            std::initializer_list<const char*> names) {
  ApiServerEnv e;
  e.known = true;
  std::size_t asked = 0, with = 0;
  for (const char* name : names)
    for (const auto* list : {&init, &main})
      for (const Container& c : *list) {
        if (c.name != name)
          continue;
        ++asked;
        if (c.env_named("KUBERNETES_SERVICE_HOST") == nullptr && !names_api_server(c))
          continue;
        ++with;
        take(e, c, where);
      }
  e.only_in_some = e.set && with < asked;
  return e;
}

ApiServerEnv agent_api_server(const Fleet& fleet) {
  if (const Workload* ds = fleet.cilium_ds)
    return api_server_env(
        ds->init_containers, ds->containers, ds->path("DaemonSet"), {"config", "cilium-agent"});
  for (const Pod* p : fleet.cilium_pods)
    return api_server_env(
        p->init_containers, p->containers, p->path("Pod"), {"config", "cilium-agent"});
  return {};
}

}  // namespace kpr::facts
