// Sandboxes that cannot be made: the pause image, and the CNI plugin in its kinds of failure.
// Proven by FailedCreatePodSandBox events only: a pod without an address may as well wait for an
// image.
#include <fmt/format.h>
#include <re2/re2.h>

#include <map>

#include "checks/workloads_common.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

using facts::Event;
using facts::Fleet;
using facts::Pod;

std::string plugin_of(const std::string& text) {
  static const re2::RE2 named(R"(plugin type=\\?"([A-Za-z0-9_.-]+)\\?")");
  std::string plugin;
  re2::RE2::PartialMatch(text, named, &plugin);
  return plugin;
}

bool has(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

// The catalogue's id for one message; empty for what is neither the network's nor the image's fault
// (runc, the runtime's socket).
std::string classify(const std::string& text) {
  if (classify_sandbox_pull(text).found)
    return "sandbox-image-pull";
  if (has(text, "unable to connect to Cilium agent") ||
      has(text, "unable to connect to Cilium daemon") || has(text, "Is the agent running?"))
    return "cni-agent-down";
  if (has(text, "range is full") || has(text, "No more IPs available") ||
      has(text, "CIDR ranges are exhausted"))
    return "ipam-exhausted";
  if (has(text, "Cilium API client timeout exceeded") || has(text, "putEndpointIdTooManyRequests"))
    return "cni-agent-slow";
  const std::string plugin = plugin_of(text);
  const bool others = !plugin.empty() && plugin != "cilium-cni" && plugin != "loopback";
  if (others || has(text, "loadFlannelSubnetEnv") || has(text, "/run/flannel/subnet.env") ||
      has(text, "/var/lib/calico/nodename"))
    return "cni-config-leftover";
  if (has(text, "setup network for sandbox") || has(text, "networkPlugin cni failed") ||
      has(text, "to CNI network") || plugin == "cilium-cni")
    return "cni-sandbox-failures";
  return {};
}

struct Failure {
  const Pod* pod;
  const Event* event;
};

// Pods that still have no sandbox and whose newest word is a failure of a few minutes ago at most.
std::vector<Failure> failures(const Fleet& fleet, const Sink& sink) {
  std::vector<Failure> out;
  std::map<std::string, const Event*> newest, progress;
  for (const Event& e : *fleet.events) {
    if (e.kind != "Pod")
      continue;
    const std::string key = e.ns + "/" + e.name + "/" + e.uid;
    if (e.reason == "FailedCreatePodSandBox") {
      auto& slot = newest[key];
      if (!slot || slot->last < e.last)
        slot = &e;
    } else if (e.reason == "Pulling" || e.reason == "Pulled" || e.reason == "Created" ||
               e.reason == "Started") {
      auto& slot = progress[key];
      if (!slot || slot->last < e.last)
        slot = &e;
    }
  }
  if (newest.empty())
    return out;
  for (const Pod& pod : *fleet.pods) {
    if (pod.phase != "Pending" || is_gone(pod) || pod.node.empty() || !sink.wants_namespace(pod.ns))
      continue;
    const std::string key = pod.ns + "/" + pod.name + "/" + pod.uid;
    const auto it = newest.find(key);
    if (it == newest.end())
      continue;
    if (const auto p = progress.find(key);
        p != progress.end() && it->second->last <= p->second->last)
      continue;
    const auto age = fleet.age(pod.created);
    if (age && *age < sink.thresholds().agent_settle)
      continue;
    const auto quiet = fleet.age(it->second->last);
    if (quiet && *quiet > std::chrono::minutes(20))
      continue;  // the kubelet tries again at least every few minutes
    out.push_back({&pod, it->second});
  }
  return out;
}

std::string summary(const std::string& id,
                    const std::string& pods,
                    const std::string& nodes,
                    const std::string& text) {
  if (id == "sandbox-image-pull") {
    const SandboxPull pull = classify_sandbox_pull(text);
    return fmt::format("{} on {} cannot start: the runtime cannot pull its sandbox image {}",
                       pods,
                       nodes,
                       pull.image.empty() ? "(pause)" : pull.image);
  }
  if (id == "cni-agent-down")
    return fmt::format(
        "{} on {} cannot start: the Cilium agent there does not answer on its socket", pods, nodes);
  if (id == "cni-agent-slow")
    return fmt::format(
        "{} on {} cannot start: the Cilium agent there answers too slowly", pods, nodes);
  if (id == "ipam-exhausted")
    return fmt::format("{} on {} cannot start: no pod address is free there", pods, nodes);
  if (id == "cni-config-leftover") {
    const std::string plugin = plugin_of(text);
    return fmt::format("{} on {} cannot start: their network is set up by {}, not by cilium-cni",
                       pods,
                       nodes,
                       plugin.empty() ? "another CNI's plugin" : "the plugin " + plugin);
  }
  return fmt::format(
      "{} on {} cannot start: the network of their sandbox cannot be set up", pods, nodes);
}

void sandbox(const Fleet& fleet, Sink& sink) {
  std::vector<std::string> pods, nodes;
  std::vector<Failure> mine;
  for (const Failure& f : failures(fleet, sink)) {
    if (classify(f.event->message) != sink.id())
      continue;
    if (sink.id() == "cni-config-leftover") {
      const auto mode = fleet.config("cni-chaining-mode");
      if (mode && !mode->empty() && *mode != "none")
        continue;  // chained: the other plugin belongs there
    }
    mine.push_back(f);
    add_unique(pods, f.pod->ns + "/" + f.pod->name);
    add_unique(nodes, f.pod->node);
  }
  if (mine.empty())
    return;
  Finding f = sink.make(summary(
      sink.id(), count_of(pods.size(), "pod"), name_list(nodes), mine.front().event->message));
  f.nodes = nodes;
  for (const Failure& m : mine) {
    add_unique(f.objects, m.pod->path("Pod"));
    if (f.evidence.size() < 4) {
      f.evidence.push_back({fmt::format("Event FailedCreatePodSandBox of {}, {} times, last {}",
                                        m.pod->path("Pod"),
                                        m.event->count,
                                        ago(fleet, m.event->last)),
                            m.event->message});
    }
  }
  std::string agent;
  bool agents_down = !nodes.empty();
  for (const auto& node : nodes) {
    const Pod* pod = agent_pod_on(fleet, node);
    if (pod && agent.empty())
      agent = pod->name;
    agents_down = agents_down && pod && !pod->ready();
  }
  if (sink.id() == "cni-agent-down" && agents_down)
    f.explained_by = "agent-not-ready";
  const SandboxPull pull = classify_sandbox_pull(mine.front().event->message);
  fill_in(f,
          {{"pod", mine.front().pod->name},
           {"pod-ns", mine.front().pod->ns},
           {"nodes", nodes},
           {"agent", agent},
           {"image", pull.image}});
  sink.add(std::move(f));
}

}  // namespace

Checks sandbox_checks() {
  Checks out;
  for (const char* id : {"sandbox-image-pull",
                         "cni-agent-down",
                         "cni-agent-slow",
                         "ipam-exhausted",
                         "cni-config-leftover",
                         "cni-sandbox-failures"}) {
    out.push_back({id, {Need::pods, Need::events}, sandbox});
  }
  return out;
}

}  // namespace kpr::checks
