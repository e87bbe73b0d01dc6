#include "facts/chart_values.hpp"

#include <algorithm>
#include <set>

#include "facts/api_server.hpp"
#include "facts/fleet.hpp"
#include "util/strings.hpp"

namespace kpr::facts {
namespace {

// Names of Cilium 1.20. `renamed`: the minor version that took the new name; `since`: the first one
// that has the setting at all (0: all that are known). Sources: values.yaml and
// templates/cilium-configmap.yaml of each version's chart, and
// Documentation/operations/upgrade.rst.
struct Row {
  std::string_view helm, key;
  int since = 0;
  std::string_view before = {};
  int renamed = 0;
};
constexpr Row k_rows[] = {
    {"kubeProxyReplacement", "kube-proxy-replacement"},
    {"kubeProxyReplacementHealthzBindAddr", "kube-proxy-replacement-healthz-bind-address"},
    {"k8sServiceHost", {}},
    {"k8sServicePort", {}},
    {"k8s.apiServerURLs", "k8s-api-server-urls", 18},
    {"rollOutCiliumPods", {}},
    {"operator.rollOutPods", {}},
    {"waitForKubeProxy", {}},
    {"socketLB.enabled", "bpf-lb-sock", 0, "hostServices.enabled", 12},
    {"socketLB.hostNamespaceOnly",
     "bpf-lb-sock-hostns-only",
     0,
     "hostServices.hostNamespaceOnly",
     12},
    {"cgroup.autoMount.enabled", {}},
    {"cgroup.hostRoot", "cgroup-root"},
    {"ipam.mode", "ipam"},
    {"devices", "devices"},
    {"nodePort.directRoutingDevice", "direct-routing-device"},
    {"nodePort.addresses", "nodeport-addresses", 15},
    {"nodePort.range", "node-port-range"},
    {"nodePort.autoProtectPortRange", "enable-auto-protect-node-port-range"},
    {"nodePort.bindProtection", "node-port-bind-protection"},
    {"nodePort.enableHealthCheck", "enable-health-check-nodeport"},
    {"nodePort.enableHealthCheckLoadBalancerIP", "enable-health-check-loadbalancer-ip", 15},
    {"bpf.vlanBypass", "vlan-bpf-bypass"},
    {"bpf.masquerade", "enable-bpf-masquerade"},
    {"bpf.hostLegacyRouting", "enable-host-legacy-routing", 0, "bpf.hostRouting", 12},
    {"bpf.lbMapMax", "bpf-lb-map-max"},
    {"bpf.mapDynamicSizeRatio", "bpf-map-dynamic-size-ratio"},
    {"bpf.lbExternalClusterIP", "bpf-lb-external-clusterip"},
    {"bpf.lbSourceRangeAllTypes", "bpf-lb-source-range-all-types", 17},
    {"ipv4NativeRoutingCIDR", "ipv4-native-routing-cidr", 0, "nativeRoutingCIDR", 11},
    {"routingMode", "routing-mode", 0, "tunnel", 14},
    {"tunnelProtocol", "tunnel-protocol", 0, "tunnel", 14},
    {"autoDirectNodeRoutes", "auto-direct-node-routes"},
    {"ipv6.enabled", "enable-ipv6"},
    {"sysctlfix.enabled", {}, 15},
    {"installNoConntrackIptablesRules", "install-no-conntrack-iptables-rules"},
    {"loadBalancer.mode", "bpf-lb-mode"},
    {"loadBalancer.algorithm", "bpf-lb-algorithm"},
    {"loadBalancer.acceleration", "bpf-lb-acceleration"},
    {"loadBalancer.dsrDispatch", "bpf-lb-dsr-dispatch"},
    {"loadBalancer.serviceTopology", "enable-service-topology"},
    {"maglev.tableSize", "bpf-lb-maglev-table-size"},
    {"cni.chainingMode", "cni-chaining-mode"},
    {"cni.exclusive", "cni-exclusive"},
    {"sctp.enabled", "enable-sctp", 13},
    {"localRedirectPolicies.enabled", "enable-local-redirect-policy", 0, "localRedirectPolicy", 18},
    {"envoy.enabled", "external-envoy-proxy", 14},
    {"l2announcements.enabled", "enable-l2-announcements", 14},
    {"bgpControlPlane.enabled", "enable-bgp-control-plane", 12},
    {"nodeIPAM.enabled", "enable-node-ipam", 16},
    {"enableLBIPAM", "enable-lb-ipam", 17},
    {"gatewayAPI.enabled", "enable-gateway-api", 13},
    {"ingressController.enabled", "enable-ingress-controller", 12},
};

// Values that came later than their setting.
struct Word {
  std::string_view helm, value;
  int since;
};
constexpr Word k_words[] = {
    {"loadBalancer.acceleration", "best-effort", 15},
    {"loadBalancer.dsrDispatch", "geneve", 14},
};

constexpr std::string_view k_extra = "extraConfig.";

std::string unescaped(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i)
    if (value[i] != '\\' || i + 1 == value.size())
      out += value[i];
  return out;
}

// {a,b} of --set is a list; the chart joins it.
std::string in_config(std::string_view value) {
  std::string out = unescaped(value);
  if (out.size() >= 2 && out.front() == '{' && out.back() == '}')
    out = out.substr(1, out.size() - 2);
  return out;
}

// true and false came in 1.14; until 1.15 the old words do the same
// (daemon/cmd/kube_proxy_replacement.go).
std::string word_of_replacement(std::string_view value, int minor) {
  if (minor >= 14)
    return std::string(value);
  return value == "true" ? "strict" : value == "false" ? "disabled" : std::string(value);
}

// Before 1.14 one value, `tunnel`, held both: a protocol, or disabled.
std::string word_of_tunnel(std::string_view helm, std::string_view value) {
  if (helm == "tunnelProtocol")
    return std::string(value);
  return value == "native" ? "disabled" : "vxlan";
}

std::set<std::string, std::less<>> parts(std::string_view text) {
  std::set<std::string, std::less<>> out;
  std::string part;
  for (const char c : std::string(text) + " ") {
    if (c != ' ' && c != ',') {
      part += c;
    } else if (!part.empty()) {
      out.insert(part);
      part.clear();
    }
  }
  return out;
}

bool same_value(const Setting& setting, const std::string& found) {
  if (setting.helm == "kubeProxyReplacement")
    return kpr_mode_of(found) == kpr_mode_of(setting.in_config);
  return parts(found) == parts(setting.in_config);
}

std::string yaml_scalar(std::string_view value) {
  const std::string text = unescaped(value);
  if (text.size() >= 2 && text.front() == '{' && text.back() == '}') {
    std::string list;
    for (const std::string& part : parts(text.substr(1, text.size() - 2)))
      list += (list.empty() ? "" : ", ") + part;
    return "[" + list + "]";
  }
  const bool plain =
      !text.empty() && text.find_first_of(" ,:{}[]#&*!|>'\"%@`\\") == std::string::npos;
  // A version, a range or an address is text; only numbers and words are bare.
  return plain ? text : "\"" + text + "\"";
}

}  // namespace

std::string Setting::yaml() const {
  std::string out, close;
  std::string_view rest = helm;
  for (std::size_t dot; (dot = rest.find('.')) != std::string_view::npos;) {
    out += std::string(rest.substr(0, dot)) + ": {";
    close += "}";
    rest.remove_prefix(dot + 1);
  }
  return out + std::string(rest) + ": " + yaml_scalar(value) + close;
}

Setting
spelled(std::string_view helm, std::string_view value, const std::optional<Version>& version) {
  Setting out{std::string(helm), std::string(value), {}, in_config(value)};
  if (helm.starts_with(k_extra)) {
    out.key = helm.substr(k_extra.size());
    return out;
  }
  const int minor = version ? version->minor : 99;
  for (const Word& word : k_words)
    if (word.helm == helm && word.value == value && minor < word.since)
      return {{}, out.value, {}, {}, word.since};
  const auto* row = std::find_if(std::begin(k_rows), std::end(k_rows), [&](const Row& r) {
    return r.helm == helm;
  });
  if (row == std::end(k_rows))
    return out;
  if (minor < row->since)
    return {{}, out.value, {}, {}, row->since};
  out.key = row->key;
  if (helm == "kubeProxyReplacement")
    out.value = out.in_config = word_of_replacement(value, minor);
  if (minor >= row->renamed)
    return out;
  out.helm = row->before;
  if (row->before == "tunnel") {
    out.key = "tunnel";
    out.value = out.in_config = word_of_tunnel(helm, value);
  } else if (row->before == "hostServices.enabled") {
    out.key = "enable-host-reachable-services";
  }
  return out;
}

std::optional<bool> is_set(const Fleet& fleet, const Setting& setting) {
  if (setting.helm == "k8sServiceHost" || setting.helm == "k8sServicePort") {
    const ApiServerEnv env = agent_api_server(fleet);
    if (!env.known)
      return std::nullopt;
    const std::string& found = setting.helm == "k8sServiceHost" ? env.host : env.port;
    return env.set && !env.only_in_some && found == setting.value;
  }
  if (setting.key.empty() || !fleet.cilium_config)
    return std::nullopt;
  const auto found = fleet.config(setting.key);
  return found && same_value(setting, *found);
}

}  // namespace kpr::facts
