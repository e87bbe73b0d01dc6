// Which host and port agents should use for the API server when no kube-proxy serves its Service,
// and what is wrong with the one they use.
#pragma once
#include <string>
#include <vector>

#include "facts/api_server.hpp"
#include "facts/fleet.hpp"

namespace kpr::checks {

struct ApiHost {
  std::string host, port, source;  // host empty when nothing tells
  std::string ask;  // then: the command that does, "az aks show … --query fqdn"; "" without one
};
ApiHost suggest_api_host(const facts::Fleet& fleet);
// "https://host:6443/x" or "host:6443".
ApiHost api_host_of(std::string_view url, std::string source);

bool is_loopback(std::string_view host);

// The local proxy that stands on every node of this distribution, "KubePrism"; empty where there
// is none, or not on this port.
std::string local_proxy(const facts::Fleet& fleet, std::string_view host, std::string_view port);

// The ClusterIP or name of Service default/kubernetes: served by Cilium itself.
bool is_own_service(const facts::Fleet& fleet, const std::string& host);

// What is wrong with the host, as the end of "k8sServiceHost is H: …"; empty where nothing is known
// to be. Nodes that cannot work with it; none where it is all of them.
struct WrongHost {
  std::string why;
  std::vector<std::string> nodes, evidence;  // pairs of source and text
  bool circular = false;                     // Cilium itself would have to serve it
  bool sure = true;       // false: kubeadm's records name another one, and a virtual IP is possible
  bool stranger = false;  // an address that nothing here knows, which may be a virtual IP
  bool from_memory = false;
};
WrongHost judge_api_host(const facts::Fleet& fleet, const facts::ApiServerEnv& env);

}  // namespace kpr::checks
