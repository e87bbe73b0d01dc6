// Where the API server is, by distribution and by what kubeadm wrote down; and what an address that
// is set may be.
#include "checks/api_host.hpp"

#include <algorithm>

#include "util/strings.hpp"

namespace kpr::checks {
namespace {

using facts::Distribution;
using facts::Fleet;

std::string yaml_value(const std::string& text, std::string_view key) {
  for (std::string_view line : split(text, '\n')) {
    auto t = trim(line);
    if (t.starts_with("- "))
      t = trim(t.substr(2));
    if (!t.starts_with(key) || t.size() <= key.size() || t[key.size()] != ':')
      continue;
    t = trim(t.substr(key.size() + 1));
    if (t.size() >= 2 && (t.front() == '"' || t.front() == '\''))
      t = t.substr(1, t.size() - 2);
    return std::string(t);
  }
  return {};
}

// ---- By distribution ---------------------------------------------------------------------------

// A proxy on every node that knows all API servers. Sources: the distributions' code and documents;
// k3s serves the API on the same port of its servers themselves.
struct LocalProxy {
  Distribution distribution;
  std::string_view host, port, name;
};
constexpr LocalProxy k_proxies[] = {
    {Distribution::talos, "localhost", "7445", "KubePrism"},
    {Distribution::k3s, "127.0.0.1", "6444", "the local proxy of k3s"},
    {Distribution::rke2, "localhost", "6443", "the local proxy of RKE2"},
    {Distribution::k0s, "localhost", "7443", "the node-local load balancer of k0s"},
    {Distribution::microk8s, "127.0.0.1", "16443", "the local proxy of MicroK8s"},
    {Distribution::canonical, "127.0.0.1", "6443", "k8s-apiserver-proxy"},
    {Distribution::deckhouse, "127.0.0.1", "6445", "kubernetes-api-proxy"},
    {Distribution::kubespray, "localhost", "6443", "the proxy of kubespray"},
};

bool has_argument(const Fleet& fleet, const char* annotation, std::string_view argument) {
  return fleet.nodes &&
         std::any_of(fleet.nodes->begin(), fleet.nodes->end(), [&](const facts::Node& node) {
           const auto found = node.annotations.find(annotation);
           return found != node.annotations.end() &&
                  found->second.find(argument) != std::string::npos;
         });
}

bool has_pod(const Fleet& fleet, auto matches) {
  return fleet.pods && std::any_of(fleet.pods->begin(), fleet.pods->end(), matches);
}

bool of_node_local_balancer(const facts::Pod& pod) {
  const auto component = pod.labels.find("app.kubernetes.io/component");
  return component != pod.labels.end() && component->second == "nllb";
}

// The proxy that this cluster has; null where its ports were moved, or it is switched off.
const LocalProxy* proxy_of(const Fleet& fleet) {
  const auto* proxy =
      std::find_if(std::begin(k_proxies), std::end(k_proxies), [&](const LocalProxy& p) {
        return p.distribution == fleet.distribution;
      });
  if (proxy == std::end(k_proxies))
    return nullptr;
  const bool moved = has_argument(fleet, "k3s.io/node-args", "--lb-server-port") ||
                     has_argument(fleet, "k3s.io/node-args", "--https-listen-port") ||
                     has_argument(fleet, "rke2.io/node-args", "--lb-server-port");
  const bool off =
      fleet.distribution == Distribution::k0s && !has_pod(fleet, of_node_local_balancer);
  return moved || off ? nullptr : proxy;
}

// A proxy that somebody put on the nodes: kubespray's, and others of the same kind.
bool has_proxy_pod(const Fleet& fleet) {
  return has_pod(fleet, [](const facts::Pod& p) {
    return p.ns == "kube-system" &&
           (p.name.starts_with("nginx-proxy") || p.name.starts_with("haproxy") ||
            p.name.starts_with("kube-apiserver-proxy"));
  });
}

// kind://docker/<cluster>/<node>: names that its network resolves.
ApiHost of_kind(const Fleet& fleet) {
  std::string cluster;
  std::size_t control_planes = 0;
  for (const facts::Node& node : *fleet.nodes) {
    const auto parts = split(node.provider_id, '/');
    if (parts.size() > 3)
      cluster = parts[3];
    control_planes += node.is_control_plane() ? 1 : 0;
  }
  if (cluster.empty())
    return {};
  return {cluster + (control_planes > 1 ? "-external-load-balancer" : "-control-plane"),
          "6443",
          "kind's name of it",
          {}};
}

// kOps' API server names itself in its arguments.
ApiHost of_kops(const Fleet& fleet) {
  constexpr std::string_view k_name = "https://api.internal.";
  if (fleet.pods)
    for (const facts::Pod& pod : *fleet.pods)
      for (const facts::Container& c : pod.containers)
        for (const auto* words : {&c.command, &c.args})
          for (const std::string& word : *words)
            if (const std::size_t at = word.find(k_name); at != std::string::npos) {
              ApiHost host = api_host_of(word.substr(at), pod.path("Pod"));
              host.port = "443";
              return host;
            }
  return {};
}

// The address in a kubeconfig that a ConfigMap holds.
ApiHost of_kubeconfig(const Fleet& fleet, const char* ns, const char* map, const char* key) {
  const facts::ConfigMap* m = fleet.config_map(ns, map);
  const auto text = m == nullptr ? facts::Labels::const_iterator{} : m->data.find(key);
  if (m == nullptr || text == m->data.end())
    return {};
  const std::string server = yaml_value(text->second, "server");
  return server.empty() ? ApiHost{} : api_host_of(server, m->path("ConfigMap"));
}

ApiHost of_cloud(const Fleet& fleet) {
  // kube-proxy reaches the API server past Services too: while its ConfigMap is there it tells.
  for (const char* key : {"kubeconfig", "kubeconfig.conf"})
    if (ApiHost host = of_kubeconfig(fleet, "kube-system", "kube-proxy", key);
        !host.host.empty() && !is_loopback(host.host))
      return host;
  switch (fleet.distribution) {
  case Distribution::eks:
    return {{}, "443", {}, "aws eks describe-cluster --name CLUSTER --query cluster.endpoint"};
  case Distribution::aks:
    return {{}, "443", {}, "az aks show -g GROUP -n CLUSTER --query fqdn -o tsv"};
  case Distribution::openshift:
    return {{},
            "6443",
            {},
            "kubectl get infrastructure cluster -o jsonpath='{.status.apiServerInternalURI}'"};
  default:
    return {};
  }
}

ApiHost of_shoot(const Fleet& fleet) {
  const facts::ConfigMap* info = fleet.config_map("kube-system", "shoot-info");
  const auto domain = info == nullptr ? facts::Labels::const_iterator{} : info->data.find("domain");
  if (info == nullptr || domain == info->data.end())
    return {};
  return {"api." + domain->second, "443", info->path("ConfigMap"), {}};
}

ApiHost by_distribution(const Fleet& fleet) {
  if (const LocalProxy* proxy = proxy_of(fleet))
    return {std::string(proxy->host), std::string(proxy->port), std::string(proxy->name), {}};
  switch (fleet.distribution) {
  case Distribution::kind:
    return of_kind(fleet);
  case Distribution::minikube:
    return {"control-plane.minikube.internal", "8443", "minikube's name of it", {}};
  case Distribution::kops:
    return of_kops(fleet);
  case Distribution::gardener:
    return of_shoot(fleet);
  case Distribution::eks:
  case Distribution::aks:
  case Distribution::openshift:
    return of_cloud(fleet);
  default:
    return {};
  }
}

std::string kubeadm_endpoint(const Fleet& fleet) {
  const facts::ConfigMap* kubeadm = fleet.config_map("kube-system", "kubeadm-config");
  if (kubeadm == nullptr)
    return {};
  const auto text = kubeadm->data.find("ClusterConfiguration");
  return text == kubeadm->data.end() ? std::string()
                                     : yaml_value(text->second, "controlPlaneEndpoint");
}

// ---- What an address is ------------------------------------------------------------------------

const facts::Service* service_of(const Fleet& fleet, const std::string& host) {
  if (!fleet.services)
    return nullptr;
  for (const facts::Service& s : *fleet.services) {
    const bool by_name =
        host == s.name + "." + s.ns + ".svc" || host.starts_with(s.name + "." + s.ns + ".svc.");
    if (by_name)
      return &s;
    for (const auto* list : {&s.cluster_ips, &s.lb_ips, &s.external_ips})
      if (std::find(list->begin(), list->end(), host) != list->end())
        return &s;
  }
  return nullptr;
}

bool holds(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

WrongHost judge_loopback(const Fleet& fleet, const facts::ApiServerEnv& env) {
  WrongHost wrong;
  if (!local_proxy(fleet, env.host, env.port).empty() || has_proxy_pod(fleet) || !fleet.nodes)
    return wrong;
  for (const facts::Node& n : *fleet.nodes)
    if (n.is_linux() && !n.is_control_plane())
      wrong.nodes.push_back(n.name);
  if (wrong.nodes.empty())
    return wrong;
  const LocalProxy* proxy = proxy_of(fleet);
  wrong.why = proxy == nullptr ? "on workers nothing serves the API there"
                               : std::string(proxy->name) + " listens on port " +
                                     std::string(proxy->port) + ", not on " + env.port;
  return wrong;
}

WrongHost judge_node_address(const Fleet& fleet, const std::string& host) {
  WrongHost wrong;
  if (fleet.nodes)
    for (const facts::Node& n : *fleet.nodes)
      for (const facts::NodeAddress& a : n.addresses)
        if (a.address == host) {
          wrong.nodes.push_back(n.name);
          wrong.why = n.is_control_plane()
                          ? "that control plane is not among the API server's endpoints"
                          : "that is a worker, where no API server runs";
        }
  return wrong;
}

// kubeadm's own records name another one: most likely a machine that is gone, but a virtual IP is
// legitimate.
WrongHost judge_by_records(const Fleet& fleet, const std::string& host) {
  const std::string endpoint = api_host_of(kubeadm_endpoint(fleet), "").host;
  const ApiHost info = of_kubeconfig(fleet, "kube-public", "cluster-info", "kubeconfig");
  WrongHost wrong;
  if (host == endpoint || host == info.host)
    return wrong;
  wrong.stranger = true;
  if (endpoint.empty() && info.host.empty())
    return wrong;
  wrong.sure = false;
  wrong.why = "neither an API server's address nor what kubeadm recorded";
  wrong.evidence = {info.host.empty() ? "ConfigMap kube-system/kubeadm-config" : info.source,
                    info.host.empty() ? endpoint : info.host};
  return wrong;
}

}  // namespace

ApiHost api_host_of(std::string_view url, std::string source) {
  ApiHost out;
  out.source = std::move(source);
  const auto scheme = url.find("://");
  const bool is_url = scheme != std::string_view::npos;
  if (is_url)
    url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find('/'));
  if (!url.empty() && url.front() == '[') {
    const auto end = url.find(']');
    out.host = url.substr(1, end - 1);
    if (end != std::string_view::npos && end + 1 < url.size() && url[end + 1] == ':')
      out.port = url.substr(end + 2);
  } else {
    const auto colon = url.find(':');
    out.host = url.substr(0, colon);
    if (colon != std::string_view::npos)
      out.port = url.substr(colon + 1);
  }
  if (out.port.empty())
    out.port = is_url ? "443" : "6443";
  return out;
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::string local_proxy(const Fleet& fleet, std::string_view host, std::string_view port) {
  const LocalProxy* proxy = proxy_of(fleet);
  if (proxy == nullptr || !is_loopback(host))
    return {};
  const bool of_k3s = fleet.distribution == Distribution::k3s && port == "6443";
  return port.empty() || port == proxy->port || of_k3s ? std::string(proxy->name) : std::string();
}

bool is_own_service(const Fleet& fleet, const std::string& host) {
  return holds(fleet.kubernetes_cluster_ips(), host) || host == "kubernetes" ||
         host == "kubernetes.default" || host == "kubernetes.default.svc" ||
         host.starts_with("kubernetes.default.svc.");
}

WrongHost judge_api_host(const Fleet& fleet, const facts::ApiServerEnv& env) {
  const std::string& host = env.host;
  WrongHost wrong;
  const bool bare = host.find("://") == std::string::npos && host.find('/') == std::string::npos &&
                    (facts::is_ip(host) || host.find(':') == std::string::npos);
  if (!bare) {
    wrong.why = "it must be a bare host, without scheme and port";
    wrong.from_memory = true;
    return wrong;
  }
  if (is_own_service(fleet, host))
    return wrong;  // the time bomb's, and the crash loop's
  if (host == "auto") {
    if (fleet.config_map_known_absent("kube-public", "cluster-info"))
      wrong.why = "ConfigMap kube-public/cluster-info, which it stands for, does not exist";
    return wrong;
  }
  if (is_loopback(host))
    return judge_loopback(fleet, env);
  const auto addresses = fleet.api_server_addresses();
  if (holds(addresses, host))
    return wrong;
  if (const facts::Service* service = service_of(fleet, host);
      service != nullptr && fleet.configured_mode() == facts::KprMode::on) {
    wrong.why = "Cilium itself serves that address, of " + service->path("Service") +
                ", and needs the API server for it";
    wrong.circular = true;
    wrong.evidence = {service->path("Service"), service->type + ", " + host};
    return wrong;
  }
  if (!facts::is_ip(host) || addresses.empty() ||
      host == api_host_of(kubeadm_endpoint(fleet), "").host)
    return wrong;
  wrong = judge_node_address(fleet, host);
  return wrong.why.empty() ? judge_by_records(fleet, host) : wrong;
}

ApiHost suggest_api_host(const Fleet& fleet) {
  if (ApiHost host = by_distribution(fleet); !host.host.empty() || !host.ask.empty())
    return host;
  if (const std::string endpoint = kubeadm_endpoint(fleet); !endpoint.empty())
    return api_host_of(endpoint, "controlPlaneEndpoint of kubeadm-config");
  if (ApiHost info = of_kubeconfig(fleet, "kube-public", "cluster-info", "kubeconfig");
      !info.host.empty())
    return info;
  const auto addresses = fleet.api_server_addresses();
  if (addresses.empty())
    return {};
  return {addresses.front(),
          std::to_string(fleet.api_server_port()),
          "EndpointSlice default/kubernetes",
          {}};
}

}  // namespace kpr::checks
