// Section 4: how agents reach the API server when no kube-proxy serves its Service.
#include <algorithm>
#include <set>

#include "checks/agents.hpp"
#include "checks/api_host.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

using facts::ApiServerEnv;
using facts::Distribution;
using facts::KprMode;
using facts::Owner;

bool has_api_urls(const facts::Fleet& fleet) {
  const auto urls = fleet.config("k8s-api-server-urls"), one = fleet.config("k8s-api-server"),
             path = fleet.config("k8s-kubeconfig-path");
  return (urls && !urls->empty()) || (one && !one->empty()) || (path && !path->empty());
}

// ---- What agents say ---------------------------------------------------------------------------

// A container that could not reach the API server, and does not run now.
struct Refusal {
  std::string node, source, line, host;
};

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
  return api_host_of(line.substr(0, line.find_first_of("\" \\,")), "").host;
}

std::vector<Refusal> refusals(const facts::Fleet& fleet) {
  std::vector<Refusal> out;
  for (const auto& w : last_words(fleet)) {
    if (w.running)
      continue;
    for (const std::string_view needle : {"Unable to contact k8s api-server",
                                          "unable to create k8s client",
                                          "Unable to initialize Kubernetes subsystem"})
      if (std::string line = line_with(w.text, needle); !line.empty()) {
        out.push_back({w.node, w.source, line, host_in(line)});
        break;
      }
  }
  return out;
}

// Why it did not answer, in the words of the message.
std::string_view reason_in(std::string_view line) {
  for (const std::string_view reason : {"connection refused",
                                        "no route to host",
                                        "network is unreachable",
                                        "no such host",
                                        "i/o timeout",
                                        "context deadline exceeded",
                                        "certificate is valid for",
                                        "certificate signed by unknown authority"})
    if (line.find(reason) != std::string_view::npos)
      return reason;
  return "no answer";
}

void prove(Finding& f, const std::vector<Refusal>& refused, std::size_t most) {
  for (const Refusal& r : refused) {
    f.nodes.push_back(r.node);
    if (f.evidence.size() < most)
      f.evidence.push_back({r.source, r.line});
  }
}

std::size_t count_nodes(const Finding& f) {
  return std::set<std::string>(f.nodes.begin(), f.nodes.end()).size();
}

std::string place_of(const facts::Fleet& fleet, const ApiServerEnv& e) {
  if (e.set)
    return e.where;
  return fleet.cilium_ds != nullptr ? fleet.cilium_ds->path("DaemonSet") : "Pods of Cilium";
}

bool is_missing(const facts::Fleet& fleet, const ApiServerEnv& e) {
  return !e.known || !e.set || (!e.host.empty() && is_own_service(fleet, e.host));
}

// ---- Checks ------------------------------------------------------------------------------------

void crashloop(const facts::Fleet& fleet, Sink& sink) {
  const ApiServerEnv e = facts::agent_api_server(fleet);
  std::vector<Refusal> refused = refusals(fleet);
  // A host that is set, and is wrong or does not answer, has checks of its own.
  if (!is_missing(fleet, e))
    std::erase_if(refused, [&](const Refusal& r) {
      return !is_own_service(fleet, r.host);
    });
  if (refused.empty())
    return;
  Finding f = sink.make("");
  prove(f, refused, 6);
  if (e.known)
    f.evidence.push_back(
        {place_of(fleet, e),
         e.set ? "value: " + (e.host.empty() ? std::string("(from a reference)") : e.host)
               : "no KUBERNETES_SERVICE_HOST in its containers"});
  f.summary = "the agents of " + nodes_of(count_nodes(f)) +
              " cannot start: they look for the API server at " +
              (refused.front().host.empty() ? std::string("its ClusterIP") : refused.front().host) +
              ", which nothing serves";
  sink.add(std::move(f));
}

// The host is right, and nothing answers there.
void unreachable(const facts::Fleet& fleet, Sink& sink) {
  const ApiServerEnv e = facts::agent_api_server(fleet);
  if (is_missing(fleet, e))
    return sink.not_applicable("no host is set");
  const WrongHost wrong = e.host.empty() ? WrongHost{} : judge_api_host(fleet, e);
  if (!wrong.why.empty() || wrong.stranger)
    return;  // k8s-host-wrong-value
  std::vector<Refusal> refused = refusals(fleet);
  std::erase_if(refused, [&](const Refusal& r) {
    return is_own_service(fleet, r.host) || (!e.host.empty() && r.host != e.host);
  });
  if (refused.empty())
    return;
  Finding f = sink.make("");
  prove(f, refused, 4);
  f.evidence.push_back({e.where,
                        "value: " + (e.host.empty() ? "(from a reference)" : e.host) +
                            (e.port.empty() ? "" : ", port " + e.port)});
  if (fleet.config_true("enable-host-firewall"))
    f.evidence.push_back(config_evidence(fleet, "enable-host-firewall"));
  f.values.set("host", refused.front().host);
  f.values.set("port", e.port);
  const std::string proxy = local_proxy(fleet, e.host, e.port);
  f.summary = "the agents of " + nodes_of(count_nodes(f)) +
              " cannot start: " + (proxy.empty() ? std::string("the API server") : proxy) +
              " does not answer at " + refused.front().host + (e.port.empty() ? "" : ":" + e.port) +
              " (" + std::string(reason_in(refused.front().line)) + ")";
  sink.add(std::move(f));
}

// Providers set the address past the DaemonSet; what is not there is nobody's to add.
bool set_by_provider(const facts::Fleet& fleet) {
  static constexpr Owner k_providers[] = {
      Owner::aks, Owner::gke, Owner::ack, Owner::doks, Owner::scaleway, Owner::tke, Owner::ovh};
  return std::find(std::begin(k_providers), std::end(k_providers), fleet.ownership.owner) !=
         std::end(k_providers);
}

// An admission webhook of AKS gives the address to the pods alone.
bool set_in_pods(const facts::Fleet& fleet) {
  return fleet.distribution == Distribution::aks && !fleet.cilium_pods.empty() &&
         std::all_of(fleet.cilium_pods.begin(), fleet.cilium_pods.end(), [&](const auto* pod) {
           const ApiServerEnv e = facts::api_server_env(
               pod->init_containers, pod->containers, pod->path("Pod"), {"config", "cilium-agent"});
           return e.set && !e.only_in_some && !e.host.empty() && !is_own_service(fleet, e.host);
         });
}

void timebomb(const facts::Fleet& fleet, Sink& sink) {
  if (fleet.configured_mode() != KprMode::on)
    return sink.not_applicable("the replacement is not configured");
  if (has_api_urls(fleet))
    return sink.not_applicable("cilium-config names the API server");
  const ApiServerEnv e = facts::agent_api_server(fleet);
  if (!e.known)
    return sink.skip("neither the DaemonSet nor the pods of Cilium could be read");
  if (set_by_provider(fleet) || set_in_pods(fleet))
    return sink.not_applicable("the provider gives the agents their address");
  const bool bad =
      !e.set || (!e.from_reference && (e.host.empty() || is_own_service(fleet, e.host)));
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
    const ApiServerEnv o = facts::api_server_env({},
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

// Agents with this very host in their environment: which of them reach the API server.
struct Users {
  std::size_t connected = 0;
  std::set<std::string> on;    // nodes of those
  std::vector<Proof> failing;  // what the others say
  std::vector<std::string> failing_nodes;
};

bool uses(const facts::Fleet& fleet, const facts::Agent& agent, const std::string& host) {
  const facts::Pod* pod = fleet.pod(agent.ns, agent.pod);
  if (pod == nullptr)
    return true;
  const ApiServerEnv e = facts::api_server_env(
      pod->init_containers, pod->containers, pod->path("Pod"), {"cilium-agent"});
  return !e.set || e.host == host;
}

Users users_of(const facts::Fleet& fleet, const std::string& host) {
  Users users;
  const auto fails = [&users](const std::string& node, Proof proof) {
    users.failing_nodes.push_back(node);
    if (users.failing.size() < 4)
      users.failing.push_back(std::move(proof));
  };
  for (const Refusal& r : refusals(fleet))
    if (!is_own_service(fleet, r.host))
      fails(r.node, {r.source, r.line});
  for (const auto& a : fleet.agents) {
    if (!a.status || a.status->kubernetes_state.empty() || !uses(fleet, a, host))
      continue;
    if (a.status->kubernetes_state == "Ok") {
      ++users.connected;
      users.on.insert(a.node);
    } else {
      fails(a.node,
            {a.status->source,
             "Kubernetes: " + a.status->kubernetes_state + " " +
                 shorten(a.status->kubernetes_msg, 200)});
    }
  }
  return users;
}

void wrong_value(const facts::Fleet& fleet, Sink& sink) {
  const ApiServerEnv e = facts::agent_api_server(fleet);
  if (!e.known)
    return sink.skip("neither the DaemonSet nor the pods of Cilium could be read");
  if (!e.set || e.host.empty())
    return sink.not_applicable("no host is set by value");
  WrongHost wrong = judge_api_host(fleet, e);
  const Users users = users_of(fleet, e.host);
  if (wrong.stranger && !users.failing.empty()) {
    wrong.why = "no API server answers there any more";
    wrong.sure = true;
  }
  // What works is not wrong.
  if (wrong.why.empty() || (users.connected > 0 && users.failing.empty()))
    return;
  std::erase_if(wrong.nodes, [&](const std::string& node) {
    return users.on.count(node) > 0;
  });
  Finding f = sink.make("k8sServiceHost is " + e.host + ": " + wrong.why);
  f.from_memory = wrong.from_memory;
  f.nodes = wrong.nodes;
  f.nodes.insert(f.nodes.end(), users.failing_nodes.begin(), users.failing_nodes.end());
  if (fleet.cilium_ds != nullptr)
    f.objects.push_back(fleet.cilium_ds->path("DaemonSet"));
  f.evidence.push_back({e.where, "value: " + e.host + (e.port.empty() ? "" : ", port " + e.port)});
  if (wrong.evidence.size() == 2)
    f.evidence.push_back({wrong.evidence[0], wrong.evidence[1]});
  if (const auto addresses = fleet.api_server_addresses(); !addresses.empty())
    f.evidence.push_back({"EndpointSlice default/kubernetes", join(addresses, ", ")});
  f.evidence.insert(f.evidence.end(), users.failing.begin(), users.failing.end());
  if (!wrong.sure)
    f.severity = Severity::warn;
  else if (wrong.circular && !users.failing.empty())
    f.severity = Severity::critical;
  sink.add(std::move(f));
}

void single_control_plane(const facts::Fleet& fleet, Sink& sink) {
  const auto addresses = fleet.api_server_addresses();
  if (addresses.size() < 2)
    return sink.not_applicable("there is one API server");
  const ApiServerEnv e = facts::agent_api_server(fleet);
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

Checks api_server_host_checks() {
  return {
      {"k8s-host-missing-crashloop", {Need::pods}, crashloop},
      {"api-server-host-unreachable", {Need::pods}, unreachable},
      {"k8s-host-missing-timebomb", {Need::cilium_config}, timebomb},
      {"k8s-host-wrong-value", {}, wrong_value},
      {"k8s-host-single-control-plane", {Need::endpoint_slices}, single_control_plane},
      {"k8s-host-ref-missing", {Need::pods}, ref_missing},
      {"talos-requirements", {Need::nodes, Need::cilium_config}, talos},
  };
}

}  // namespace kpr::checks
