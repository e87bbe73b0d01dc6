// What else lives in the cluster's network: other CNIs, other service proxies, pods that Cilium
// does not know.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "checks/workloads_common.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

using facts::Fleet;
using facts::Pod;

// Agents of other CNIs, by the names and labels their manifests give them.
struct OtherCni {
  std::string_view cni, daemonset, label, value;
};
constexpr std::array kOtherCnis{
    OtherCni{"Calico", "calico-node", "k8s-app", "calico-node"},
    OtherCni{"Canal", "canal", "k8s-app", "canal"},
    OtherCni{"Flannel", "kube-flannel-ds", "app", "flannel"},
    OtherCni{"Weave Net", "weave-net", "name", "weave-net"},
    OtherCni{"the AWS VPC CNI", "aws-node", "k8s-app", "aws-node"},
    OtherCni{"kindnet", "kindnet", "k8s-app", "kindnet"},
    OtherCni{"Antrea", "antrea-agent", "component", "antrea-agent"},
};

const OtherCni* other_cni(const Pod& pod) {
  for (const OtherCni& o : kOtherCnis) {
    const auto it = pod.labels.find(std::string(o.label));
    const bool labelled = it != pod.labels.end() && it->second == o.value;
    const bool owned = pod.owner_kind == "DaemonSet" &&
                       (pod.owner_name == o.daemonset ||
                        (o.cni == "Flannel" && pod.owner_name.rfind("kube-flannel", 0) == 0));
    // A label alone may be an application's: the pod has to be of a DaemonSet in the host network.
    if (pod.host_network && pod.owner_kind == "DaemonSet" && (labelled || owned))
      return &o;
  }
  return nullptr;
}

void two_cnis(const Fleet& fleet, Sink& sink) {
  if (fleet.cilium_pods.empty())
    return sink.not_applicable("no Cilium agents found");
  std::string mode = fleet.config("cni-chaining-mode").value_or("");
  for (const facts::Agent& a : fleet.agents) {
    if (mode.empty() && a.status && a.status->cni_chaining != "none")
      mode = a.status->cni_chaining;
  }
  if (!mode.empty() && mode != "none" && mode != "portmap")
    return sink.not_applicable("Cilium is chained to another CNI (" + mode + ")");
  std::map<std::string, std::vector<const Pod*>> found;
  for (const Pod& pod : *fleet.pods) {
    if (is_gone(pod) || pod.phase != "Running")
      continue;
    const OtherCni* o = other_cni(pod);
    if (o && agent_pod_on(fleet, pod.node))
      found[std::string(o->cni)].push_back(&pod);
  }
  for (const auto& [cni, pods] : found) {
    Finding f =
        sink.make(fmt::format("{} runs next to Cilium on {}",
                              cni,
                              pods.size() == 1 ? pods[0]->node : count_of(pods.size(), "node")));
    for (const Pod* pod : pods)
      add_unique(f.nodes, pod->node);
    f.objects.push_back("DaemonSet " + pods[0]->ns + "/" + pods[0]->owner_name);
    f.evidence.push_back({pods[0]->path("Pod"), "Running on " + name_list(f.nodes, 6)});
    f.evidence.push_back({"ConfigMap " + fleet.cilium_ns + "/cilium-config .data.cni-chaining-mode",
                          mode.empty() ? "not set" : mode});
    if (fleet.config_true("custom-cni-conf") ||
        fleet.config("cni-exclusive").value_or("") == "false") {
      f.severity = Severity::warn;
      f.why = "Cilium is set up to leave the other CNI's configuration alone, as a migration does. "
              "Until that is finished, pods are of either CNI.";
    }
    fill_in(f, {{"other-ns", pods[0]->ns}, {"other", pods[0]->owner_name}});
    sink.add(std::move(f));
  }
}

bool env_is(const facts::Container& c, std::string_view name, std::string_view value) {
  const auto* e = c.env_named(name);
  return e && e->value && *e->value == value;
}

void conflicting_proxies(const Fleet& fleet, Sink& sink) {
  if (fleet.cilium_pods.empty())
    return sink.not_applicable("no Cilium agents found");
  struct Hit {
    std::vector<std::string> nodes;
    std::string object, source, text;
  };
  std::map<std::string, Hit> hits;
  for (const Pod& pod : *fleet.pods) {
    if (is_gone(pod) || pod.phase != "Running" || !pod.host_network)
      continue;
    for (const facts::Container& c : pod.containers) {
      std::string who, text;
      if (c.image.find("kube-router") != std::string::npos || c.name == "kube-router") {
        // Its default is on.
        if (c.has_arg("--run-service-proxy=false"))
          continue;
        who = "kube-router's service proxy";
        text = c.has_arg("--run-service-proxy=true")
                   ? "--run-service-proxy=true"
                   : "no --run-service-proxy=false among its arguments";
      } else if (env_is(c, "FELIX_BPFENABLED", "true")) {
        who = "Calico's eBPF dataplane";
        text = "FELIX_BPFENABLED=true";
      } else if (c.image.find("/kpng") != std::string::npos) {
        who = "kpng";
        text = c.image;
      } else {
        continue;
      }
      Hit& h = hits[who];
      add_unique(h.nodes, pod.node);
      h.text = text;
      h.source = pod.path("Pod") + " container " + c.name;
      h.object = pod.owner_kind.empty() ? pod.path("Pod")
                                        : pod.owner_kind + " " + pod.ns + "/" + pod.owner_name;
    }
  }
  for (const auto& [who, h] : hits) {
    Finding f =
        sink.make(fmt::format("{} seems to run next to Cilium on {}", who, name_list(h.nodes)));
    f.from_memory = true;
    f.nodes = h.nodes;
    f.objects = {h.object};
    f.evidence.push_back({h.source, h.text});
    sink.add(std::move(f));
  }
}

void unmanaged_pods(const Fleet& fleet, Sink& sink) {
  const auto* endpoints = fleet.raw("ciliumendpoints");
  if (endpoints == nullptr)
    return sink.not_applicable("the API server has no CiliumEndpoints");
  if (endpoints->partial)
    return;  // a pod that seems to have none may have one in the part that is missing
  if (fleet.config_true("disable-endpoint-crd"))
    return sink.not_applicable("endpoint CRDs are switched off (disable-endpoint-crd)");
  if (fleet.cilium_pods.empty())
    return sink.not_applicable("no Cilium agents found");
  std::set<std::string> known;
  for (const auto& item : endpoints->items) {
    const auto meta = item.find("metadata");
    if (meta == item.end() || !meta->is_object())
      continue;
    known.insert(meta->value("namespace", std::string()) + "/" +
                 meta->value("name", std::string()));
  }
  std::map<std::string_view, bool> ready_agents;  // by node, of which there are far fewer than pods
  const auto has_ready_agent = [&](std::string_view name) {
    const auto [found, fresh] = ready_agents.try_emplace(name, false);
    if (!fresh)
      return found->second;
    const facts::Node* node = fleet.node(name);
    const Pod* agent = node && !expects_agent(*node) ? nullptr : agent_pod_on(fleet, name);
    return found->second = agent && agent->ready();
  };
  std::vector<const Pod*> lost;
  std::size_t managed = 0;
  for (const Pod& pod : *fleet.pods) {
    if (pod.host_network || is_gone(pod) || pod.phase != "Running" || pod.pod_ip.empty() ||
        !sink.wants_namespace(pod.ns))
      continue;
    if (!has_ready_agent(pod.node))
      continue;  // the agent's absence is another finding
    if (known.count(pod.ns + "/" + pod.name) != 0) {
      ++managed;
      continue;
    }
    const auto age = fleet.age(pod.created);
    if (age && *age < sink.thresholds().agent_settle)
      continue;
    lost.push_back(&pod);
  }
  if (lost.empty())
    return;
  Finding f = sink.make(
      fmt::format("{} with {} own network {} no CiliumEndpoint, so Cilium does not manage {}",
                  count_of(lost.size(), "running pod"),
                  lost.size() == 1 ? "its" : "their",
                  lost.size() == 1 ? "has" : "have",
                  lost.size() == 1 ? "it" : "them"));
  for (const Pod* pod : lost) {
    add_unique(f.nodes, pod->node);
    if (f.objects.size() < 50)
      f.objects.push_back(pod->path("Pod"));
    if (f.evidence.size() >= 4)
      continue;
    const Pod* agent = agent_pod_on(fleet, pod->node);
    const bool older = agent->created && pod->created && *pod->created < *agent->created;
    f.evidence.push_back(
        {pod->path("Pod"),
         fmt::format("Running on {} with {}, created {}{}; no CiliumEndpoint {}/{}",
                     pod->node,
                     pod->pod_ip,
                     ago(fleet, pod->created),
                     older ? " (before the agent pod of its node)" : "",
                     pod->ns,
                     pod->name)});
  }
  f.evidence.push_back({endpoints->source.empty() ? "ciliumendpoints" : endpoints->source,
                        fmt::format("{} other pods have one", managed)});
  fill_in(f, {{"pod", lost.front()->name}, {"pod-ns", lost.front()->ns}});
  sink.add(std::move(f));
}

}  // namespace

Checks cluster_health_checks() {
  return {{"unmanaged-pods", {Need::pods, Need::cilium_endpoints}, unmanaged_pods},
          {"two-cnis", {Need::pods}, two_cnis},
          {"conflicting-service-proxies", {Need::pods}, conflicting_proxies}};
}

}  // namespace kpr::checks
