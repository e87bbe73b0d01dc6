#include "checks/check.hpp"

#include <algorithm>

#include "checks/api_host.hpp"
#include "checks/rule.hpp"
#include "services/compare.hpp"

namespace kpr::checks {
namespace {

std::string say(const facts::Missing& m, std::string_view what) {
  std::string out(what);
  out += " could not be read: ";
  out += evidence::to_string(m.reason);
  if (!m.detail.empty())
    out += " (" + m.detail + ")";
  return out;
}

const facts::Pod* agent_pod(const facts::Fleet& fleet, std::string_view node) {
  const facts::Pod* found = nullptr;
  for (const facts::Pod* pod : fleet.cilium_pods)
    if (pod->node == node && !pod->deleted && (found == nullptr || pod->ready()))
      found = pod;
  return found;
}

}  // namespace

bool Sink::wants_namespace(std::string_view ns) const {
  const auto& wanted = thresholds_.workload_namespaces;
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), ns) != wanted.end();
}

Values cluster_values(const facts::Fleet& fleet) {
  const std::string release = fleet.release_name();
  const facts::HelmRelease* latest = fleet.latest_release(release);
  const std::string chart = latest != nullptr ? latest->chart_version : std::string();
  const ApiHost api = suggest_api_host(fleet);
  return {
      {"ns", fleet.cilium_ns},
      {"release", release},
      {"version", chart.empty() && fleet.version ? fleet.version->text : chart},
      {"bin", fleet.agent_binary()},
      {"ds", fleet.cilium_ds != nullptr ? fleet.cilium_ds->name : "cilium"},
      {"operator",
       fleet.operator_deploy != nullptr ? fleet.operator_deploy->name : "cilium-operator"},
      {"host", api.host},
      {"port", api.port},
  };
}

Finding Sink::make(std::string summary) const {
  Finding f;
  f.id = id_;
  f.summary = std::move(summary);
  if (const Entry* e = find_entry(id_)) {
    f.severity = e->severity;
    f.title = e->title;
    f.why = e->why;
    f.fix = e->fix;
    f.verify = e->verify;
    f.links = e->links;
    f.from_memory = e->confidence == "gk";
  }
  return f;
}

void Sink::add(Finding f) {
  const bool by_helm = std::any_of(f.fix.begin(), f.fix.end(), [](const Step& s) {
    return s.sets_values();
  });
  // RKE2 installs its chart itself, and undoes what helm is told.
  if (by_helm && fleet_.distribution == facts::Distribution::rke2 &&
      fleet_.release_name().starts_with("rke2-"))
    f.fix.insert(f.fix.begin(),
                 Step::say("RKE2 manages this release: write the values of the `--set` below into "
                           "a HelmChartConfig {release} in kube-system instead of running helm"));
  finding::complete(f, cluster_);
  if (f.summary.empty())
    f.summary = finding::fill_text(summary_of(f.id, ""), f.values);
  if (!f.nodes.empty())
    if (const facts::Pod* pod = agent_pod(fleet_, f.nodes.front()))
      finding::complete(f, {{"agent", pod->name}});
  findings_.push_back(std::move(f));
}

Views::Views(const facts::Fleet& fleet, const Thresholds& thresholds)
    : fleet_(fleet),
      thresholds_(thresholds) {}
Views::~Views() = default;

const services::Comparison& Views::services() {
  if (!services_) {
    services::CompareOptions options;
    options.agent_settle = thresholds_.agent_settle;
    services_ = std::make_unique<services::Comparison>(services::compare(fleet_, options));
  }
  return *services_;
}

void Sink::skip(std::string reason) {
  skipped_ = std::move(reason);
}
void Sink::cannot_judge(std::string reason) {
  not_judged_ = std::move(reason);
}
void Sink::not_applicable(std::string reason) {
  not_applicable_ = std::move(reason);
}

std::string unmet(const facts::Fleet& f, Need need) {
  const auto list = [](const auto& piece, std::string_view what) {
    return piece ? std::string() : say(piece.missing(), what);
  };
  const auto raw = [&f](const char* resource, std::string_view what) {
    const auto* why = f.why_missing(resource);
    return why == nullptr || why->reason == evidence::Reason::no_such_resource ? std::string()
                                                                               : say(*why, what);
  };
  switch (need) {
  case Need::agents: {
    if (f.agents.empty())
      return "no agent was asked";
    for (const auto& a : f.agents)
      if (a.status)
        return {};
    return say(f.agents.front().status.missing(), "the status of every agent");
  }
  case Need::nodes:
    return list(f.nodes, "Nodes");
  case Need::pods:
    return list(f.pods, "Pods");
  case Need::services:
    return list(f.services, "Services");
  case Need::endpoint_slices:
    return list(f.endpoint_slices, "EndpointSlices");
  case Need::events:
    return list(f.events, "Events");
  case Need::daemonsets:
    return list(f.daemonsets, "DaemonSets");
  case Need::all_daemonsets:
    if (!f.daemonsets)
      return list(f.daemonsets, "DaemonSets");
    return f.daemonsets_complete ? "" : "only Cilium's own DaemonSets are in this evidence";
  case Need::deployments:
    return list(f.deployments, "Deployments");
  case Need::helm:
    return list(f.helm, "Helm's releases");
  case Need::node_configs:
    return list(f.node_configs, "CiliumNodeConfigs");
  case Need::cilium_nodes:
    return list(f.cilium_nodes, "CiliumNodes");
  case Need::cilium_config:
    return list(f.cilium_config, "ConfigMap cilium-config");
  case Need::kube_proxies:
    return list(f.kube_proxies, "Pods");
  case Need::cilium_endpoints:
    return raw("ciliumendpoints", "CiliumEndpoints");
  case Need::persistent_volumes:
    return raw("persistentvolumes", "PersistentVolumes");
  case Need::version:
    return f.version ? "" : "Cilium's version is not known";
  }
  return "unknown need";
}

std::string partly_met(const facts::Fleet& f, Need need) {
  struct Row {
    Need need;
    const char* resource;
    std::string_view what;
  };
  static constexpr Row k_rows[] = {
      {Need::nodes, "nodes", "Nodes"},
      {Need::pods, "pods", "Pods"},
      {Need::kube_proxies, "pods", "Pods"},
      {Need::services, "services", "Services"},
      {Need::endpoint_slices, "endpointslices", "EndpointSlices"},
      {Need::events, "events", "Events"},
      {Need::daemonsets, "daemonsets", "DaemonSets"},
      {Need::kube_proxies, "daemonsets", "DaemonSets"},
      {Need::deployments, "deployments", "Deployments"},
      {Need::helm, "secrets", "Helm's releases"},
      {Need::cilium_endpoints, "ciliumendpoints", "CiliumEndpoints"},
      {Need::persistent_volumes, "persistentvolumes", "PersistentVolumes"}};
  for (const Row& row : k_rows) {
    if (row.need != need)
      continue;
    const auto* piece = f.raw(row.resource);
    if (piece != nullptr && piece->partial)
      return std::string(row.what) + " were read in part only" +
             (piece->partial_detail.empty() ? "" : ": " + piece->partial_detail);
  }
  return {};
}

}  // namespace kpr::checks
