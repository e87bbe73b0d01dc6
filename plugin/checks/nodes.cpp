// Nodes themselves: down, silent kubelets, changes that roll over them, endpoints that are not
// programmed, pod CIDRs that hold addresses in use.
#include <algorithm>
#include <map>
#include <set>

#include "checks/agents.hpp"
#include "facts/rollout.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

// Taints of a node that leaves on purpose: its absence is no fault.
constexpr std::string_view k_leaving_taints[] = {"ToBeDeletedByClusterAutoscaler",
                                                 "karpenter.sh/disrupted",
                                                 "karpenter.sh/disruption",
                                                 "node.cloudprovider.kubernetes.io/shutdown"};

bool is_leaving(const facts::Node& node) {
  return node.deleted || std::any_of(node.taints.begin(), node.taints.end(), [](const auto& taint) {
           return std::find(std::begin(k_leaving_taints), std::end(k_leaving_taints), taint.key) !=
                  std::end(k_leaving_taints);
         });
}

bool is_young(const facts::Fleet& fleet, const Sink& sink, const std::optional<Time>& created) {
  const auto age = fleet.age(created);
  return age && *age < sink.thresholds().agent_settle;
}

// The kubelet itself is well and waits for the network: agent-not-ready tells why.
bool waits_for_cni(const facts::Condition& ready) {
  return ready.status == "False" &&
         (ready.message.find("cni plugin not initialized") != std::string::npos ||
          ready.message.find("NetworkPluginNotReady") != std::string::npos ||
          ready.message.find("NetworkReady=false") != std::string::npos);
}

void node_not_ready(const facts::Fleet& fleet, Sink& sink) {
  Finding f = sink.make("");
  for (const auto& node : *fleet.nodes) {
    const auto* ready = node.condition("Ready");
    if (ready == nullptr || ready->status == "True" || waits_for_cni(*ready) || is_leaving(node) ||
        facts::is_virtual(node) || is_young(fleet, sink, node.created))
      continue;
    f.nodes.push_back(node.name);
    if (f.evidence.size() < 6)
      f.evidence.push_back(
          {node.path("Node") + " .status.conditions[Ready]",
           ready->status + (ready->reason.empty() ? "" : ", " + ready->reason) +
               (ready->message.empty() ? "" : ": " + shorten(ready->message, 200))});
  }
  if (f.nodes.empty())
    return;
  f.summary = nodes_of(f.nodes.size()) + (f.nodes.size() == 1 ? " is" : " are") +
              " not Ready: " + list_of(f.nodes, 6);
  sink.add(std::move(f));
}

// What the API server says when it does not get through to a kubelet
// (apimachinery's and the proxy's words).
bool blames_kubelet(std::string_view why) {
  const bool names_port = why.find(":10250") != std::string_view::npos;
  const bool dial = why.find("error dialing backend") != std::string_view::npos ||
                    why.find("dial tcp") != std::string_view::npos ||
                    why.find("proxy error from") != std::string_view::npos ||
                    why.find("502 Bad Gateway") != std::string_view::npos;
  return dial && (names_port || why.find("backend") != std::string_view::npos);
}

void kubelet_unreachable(const facts::Fleet& fleet, Sink& sink) {
  Finding f = sink.make("");
  std::size_t asked = 0;
  for (const auto& a : fleet.agents) {
    ++asked;
    const auto* node = fleet.node(a.node);
    if (!a.unreachable || !blames_kubelet(a.unreachable->detail) ||
        (node != nullptr && (!node->ready() || is_leaving(*node))))
      continue;
    f.nodes.push_back(a.node);
    if (f.evidence.size() < 6)
      f.evidence.push_back({"exec in " + a.ns + "/" + a.pod, shorten(a.unreachable->detail, 300)});
  }
  if (asked == 0)
    return sink.not_applicable("no agent was asked");
  if (f.nodes.empty())
    return;
  f.summary = "the kubelet of " + list_of(f.nodes, 6) +
              " does not answer the API server, although " +
              (f.nodes.size() == 1 ? "the node is" : "the nodes are") + " Ready";
  sink.add(std::move(f));
}

void rollout_under_way(const facts::Fleet& fleet, Sink& sink) {
  if (!fleet.now_known)
    return sink.skip("the time of the evidence is unknown, so no age can be told");
  std::vector<facts::Rollout> moving;
  if (auto rollout = facts::agents_rollout(fleet); rollout && rollout->moves())
    moving.push_back(std::move(*rollout));
  if (fleet.operator_deploy != nullptr)
    if (auto rollout = facts::rollout_of(fleet, *fleet.operator_deploy, fleet.operator_pods);
        rollout && rollout->moves())
      moving.push_back(std::move(*rollout));
  if (moving.empty())
    return;
  Finding f = sink.make("");
  std::vector<std::string> parts;
  for (const auto& rollout : moving) {
    f.objects.push_back(rollout.workload->path(rollout.workload->kind));
    f.evidence.push_back({f.objects.back() + " .status", rollout.progress});
    for (const auto* pod : rollout.old_pods)
      if (!pod->node.empty())
        f.nodes.push_back(pod->node);
    parts.push_back(rollout.workload->name + " (" + std::to_string(rollout.updated) + " of " +
                    std::to_string(rollout.desired) + " pods are new" +
                    (rollout.since ? ", since " + human_duration(*rollout.since) : "") + ")");
  }
  f.summary = "a change is rolling out: " + join(parts, ", ");
  sink.add(std::move(f));
}

bool regenerates_in_vain(const facts::Controller& controller) {
  return controller.name.starts_with("endpoint-") &&
         controller.name.find("regeneration") != std::string::npos;
}

bool is_endpoint_module(const facts::DegradedModule& module) {
  return module.name.find("endpoint") != std::string::npos &&
         module.name.find("datapath-regenerate") != std::string::npos;
}

void endpoints_not_ready(const facts::Fleet& fleet, Sink& sink) {
  Finding f = sink.make("");
  bool judged = false, all_young = true;
  for (const auto& a : fleet.agents) {
    if (!a.status)
      continue;
    judged = true;
    std::vector<Proof> proofs;
    for (const auto& controller : a.status->failing_controllers)
      if (regenerates_in_vain(controller))
        proofs.push_back({a.status->source,
                          controller.name + ": " +
                              count_of(static_cast<std::size_t>(controller.failures), "failure") +
                              " in a row: " + shorten(controller.message, 200)});
    for (const auto& module : a.status->degraded)
      if (is_endpoint_module(module))
        proofs.push_back(
            {a.status->source, module.name + " DEGRADED: " + shorten(module.message, 200)});
    if (proofs.empty())
      continue;
    f.nodes.push_back(a.node);
    all_young = all_young && !settled(fleet, a, sink.thresholds().agent_settle);
    for (auto& proof : proofs)
      if (f.evidence.size() < 6)
        f.evidence.push_back(std::move(proof));
  }
  if (!judged)
    return sink.skip("no agent told about its endpoints");
  if (f.nodes.empty())
    return;
  if (all_young)
    f.severity = Severity::info;
  f.summary = "the datapath of endpoints cannot be programmed on " + nodes_of(f.nodes.size()) +
              ": changes of Services and policies do not reach their pods";
  sink.add(std::move(f));
}

// Pod CIDRs in use: what was given out, never the pool, whose standard overlaps everywhere.
std::vector<std::pair<std::string, std::string>> given_cidrs(const facts::Fleet& fleet) {
  std::vector<std::pair<std::string, std::string>> cidrs;  // node, CIDR
  if (fleet.config("ipam") == "kubernetes" && fleet.nodes)
    for (const auto& node : *fleet.nodes)
      for (const auto& cidr : node.pod_cidrs)
        cidrs.emplace_back(node.name, cidr);
  else
    for (const auto& node : *fleet.cilium_nodes)
      for (const auto& cidr : node.pod_cidrs)
        cidrs.emplace_back(node.name, cidr);
  return cidrs;
}

struct Overlap {
  std::string node, cidr, whose, ip;
};

std::vector<Overlap> overlaps_of(const facts::Fleet& fleet) {
  std::vector<Overlap> found;
  for (const auto& [owner, cidr] : given_cidrs(fleet)) {
    for (const auto& node : *fleet.nodes)
      for (const auto& ip : node.ips("InternalIP"))
        if (facts::cidr_contains(cidr, ip))
          found.push_back({owner, cidr, node.path("Node"), ip});
    if (!fleet.services)
      continue;
    for (const auto& service : *fleet.services)
      for (const auto& ip : service.cluster_ips)
        if (facts::cidr_contains(cidr, ip))
          found.push_back({owner, cidr, service.path("Service"), ip});
  }
  return found;
}

void pod_cidr_overlap(const facts::Fleet& fleet, Sink& sink) {
  const auto overlaps = overlaps_of(fleet);
  if (overlaps.empty())
    return;
  Finding f = sink.make("");
  std::set<std::string> cidrs;
  bool machines = false;
  for (const Overlap& o : overlaps) {
    cidrs.insert(o.cidr);
    machines = machines || o.whose.starts_with("Node ");
    f.nodes.push_back(o.node);
    f.objects.push_back(o.whose);
    if (f.evidence.size() < 6)
      f.evidence.push_back({"CiliumNode " + o.node + " .spec.ipam.podCIDRs",
                            o.cidr + " holds " + o.ip + " of " + o.whose});
  }
  // A machine whose address lies in a pod CIDR is cut off, whoever's CIDR it is.
  if (machines)
    for (const Overlap& o : overlaps)
      if (o.whose.starts_with("Node "))
        f.nodes.push_back(o.whose.substr(5));
  f.summary = "the pod CIDR " + join({cidrs.begin(), cidrs.end()}, ", ") + " holds addresses of " +
              (machines ? "the nodes themselves" : "Services") +
              ": what is sent to them goes to pods";
  sink.add(std::move(f));
}

}  // namespace

Checks node_checks() {
  return {{"node-not-ready", {Need::nodes}, node_not_ready},
          {"kubelet-unreachable", {Need::nodes}, kubelet_unreachable},
          {"rollout-under-way", {Need::pods, Need::daemonsets}, rollout_under_way},
          {"endpoints-not-ready", {Need::agents}, endpoints_not_ready},
          {"pod-cidr-overlap", {Need::nodes, Need::cilium_nodes}, pod_cidr_overlap}};
}

}  // namespace kpr::checks
