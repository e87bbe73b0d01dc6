#include "services/agent_settings.hpp"

#include <charconv>
#include <map>

#include "util/strings.hpp"

namespace kpr::services {
namespace {

using facts::KprMode;

// Names of settings in cilium-config, and in `config --all`, which has them up to the version where
// they left option.DaemonConfig (pkg/option/config.go; 1.19 moved those of the load balancer).
struct Name {
  const char* setting;
  const char* in_agent;
};
constexpr Name k_names[] = {
    {"enable-ipv4", "EnableIPv4"},
    {"enable-ipv6", "EnableIPv6"},
    {"enable-sctp", "EnableSCTP"},
    {"enable-internal-traffic-policy", "EnableInternalTrafficPolicy"},
    {"enable-service-topology", "EnableServiceTopology"},
    {"k8s-service-proxy-name", "K8sServiceProxyName"},
    {"bpf-lb-external-clusterip", "ExternalClusterIP"},
    {"bpf-lb-proto-diff", "LoadBalancerProtocolDifferentiation"},
    {"routing-mode", "RoutingMode"},
    {"bpf-lb-mode", "NodePortMode"},
    {"bpf-lb-algorithm", "NodePortAlg"},
    {"enable-node-port", "EnableNodePort"},
    {"enable-external-ips", "EnableExternalIPs"},
    {"enable-host-port", "EnableHostPort"},
};

bool truth(const std::string& text) {
  return text == "true" || text == "1" || text == "t" || text == "T" || text == "TRUE" ||
         text == "True";
}

void take(const Lookup& value, const char* name, bool& into) {
  if (const auto text = value(name))
    into = truth(*text);
}

void take(const Lookup& value, const char* name, std::string& into) {
  if (const auto text = value(name); text && !text->empty())
    into = *text;
}

void take(const Lookup& value, const char* name, Answer& into) {
  if (const auto text = value(name))
    into = truth(*text) ? Answer::yes : Answer::no;
}

Answer answer(const std::optional<bool>& fact) {
  return !fact ? Answer::unknown : *fact ? Answer::yes : Answer::no;
}

// "30000,32767".
void take_range(const std::optional<std::string>& text, int& low, int& high) {
  if (!text)
    return;
  const std::size_t comma = text->find_first_of(",-");
  if (comma == std::string::npos)
    return;
  int a = 0, b = 0;
  std::from_chars(text->data(), text->data() + comma, a);
  std::from_chars(text->data() + comma + 1, text->data() + text->size(), b);
  if (a > 0 && b > a)
    low = a, high = b;
}

// With the replacement all of it is on, without it none is asked for; in between each feature
// speaks for itself (daemon/cmd/kube_proxy_replacement.go: partial up to 1.13, single features up
// to 1.18).
void take_status(const facts::AgentStatus& status, Settings& s) {
  s.kube_proxy_replacement = status.mode == KprMode::on;
  switch (status.mode) {
  case KprMode::on:
    s.node_port = s.external_ips = s.host_port = Answer::yes;
    break;
  case KprMode::off:
  case KprMode::blank:
    s.node_port = s.external_ips = s.host_port = Answer::no;
    break;
  case KprMode::partial:
  case KprMode::unknown:
    s.node_port = answer(status.node_port);
    s.external_ips = answer(status.external_ips);
    s.host_port = answer(status.host_port);
    break;
  }
  if (status.mode == KprMode::on && status.host_port == false)
    s.host_port = Answer::no;  // chaining with portmap
  if (status.port_min && status.port_max)
    s.port_min = *status.port_min, s.port_max = *status.port_max;
}

}  // namespace

bool Settings::since(int major, int minor) const {
  return version && version->at_least(major, minor);
}

bool Settings::before(int major, int minor) const {
  return version && !version->at_least(major, minor);
}

Lookup flags_lookup(const std::vector<std::string>& flags) {
  std::map<std::string, std::string, std::less<>> values;
  for (std::string_view flag : flags) {
    while (flag.starts_with('-'))
      flag.remove_prefix(1);
    const std::size_t equals = flag.find('=');
    values[std::string(flag.substr(0, equals))] =
        equals == std::string_view::npos ? "true" : std::string(flag.substr(equals + 1));
  }
  return [values](const char* name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

void take_settings(const Lookup& value, Settings& s) {
  take(value, "enable-ipv4", s.ipv4);
  take(value, "enable-ipv6", s.ipv6);
  take(value, "enable-sctp", s.sctp);
  take(value, "enable-internal-traffic-policy", s.internal_traffic_policy);
  take(value, "enable-service-topology", s.topology);
  take(value, "k8s-service-proxy-name", s.proxy_name);
  take(value, "bpf-lb-proto-diff", s.protocols);
  take(value, "bpf-lb-external-clusterip", s.external_cluster_ip);
  take(value, "bpf-lb-source-range-all-types", s.source_ranges_everywhere);
  take(value, "bpf-lb-mode-annotation", s.mode_annotation);
  take(value, "bpf-lb-algorithm-annotation", s.algorithm_annotation);
  take(value, "bpf-lb-enable-wildcard-entries", s.wildcards);
  take(value, "bpf-lb-mode", s.mode);
  take(value, "bpf-lb-algorithm", s.algorithm);
  take(value, "default-lb-service-ipam", s.lb_ipam);
  take_range(value("node-port-range"), s.port_min, s.port_max);
  if (const auto mode = value("routing-mode"))
    s.tunnel = *mode == "tunnel";
  if (const auto word = value("kube-proxy-replacement")) {
    s.kube_proxy_replacement = facts::kpr_mode_of(*word) == KprMode::on;
    const Answer all = s.kube_proxy_replacement ? Answer::yes : Answer::no;
    s.node_port = s.external_ips = s.host_port = all;
  }
  for (const auto& [name, into] : {std::pair("enable-node-port", &s.node_port),
                                   std::pair("enable-external-ips", &s.external_ips),
                                   std::pair("enable-host-port", &s.host_port)})
    if (*into == Answer::no)
      take(value, name, *into);
}

// What the agent says of itself comes first: cilium-config may have been changed since it started.
Settings settings_of(const facts::Fleet& fleet, const facts::Agent& agent) {
  Settings s;
  s.version = agent.version ? agent.version : fleet.version;
  const auto value = [&](const char* name) -> std::optional<std::string> {
    if (agent.config)
      for (const Name& n : k_names)
        if (std::string_view(n.setting) == name)
          if (const auto found = agent.config->find(n.in_agent); found != agent.config->end())
            return found->second;
    return fleet.config(name);
  };
  take_settings(value, s);
  if (agent.status)
    take_status(*agent.status, s);
  else if (!fleet.cilium_config)
    s.node_port = s.external_ips = s.host_port = Answer::unknown;
  if (!agent.services)
    return s;
  bool any = false, protocols = false, six = false;
  for (const auto listed : *agent.services) {
    const facts::LbFrontend& f = (*fleet.frontends)[listed];
    any = true;
    protocols = protocols || !f.protocol.empty();
    six = six || f.ip.find(':') != std::string::npos;
  }
  if (any)
    s.protocols = protocols;
  if (!value("enable-ipv6"))
    s.ipv6 = six;
  return s;
}

Place place_of(const facts::Fleet& fleet, const facts::Agent& agent) {
  Place place;
  place.node = agent.node;
  if (!fleet.nodes)
    return place;
  if (const facts::Node* node = fleet.node(agent.node)) {
    place.labels = node->labels;
    for (const char* key :
         {"topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"})
      if (const auto zone = node->labels.find(key);
          zone != node->labels.end() && place.zone.empty())
        place.zone = zone->second;
  }
  return place;
}

}  // namespace kpr::services
