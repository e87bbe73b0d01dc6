// Where Cilium's datapath meets the host's: link-local addresses behind BPF host routing, ip rules
// that others take away, programs that are gone from a device, and the Gateway API's CRDs.
#include <algorithm>
#include <map>
#include <set>

#include "checks/agents.hpp"
#include "facts/bpf_programs.hpp"
#include "facts/cilium_objects.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

bool bpf_host_routing(const facts::Agent& a) {
  return a.status && a.status->host_routing == "BPF";
}

// Who needs a link-local address of the host, which BPF host routing passes by.
struct LinkLocalUser {
  std::string who;  // "Istio's ambient mode (169.254.7.127)"
  Proof proof;
  std::vector<std::string> objects;
};

// Probes of pods in the mesh come from 169.254.7.127 (istio.io, "Ambient and Kubernetes
// NetworkPolicy"; docs.cilium.io, "Istio": bpf.masquerade with ambient needs legacy host routing).
std::optional<LinkLocalUser> istio_ambient(const facts::Fleet& fleet) {
  const auto namespaces = facts::metas_of(fleet, "namespaces");
  if (!namespaces)
    return std::nullopt;
  LinkLocalUser user{"Istio's ambient mode (169.254.7.127)", {}, {}};
  for (const auto& ns : *namespaces) {
    const auto mode = ns.labels.find("istio.io/dataplane-mode");
    if (mode == ns.labels.end() || mode->second != "ambient")
      continue;
    user.objects.push_back("Namespace " + ns.name);
    user.proof = {user.objects.front() + " .metadata.labels", "istio.io/dataplane-mode: ambient"};
  }
  if (user.objects.empty())
    return std::nullopt;
  return user;
}

// The addresses of "-localip 169.254.20.10,10.96.0.10".
std::vector<std::string> local_ips(const facts::Container& container) {
  std::vector<std::string> words = container.command;
  words.insert(words.end(), container.args.begin(), container.args.end());
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string value;
    if ((words[i] == "-localip" || words[i] == "--localip") && i + 1 < words.size())
      value = words[i + 1];
    else if (words[i].starts_with("-localip="))
      value = words[i].substr(9);
    else
      continue;
    std::vector<std::string> ips;
    for (const auto part : split(value, ','))
      ips.emplace_back(trim(part));
    return ips;
  }
  return {};
}

bool is_link_local(const std::string& ip) {
  return facts::cidr_contains("169.254.0.0/16", ip) || facts::cidr_contains("fe80::/10", ip);
}

// node-local-dns of the host network that listens on link-local addresses alone, from 1.16.5 on
// (cilium/cilium#36761), unless a local redirect policy leads to it.
std::optional<LinkLocalUser> node_local_dns(const facts::Fleet& fleet) {
  if (!fleet.version || !fleet.version->at_least(1, 16) ||
      (fleet.version->is_minor(1, 16) && fleet.version->patch < 5))
    return std::nullopt;
  const auto policies = facts::local_redirect_policies(fleet);
  if (policies && !policies->empty())
    return std::nullopt;
  for (const auto& pod : *fleet.pods) {
    if (!pod.host_network)
      continue;
    for (const auto& container : pod.containers) {
      const auto ips = local_ips(container);
      if (ips.empty() || !std::all_of(ips.begin(), ips.end(), is_link_local))
        continue;
      return LinkLocalUser{
          "node-local-dns (" + join(ips, ", ") + ")",
          {pod.path("Pod") + " container " + container.name, "-localip " + join(ips, ",")},
          {pod.path("Pod")}};
    }
  }
  return std::nullopt;
}

void host_routing_link_local(const facts::Fleet& fleet, Sink& sink) {
  Finding f = sink.make("");
  bool judged = false;
  for (const auto& a : fleet.agents) {
    judged = judged || (a.status && !a.status->host_routing.empty());
    if (!bpf_host_routing(a))
      continue;
    f.nodes.push_back(a.node);
    if (f.evidence.empty())
      f.evidence.push_back({a.status->source, "Host: BPF"});
  }
  if (!judged)
    return sink.skip("no agent told how it routes to the host");
  if (f.nodes.empty())
    return sink.not_applicable("traffic to pods takes the host's own way");
  std::vector<std::string> users;
  for (const auto& user : {istio_ambient(fleet), node_local_dns(fleet)}) {
    if (!user)
      continue;
    users.push_back(user->who);
    f.evidence.push_back(user->proof);
    f.objects.insert(f.objects.end(), user->objects.begin(), user->objects.end());
  }
  if (users.empty())
    return;
  f.summary = "BPF host routing passes by link-local addresses of the host that are needed by " +
              join(users, " and ");
  sink.add(std::move(f));
}

// Rules of Cilium's own priorities (pkg/datapath/linux/linux_defaults): 9 and 10 for the proxy, 20
// and 110 or 111 for the addresses of endpoints in ENI, Azure and Alibaba mode.
bool is_endpoint_rule(const facts::IpRule& rule) {
  return rule.priority == 110 || rule.priority == 111 || rule.priority == 20;
}

std::set<long> own_priorities(const std::vector<facts::IpRule>& rules) {
  std::set<long> found;
  for (const auto& rule : rules)
    if (rule.priority == 9 || rule.priority == 10 || is_endpoint_rule(rule))
      found.insert(rule.priority == 110 ? 111 : rule.priority);
  return found;
}

std::size_t pods_with_addresses(const facts::Fleet& fleet, const std::string& node) {
  if (!fleet.pods)
    return 0;
  return static_cast<std::size_t>(
      std::count_if(fleet.pods->begin(), fleet.pods->end(), [&](const facts::Pod& pod) {
        return pod.node == node && !pod.host_network && !pod.pod_ip.empty() &&
               pod.phase == "Running";
      }));
}

void routing_rules_missing(const facts::Fleet& fleet, Sink& sink) {
  std::map<const facts::Agent*, std::set<long>> by_agent;
  std::map<long, std::size_t> having;
  for (const auto& a : fleet.agents) {
    const auto* output = a.output("ip-rule");
    if (output == nullptr)
      continue;
    const auto rules = facts::parse_ip_rules(output->out);
    if (rules.empty())
      continue;
    for (const long priority : by_agent[&a] = own_priorities(rules))
      ++having[priority];
  }
  if (by_agent.empty())
    return sink.cannot_judge("the ip rules of no node are in this evidence");
  Finding f = sink.make("");
  for (const auto& [a, priorities] : by_agent) {
    std::vector<std::string> lacks;
    for (const auto& [priority, agents] : having) {
      const bool most_have = agents * 2 > by_agent.size() && by_agent.size() > 2;
      const bool needed =
          priority == 9 || priority == 10 || pods_with_addresses(fleet, a->node) > 0;
      if (most_have && needed && priorities.count(priority) == 0)
        lacks.push_back(std::to_string(priority));
    }
    if (lacks.empty())
      continue;
    f.nodes.push_back(a->node);
    if (f.evidence.size() < 6)
      f.evidence.push_back({a->output("ip-rule")->source,
                            "no rule of priority " + join(lacks, ", ") + ", which " +
                                count_of(by_agent.size() - 1, "other node") + " have"});
  }
  if (f.nodes.empty())
    return;
  f.summary = "Cilium's ip rules are gone on " + nodes_of(f.nodes.size()) +
              ": pods there have lost part of their network";
  sink.add(std::move(f));
}

// A program of Cilium's on a device: "cil_from_netdev", "cil_from_netdev-eth0", and XDP's, which
// bpftool prints without a name.
bool has_program(const std::vector<facts::BpfProgram>& programs, const std::string& device) {
  return std::any_of(programs.begin(), programs.end(), [&](const facts::BpfProgram& p) {
    return p.device == device && (p.program.starts_with("cil_") || p.program.empty());
  });
}

// An older bpftool shows nothing of tcx and netkit: only one that shows some of Cilium's programs
// on this node tells that another is missing.
bool shows_ciliums(const std::vector<facts::BpfProgram>& programs) {
  return std::any_of(programs.begin(), programs.end(), [](const facts::BpfProgram& p) {
    return p.program.starts_with("cil_from_netdev") ||
           p.program.starts_with("cil_from_container") || p.program.starts_with("cil_to_host") ||
           p.program.starts_with("cil_from_host");
  });
}

void programs_detached(const facts::Fleet& fleet, Sink& sink) {
  Finding f = sink.make("");
  std::size_t asked = 0, judged = 0;
  for (const auto& a : fleet.agents) {
    const auto* output = a.output("bpftool-net");
    if (output == nullptr || !a.status || !a.status->kpr_on())
      continue;
    ++asked;
    const auto programs = facts::parse_bpftool_net(output->out);
    if (!shows_ciliums(programs))
      continue;
    ++judged;
    for (const auto& device : a.status->devices) {
      if (has_program(programs, device.name))
        continue;
      f.nodes.push_back(a.node);
      if (f.evidence.size() < 6)
        f.evidence.push_back({output->source, "no program of Cilium's on " + device.name});
    }
  }
  if (!f.nodes.empty()) {
    f.summary = "a device of Cilium's has lost its BPF programs on " +
                nodes_of(std::set<std::string>(f.nodes.begin(), f.nodes.end()).size()) +
                ": Services do not answer there";
    return sink.add(std::move(f));
  }
  if (asked == 0)
    return sink.cannot_judge("no agent told which programs hang on its devices");
  if (judged == 0)
    sink.cannot_judge("bpftool of the agents does not show the programs that they use");
}

// operator/pkg/gateway-api: what the operator says when the CRDs do not fit; it then runs on
// without that controller.
constexpr std::string_view k_gateway_words[] = {"Required GatewayAPI resources are not found",
                                                "required Gateway API resources are not found",
                                                "no matches for kind \"Gateway",
                                                "no matches for kind \"TLSRoute",
                                                "no matches for kind \"GRPCRoute",
                                                "no matches for kind \"HTTPRoute",
                                                "no matches for kind \"ReferenceGrant"};

std::optional<Proof> gateway_words(const facts::Fleet& fleet) {
  for (const auto& words : last_words(fleet))
    for (const auto needle : k_gateway_words)
      if (auto line = line_with(words.text, needle); !line.empty())
        return Proof{words.source, std::move(line)};
  for (const auto& log : fleet.evidence->logs)
    for (const auto needle : k_gateway_words)
      if (auto line = line_with(log.tail, needle); !line.empty())
        return Proof{log.source, std::move(line)};
  return std::nullopt;
}

void gateway_api_crds(const facts::Fleet& fleet, Sink& sink) {
  if (!fleet.config_true("enable-gateway-api"))
    return sink.not_applicable("the Gateway API is off");
  auto words = gateway_words(fleet);
  if (!words)
    return;
  Finding f = sink.make("");
  f.evidence.push_back(std::move(*words));
  f.evidence.push_back(config_evidence(fleet, "enable-gateway-api"));
  if (fleet.operator_deploy != nullptr)
    f.objects.push_back(fleet.operator_deploy->path("Deployment"));
  f.summary = "the Gateway API's CRDs of this cluster do not fit Cilium" +
              (fleet.version ? " " + fleet.version->text : std::string()) +
              ": its operator programs no Gateway";
  sink.add(std::move(f));
}

}  // namespace

Checks host_datapath_checks() {
  return {{"host-routing-link-local", {Need::agents, Need::pods}, host_routing_link_local},
          {"routing-rules-missing", {Need::agents}, routing_rules_missing},
          {"bpf-programs-detached", {Need::agents}, programs_detached},
          {"gateway-api-crds", {Need::cilium_config}, gateway_api_crds}};
}

}  // namespace kpr::checks
