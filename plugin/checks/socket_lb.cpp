// Section 6 too: the socket load balancer, who is bypassed by it, and whether hosts reach Services.
#include <algorithm>
#include <set>

#include "checks/agents.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

using facts::KprMode;

void pod_proxies(const facts::Fleet& fleet, Sink& sink) {
  bool full = false, judged = false;
  Proof coverage;
  for (const auto& a : fleet.agents) {
    if (!a.status || !a.status->socket_lb)
      continue;
    judged = true;
    // KPR off still prints "Coverage: Full": only an agent with its socket LB on counts.
    if (!*a.status->socket_lb || a.status->mode == KprMode::off)
      continue;
    const bool hostns =
        a.status->socket_lb_hostns_only.value_or(fleet.config_true("bpf-lb-sock-hostns-only"));
    if (hostns)
      continue;
    full = true;
    coverage = {a.status->source, "Socket LB Coverage: Full"};
  }
  if (!judged)
    return sink.skip("no agent told about its socket load balancer");
  if (!full)
    return sink.not_applicable(
        "the socket load balancer works in the host's namespace only, or not at all");
  Finding f = sink.make("");
  std::set<std::string> what;
  if (const auto* namespaces = fleet.raw("namespaces")) {
    for (const auto& n : namespaces->items) {
      const auto labels = nlohmann::json::json_pointer("/metadata/labels");
      if (!n.contains(labels) || !n[labels].is_object())
        continue;
      const auto& l = n[labels];
      const bool istio =
          (l.contains("istio-injection") && l["istio-injection"] == "enabled") ||
          l.contains("istio.io/rev") ||
          (l.contains("istio.io/dataplane-mode") && l["istio.io/dataplane-mode"] == "ambient");
      if (!istio)
        continue;
      what.insert("Istio");
      f.objects.push_back("Namespace " + n["metadata"].value("name", ""));
      if (f.evidence.size() < 4)
        f.evidence.push_back(
            {f.objects.back() + " .metadata.labels", "Istio's injection or ambient mode"});
    }
  }
  for (const auto& p : *fleet.pods) {
    const char* name = nullptr;
    for (const auto* list : {&p.init_containers, &p.containers}) {
      for (const auto& c : *list) {
        if (c.name == "istio-proxy" && p.labels.count("istio") == 0)
          name = "Istio";
        if (c.name == "linkerd-proxy")
          name = "Linkerd";
        if (c.name == "kuma-sidecar")
          name = "Kuma";
      }
    }
    if (name == nullptr && (p.runtime_class == "gvisor" || p.runtime_class == "runsc"))
      name = "gVisor";
    if (name == nullptr && p.runtime_class.rfind("kata", 0) == 0)
      name = "Kata Containers";
    if (name == nullptr && p.name.rfind("virt-launcher-", 0) == 0 &&
        p.labels.count("kubevirt.io") > 0)
      name = "KubeVirt";
    if (name == nullptr)
      continue;
    what.insert(name);
    if (f.objects.size() < 40)
      f.objects.push_back(p.path("Pod"));
    if (f.evidence.size() < 4)
      f.evidence.push_back({p.path("Pod"), name});
  }
  if (what.empty())
    return;
  f.evidence.push_back(coverage);
  f.summary = "the socket load balancer works inside pods and so bypasses " +
              join(std::vector<std::string>(what.begin(), what.end()), ", ");
  sink.add(std::move(f));
}

void cgroup_root(const facts::Fleet& fleet, Sink& sink) {
  Finding f = sink.make("");
  std::size_t judged = 0, on = 0;
  const bool said = words_say(fleet, f, {"attach program cil_sock4", "attach program cil_sock6"});
  for (const auto& a : fleet.agents) {
    if (!a.status || !a.status->socket_lb.value_or(false))
      continue;
    ++on;
    const auto* o = a.output("bpftool-cgroup");
    if (o == nullptr || o->exit_code != 0 || o->out.find("CgroupPath") == std::string::npos)
      continue;
    ++judged;
    // The first path of the tree is its root; programs must hang there.
    std::string path;
    bool at_root = false, first = true, elsewhere = false;
    for (std::string_view line : split(o->out, '\n')) {
      if (!line.empty() && line.front() == '/') {
        first = path.empty();
        path = std::string(trim(line));
        continue;
      }
      const bool connect = line.find("connect4") != std::string_view::npos ||
                           line.find("cil_sock4_connect") != std::string_view::npos;
      if (connect)
        (first ? at_root : elsewhere) = true;
    }
    if (at_root)
      continue;
    f.nodes.push_back(a.node);
    if (f.evidence.size() < 4)
      f.evidence.push_back({o->source,
                            elsewhere ? "cil_sock4_connect hangs on " + path + ", not on the root"
                                      : "no cil_sock4_connect on the cgroup root"});
  }
  if (f.nodes.empty()) {
    if (on == 0)
      return sink.not_applicable("the socket load balancer is off");
    if (judged == 0 && !said)
      nothing_told(
          fleet, sink, {"bpftool-cgroup"}, "no agent told which programs hang on its cgroup root");
    return;
  }
  f.summary = "the socket load balancer is not attached to the cgroup root on " +
              nodes_of(std::set<std::string>(f.nodes.begin(), f.nodes.end()).size()) +
              ": hosts cannot reach ClusterIPs there";
  sink.add(std::move(f));
}

// What --probe-network asked: a connection from the agent, which shares the host's network, to the
// kubernetes Service.
void service_unreachable(const facts::Fleet& fleet, Sink& sink) {
  Finding f = sink.make("");
  std::size_t asked = 0, judged = 0;
  std::set<std::string> targets;
  for (const auto& a : fleet.agents) {
    if (a.raw == nullptr || a.raw->outputs.count("connect-kubernetes") == 0)
      continue;
    ++asked;
    const auto* o = a.output("connect-kubernetes");
    const std::string target(o == nullptr
                                 ? std::string_view()
                                 : trim(std::string_view(o->out).substr(0, o->out.find('\n'))));
    if (target.empty() || target.front() == ':')
      continue;
    std::string why;
    if (o->exit_code == 124)
      why = "no answer within 5 s";
    for (const char* words : {"Connection refused",
                              "No route to host",
                              "Network is unreachable",
                              "Connection timed out",
                              "Connection reset by peer",
                              "Operation not permitted"})
      if (o->err.find(words) != std::string::npos || o->out.find(words) != std::string::npos)
        why = words;
    if (o->exit_code != 0 && why.empty())
      continue;  // it could not even try
    ++judged;
    if (o->exit_code == 0)
      continue;
    targets.insert(target);
    f.nodes.push_back(a.node);
    if (f.evidence.size() < 6)
      f.evidence.push_back({o->source, target + ": " + why});
  }
  if (asked == 0)
    return sink.not_applicable("asked with --probe-network only");
  if (!f.nodes.empty()) {
    f.summary = "hosts do not reach the kubernetes Service at " +
                join(std::vector<std::string>(targets.begin(), targets.end()), " and ") + " on " +
                nodes_of(std::set<std::string>(f.nodes.begin(), f.nodes.end()).size());
    sink.add(std::move(f));
  } else if (judged == 0) {
    sink.skip("no agent could try to connect to the kubernetes Service");
  } else if (judged < asked) {
    sink.skip(std::to_string(asked - judged) + " of " + count_of(asked, "agent") +
              " could not try to connect to the kubernetes Service");
  }
}

void nodelocaldns(const facts::Fleet& fleet, Sink& sink) {
  if (!replacement_on(fleet))
    return sink.not_applicable("the replacement is off");
  Finding f = sink.make("");
  for (const auto& p : *fleet.pods) {
    const auto label = p.labels.find("k8s-app");
    if (label == p.labels.end() ||
        (label->second != "node-local-dns" && label->second != "nodelocaldns"))
      continue;
    if (!p.host_network)
      continue;
    f.nodes.push_back(p.node);
    if (f.objects.empty()) {
      f.objects.push_back(p.owner_kind == "DaemonSet" ? "DaemonSet " + p.ns + "/" + p.owner_name
                                                      : p.path("Pod"));
      f.evidence.push_back({p.path("Pod"), "hostNetwork: true"});
    }
  }
  if (f.objects.empty())
    return sink.not_applicable("no node-local-dns of the host network");
  if (const auto* policies = fleet.raw("ciliumlocalredirectpolicies")) {
    for (const auto& policy : policies->items) {
      const std::string text =
          policy.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
      if (fleet.config_true("enable-local-redirect-policy") &&
          (text.find("kube-dns") != std::string::npos ||
           text.find("coredns") != std::string::npos || text.find("169.254.") != std::string::npos))
        return;
    }
  } else if (const auto* why = fleet.why_missing("ciliumlocalredirectpolicies");
             fleet.config_true("enable-local-redirect-policy") &&
             why->reason != evidence::Reason::no_such_resource) {
    return sink.skip("CiliumLocalRedirectPolicies could not be read: " +
                     std::string(evidence::to_string(why->reason)));
  }
  f.evidence.push_back(config_evidence(fleet, "enable-local-redirect-policy"));
  f.summary = "node-local-dns is bypassed: it relies on iptables rules that Cilium's load balancer "
              "does not pass";
  sink.add(std::move(f));
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
