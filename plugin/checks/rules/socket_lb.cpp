// Section 6 too: the socket load balancer, who is bypassed by it, and whether hosts reach Services.
#include <algorithm>

#include "checks/agents.hpp"
#include "checks/rule.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

using facts::Agent;
using facts::Fleet;
using facts::KprMode;
using facts::Pod;

bool socket_lb_on(const Agent& a) {
  return a.status && a.status->socket_lb.value_or(false);
}

// KPR off still prints "Coverage: Full": only an agent with its socket LB on counts.
bool works_in_pods(const Fleet& fleet, const Agent& a) {
  return socket_lb_on(a) && a.status->mode != KprMode::off &&
         !a.status->socket_lb_hostns_only.value_or(fleet.config_true("bpf-lb-sock-hostns-only"));
}

// What in the pod wants to see a connection to a Service before it is translated, "" for nothing.
// A pod of Istio with the label `istio` is a gateway, no sidecar.
std::string proxy_in(const Pod& pod) {
  for (const auto* list : {&pod.init_containers, &pod.containers})
    for (const auto& c : *list) {
      if (c.name == "istio-proxy" && pod.labels.count("istio") == 0)
        return "Istio";
      if (c.name == "linkerd-proxy")
        return "Linkerd";
      if (c.name == "kuma-sidecar")
        return "Kuma";
    }
  if (pod.runtime_class == "gvisor" || pod.runtime_class == "runsc")
    return "gVisor";
  if (pod.runtime_class.starts_with("kata"))
    return "Kata Containers";
  if (pod.name.starts_with("virt-launcher-") && pod.labels.count("kubevirt.io") > 0)
    return "KubeVirt";
  return {};
}

bool wants_istio(const nlohmann::json& ns) {
  const auto labels = nlohmann::json::json_pointer("/metadata/labels");
  if (!ns.contains(labels) || !ns[labels].is_object())
    return false;
  const auto& l = ns[labels];
  const auto is = [&](const char* key, const char* value) {
    return l.contains(key) && l[key] == value;
  };
  return is("istio-injection", "enabled") || l.contains("istio.io/rev") ||
         is("istio.io/dataplane-mode", "ambient");
}

void pod_proxies(const Fleet& fleet, Rule& rule) {
  if (agents_with(fleet, [](const Agent& a) {
        return a.status && a.status->socket_lb;
      }).empty())
    return rule.skip("no agent told about its socket load balancer");
  const auto in_pods = agents_with(fleet, [&](const Agent& a) {
    return works_in_pods(fleet, a);
  });
  if (in_pods.empty())
    return rule.not_applicable(
        "the socket load balancer works in the host's namespace only, or not at all");
  if (const auto* namespaces = fleet.raw("namespaces"))
    for (const auto& ns : namespaces->items)
      if (wants_istio(ns)) {
        const std::string path = "Namespace " + ns["metadata"].value("name", "");
        rule.add("proxies", "Istio");
        rule.object(path);
        rule.shows(path + " .metadata.labels", "Istio's injection or ambient mode");
      }
  for (const Pod& pod : *fleet.pods)
    if (const std::string proxy = proxy_in(pod); !proxy.empty()) {
      rule.add("proxies", proxy);
      rule.object(pod.path("Pod"));
      rule.shows(pod.path("Pod"), proxy);
    }
  rule.shows(in_pods.back()->status->source, "Socket LB Coverage: Full");
}

void cgroup_root(const Fleet& fleet, Rule& rule) {
  const auto on = agents_with(fleet, socket_lb_on);
  rule.asks("which programs hang on its cgroup root");
  rule.from_last_words({"attach program cil_sock4", "attach program cil_sock6"});
  if (on.empty())
    rule.not_applicable("the socket load balancer is off");
  for (const Agent* a : on)
    if (const facts::CgroupTree* tree = rule.told(*a, a->cgroups)) {
      const facts::CgroupProgram* connect = tree->connect();
      if (connect == nullptr)
        rule.found(*a, a->cgroups_source, "no cil_sock4_connect on the cgroup root");
      else if (!tree->is_root(*connect))
        rule.found(*a,
                   a->cgroups_source,
                   "cil_sock4_connect hangs on " + connect->cgroup + ", not on the root");
    }
}

// Why a connection failed, in bash's or the kernel's words; "" when it could not even be tried.
std::string why_refused(const evidence::Output& o) {
  if (o.exit_code == 124)
    return "no answer within 5 s";
  for (const char* words : {"Connection refused",
                            "No route to host",
                            "Network is unreachable",
                            "Connection timed out",
                            "Connection reset by peer",
                            "Operation not permitted"})
    if (o.err.find(words) != std::string::npos || o.out.find(words) != std::string::npos)
      return words;
  return {};
}

// What --probe-network asked: a connection from the agent, which shares the host's network, to the
// kubernetes Service.
void service_unreachable(const Fleet& fleet, Rule& rule) {
  const auto asked = agents_with(fleet, [](const Agent& a) {
    return a.raw != nullptr && a.raw->outputs.count("connect-kubernetes") > 0;
  });
  if (asked.empty())
    return rule.not_applicable("asked with --probe-network only");
  rule.asks("whether its host reaches the kubernetes Service");
  for (const Agent* a : asked) {
    const auto* o = a->output("connect-kubernetes");
    const std::string_view out = o == nullptr ? std::string_view() : std::string_view(o->out);
    const std::string target(trim(out.substr(0, out.find('\n'))));
    const std::string why = o == nullptr || o->exit_code == 0 ? std::string() : why_refused(*o);
    if (target.empty() || target.front() == ':' || (o->exit_code != 0 && why.empty())) {
      rule.told_nothing();
      continue;
    }
    rule.told_something();
    if (why.empty())
      continue;
    rule.add("target", target);
    rule.found(*a, o->source, target + ": " + why);
  }
}

bool is_node_local_dns(const Pod& pod) {
  const auto label = pod.labels.find("k8s-app");
  return label != pod.labels.end() && pod.host_network &&
         (label->second == "node-local-dns" || label->second == "nodelocaldns");
}

// A policy that sends what goes to the cluster's DNS to the pod of the node.
bool redirects_dns(const nlohmann::json& policy) {
  const std::string text = policy.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return text.find("kube-dns") != std::string::npos || text.find("coredns") != std::string::npos ||
         text.find("169.254.") != std::string::npos;
}

void nodelocaldns(const Fleet& fleet, Rule& rule) {
  if (!replacement_on(fleet))
    return rule.not_applicable("the replacement is off");
  if (std::none_of(fleet.pods->begin(), fleet.pods->end(), is_node_local_dns))
    return rule.not_applicable("no node-local-dns of the host network");
  if (fleet.config_true("enable-local-redirect-policy")) {
    const auto* policies = fleet.raw("ciliumlocalredirectpolicies");
    const auto* why = fleet.why_missing("ciliumlocalredirectpolicies");
    if (policies != nullptr &&
        std::any_of(policies->items.begin(), policies->items.end(), redirects_dns))
      return;
    if (policies == nullptr && why != nullptr && why->reason != evidence::Reason::no_such_resource)
      return rule.skip("CiliumLocalRedirectPolicies could not be read: " +
                       std::string(evidence::to_string(why->reason)));
  }
  for (const Pod& pod : *fleet.pods)
    if (is_node_local_dns(pod)) {
      rule.object(pod.owner_kind == "DaemonSet" ? "DaemonSet " + pod.ns + "/" + pod.owner_name
                                                : pod.path("Pod"));
      rule.found(pod.node, pod.path("Pod"), "hostNetwork: true");
    }
  const Proof config = config_evidence(fleet, "enable-local-redirect-policy");
  rule.shows(config.source, config.text);
}

}  // namespace

Checks socket_lb_checks() {
  return {
      {"socketlb-breaks-pod-proxies", {Need::agents, Need::pods}, pod_proxies},
      {"cgroup-root-wrong", {Need::agents}, cgroup_root},
      {"kubernetes-service-unreachable", {}, service_unreachable},
      {"localredirect-nodelocaldns", {Need::pods, Need::cilium_config}, nodelocaldns},
  };
}

}  // namespace kpr::checks
