#include "commands/settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

namespace kpr::commands {
namespace {

std::optional<std::string> text_of(std::string_view text) {
  if (text.empty())
    return std::nullopt;
  return std::string(text);
}

std::optional<std::string> text_of(const Enabled& enabled) {
  if (!enabled)
    return std::nullopt;
  return std::string(*enabled ? "Enabled" : "Disabled");
}

std::optional<std::string> device_names(const KubeProxyReplacement& kpr) {
  if (kpr.devices.empty())
    return std::nullopt;
  std::vector<std::string_view> names;
  for (const Device& device : kpr.devices)
    names.push_back(device.name);
  return fmt::format("{}", fmt::join(names, ","));
}

std::optional<std::string> direct_routing_device(const KubeProxyReplacement& kpr) {
  for (const Device& device : kpr.devices) {
    if (device.direct_routing)
      return std::string(device.name);
  }
  return std::nullopt;
}

// Before 1.12 the agent lists protocols when socket LB (then: host-reachable services) is on, and
// prints no line when it is off.
std::optional<std::string> socket_lb(const StatusDocument& document, const KprFeatures& features) {
  if (features.socket_lb)
    return text_of(features.socket_lb);
  if (!features.socket_protocols.empty())
    return "Enabled";
  const AgentStatus& s = document.status;
  const bool before_1_12 = !s.cni_chaining && !s.identity_range;
  return before_1_12 && features.line != 0 && !document.truncated
             ? std::optional<std::string>("Disabled")
             : std::nullopt;
}

}  // namespace

const std::vector<Setting>& settings() {
  static const std::vector<Setting> k_settings{
      {"Version", "version", "VERSION", false},
      {"Mode", "mode", "MODE", false},
      {"Devices", "devices", "DEVICES", false},
      {"Direct Routing Device", "direct-routing-device", "", false},
      {"Socket LB", "socket-lb", "SOCKET-LB", false},
      {"LB Mode", "lb-mode", "LB-MODE", false},
      {"XDP", "xdp", "XDP", false},
      {"DSR Dispatch Mode", "dsr-dispatch-mode", "DSR-DISPATCH", true},
      {"Backend Selection", "backend-selection", "BACKEND-SELECTION", true},
      {"Session Affinity", "session-affinity", "AFFINITY", true},
      {"NodePort", "nodeport", "NODEPORT", true},
      {"HostPort", "hostport", "HOSTPORT", true},
      {"externalIPs", "external-ips", "EXTERNAL-IPS", true},
      {"LoadBalancer", "loadbalancer", "LOADBALANCER", true},
      {"Socket LB Coverage", "socket-lb-coverage", "", false},
      {"Graceful Termination", "graceful-termination", "", false},
      {"NAT46/64", "nat46-64", "", false},
      {"Routing", "routing", "ROUTING", true},
      {"Host Routing", "host-routing", "HOST-ROUTING", true},
      {"Masquerading", "masquerading", "MASQUERADING", true},
      {"Attach Mode", "attach-mode", "", false},
      {"Device Mode", "device-mode", "", false},
      {"Encryption", "encryption", "", false},
  };
  return k_settings;
}

Values values_of(const StatusDocument& document) {
  const AgentStatus& s = document.status;
  Values values(settings().size());
  const auto set = [&](std::string_view key, std::optional<std::string> value) {
    for (std::size_t i = 0; i < settings().size(); ++i) {
      if (settings()[i].key == key)
        values[i] = std::move(value);
    }
  };
  set("version", text_of(s.cilium_version));
  if (s.kube_proxy_replacement) {
    const KubeProxyReplacement& kpr = *s.kube_proxy_replacement;
    set("mode",
        kpr.line == 0 && kpr.mode.text.empty() && document.kind != InputKind::status_json
            ? std::nullopt
        : kpr.mode.text.empty() ? std::optional<std::string>("<empty>")
                                : text_of(kpr.mode.text));
    set("devices", device_names(kpr));
    set("direct-routing-device", direct_routing_device(kpr));
    if (kpr.features) {
      const KprFeatures& f = *kpr.features;
      set("socket-lb", socket_lb(document, f));
      set("lb-mode", text_of(f.node_port.mode));
      set("xdp", text_of(f.node_port.acceleration));
      set("dsr-dispatch-mode", text_of(f.node_port.dsr_mode));
      if (!f.node_port.algorithm.empty()) {
        set("backend-selection",
            f.node_port.lut_size != 0
                ? fmt::format("{}({})", f.node_port.algorithm, f.node_port.lut_size)
                : std::string(f.node_port.algorithm));
      }
      set("session-affinity", text_of(f.session_affinity));
      if (f.node_port.enabled)
        set("nodeport",
            *f.node_port.enabled && f.node_port.port_min != 0
                ? fmt::format("{}-{}", f.node_port.port_min, f.node_port.port_max)
                : *text_of(f.node_port.enabled));
      set("hostport", text_of(f.host_port));
      set("external-ips", text_of(f.external_ips));
      set("loadbalancer", text_of(f.load_balancer));
      set("socket-lb-coverage", text_of(f.socket_lb_coverage));
      set("graceful-termination", text_of(f.graceful_termination));
      set("nat46-64", text_of(f.nat46x64));
    }
  }
  if (s.routing) {
    set("routing",
        s.routing->tunnel_protocol.empty()
            ? text_of(s.routing->inter_host)
            : fmt::format("{}({})", s.routing->inter_host, s.routing->tunnel_protocol));
    set("host-routing", text_of(s.routing->intra_host));
  }
  if (s.host_routing)
    set("host-routing", text_of(*s.host_routing));
  if (s.masquerading) {
    std::string text = !s.masquerading->enabled       ? "Disabled"
                       : s.masquerading->mode.empty() ? "Enabled"
                                                      : std::string(s.masquerading->mode);
    if (s.masquerading->ip_masq_agent)
      text += "(ip-masq-agent)";
    set("masquerading", text);
  }
  if (s.attach_mode)
    set("attach-mode", text_of(*s.attach_mode));
  if (s.device_mode)
    set("device-mode", text_of(*s.device_mode));
  if (s.encryption)
    set("encryption", text_of(s.encryption->mode));
  return values;
}

Values majority(const std::vector<const Values*>& nodes) {
  Values result(settings().size());
  for (std::size_t i = 0; i < result.size(); ++i) {
    std::map<std::string, std::size_t> counts;
    std::size_t best = 0;
    for (const Values* values : nodes) {
      if ((*values)[i])
        best = std::max(best, ++counts[*(*values)[i]]);
    }
    for (const Values* values : nodes) {
      if (!result[i] && (*values)[i] && counts[*(*values)[i]] == best)
        result[i] = (*values)[i];
    }
  }
  return result;
}

}  // namespace kpr::commands
