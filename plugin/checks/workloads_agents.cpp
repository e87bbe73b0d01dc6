// Cilium's own pods: agents on every node, ready, not restarting; the operator; taints that nobody
// took away.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "checks/workloads_common.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

using facts::Container;
using facts::Fleet;
using facts::Node;
using facts::Pod;
using facts::StateKind;

std::string ds_name(const Fleet& fleet) {
  return fleet.cilium_ds ? fleet.cilium_ds->name : std::string("cilium");
}

bool has_cilium(const Fleet& fleet) {
  return fleet.cilium_ds != nullptr || !fleet.cilium_pods.empty();
}

bool has_pod_of_agent(const Fleet& fleet, const Node& node) {
  return std::any_of(fleet.cilium_pods.begin(), fleet.cilium_pods.end(), [&](const Pod* p) {
    return p->node == node.name && (!is_gone(*p) || p->deleted);
  });
}

bool has_cilium_node(const Fleet& fleet, const Node& node) {
  return fleet.cilium_nodes &&
         std::any_of(fleet.cilium_nodes->begin(), fleet.cilium_nodes->end(), [&](const auto& c) {
           return c.name == node.name;
         });
}

bool waits_for_agent(const Fleet& fleet, const Node& node) {
  const std::string key =
      fleet.config("agent-not-ready-taint-key").value_or("node.cilium.io/agent-not-ready");
  return std::any_of(node.taints.begin(), node.taints.end(), [&](const auto& taint) {
    return taint.key == key;
  });
}

// A node without a pod of the agent, and what that means.
struct BareNode {
  const Node* node;
  std::string excluded;      // why the DaemonSet leaves it out; "" where it should not
  bool known_to_cilium;      // it has a CiliumNode: an agent runs, or ran, there
  bool lacks_agent() const;  // false: left out, and nothing says that it should not be
};
bool BareNode::lacks_agent() const {
  return excluded.empty() || known_to_cilium;
}

std::vector<BareNode> bare_nodes(const Fleet& fleet, const Sink& sink) {
  std::vector<BareNode> bare;
  for (const Node& node : *fleet.nodes) {
    const auto age = fleet.age(node.created);
    const bool young = age && *age < sink.thresholds().agent_settle;
    if (!expects_agent(node) || young || has_pod_of_agent(fleet, node))
      continue;
    std::string excluded =
        fleet.cilium_ds == nullptr ? "" : fleet.cilium_ds->placement.excludes(node);
    const bool known = has_cilium_node(fleet, node) || waits_for_agent(fleet, node);
    bare.push_back({&node, std::move(excluded), known});
  }
  // A selector that no node meets leaves nothing out on purpose: it switches Cilium off.
  const bool nowhere = fleet.cilium_pods.empty();
  std::erase_if(bare, [nowhere](const BareNode& b) {
    return !nowhere && !b.lacks_agent();
  });
  return bare;
}

void not_on_every_node(const Fleet& fleet, Sink& sink) {
  if (!has_cilium(fleet))
    return sink.not_applicable("no Cilium DaemonSet found");
  const auto bare = bare_nodes(fleet, sink);
  // A pod that waits to be scheduled belongs to one of these nodes: that is agent-not-ready.
  const auto unscheduled = static_cast<std::size_t>(
      std::count_if(fleet.cilium_pods.begin(), fleet.cilium_pods.end(), [](const Pod* p) {
        return p->node.empty() && !is_gone(*p);
      }));
  if (bare.empty() || unscheduled >= bare.size())
    return;
  std::vector<std::string> nodes;
  std::vector<Proof> proofs;
  for (const BareNode& b : bare) {
    nodes.push_back(b.node->name);
    if (proofs.size() < 6)
      proofs.push_back(
          {"Node " + b.node->name,
           "no pod of DaemonSet " + ds_name(fleet) + (b.excluded.empty() ? "" : "; " + b.excluded) +
               (b.known_to_cilium ? "; it has a CiliumNode, or the taint that waits for "
                                    "an agent"
                                  : "")});
  }
  Finding f = sink.make(
      fmt::format("{} without a pod of the Cilium agent: {}",
                  nodes.size() == 1 ? "1 node is" : fmt::format("{} nodes are", nodes.size()),
                  name_list(nodes, 6)));
  const bool all_elsewhere = std::all_of(bare.begin(), bare.end(), [&](const BareNode& b) {
    return !b.excluded.empty() && has_cilium_node(fleet, *b.node) &&
           !waits_for_agent(fleet, *b.node);
  });
  if (all_elsewhere) {
    f.severity = Severity::warn;
    f.why = "Each of them has a CiliumNode object, so an agent runs, or ran, there outside of "
            "Kubernetes. Where none runs, nothing programs Services, and new pods get no network.";
  }
  f.nodes = nodes;
  f.evidence = proofs;
  if (fleet.cilium_ds && fleet.cilium_ds->has_status) {
    f.evidence.push_back({fleet.cilium_ds->path("DaemonSet") + " .status",
                          fmt::format("desired {}, ready {}; the cluster has {}",
                                      fleet.cilium_ds->desired,
                                      fleet.cilium_ds->ready,
                                      count_of(fleet.linux_nodes(), "Linux node"))});
    f.objects.push_back(fleet.cilium_ds->path("DaemonSet"));
  }
  fill_in(f, {{"nodes", nodes}, {"ds", ds_name(fleet)}});
  sink.add(std::move(f));
}

std::string pull_cause(const Fleet& fleet, const Sink& sink, const Pod& pod) {
  for (const ContainerPull& p : pulls_of(fleet, sink)) {
    if (p.pod == pod.name && p.ns == pod.ns)
      return p.phase == PullPhase::failing ? std::string(p.cause.id)
                                           : std::string("image-pull-stuck-pulling");
  }
  return {};
}

// Adds what a pod says; the cause when it is the same for all.
void add_not_ready(Finding& f, const std::vector<NotReady>& list) {
  std::set<std::string> seen;
  for (const NotReady& n : list) {
    add_unique(f.nodes, n.pod->node);
    add_unique(f.objects, n.pod->path("Pod"));
    if (seen.size() >= 4 || !seen.insert(n.what + first_line(n.words, 80)).second)
      continue;
    f.evidence.push_back({n.source.empty() ? n.pod->path("Pod") : n.source,
                          n.words.empty() ? n.what : n.what + ": " + std::string(trim(n.words))});
  }
  const std::string cause = list.front().cause;
  if (!cause.empty() && std::all_of(list.begin(), list.end(), [&](const NotReady& n) {
        return n.cause == cause;
      }))
    f.explained_by = cause;
}

void not_ready(const Fleet& fleet, Sink& sink) {
  if (!has_cilium(fleet))
    return sink.not_applicable("no Cilium DaemonSet found");
  std::vector<NotReady> list;
  bool stopped = false;
  for (const Pod* pod : fleet.cilium_pods) {
    // One that was rejected or is going away while another serves the node does not count.
    if (!pod->node.empty()) {
      const Pod* serving = agent_pod_on(fleet, pod->node);
      if (serving && serving != pod && serving->ready())
        continue;
    }
    auto n = why_not_ready(fleet, *pod, "cilium-agent", sink.thresholds());
    if (!n)
      continue;
    if (n->cause == "image-pull" || n->what.find("waits: ContainerCreating") != std::string::npos ||
        n->what.find("waits: PodInitializing") != std::string::npos) {
      n->cause = pull_cause(fleet, sink, *pod);
    }
    stopped = stopped || n->stopped;
    list.push_back(std::move(*n));
  }
  if (list.empty())
    return;
  std::vector<std::string> nodes;
  for (const auto& n : list)
    add_unique(nodes, n.pod->node);
  Finding f = sink.make(fmt::format("{} of {} Cilium agents {} not ready ({}): {}",
                                    list.size(),
                                    fleet.cilium_pods.size(),
                                    list.size() == 1 ? "is" : "are",
                                    name_list(nodes),
                                    list.front().what));
  f.severity = stopped ? Severity::critical : Severity::error;
  add_not_ready(f, list);
  fill_in(f,
          {{"pod", list.front().pod->name},
           {"container",
            list.front().container.empty() ? std::string("cilium-agent") : list.front().container},
           {"nodes", nodes}});
  sink.add(std::move(f));
}

void restarts(const Fleet& fleet, Sink& sink) {
  if (!has_cilium(fleet))
    return sink.not_applicable("no Cilium DaemonSet found");
  if (!fleet.now_known)
    return sink.skip("the time of the evidence is unknown, so no age can be told");
  Finding f;
  std::string pod_name, container;
  int most = 0;
  for (const Pod* pod : fleet.cilium_pods) {
    if (is_gone(*pod))
      continue;
    for (const Container& c : pod->containers) {
      if (c.restarts == 0 || c.last.kind != StateKind::terminated ||
          c.state.kind != StateKind::running)
        continue;
      const auto age = fleet.age(c.last.finished);
      if (!age || *age > sink.thresholds().restarts_window)
        continue;
      // A reboot of the node ends every container in an unknown way; an exit without error was
      // asked for.
      if (c.last.exit_code == 0 || c.last.reason == "Unknown")
        continue;
      add_unique(f.nodes, pod->node);
      add_unique(f.objects, pod->path("Pod"));
      if (f.evidence.size() < 4) {
        f.evidence.push_back({fmt::format("{} .status.containerStatuses[{}].lastState.terminated",
                                          pod->path("Pod"),
                                          c.name),
                              fmt::format("{} (exit code {}), {}, {} in all{}{}",
                                          c.last.reason,
                                          c.last.exit_code,
                                          ago(fleet, c.last.finished),
                                          count_of(static_cast<std::size_t>(c.restarts), "restart"),
                                          c.last.message.empty() ? "" : ": ",
                                          std::string(trim(c.last.message)))});
      }
      if (c.restarts > most) {
        most = c.restarts;
        pod_name = pod->name;
        container = c.name;
      }
    }
  }
  if (f.nodes.empty())
    return;
  Finding out =
      sink.make(fmt::format("the Cilium agent on {} restarted within the last {} (up to {} in all)",
                            name_list(f.nodes),
                            human_duration(sink.thresholds().restarts_window),
                            count_of(static_cast<std::size_t>(most), "restart")));
  out.nodes = f.nodes;
  out.objects = f.objects;
  out.evidence = f.evidence;
  fill_in(out, {{"pod", pod_name}, {"container", container}});
  sink.add(std::move(out));
}

bool ready_for_a_while(const Fleet& fleet, const Pod* pod, std::chrono::seconds settle) {
  if (!pod || !pod->ready())
    return false;
  const auto age = fleet.age(pod->condition("Ready")->since);
  return !age || *age >= settle;
}

void taint_left(const Fleet& fleet, Sink& sink) {
  const std::string key =
      fleet.config("agent-not-ready-taint-key").value_or("node.cilium.io/agent-not-ready");
  Finding f;
  std::vector<std::string> keys;
  for (const Node& node : *fleet.nodes) {
    const bool ready =
        ready_for_a_while(fleet, agent_pod_on(fleet, node.name), sink.thresholds().agent_settle);
    for (const auto& t : node.taints) {
      const auto age = fleet.age(node.created);
      if (age && *age < sink.thresholds().agent_settle)
        continue;
      if (t.key == key && !key.empty()) {
        if (!ready && has_cilium(fleet))
          continue;  // it does what it is for
        f.evidence.push_back(
            {"Node " + node.name + " .spec.taints",
             fmt::format("{}:{} while {}",
                         t.key,
                         t.effect,
                         ready ? "its agent is ready" : "Cilium is not installed")});
      } else if (t.key == "node.kubernetes.io/network-unavailable" && ready) {
        const auto* c = node.condition("NetworkUnavailable");
        if (c && c->status == "False")
          continue;  // the node controller takes it away in a moment
        f.evidence.push_back(
            {"Node " + node.name + " .spec.taints",
             fmt::format("{}:{} while its agent is ready; condition NetworkUnavailable is {}",
                         t.key,
                         t.effect,
                         c ? c->status + " (" + c->reason + ")" : std::string("absent"))});
      } else {
        continue;
      }
      add_unique(f.nodes, node.name);
      add_unique(keys, t.key);
    }
  }
  if (f.nodes.empty())
    return;
  Finding out = sink.make(fmt::format("{} {} the taint {} although nothing justifies it",
                                      name_list(f.nodes, 6),
                                      f.nodes.size() == 1 ? "keeps" : "keep",
                                      name_list(keys)));
  out.nodes = f.nodes;
  out.evidence = f.evidence;
  if (out.evidence.size() > 6)
    out.evidence.resize(6);
  const bool operator_ready =
      std::any_of(fleet.operator_pods.begin(), fleet.operator_pods.end(), [](const Pod* p) {
        return !is_gone(*p) && p->ready();
      });
  if (fleet.pods && !operator_ready && has_cilium(fleet))
    out.explained_by = "operator-unhealthy";
  fill_in(out,
          {{"nodes", out.nodes},
           {"taint", keys.front()},
           {"operator",
            fleet.operator_deploy ? fleet.operator_deploy->name : std::string("cilium-operator")}});
  sink.add(std::move(out));
}

void ready_but_agent_down(const Fleet& fleet, Sink& sink) {
  if (!has_cilium(fleet))
    return sink.not_applicable("no Cilium DaemonSet found");
  Finding f;
  for (const Node& node : *fleet.nodes) {
    if (!expects_agent(node) || !node.ready() || node.unschedulable)
      continue;
    const bool kept_away = std::any_of(node.taints.begin(), node.taints.end(), [](const auto& t) {
      return t.effect != "PreferNoSchedule" && t.key != "node-role.kubernetes.io/control-plane" &&
             t.key != "node-role.kubernetes.io/master";
    });
    if (kept_away)
      continue;
    const Pod* pod = agent_pod_on(fleet, node.name);
    if (!pod)
      continue;  // agent-not-on-every-node
    const auto why = why_not_ready(fleet, *pod, "cilium-agent", sink.thresholds());
    if (!why || !why->stopped)
      continue;
    f.nodes.push_back(node.name);
    if (f.evidence.size() < 4)
      f.evidence.push_back({"Node " + node.name,
                            "Ready=True, schedulable, but " + pod->path("Pod") + ": " + why->what});
  }
  if (f.nodes.empty())
    return;
  Finding out = sink.make(
      fmt::format("{} {} Ready and take{} pods although the Cilium agent does not run there",
                  name_list(f.nodes),
                  f.nodes.size() == 1 ? "is" : "are",
                  f.nodes.size() == 1 ? "s" : ""));
  out.nodes = f.nodes;
  out.evidence = f.evidence;
  out.explained_by = "agent-not-ready";
  fill_in(out, {{"nodes", out.nodes}});
  sink.add(std::move(out));
}

void operator_unhealthy(const Fleet& fleet, Sink& sink) {
  const facts::Workload* d = fleet.operator_deploy;
  if (!d && fleet.operator_pods.empty()) {
    if (!fleet.deployments)
      return sink.skip("Deployments could not be read");
    return sink.not_applicable("no Cilium operator found");
  }
  std::vector<NotReady> list;
  std::size_t ready = 0, present = 0;
  bool young = false;
  for (const Pod* pod : fleet.operator_pods) {
    if (is_gone(*pod))
      continue;
    ++present;
    if (pod->ready()) {
      ++ready;
      continue;
    }
    const auto age = fleet.age(pod->created);
    young = young || (age && *age < sink.thresholds().agent_settle);
    if (auto n = why_not_ready(fleet, *pod, "cilium-operator", sink.thresholds()))
      list.push_back(std::move(*n));
  }
  std::size_t desired = d ? static_cast<std::size_t>(std::max(d->desired, 0)) : present;
  const std::size_t available =
      fleet.pods ? ready : (d ? static_cast<std::size_t>(std::max(d->available, 0)) : 0);
  if (available >= desired && desired > 0)
    return;
  if (d) {
    const auto age = fleet.age(d->created);
    if (age && *age < sink.thresholds().agent_settle)
      return;
  }
  if (young && available > 0)
    return;  // being rolled out
  if (list.empty() && fleet.pods && present > 0 && present >= desired)
    return;  // started a moment ago
  const std::string name = d ? d->name : std::string("cilium-operator");
  Finding f =
      sink.make(desired == 0 ? fmt::format("the Deployment {} is scaled to 0 replicas", name)
                             : fmt::format("{} of {} replicas of {} {} available",
                                           available,
                                           desired,
                                           name,
                                           available == 1 ? "is" : "are"));
  if (available > 0)
    f.severity = Severity::warn;
  if (d) {
    f.objects.push_back(d->path("Deployment"));
    f.evidence.push_back({d->path("Deployment") + " .status",
                          fmt::format("replicas wanted {}, available {}", desired, available)});
  }
  if (!list.empty()) {
    add_not_ready(f, list);
    const std::size_t nodes = fleet.nodes ? fleet.linux_nodes() : 0;
    if (available > 0 && nodes == 1) {
      f.why = "The replicas of the operator may not share a node, and the cluster has one node: "
              "the second one waits for ever.";
      f.fix = {Step::set({{"operator.replicas", "1"}})};
      f.from_memory = true;
    }
    if (const auto& said = list.front().said; said && said->word.row != nullptr)
      tell_cause(*said, f);
  }
  fill_in(f, {{"operator", name}});
  sink.add(std::move(f));
}

void rollout_notready(const Fleet& fleet, Sink& sink) {
  if (fleet.version && !(fleet.version->is_minor(1, 13) && fleet.version->patch == 2))
    return sink.not_applicable("only Cilium 1.13.2 does that");
  Finding f;
  for (const facts::Event& e : *fleet.events) {
    if (e.kind != "Node" || e.reason != "NodeNotReady")
      continue;
    const Pod* pod = agent_pod_on(fleet, e.name);
    if (!pod || !pod->created || !e.last)
      continue;
    const auto gap = *e.last > *pod->created ? *e.last - *pod->created : *pod->created - *e.last;
    if (gap > std::chrono::minutes(3))
      continue;
    add_unique(f.nodes, e.name);
    f.evidence.push_back({"Event NodeNotReady of Node " + e.name, e.message});
  }
  if (f.nodes.empty())
    return;
  Finding out =
      sink.make(fmt::format("{} turned NotReady while the agent was replaced", name_list(f.nodes)));
  out.nodes = f.nodes;
  out.evidence = f.evidence;
  sink.add(std::move(out));
}

}  // namespace

Checks agent_health_checks() {
  return {
      {"agent-not-on-every-node", {Need::nodes, Need::pods}, not_on_every_node},
      {"agent-not-ready", {Need::pods}, not_ready},
      {"agent-restarts", {Need::pods}, restarts},
      {"node-taint-left", {Need::nodes, Need::pods}, taint_left},
      {"node-ready-but-agent-down", {Need::nodes, Need::pods}, ready_but_agent_down},
      {"operator-unhealthy", {Need::pods}, operator_unhealthy},
      {"rollout-makes-node-notready", {Need::version, Need::events, Need::pods}, rollout_notready}};
}

}  // namespace kpr::checks
