// LoadBalancer Services: who gives them an address, and who answers for it. Local redirects that
// lead nowhere.
#include <algorithm>
#include <map>
#include <set>

#include "checks/agents.hpp"
#include "facts/cilium_objects.hpp"
#include "facts/redirects.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

using facts::Service;

// Programs that give addresses to LoadBalancer Services, by the names of their pods.
constexpr std::string_view k_controllers[] = {"cloud-controller-manager",
                                              "cloud-controller",
                                              "aws-load-balancer-controller",
                                              "metallb",
                                              "kube-vip",
                                              "svclb-",
                                              "openelb",
                                              "purelb",
                                              "kube-loxilb",
                                              "-ccm-",
                                              "f5-"};

bool runs_a_controller(const facts::Fleet& fleet) {
  const auto is_controller = [](const facts::Pod& pod) {
    return std::any_of(
        std::begin(k_controllers), std::end(k_controllers), [&](std::string_view name) {
          return pod.name.find(name) != std::string::npos;
        });
  };
  return std::any_of(fleet.pods->begin(), fleet.pods->end(), is_controller);
}

bool in_a_cloud(const facts::Fleet& fleet) {
  const auto has_provider = [](const facts::Node& node) {
    const auto scheme = node.provider_id.substr(0, node.provider_id.find("://"));
    return !scheme.empty() && scheme != "k3s" && scheme != "kind" && scheme != "rke2";
  };
  return std::any_of(fleet.nodes->begin(), fleet.nodes->end(), has_provider);
}

constexpr const char* k_excluded = "node.kubernetes.io/exclude-from-external-load-balancers";

bool every_node_is_excluded(const facts::Fleet& fleet) {
  return !fleet.nodes->empty() &&
         std::all_of(fleet.nodes->begin(), fleet.nodes->end(), [](const facts::Node& node) {
           return node.labels.count(k_excluded) > 0;
         });
}

// Whose a Service without an address is.
enum class Giver { lb_ipam, node_ipam, other };

Giver giver_of(const facts::Fleet& fleet, const Service& service) {
  if (service.lb_class == "io.cilium/node")
    return Giver::node_ipam;
  if (service.lb_class.starts_with("io.cilium/"))
    return Giver::lb_ipam;
  if (service.lb_class.empty() && fleet.config("default-lb-service-ipam") == "nodeipam")
    return Giver::node_ipam;
  return Giver::other;
}

struct Why {
  std::string reason;
  Proof proof;
  bool excluded = false;
};

std::optional<Why> lb_ipam_refuses(const Service& service) {
  for (const auto& c : service.conditions)
    if (c.type == "cilium.io/IPAMRequestSatisfied" && c.status == "False")
      return Why{"LB-IPAM says " + c.reason + (c.message.empty() ? "" : ": " + shorten(c.message)),
                 {service.path("Service") + " .status.conditions[cilium.io/IPAMRequestSatisfied]",
                  c.status + ", " + c.reason + ": " + shorten(c.message)},
                 false};
  return std::nullopt;
}

std::optional<Why> node_ipam_finds_none(const facts::Fleet& fleet) {
  if (!fleet.config_true("enable-node-ipam"))
    return Why{
        "Node IPAM is off", {"ConfigMap cilium-config", "enable-node-ipam is not true"}, false};
  if (every_node_is_excluded(fleet))
    return Why{std::string("every node has the label ") + k_excluded,
               {"Nodes .metadata.labels", k_excluded},
               true};
  return std::nullopt;
}

std::optional<Why> last_event_of(const facts::Fleet& fleet, const Service& service) {
  if (!fleet.events)
    return std::nullopt;
  const facts::Event* last = nullptr;
  for (const auto& e : *fleet.events)
    if (e.kind == "Service" && e.ns == service.ns && e.name == service.name &&
        e.type == "Warning" && (last == nullptr || e.last > last->last))
      last = &e;
  if (last == nullptr)
    return std::nullopt;
  return Why{"its controller says " + last->reason + ": " + shorten(last->message, 160),
             {"Event " + last->reason + " of " + service.path("Service"), shorten(last->message)},
             false};
}

std::optional<Why> why_no_address(const facts::Fleet& fleet, const Service& service) {
  if (auto why = lb_ipam_refuses(service))
    return why;
  if (giver_of(fleet, service) == Giver::node_ipam)
    return node_ipam_finds_none(fleet);
  if (auto why = last_event_of(fleet, service))
    return why;
  const auto pools = facts::metas_of(fleet, "ciliumloadbalancerippools");
  const bool pools_known_empty = pools && pools->empty();
  if (giver_of(fleet, service) == Giver::lb_ipam && pools_known_empty)
    return Why{
        "there is no CiliumLoadBalancerIPPool", {"CiliumLoadBalancerIPPools", "none"}, false};
  if (giver_of(fleet, service) == Giver::other && service.lb_class.empty() && pools_known_empty &&
      !in_a_cloud(fleet) && !runs_a_controller(fleet))
    return Why{"nothing in this cluster gives addresses to LoadBalancer Services",
               {"Pods, Nodes, CiliumLoadBalancerIPPools",
                "no load balancer controller, no cloud, no pool"},
               false};
  return std::nullopt;
}

void no_address(const facts::Fleet& fleet, Sink& sink) {
  Finding f = sink.make("");
  std::size_t waiting = 0, not_known = 0;
  std::map<std::string, std::vector<std::string>> by_reason;
  bool excluded = false;
  for (const auto& service : *fleet.services) {
    const auto age = fleet.age(service.created);
    if (service.type != "LoadBalancer" || service.deleted || !service.lb_ips.empty() ||
        !service.lb_hostnames.empty() || (age && *age < sink.thresholds().agent_settle))
      continue;
    ++waiting;
    const auto why = why_no_address(fleet, service);
    if (!why) {
      ++not_known;
      continue;
    }
    excluded = excluded || why->excluded;
    f.objects.push_back(service.path("Service"));
    by_reason[why->reason].push_back(service.path("Service"));
    if (f.evidence.size() < 6)
      f.evidence.push_back(why->proof);
  }
  if (waiting == 0)
    return sink.not_applicable("every LoadBalancer Service has an address");
  if (by_reason.empty())
    return sink.skip(count_of(not_known, "LoadBalancer Service") +
                     " without an address, and nothing here says why");
  if (excluded)
    for (const auto& node : *fleet.nodes)
      f.nodes.push_back(node.name);
  std::vector<std::string> parts;
  for (const auto& [reason, services] : by_reason)
    parts.push_back(list_of(services, 3) + ": " + reason);
  f.summary = "no external address for " + join(parts, "; ");
  sink.add(std::move(f));
}

// spec.interfaces of a CiliumL2AnnouncementPolicy: regular expressions (v2alpha1). Only the plain
// ones are judged here: a name, or a name with a "^" and "$" around it.
bool may_be(const std::string& pattern, const std::string& device) {
  std::string plain = pattern;
  if (plain.starts_with('^'))
    plain.erase(0, 1);
  if (plain.ends_with('$'))
    plain.pop_back();
  const bool is_plain = plain.find_first_of("[](){}.*+?|\\^$") == std::string::npos;
  return !is_plain || plain == device || (!pattern.ends_with('$') && device.starts_with(plain));
}

bool some_device_fits(const facts::Fleet& fleet, const std::vector<std::string>& patterns) {
  bool known = false;
  for (const auto& a : fleet.agents) {
    if (!a.interfaces)
      continue;
    known = true;
    for (const auto& interface : *a.interfaces)
      for (const auto& pattern : patterns)
        if (may_be(pattern, interface.name))
          return true;
  }
  return !known || patterns.empty();
}

bool has_lease(const std::vector<facts::Meta>& leases, const Service& service) {
  // pkg/l2announcer: "cilium-l2announce-<namespace>-<name>"
  const std::string name = "cilium-l2announce-" + service.ns + "-" + service.name;
  return std::any_of(leases.begin(), leases.end(), [&](const auto& lease) {
    return lease.name == name;
  });
}

void not_announced(const facts::Fleet& fleet, Sink& sink) {
  if (!fleet.config_true("enable-l2-announcements"))
    return sink.not_applicable("L2 announcements are off");
  const auto policies = facts::l2_announcement_policies(fleet);
  const auto leases = facts::metas_of(fleet, "leases");
  if (!policies || !leases)
    return sink.skip("L2 announcement policies or leases could not be read");
  std::vector<std::string> patterns;
  for (const auto& policy : *policies)
    patterns.insert(patterns.end(), policy.interfaces.begin(), policy.interfaces.end());
  Finding f = sink.make("");
  for (const auto& service : *fleet.services) {
    const bool ours = service.lb_class.empty() || service.lb_class == "io.cilium/l2-announcer";
    const bool from_pool =
        std::any_of(service.conditions.begin(), service.conditions.end(), [](const auto& c) {
          return c.type == "cilium.io/IPAMRequestSatisfied" && c.status == "True";
        });
    if (service.type != "LoadBalancer" || service.lb_ips.empty() || !ours || !from_pool ||
        has_lease(*leases, service))
      continue;
    f.objects.push_back(service.path("Service"));
    if (f.evidence.size() < 4)
      f.evidence.push_back({"Leases of " + fleet.cilium_ns,
                            "no cilium-l2announce-" + service.ns + "-" + service.name});
  }
  if (f.objects.empty())
    return;
  std::string why =
      "no policy selects " + std::string(f.objects.size() == 1 ? "it" : "them") + " on any node";
  if (policies->empty())
    why = "there is no CiliumL2AnnouncementPolicy";
  else if (!some_device_fits(fleet, patterns))
    why = "no node has a device that the policies' interfaces (" + join(patterns, ", ") + ") match";
  f.evidence.push_back({"CiliumL2AnnouncementPolicies", why});
  f.summary = "nobody answers for the address of " + list_of(f.objects, 3) + ": " + why;
  sink.add(std::move(f));
}

const facts::LocalRedirectPolicy* policy_of(const std::vector<facts::LocalRedirectPolicy>& policies,
                                            const facts::Redirect& redirect) {
  const auto found = std::find_if(policies.begin(), policies.end(), [&](const auto& policy) {
    return policy.name == redirect.name && policy.ns == redirect.ns;
  });
  return found == policies.end() ? nullptr : &*found;
}

const facts::Pod* local_backend(const facts::Fleet& fleet,
                                const facts::LocalRedirectPolicy& policy,
                                const std::string& node) {
  const auto found = std::find_if(fleet.pods->begin(), fleet.pods->end(), [&](const auto& pod) {
    return pod.ns == policy.ns && pod.node == node && pod.ready() && !pod.deleted &&
           policy.backends.selects(pod.labels);
  });
  return found == fleet.pods->end() ? nullptr : &*found;
}

void redirect_without_backends(const facts::Fleet& fleet, Sink& sink) {
  const auto policies = facts::local_redirect_policies(fleet);
  if (!policies)
    return sink.skip("CiliumLocalRedirectPolicies could not be read");
  if (policies->empty())
    return sink.not_applicable("there is no CiliumLocalRedirectPolicy");
  Finding f = sink.make("");
  std::size_t told = 0;
  std::set<std::string> names;
  for (const auto& a : fleet.agents) {
    const auto* output = a.output("lrp-list");
    if (output == nullptr)
      continue;
    ++told;
    for (const auto& redirect : facts::parse_redirects(output->out)) {
      const auto* policy = policy_of(*policies, redirect);
      const auto empty =
          std::find_if(redirect.frontends.begin(), redirect.frontends.end(), [](const auto& fe) {
            return fe.backends.empty();
          });
      if (policy == nullptr || empty == redirect.frontends.end())
        continue;
      const auto* pod = local_backend(fleet, *policy, a.node);
      if (pod == nullptr)
        continue;  // a node without such a pod has nothing to redirect to
      names.insert("CiliumLocalRedirectPolicy " + redirect.ns + "/" + redirect.name);
      f.nodes.push_back(a.node);
      if (f.evidence.size() < 6)
        f.evidence.push_back(
            {output->source,
             empty->address + " -> (none), although " + pod->path("Pod") + " is ready"});
    }
  }
  if (told == 0)
    return nothing_told(fleet, sink, {"lrp-list"}, "no agent told its local redirect policies");
  if (f.nodes.empty())
    return;
  f.objects.assign(names.begin(), names.end());
  f.summary = list_of(f.objects, 3) + " redirects to no backend on " + nodes_of(f.nodes.size()) +
              ", although a pod that it selects is ready there";
  sink.add(std::move(f));
}

}  // namespace

Checks lb_address_checks() {
  return {{"loadbalancer-no-address", {Need::services, Need::nodes, Need::pods}, no_address},
          {"loadbalancer-not-announced", {Need::services, Need::cilium_config}, not_announced},
          {"localredirect-no-backends", {Need::pods}, redirect_without_backends}};
}

}  // namespace kpr::checks
