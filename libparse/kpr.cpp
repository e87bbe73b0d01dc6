// The KubeProxyReplacement line of 1.7 - 1.20 and its Details (1.9+, verbose): formats by
// pkg/client/client.go and daemon/cmd/status.go.
#include "scan.hpp"
#include "status_parser.hpp"

namespace kpr::det {
namespace {

Named<KprMode> mode_of(std::string_view text) {
  if (text.empty())
    return {KprMode::none, text};
  if (text == "Strict")
    return {KprMode::strict, text};
  if (text == "Partial")
    return {KprMode::partial, text};
  if (text == "Probe")
    return {KprMode::probe, text};
  if (text == "Disabled")
    return {KprMode::disabled, text};
  if (text == "True")
    return {KprMode::true_, text};
  if (text == "False")
    return {KprMode::false_, text};
  return {KprMode::other, text};
}

Enabled enabled_of(std::string_view text) {
  if (text.starts_with("Enabled"))
    return true;
  if (text.starts_with("Disabled"))
    return false;
  return std::nullopt;
}

// "NodePort (SNAT, 30000-32767, XDP: NONE), HostPort, HostReachableServices (TCP, UDP), …" of 1.7
// and 1.8
void parse_feature_list(std::string_view list, KprFeatures& out) {
  out.node_port.enabled = out.external_ips = false;
  while (!list.empty()) {
    std::size_t end = 0;
    for (int depth = 0; end < list.size() && (depth > 0 || list[end] != ','); ++end)
      depth += list[end] == '(' ? 1 : list[end] == ')' ? -1 : 0;
    std::string_view feature = trim(list.substr(0, end));
    list.remove_prefix(end < list.size() ? end + 1 : end);
    std::string_view detail;
    const std::size_t open = feature.find(" (");
    if (open != npos && feature.ends_with(')')) {
      detail = feature.substr(open + 2, feature.size() - open - 3);
      feature = feature.substr(0, open);
    }
    if (feature == "NodePort") {
      out.node_port.enabled = true;
      out.node_port.mode = take_until(detail, ", ");
      if (take_number(detail, out.node_port.port_min) && take(detail, "-"))
        take_number(detail, out.node_port.port_max);
      if (take(detail, ", XDP: "))
        out.node_port.acceleration = detail;
    } else if (feature == "HostPort") {
      out.host_port = true;
    } else if (feature == "ExternalIPs") {
      out.external_ips = true;
    } else if (feature == "SessionAffinity") {
      out.session_affinity = true;
    } else if (feature == "HostReachableServices") {
      out.socket_protocols = split_list(detail);
    }
  }
}

}  // namespace

// "eth0  172.30.0.3 (Direct Routing), eth1 192.168.10.102 fd00::1, eth2 ": blanks before an address
// are the agent's own (1.15+ prints one more for each address of the device), so only ", "
// separates devices.
std::vector<Device> parse_devices(std::string_view list) {
  std::vector<Device> devices;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view part = trim(list.substr(0, comma));
    list = comma == npos ? std::string_view{} : list.substr(comma + 1);
    // an API mix leaves commas out: "eth0 10.0.0.1 (Direct Routing)eth1 10.0.0.2"
    constexpr std::string_view k_direct = "(Direct Routing)";
    const std::size_t inner = part.find(k_direct);
    if (inner != npos && inner + k_direct.size() < part.size()) {
      const char* next = part.data() + inner + k_direct.size();
      list = std::string_view(
          next,
          static_cast<std::size_t>(
              (list.empty() ? part.data() + part.size() : list.data() + list.size()) - next));
      part = part.substr(0, inner + k_direct.size());
    }
    if (part.empty())
      continue;
    Device device;
    for (const std::string_view mark :
         {std::string_view("(Direct Routing)"), std::string_view("(DR)")}) {
      if (part.ends_with(mark)) {
        device.direct_routing = true;
        part = trim_right(part.substr(0, part.size() - mark.size()));
      }
    }
    device.name = take_until(part, " ");
    while (!part.empty()) {
      part = trim_left(part);
      const std::string_view ip = take_until(part, " ");
      if (!ip.empty())
        device.ips.push_back(ip);
    }
    devices.push_back(std::move(device));
  }
  return devices;
}

void StatusParser::parse_kpr(std::string_view value) {
  KubeProxyReplacement& out = status_.kube_proxy_replacement
                                  ? *status_.kube_proxy_replacement
                                  : status_.kube_proxy_replacement.emplace();
  out.line = number();
  std::string_view rest = value;
  if (!rest.starts_with('[') && !rest.starts_with('(')) {
    const std::size_t end = rest.find_first_of(" \t");
    out.mode = mode_of(rest.substr(0, end));
    rest = end == npos ? std::string_view{} : trim_left(rest.substr(end));
  }
  const auto bracketed = [&](std::string_view& inside) {  // "[…]", in 1.8-dev "(…)"
    if (rest.empty() || (rest[0] != '[' && rest[0] != '('))
      return false;
    std::size_t close = npos;
    int depth = 0;
    for (std::size_t i = 0; i < rest.size() && close == npos; ++i) {
      if (rest[i] == '[' || rest[i] == '(')
        ++depth;
      if (rest[i] == ']' || rest[i] == ')')
        --depth;
      if (depth == 0)
        close = i;
    }
    if (close == npos)
      close = rest.size();  // cut
    inside = rest.substr(1, close - 1);
    rest = close < rest.size() ? trim_left(rest.substr(close + 1)) : std::string_view{};
    return true;
  };
  std::string_view first;
  std::string_view second;
  if (bracketed(first)) {
    const bool two = bracketed(second);
    const bool features_only =
        !two && (first.starts_with("NodePort") || first.starts_with("HostReachable") ||
                 first.starts_with("ExternalIPs") || first.starts_with("HostPort") ||
                 first.starts_with("SessionAffinity"));
    if (two || features_only) {
      KprFeatures& features = out.features.emplace();
      if (two)
        features.host_port = features.session_affinity =
            false;  // 1.8+; the list of 1.7 does not know them
      features.line = number();
      parse_feature_list(two ? second : first, features);
      if (two)
        out.devices = parse_devices(first);
    } else {
      out.devices = parse_devices(first);
    }
  }
  accept(LineUse::fact);
}

void StatusParser::parse_kpr_details() {
  if (!status_.kube_proxy_replacement)
    status_.kube_proxy_replacement.emplace();
  KubeProxyReplacement& kpr = *status_.kube_proxy_replacement;
  KprFeatures& out = kpr.features ? *kpr.features : kpr.features.emplace();
  out.line = number();
  document_.verbose = true;
  accept(LineUse::header);
  parse_kpr_detail_rows();
}

// Every row is known by its own name, so that a damaged or missing one costs no other: the
// annotations, for one, are the items without a colon.
void StatusParser::parse_kpr_detail_rows() {
  const bool fresh = !status_.kube_proxy_replacement || !status_.kube_proxy_replacement->features;
  KubeProxyReplacement scratch;
  KubeProxyReplacement& kpr =
      status_.kube_proxy_replacement ? *status_.kube_proxy_replacement : scratch;
  KprFeatures& out = kpr.features ? *kpr.features : kpr.features.emplace();
  const std::size_t before = at_;
  while (more() && line().size() > 2 && line()[0] == ' ' && line()[1] == ' ') {
    const std::string_view s = trim(line());
    if (s.empty())
      break;
    LineUse use = LineUse::fact;
    if (s[0] == '-') {
      std::string_view name = trim_left(s.substr(1));
      std::string_view value = name;
      name = take_until(value, ":");
      value = trim_left(value);
      if (value.empty() && name.find('/') != npos && name.find(' ') == npos) {
        if (!out.annotations)
          out.annotations.emplace();
        out.annotations->push_back(name);
      } else if (name == "Services") {
        out.nat46x64_service = enabled_of(value);
        out.nat46x64 = true;
      } else if (name == "Gateway") {
        out.nat46x64_gateway = enabled_of(value);
        out.nat46x64 = true;
      } else if (name == "ClusterIP") {
        out.cluster_ip = enabled_of(value);
      } else if (name == "NodePort") {
        out.node_port.enabled = enabled_of(value);
        if (take(value, "Enabled (Range: ") && take_number(value, out.node_port.port_min) &&
            take(value, "-"))
          take_number(value, out.node_port.port_max);
      } else if (name == "LoadBalancer") {
        out.load_balancer = enabled_of(value);
      } else if (name == "externalIPs") {
        out.external_ips = enabled_of(value);
      } else if (name == "HostPort") {
        out.host_port = enabled_of(value);
      } else {
        break;
      }
      accept(use);
      continue;
    }
    if (s.find(':') == npos)
      break;  // cut inside the name: "Socket LB" of "Socket LB Tracing" is no fact
    std::string_view value = s;
    const std::string_view name = take_until(value, ":");
    value = trim_left(value);
    if (name == "Status") {
      if (kpr.line == 0) {
        kpr.line = number();
        kpr.mode = mode_of(value);
      }
    } else if (name == "Protocols" || name == "Socket LB Protocols") {
      out.socket_protocols = split_list(value);
    } else if (name == "Socket LB") {
      out.socket_lb = enabled_of(value);
    } else if (name == "Socket LB Tracing") {
      out.socket_lb_tracing = enabled_of(value);
    } else if (name == "Socket LB Coverage") {
      out.socket_lb_coverage = value;
    } else if (name == "Devices") {
      if (kpr.devices.empty())
        kpr.devices = parse_devices(value);
    } else if (name == "Mode") {
      out.node_port.mode = value;
    } else if (name == "DSR Dispatch Mode") {
      out.node_port.dsr_mode = value;
    } else if (name == "Backend Selection") {
      const std::size_t open = value.find(" (Table Size: ");
      out.node_port.algorithm = value.substr(0, open);
      if (open != npos) {
        std::string_view size = value.substr(open + 14);
        take_number(size, out.node_port.lut_size);
      }
    } else if (name == "Session Affinity") {
      out.session_affinity = enabled_of(value);
    } else if (name == "Graceful Termination") {
      out.graceful_termination = enabled_of(value);
    } else if (name == "NAT46/64 Support") {
      out.nat46x64 = value.empty() ? true : enabled_of(value);  // bare: two items follow, 1.13+
    } else if (name == "Prefixes") {
      out.nat46x64_prefixes = split_list(value);
    } else if (name == "XDP Acceleration") {
      out.node_port.acceleration = value;
    } else if (name == "Services") {
      use = LineUse::header;
    } else if (name == "Annotations") {
      if (!out.annotations)
        out.annotations.emplace();
      if (value.empty())
        use = LineUse::header;
    } else {
      break;
    }
    accept(use);
  }
  if (at_ == before) {
    if (fresh)
      kpr.features.reset();
    return;
  }
  section_ = Key::kpr_details;
  document_.verbose = true;
  if (&kpr == &scratch)
    status_.kube_proxy_replacement = std::move(scratch);
}

}  // namespace kpr::det
