// Section 4: how agents reach the API server when no kube-proxy serves its Service.
#include "checks/api_host.hpp"

#include <algorithm>
#include <set>

#include "checks/agents.hpp"
#include "facts/api_server.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

using facts::Distribution;
using facts::KprMode;

// "https://host:6443/x" or "host:6443" → host, port.
ApiHost split_url(std::string_view url, std::string source) {
  ApiHost out;
  out.source = std::move(source);
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos)
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
    out.port = "6443";
  return out;
}

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

bool has_api_urls(const facts::Fleet& fleet) {
  const auto urls = fleet.config("k8s-api-server-urls"), one = fleet.config("k8s-api-server"),
             path = fleet.config("k8s-kubeconfig-path");
  return (urls && !urls->empty()) || (one && !one->empty()) || (path && !path->empty());
}

bool loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

bool local_proxy_expected(const facts::Fleet& fleet, const facts::ApiServerEnv& e) {
  switch (fleet.distribution) {
  case Distribution::k3s:
    return e.port.empty() || e.port == "6444" || e.port == "6443";
  case Distribution::rke2:
    return e.port.empty() || e.port == "6443";
  case Distribution::talos:
    return e.port.empty() || e.port == "7445";
  default:
    break;
  }
  // kubespray, and some others, run a local proxy as a static pod on every worker.
  if (fleet.pods)
    for (const auto& p : *fleet.pods)
      if (p.ns == "kube-system" &&
          (p.name.rfind("nginx-proxy", 0) == 0 || p.name.rfind("haproxy", 0) == 0 ||
           p.name.rfind("kube-apiserver-proxy", 0) == 0))
        return true;
  return false;
}

bool circular(const facts::Fleet& fleet, const std::string& host) {
  const auto ips = fleet.kubernetes_cluster_ips();
  return std::find(ips.begin(), ips.end(), host) != ips.end() || host == "kubernetes" ||
         host == "kubernetes.default" || host == "kubernetes.default.svc" ||
         host.rfind("kubernetes.default.svc.", 0) == 0;
}

// Where the message's URL points: the host after `https://`.
std::string host_in(std::string_view line) {
  auto at = line.find("https://");
  if (at == std::string_view::npos) {
    at = line.find("dial tcp ");
    if (at == std::string_view::npos)
      return {};
    line.remove_prefix(at + 9);
  } else {
    line.remove_prefix(at);
  }
  return split_url(line.substr(0, line.find_first_of("\" \\,")), "").host;
}

bool talks_of_api(std::string_view text, std::string& line) {
  for (std::string_view needle : {"Unable to contact k8s api-server",
                                  "unable to create k8s client",
                                  "Unable to initialize Kubernetes subsystem"}) {
    line = line_with(text, needle);
    if (!line.empty())
      return true;
  }
  return false;
}

void crashloop(const facts::Fleet& fleet, Sink& sink) {
  const auto cluster_ips = fleet.kubernetes_cluster_ips();
  Finding f = sink.make("");
  std::set<std::string> hosts;
  bool to_cluster_ip = false;
  for (const auto& w : last_words(fleet)) {
    if (w.running)
      continue;
    std::string line;
    if (!talks_of_api(w.text, line))
      continue;
    const std::string host = host_in(line);
    if (!host.empty())
      hosts.insert(host);
    to_cluster_ip = to_cluster_ip ||
                    std::find(cluster_ips.begin(), cluster_ips.end(), host) != cluster_ips.end();
    f.nodes.push_back(w.node);
    if (f.evidence.size() < 6)
      f.evidence.push_back({w.source, line});
  }
  if (f.nodes.empty())
    return;
  const facts::ApiServerEnv e = facts::agent_api_server(fleet);
  // A host that was set, and is wrong or unreachable, is k8s-host-wrong-value's or the network's:
  // said here only as what the agents say.
  const bool missing = !e.known || !e.set || (!e.host.empty() && circular(fleet, e.host));
  if (e.known)
    f.evidence.push_back({e.set                        ? e.where
                          : fleet.cilium_ds != nullptr ? fleet.cilium_ds->path("DaemonSet")
                                                       : "Pods of Cilium",
                          e.set ? "value: " + (e.host.empty() ? "(from a reference)" : e.host)
                                : "no KUBERNETES_SERVICE_HOST in its containers"});
  const std::size_t n = std::set<std::string>(f.nodes.begin(), f.nodes.end()).size();
  if (to_cluster_ip || missing) {
    f.summary = "the agents of " + nodes_of(n) + " cannot start: they look for the API server at " +
                (hosts.empty() ? "its ClusterIP" : *hosts.begin()) + ", which nothing serves";
  } else {
    f.summary = "the agents of " + nodes_of(n) +
                " cannot start: the API server does not answer at " +
                (hosts.empty() ? "the configured host" : *hosts.begin());
  }
  sink.add(std::move(f));
}

void timebomb(const facts::Fleet& fleet, Sink& sink) {
  if (fleet.configured_mode() != KprMode::on)
    return sink.not_applicable("the replacement is not configured");
  if (has_api_urls(fleet))
    return sink.not_applicable("cilium-config names the API server");
  const facts::ApiServerEnv e = facts::agent_api_server(fleet);
  if (!e.known)
    return sink.skip("neither the DaemonSet nor the pods of Cilium could be read");
  if (!e.from_reference && fleet.distribution == Distribution::gke)
    return sink.not_applicable("managed by the provider");
  const bool bad = !e.set || (!e.from_reference && (e.host.empty() || circular(fleet, e.host)));
  Finding f = sink.make("");
  if (bad || e.only_in_some) {
    if (e.only_in_some && !bad) {
      f.evidence.push_back(
          {e.where, "set here, but not in every container that needs it (config, cilium-agent)"});
    } else {
      f.evidence.push_back(
          {e.set                        ? e.where
           : fleet.cilium_ds != nullptr ? fleet.cilium_ds->path("DaemonSet") + " .spec.template"
                                        : "Pods of Cilium",
           e.set ? "value: " + e.host
                 : "no KUBERNETES_SERVICE_HOST in the containers config and cilium-agent"});
    }
    if (fleet.cilium_ds != nullptr)
      f.objects.push_back(fleet.cilium_ds->path("DaemonSet"));
  } else if (fleet.operator_deploy != nullptr) {
    const facts::ApiServerEnv o = facts::api_server_env({},
                                                        fleet.operator_deploy->containers,
                                                        fleet.operator_deploy->path("Deployment"),
                                                        {"cilium-operator"});
    if (!o.set && o.known && !fleet.operator_deploy->containers.empty() &&
        fleet.operator_deploy->container("cilium-operator") != nullptr &&
        fleet.operator_deploy->host_network) {
      f.objects.push_back(fleet.operator_deploy->path("Deployment"));
      f.evidence.push_back({fleet.operator_deploy->path("Deployment") + " .spec.template",
                            "no KUBERNETES_SERVICE_HOST in container cilium-operator"});
      f.severity = Severity::error;
    }
  }
  if (f.evidence.empty())
    return;
  f.evidence.push_back(config_evidence(fleet, "kube-proxy-replacement"));
  if (!fleet.kube_proxies) {
    f.severity = Severity::warn;
    f.summary = "Cilium replaces kube-proxy without being told where the API server is; whether "
                "kube-proxy is still there could not be read";
  } else if (fleet.runs_kube_proxy()) {
    f.severity = Severity::warn;
    f.summary = "Cilium is not told where the API server is: set k8sServiceHost before kube-proxy "
                "is removed";
  } else {
    f.summary = "Cilium finds the API server only through the Service it serves itself: the next "
                "reboot or new node will not come up";
  }
  sink.add(std::move(f));
}

void wrong_value(const facts::Fleet& fleet, Sink& sink) {
  const facts::ApiServerEnv e = facts::agent_api_server(fleet);
  if (!e.known)
    return sink.skip("neither the DaemonSet nor the pods of Cilium could be read");
  if (!e.set || e.host.empty())
    return sink.not_applicable("no host is set by value");
  Finding f = sink.make("");
  f.evidence.push_back({e.where, "value: " + e.host + (e.port.empty() ? "" : ", port " + e.port)});
  if (fleet.cilium_ds != nullptr)
    f.objects.push_back(fleet.cilium_ds->path("DaemonSet"));
  const auto addresses = fleet.api_server_addresses();
  const auto say = [&](std::string why) {
    f.summary = "k8sServiceHost is " + e.host + ": " + std::move(why);
    sink.add(f);
  };
  if (e.host.find("://") != std::string::npos ||
      (!facts::is_ip(e.host) && e.host.find(':') != std::string::npos) ||
      e.host.find('/') != std::string::npos) {
    f.from_memory = true;
    return say("it must be a bare host, without scheme and port");
  }
  if (circular(fleet, e.host)) {
    if (fleet.configured_mode() == KprMode::on)
      return;  // the time bomb's entry says it
    return;
  }
  if (e.host == "auto" && fleet.config_map_known_absent("kube-public", "cluster-info"))
    return say("ConfigMap kube-public/cluster-info, which it stands for, does not exist");
  if (e.host == "auto")
    return;
  if (loopback(e.host)) {
    if (local_proxy_expected(fleet, e))
      return;
    bool workers = false;
    if (fleet.nodes)
      for (const auto& n : *fleet.nodes)
        if (n.is_linux() && !n.is_control_plane()) {
          workers = true;
          f.nodes.push_back(n.name);
        }
    if (!workers)
      return;
    if (fleet.distribution == Distribution::k3s || fleet.distribution == Distribution::rke2 ||
        fleet.distribution == Distribution::talos)
      return say("the local API proxy of " + std::string(to_string(fleet.distribution)) +
                 " does not listen on port " + e.port);
    // Agents that run prove that something answers there.
    bool running = false;
    for (const auto& n : f.nodes)
      if (const auto* a = fleet.agent_on(n);
          a != nullptr && a->status && a->status->kubernetes_state == "Ok")
        running = true;
    if (running)
      return;
    return say("on workers nothing serves the API there");
  }
  if (!facts::is_ip(e.host) || addresses.empty())
    return;
  if (std::find(addresses.begin(), addresses.end(), e.host) != addresses.end())
    return;
  // An address of a node that is, or was, a control plane; anything else may be a load balancer or
  // a VIP.
  bool is_node = false, control_plane_node = false;
  if (fleet.nodes)
    for (const auto& n : *fleet.nodes)
      for (const auto& a : n.addresses)
        if (a.address == e.host) {
          is_node = true;
          control_plane_node = n.is_control_plane();
          f.nodes.push_back(n.name);
        }
  std::string endpoint;
  if (const auto* kubeadm = fleet.config_map("kube-system", "kubeadm-config"))
    if (const auto text = kubeadm->data.find("ClusterConfiguration"); text != kubeadm->data.end())
      endpoint = split_url(yaml_value(text->second, "controlPlaneEndpoint"), "").host;
  if (endpoint == e.host)
    return;
  f.evidence.push_back({"EndpointSlice default/kubernetes", join(addresses, ", ")});
  if (is_node && !control_plane_node)
    return say("that is a worker, where no API server runs");
  if (is_node)
    return say("that control plane is not among the API server's endpoints");
  // An address next to the endpoints that belongs to nobody may be a VIP: judged only by what
  // agents say.
  bool refused = false;
  for (const auto& w : last_words(fleet)) {
    std::string line;
    if (w.running || !talks_of_api(w.text, line) || line.find(e.host) == std::string::npos)
      continue;
    refused = true;
    f.nodes.push_back(w.node);
    if (f.evidence.size() < 5)
      f.evidence.push_back({w.source, line});
  }
  for (const auto& a : fleet.agents)
    if (a.status && !a.status->kubernetes_state.empty() && a.status->kubernetes_state != "Ok") {
      refused = true;
      f.nodes.push_back(a.node);
      if (f.evidence.size() < 5)
        f.evidence.push_back({a.status->source,
                              "Kubernetes: " + a.status->kubernetes_state + " " +
                                  shorten(a.status->kubernetes_msg, 200)});
    }
  if (refused)
    return say("no API server answers there any more");
  // kubeadm's own records name neither: most likely a machine that is gone. Without them nothing is
  // said: a VIP is legitimate.
  const auto* info = fleet.config_map("kube-public", "cluster-info");
  std::string server;
  if (info != nullptr)
    if (const auto text = info->data.find("kubeconfig"); text != info->data.end())
      server = split_url(yaml_value(text->second, "server"), "").host;
  if (server.empty() && endpoint.empty())
    return;
  if (server == e.host)
    return;
  f.severity = Severity::warn;
  f.evidence.push_back({server.empty() ? "ConfigMap kube-system/kubeadm-config"
                                       : "ConfigMap kube-public/cluster-info",
                        server.empty() ? endpoint : server});
  say("neither an API server's address nor what kubeadm recorded");
}

void single_control_plane(const facts::Fleet& fleet, Sink& sink) {
  const auto addresses = fleet.api_server_addresses();
  if (addresses.size() < 2)
    return sink.not_applicable("there is one API server");
  const facts::ApiServerEnv e = facts::agent_api_server(fleet);
  if (!e.known)
    return sink.skip("neither the DaemonSet nor the pods of Cilium could be read");
  if (has_api_urls(fleet))
    return sink.not_applicable("cilium-config names several API servers");
  if (std::find(addresses.begin(), addresses.end(), e.host) == addresses.end())
    return;
  Finding f = sink.make("all agents depend on one of " + std::to_string(addresses.size()) +
                        " API servers, " + e.host);
  f.evidence.push_back({e.where, "value: " + e.host});
  f.evidence.push_back({"EndpointSlice default/kubernetes", join(addresses, ", ")});
  if (fleet.version && fleet.version->at_least(1, 18)) {
    std::vector<std::string> urls;
    for (const auto& a : addresses)
      urls.push_back("https://" + (a.find(':') != std::string::npos ? "[" + a + "]" : a) + ":" +
                     std::to_string(fleet.api_server_port()));
    f.fix = {Step::set({{"k8s.apiServerURLs", "{urls}"}})};
    f.values.set("urls", urls);
  }
  sink.add(std::move(f));
}

void ref_missing(const facts::Fleet& fleet, Sink& sink) {
  Finding f = sink.make("");
  std::string map = "cluster-info";
  const auto look = [&](const facts::Pod& p) {
    for (const auto* list : {&p.init_containers, &p.containers}) {
      for (const auto& c : *list) {
        if (c.state.kind != facts::StateKind::waiting ||
            c.state.reason != "CreateContainerConfigError")
          continue;
        // Only a map that holds the API server's address: another missing one is not this.
        const auto* host = c.env_named("KUBERNETES_SERVICE_HOST");
        const bool refers = host != nullptr && host->from.rfind("configMap ", 0) == 0;
        const std::string wanted =
            refers ? host->from.substr(10, host->from.find('/') - 10) : "cluster-info";
        if (c.state.message.find("configmap \"" + wanted + "\" not found") == std::string::npos &&
            !(refers && c.state.message.find("couldn't find key") != std::string::npos))
          continue;
        map = wanted;
        f.nodes.push_back(p.node);
        f.objects.push_back(p.path("Pod"));
        if (f.evidence.size() < 4)
          f.evidence.push_back({p.path("Pod") + " container " + c.name + " .state.waiting",
                                c.state.reason + ": " + c.state.message});
        return;
      }
    }
  };
  for (const auto* p : fleet.cilium_pods)
    look(*p);
  for (const auto* p : fleet.operator_pods)
    look(*p);
  if (f.objects.empty())
    return;
  f.summary = "Cilium's pods cannot start: ConfigMap " + map +
              ", which should name the API server, does not exist";
  sink.add(std::move(f));
}

void talos(const facts::Fleet& fleet, Sink& sink) {
  if (fleet.distribution != Distribution::talos)
    return sink.not_applicable("not a Talos cluster");
  Finding f = sink.make("");
  std::vector<std::string> wrong;
  const auto ask = [&](const char* key, const char* wanted, const char* helm) {
    const auto value = fleet.config(key);
    if (!value || *value == wanted)
      return;
    wrong.push_back(std::string(helm) + "=" + wanted);
    f.evidence.push_back(config_evidence(fleet, key));
  };
  ask("cgroup-root", "/sys/fs/cgroup", "cgroup.hostRoot");
  if (fleet.cilium_ds != nullptr) {
    for (const auto& c : fleet.cilium_ds->init_containers) {
      if (c.name != "mount-cgroup")
        continue;
      wrong.emplace_back("cgroup.autoMount.enabled=false");
      f.evidence.push_back(
          {fleet.cilium_ds->path("DaemonSet") + " .spec.template.spec.initContainers",
           "mount-cgroup"});
    }
  }
  if (wrong.empty())
    return;
  f.summary = "Talos needs other values: " + join(wrong, ", ");
  sink.add(std::move(f));
}

}  // namespace

ApiHost suggest_api_host(const facts::Fleet& fleet) {
  switch (fleet.distribution) {
  case Distribution::talos:
    return {"localhost", "7445", "Talos' KubePrism"};
  case Distribution::rke2:
    return {"localhost", "6443", "RKE2's local proxy"};
  case Distribution::k3s:
    return {"127.0.0.1", "6444", "k3s' local proxy"};
  default:
    break;
  }
  if (const auto* m = fleet.config_map("kube-system", "kubeadm-config"))
    if (const auto text = m->data.find("ClusterConfiguration"); text != m->data.end())
      if (const std::string endpoint = yaml_value(text->second, "controlPlaneEndpoint");
          !endpoint.empty())
        return split_url(endpoint, "controlPlaneEndpoint of kubeadm-config");
  if (const auto* m = fleet.config_map("kube-public", "cluster-info"))
    if (const auto text = m->data.find("kubeconfig"); text != m->data.end())
      if (const std::string server = yaml_value(text->second, "server"); !server.empty())
        return split_url(server, "server of cluster-info");
  const auto addresses = fleet.api_server_addresses();
  if (!addresses.empty())
    return {addresses.front(),
            std::to_string(fleet.api_server_port()),
            "EndpointSlice default/kubernetes"};
  return {};
}

Checks api_server_host_checks() {
  return {
      {"k8s-host-missing-crashloop", {Need::pods}, crashloop},
      {"k8s-host-missing-timebomb", {Need::cilium_config}, timebomb},
      {"k8s-host-wrong-value", {}, wrong_value},
      {"k8s-host-single-control-plane", {Need::endpoint_slices}, single_control_plane},
      {"k8s-host-ref-missing", {Need::pods}, ref_missing},
      {"talos-requirements", {Need::nodes, Need::cilium_config}, talos},
  };
}

}  // namespace kpr::checks
