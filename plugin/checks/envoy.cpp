// envoy-not-running: Envoy is set up, and does not run.
#include <fmt/format.h>

#include <algorithm>

#include "checks/agents.hpp"
#include "checks/container_words.hpp"
#include "checks/workloads_common.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

using facts::Fleet;
using facts::Pod;

// What passes through Envoy, as far as cilium-config tells.
std::vector<std::string> users_of_envoy(const Fleet& fleet) {
  static constexpr std::pair<const char*, const char*> k_keys[] = {
      {"enable-ingress-controller", "Ingress"},
      {"enable-gateway-api", "Gateway API"},
      {"enable-envoy-config", "CiliumEnvoyConfigs"}};
  std::vector<std::string> out;
  for (const auto& [key, what] : k_keys)
    if (fleet.config_true(key))
      out.emplace_back(what);
  return out;
}

// Where Envoy runs as a DaemonSet: its pods that are not ready, and why.
std::vector<NotReady>
dead_pods(const Fleet& fleet, const std::vector<const Pod*>& pods, const Thresholds& thresholds) {
  std::vector<NotReady> out;
  for (const Pod* pod : pods)
    if (auto why = why_not_ready(fleet, *pod, "cilium-envoy", thresholds))
      out.push_back(std::move(*why));
  return out;
}

void weigh(const Fleet& fleet, Finding& f) {
  const auto users = users_of_envoy(fleet);
  f.severity = users.empty() ? Severity::warn : Severity::error;
  if (users.empty())
    f.why = "L7 network policies of that node do not work. Neither Ingress nor Gateway API is "
            "switched on.";
}

void none_at_all(const Fleet& fleet, Sink& sink) {
  Finding f = sink.make("cilium-config expects Envoy as a DaemonSet, and no pod of it exists");
  weigh(fleet, f);
  f.evidence.push_back(config_evidence(fleet, "external-envoy-proxy"));
  f.evidence.push_back({"Pods", "none has the label k8s-app=cilium-envoy"});
  for (const auto& agent : fleet.agents) {
    if (!agent.status)
      continue;
    for (const auto& module : agent.status->degraded)
      if (module.name.find("envoy") != std::string::npos && f.evidence.size() < 4)
        f.evidence.push_back({agent.status->source, module.name + ": " + module.message});
  }
  f.fix = {Step::set({{"envoy.enabled", "true"}})};
  f.verify = {Step::run("kubectl -n {ns} get pods -l k8s-app=cilium-envoy -o wide")};
  sink.add(std::move(f));
}

void not_running(const Fleet& fleet, Sink& sink) {
  const auto pods = pods_of_app(fleet, "cilium-envoy");
  if (pods.empty() && !fleet.config_true("external-envoy-proxy"))
    return sink.not_applicable("Envoy runs inside the agents, or not at all");
  if (pods.empty())
    return none_at_all(fleet, sink);
  const std::vector<NotReady> dead = dead_pods(fleet, pods, sink.thresholds());
  if (dead.empty())
    return;
  const NotReady& first = dead.front();
  std::vector<std::string> nodes;
  for (const auto& d : dead)
    add_unique(nodes, d.pod->node);
  const bool known = first.said && first.said->word.row != nullptr;
  Finding f =
      sink.make("Envoy does not run on " + name_list(nodes) + (known ? "" : ": " + first.what));
  weigh(fleet, f);
  if (known)
    tell_cause(*first.said, f);
  f.nodes = nodes;
  for (const auto& d : dead) {
    f.objects.push_back(d.pod->path("Pod"));
    if (f.evidence.size() < 4)
      f.evidence.push_back(
          {d.source.empty() ? d.pod->path("Pod") : d.source, d.words.empty() ? d.what : d.words});
  }
  f.values.set("pod", first.pod->name);
  f.values.set("container", first.container.empty() ? "cilium-envoy" : first.container);
  sink.add(std::move(f));
}

}  // namespace

Checks envoy_checks() {
  return {{"envoy-not-running", {Need::pods, Need::cilium_config}, not_running}};
}

}  // namespace kpr::checks
