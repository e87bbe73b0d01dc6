#include "checks/check.hpp"

#include <algorithm>

#include "checks/api_host.hpp"

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

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
}

}  // namespace

bool Sink::wants_namespace(std::string_view ns) const {
  const auto& wanted = thresholds_.workload_namespaces;
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), ns) != wanted.end();
}

std::string Sink::fill(std::string_view text) const {
  std::string out(text);
  if (out.find("${") == std::string::npos)
    return out;
  replace_all(out, "${NS}", fleet_.cilium_ns);
  const std::string release = fleet_.release_name();
  replace_all(out, "${RELEASE}", release);
  if (out.find("${VERSION}") != std::string::npos) {
    const auto* r = fleet_.latest_release(release);
    std::string version = r != nullptr && !r->chart_version.empty() ? r->chart_version
                          : fleet_.version                          ? fleet_.version->text
                                                                    : "<version>";
    replace_all(out, "${VERSION}", version);
  }
  replace_all(out, "${BIN}", fleet_.agent_binary());
  replace_all(out, "${DS}", fleet_.cilium_ds != nullptr ? fleet_.cilium_ds->name : "cilium");
  replace_all(out,
              "${OPERATOR}",
              fleet_.operator_deploy != nullptr ? fleet_.operator_deploy->name : "cilium-operator");
  if (out.find("${HOST}") != std::string::npos || out.find("${PORT}") != std::string::npos) {
    const ApiHost api = suggest_api_host(fleet_);
    replace_all(out, "${HOST}", api.host.empty() ? "<API server host>" : api.host);
    replace_all(out, "${PORT}", api.port.empty() ? "<port>" : api.port);
  }
  return out;
}

Finding Sink::make(std::string summary) const {
  Finding f;
  f.id = id_;
  f.summary = std::move(summary);
  if (const Entry* e = find_entry(id_)) {
    f.severity = e->severity;
    f.why = fill(e->why);
    for (const auto& line : e->fix)
      f.fix.push_back(fill(line));
    // RKE2 installs its chart itself, and undoes what helm is told.
    if (fleet_.distribution == facts::Distribution::rke2 &&
        fleet_.release_name().starts_with("rke2-"))
      for (auto& line : f.fix)
        if (line.starts_with("helm upgrade ")) {
          f.fix.insert(f.fix.begin(),
                       "RKE2 manages this release: write the values of the `--set` below into a "
                       "HelmChartConfig " +
                           fleet_.release_name() + " in kube-system instead of running helm");
          break;
        }
    for (const auto& line : e->verify)
      f.verify.push_back(fill(line));
    f.links = e->links;
    f.from_memory = e->confidence == "gk";
  }
  return f;
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
