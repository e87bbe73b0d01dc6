// The lines that are a key and its value: pkg/client/client.go, FormatStatusResponse.
#include <re2/re2.h>

#include "scan.hpp"
#include "status_parser.hpp"

namespace kpr::det {
namespace {

// Grammars of values that are rare or rich; one-pass, at most four groups, built when first needed.
struct Grammar {
  RE2::Options options;
  RE2 masquerade_families, wireguard;
  Grammar()
      : options(make()),
        masquerade_families(R"(\[IPv4: (\w+), IPv6: (\w+)\])", options),
        wireguard(R"(([^ (]+) \(Pubkey: ([^,]*), Port: (\d+), Peers: (\d+)\))", options) {}
  static RE2::Options make() {
    RE2::Options o;
    o.set_log_errors(false);
    o.set_encoding(RE2::Options::EncodingLatin1);
    return o;
  }
};

const Grammar& grammar() {
  static const Grammar k_grammar;
  return k_grammar;
}

// The bracketed list at the front: "[a, b]" gives "a, b". False when there is none. Brackets inside
// (devices have none) would end it.
bool take_brackets(std::string_view& rest, std::string_view& inside) {
  if (!rest.starts_with('['))
    return false;
  const std::size_t close = rest.find(']');
  if (close == npos)
    return false;
  inside = rest.substr(1, close - 1);
  rest = trim_left(rest.substr(close + 1));
  return true;
}

}  // namespace

void StatusParser::parse_head_line(Key key, std::string_view value) {
  const std::string_view raw = trim_left(value);  // trailing blanks kept: some values end in one
  const std::string_view v = trim_right(raw);
  const Line here = number();
  switch (key) {
  case Key::none:
    return unknown_line();
  case Key::kvstore:
    return parse_component(status_.kvstore, v);
  case Key::container_runtime:
    return parse_component(status_.container_runtime, v);
  case Key::kubernetes:
    return parse_component(status_.kubernetes, v);
  case Key::cilium_health_daemon:
    return parse_component(status_.cilium_health, v);
  case Key::kubernetes_apis:
    return parse_api_versions(v);
  case Key::kube_proxy_replacement:
    return parse_kpr(v);
  case Key::host_firewall: {
    std::string_view rest = v;
    auto& out = status_.host_firewall.emplace();
    out.line = here;
    out.mode = take_cell(rest);
    std::string_view inside;
    if (take_brackets(rest, inside))
      out.devices = split_list(inside);
    return accept(LineUse::fact);
  }
  case Key::srv6: {
    std::string_view rest = v;
    auto& out = status_.srv6.emplace();
    out.line = here;
    out.enabled = take_cell(rest) == "Enabled";
    if (take(rest, "[encap-mode: ") && rest.ends_with(']'))
      out.encap_mode = rest.substr(0, rest.size() - 1);
    return accept(LineUse::fact);
  }
  case Key::cni_chaining:
    status_.cni_chaining = v;
    return accept(LineUse::fact);
  case Key::cni_config_file: {
    auto& out = status_.cni_file.emplace();
    out.msg = v;
    out.line = here;
    accept(LineUse::fact);
    return message_goes_on(out.msg);
  }
  case Key::cilium:
    return parse_cilium(v);
  case Key::stale_status:
    return parse_stale(v);
  case Key::node_monitor:
    return parse_node_monitor(v);
  case Key::ipam: {
    if (!status_.ipam)
      status_.ipam.emplace();
    auto& out = *status_.ipam;
    out.status = raw;
    out.line = here;
    return accept(LineUse::fact);
  }
  case Key::allocated_addresses:
    return parse_allocations();
  case Key::cluster_mesh:
    return parse_cluster_mesh(v);
  case Key::ipv4_big_tcp:
    return parse_big_tcp(status_.ipv4_big_tcp, v);
  case Key::ipv6_big_tcp:
    return parse_big_tcp(status_.ipv6_big_tcp, v);
  case Key::bandwidth_manager:
    return parse_bandwidth(v);
  case Key::host_routing:
    status_.host_routing = v;
    return accept(LineUse::fact);
  case Key::routing:
    return parse_routing(v);
  case Key::attach_mode:
    status_.attach_mode = v;
    return accept(LineUse::fact);
  case Key::device_mode: {
    std::string_view rest = v;
    status_.device_mode = take_until(rest, " [Configured: ");
    if (rest.ends_with(']'))
      status_.configured_device_mode = rest.substr(0, rest.size() - 1);
    return accept(LineUse::fact);
  }
  case Key::masquerading:
    return parse_masquerading(v);
  case Key::clock_source:
    return parse_clock(v);
  case Key::controller_status:
    return parse_controllers(v);
  case Key::proxy_status:
    return parse_proxy(v);
  case Key::global_identity_range: {
    std::string_view rest = v;
    IdentityRange range;
    range.line = here;
    if (take(rest, "min ") && take_number(rest, range.min) && take(rest, ", max ") &&
        take_number(rest, range.max))
      status_.identity_range = range;
    return accept(LineUse::fact);
  }
  case Key::hubble:
    return parse_hubble(v);
  case Key::kpr_details:
    return parse_kpr_details();
  case Key::bpf_maps:
    return parse_bpf_maps(v);
  case Key::encryption:
    return parse_encryption(v);
  case Key::cluster_health:
    return parse_cluster_health(v);
  case Key::modules_health:
    return parse_modules(value);
  }
}

void StatusParser::parse_component(std::optional<Component>& component, std::string_view value) {
  Component& out = component.emplace();
  out.line = number();
  std::string_view rest = value;
  out.state = state_of(take_cell(rest));
  if (out.state.value == State::other && rest.empty()) {
    const std::size_t blank = value.find(' ');
    if (blank != npos && state_of(value.substr(0, blank)).value != State::other) {
      out.state = state_of(
          value.substr(0, blank));  // "Ok Disabled", blanks folded by a copy: the state is one word
      rest = trim_left(value.substr(blank));
    } else if (blank != npos) {
      out.state = {};  // the schema allows an empty state: the cell is the message
      rest = value;
    }
  }
  out.msg = rest;
  accept(LineUse::fact);
  message_goes_on(out.msg);
}

// "Ok   1.14.2 (v1.14.2-a6748946)", with trouble "Failure   1.18.3 (v1.18.3-c1601689)    Kubernetes
// service is not ready: …", old "Ok       OK".
void StatusParser::parse_cilium(std::string_view value) {
  parse_component(status_.cilium, value);
  status_.cilium_version = version_of(status_.cilium->msg);
  if (!status_.cilium_version.empty()) {
    document_.cilium_version = status_.cilium_version;
    document_.version_evidence = "Cilium line";
  }
}

std::string_view version_of(std::string_view msg) {
  const std::size_t open = msg.find(" (v");
  return open != npos && is_digit(msg[0]) && msg.substr(0, open).find(' ') == npos
             ? msg.substr(0, open)
             : std::string_view{};
}

void StatusParser::parse_api_versions(std::string_view value) {
  auto& out = status_.k8s_api_versions.emplace();
  std::string_view rest = value;
  if (take(rest, "[\"")) {
    out.reserve(16);
    while (true) {
      const std::size_t quote = rest.find('"');
      out.push_back(rest.substr(0, quote));
      if (quote == npos)
        break;
      rest.remove_prefix(quote + 1);
      if (!take(rest, ", \""))
        break;
    }
    if (out.size() == 1 && out[0].empty())
      out.clear();
  }
  accept(LineUse::fact);
}

void StatusParser::parse_stale(std::string_view value) {
  std::string_view rest = value;
  while (take(rest, "\"")) {
    const std::size_t quote = rest.find("\" since ");
    if (quote == npos)
      break;
    Stale stale;
    stale.probe = rest.substr(0, quote);
    rest.remove_prefix(quote + 8);
    stale.since = take_until(rest, ", ");
    status_.stale.push_back(stale);
  }
  accept(LineUse::fact);
}

void StatusParser::parse_node_monitor(std::string_view value) {
  if (!status_.node_monitor)
    status_.node_monitor.emplace();
  auto& out = *status_.node_monitor;
  out.line = number();
  std::string_view rest = value;
  if (take(rest, "Listening for events on ") && take_number(rest, out.cpus) &&
      take(rest, " CPUs with ") && take_number(rest, out.npages) && take(rest, "x")) {
    out.enabled = take_number(rest, out.pagesize);
  }
  accept(LineUse::fact);
  parse_lost_events();
}

// "   …   12 events lost, 0 unknown notifications": a cell whose key is empty
bool StatusParser::parse_lost_events() {
  if (!more() || line().empty() || (line()[0] != ' ' && line()[0] != '\t'))
    return false;
  std::string_view rest = trim(line());
  std::uint64_t lost = 0;
  std::uint64_t unknown = 0;
  if (!take_number(rest, lost) || !take(rest, " events lost, ") || !take_number(rest, unknown) ||
      rest != " unknown notifications")
    return false;
  if (!status_.node_monitor)
    status_.node_monitor.emplace();
  status_.node_monitor->lost = lost;
  status_.node_monitor->unknown = unknown;
  accept(LineUse::fact);
  return true;
}

void StatusParser::parse_allocations() {
  if (!status_.ipam)
    status_.ipam.emplace();
  if (!status_.ipam->allocations)
    status_.ipam->allocations.emplace();
  document_.verbose = true;
  accept(LineUse::header);
  parse_allocation_rows();
}

void StatusParser::parse_allocation_rows() {
  section_ = Key::allocated_addresses;
  if (!status_.ipam)
    status_.ipam.emplace();
  if (!status_.ipam->allocations)
    status_.ipam->allocations.emplace();
  auto& out = *status_.ipam->allocations;
  while (more() && line().starts_with("  ")) {
    const std::string_view s = trim(line());
    const std::size_t open = s.find(" (");
    if (open == npos || !s.ends_with(')') || s.substr(0, open).find(' ') != npos)
      break;
    out.push_back({s.substr(0, open), s.substr(open + 2, s.size() - open - 3), number()});
    accept(LineUse::fact);
  }
}

void StatusParser::parse_big_tcp(std::optional<BigTcp>& result, std::string_view value) {
  BigTcp& out = result.emplace();
  out.line = number();
  std::string_view rest = value;
  out.enabled = take_cell(rest) == "Enabled";
  if (take(rest, "[")) {
    std::uint64_t first = 0;
    if (take_number(rest, first)) {
      if (take(rest, ", ")) {
        out.max_gro = first;
        take_number(rest, out.max_gso);
      } else {
        out.max_gso = first;
      }
    }
  }
  accept(LineUse::fact);
}

// "Disabled", "EDT with BPF   [eth0]" (1.9-1.11), "EDT with BPF [CUBIC] [eth0]" (1.12+).
void StatusParser::parse_bandwidth(std::string_view value) {
  auto& out = status_.bandwidth_manager.emplace();
  out.line = number();
  std::string_view rest = value;
  if (take(rest, "EDT with BPF")) {
    out.enabled = true;
    rest = trim_left(rest);
    std::string_view first;
    std::string_view second;
    if (take_brackets(rest, first)) {
      if (take_brackets(rest, second)) {
        out.congestion_control = first;
        out.devices = split_list(second);
      } else {
        out.devices = split_list(first);
      }
    }
  }
  accept(LineUse::fact);
}

// "Network: Tunnel [vxlan]   Host: BPF"
void StatusParser::parse_routing(std::string_view value) {
  auto& out = status_.routing.emplace();
  out.line = number();
  std::string_view rest = value;
  if (take(rest, "Network: ")) {
    std::string_view network = trim_right(take_until(rest, "Host: "));
    const std::size_t open = network.find(" [");
    out.inter_host = network.substr(0, open);
    if (open != npos && network.ends_with(']'))
      out.tunnel_protocol = network.substr(open + 2, network.size() - open - 3);
    out.intra_host = rest;
  }
  accept(LineUse::fact);
}

// "BPF (ip-masq-agent)   [eth0, eth1]   10.0.0.0/8 fd00::/48 [IPv4: Enabled, IPv6: Disabled]"
void StatusParser::parse_masquerading(std::string_view value) {
  Masquerading& out = status_.masquerading.emplace();
  out.line = number();
  std::string_view rest = value;
  re2::StringPiece v4;
  re2::StringPiece v6;
  const std::size_t families = rest.rfind("[IPv4: ");
  if (families != npos &&
      RE2::FullMatch(re2::StringPiece(rest.data() + families, rest.size() - families),
                     grammar().masquerade_families,
                     &v4,
                     &v6)) {
    out.ipv4 = v4 == "Enabled";
    out.ipv6 = v6 == "Enabled";
    rest = rest.substr(0, families);
  }
  if (take(rest, "Disabled")) {
  } else if (take(rest, "Enabled")) {
    out.enabled = true;
  } else {
    out.enabled = true;
    const std::size_t end = rest.find_first_of(" \t");
    out.mode = rest.substr(0, end);
    rest = end == npos ? std::string_view{} : rest.substr(end);
    if (take(rest, " (ip-masq-agent)"))
      out.ip_masq_agent = true;
    rest = trim_left(rest);
    std::string_view inside;
    if (take_brackets(rest, inside)) {
      out.devices = split_list(inside);
      for (const std::string_view cidr : split_list(rest, ' '))
        (cidr.find(':') == npos ? out.snat_exclusion_v4 : out.snat_exclusion_v6) = cidr;
    }
  }
  accept(LineUse::fact);
}

void StatusParser::parse_clock(std::string_view value) {
  auto& out = status_.clock_source.emplace();
  out.line = number();
  document_.verbose = true;
  std::string_view rest = value;
  out.mode = take_cell(rest);
  const std::size_t open = out.mode.find(" [");  // blanks folded by a copy
  if (open != npos) {
    rest = out.mode.substr(open + 1);
    out.mode = out.mode.substr(0, open);
  }
  if (take(rest, "["))
    take_number(rest, out.hertz);
  accept(LineUse::fact);
}

// "OK, ip 10.0.0.1, 2 redirects active on ports 10000-20000, Envoy: external"; 1.6: "OK,
// ip 10.0.0.1, port-range 10000-20000"
void StatusParser::parse_proxy(std::string_view value) {
  if (!status_.proxy)
    status_.proxy.emplace();
  Proxy& out = *status_.proxy;
  out.line = number();
  std::string_view rest = value;
  if (take(rest, "OK, ip ")) {
    out.managed = true;
    out.ip = take_until(rest, ", ");
    if (take(rest, "port-range ")) {
      out.port_range = rest;
    } else {
      std::uint64_t n = 0;
      if (take_number(rest, n) && take(rest, " redirects active on ports ")) {
        out.total_redirects = n;
        out.port_range = take_until(rest, ", Envoy: ");
        out.envoy = rest;
      }
    }
  }
  accept(LineUse::fact);
  parse_redirects();
}

// "Ok   Current/Max Flows: 4095/4095 (100.00%), Flows/s: 74.57   Metrics: Disabled"; the state's
// message follows it after one blank
void StatusParser::parse_hubble(std::string_view value) {
  Hubble& out = status_.hubble.emplace();
  out.line = number();
  std::string_view rest = value;
  const std::size_t word = rest.find_first_of(" \t");
  out.state = state_of(rest.substr(0, word));
  rest = word == npos ? std::string_view{} : rest.substr(word);
  const std::size_t metrics = rest.rfind("Metrics: ");
  if (metrics != npos) {
    std::string_view m = rest.substr(metrics + 9);
    rest = trim_right(rest.substr(0, metrics));
    const std::size_t open = m.find(" (");
    out.metrics_state = m.substr(0, open);
    if (open != npos && m.ends_with(')'))
      out.metrics_msg = m.substr(open + 2, m.size() - open - 3);
  }
  const std::size_t flows = rest.find("Current/Max Flows: ");
  const std::size_t rate = rest.rfind("Flows/s: ");
  if (rate != npos && (rate == 0 || rest[rate - 1] == ' ' || rest[rate - 1] == '\t')) {
    std::string_view r = rest.substr(rate + 9);
    out.flows_per_second = r.substr(0, r.find_first_of(" \t"));
    if (flows == npos)
      rest = rest.substr(0, rate);
  }
  if (flows != npos) {
    std::string_view f = rest.substr(flows + 19);
    std::uint64_t current = 0;
    std::uint64_t maximum = 0;
    if (take_number(f, current) && take(f, "/") && take_number(f, maximum)) {
      out.current_flows = current;
      out.max_flows = maximum;
    }
    rest = rest.substr(0, flows);
  }
  out.msg = trim(rest);
  accept(LineUse::fact);
  message_goes_on(out.msg);
}

// "Disabled", "IPsec", "Wireguard   [NodeEncryption: Disabled, cilium_wg0 (Pubkey: …, Port: 51871,
// Peers: 2)]", "Wireguard   <error>"
void StatusParser::parse_encryption(std::string_view value) {
  Encryption& out = status_.encryption.emplace();
  out.line = number();
  std::string_view rest = value;
  out.mode = take_cell(rest);
  if (rest == "[]" || (rest.starts_with('[') &&
                       (rest.find("(Pubkey: ") != npos || rest.starts_with("[NodeEncryption: ")) &&
                       rest.ends_with(']'))) {
    rest.remove_prefix(1);
    rest.remove_suffix(1);
    out.wireguard = true;
    if (take(rest, "NodeEncryption: ")) {
      out.node_encryption = take_until(rest, ", ");
    }
    re2::StringPiece in(rest.data(), rest.size());
    re2::StringPiece name, key, port, peers;
    while (RE2::Consume(&in, grammar().wireguard, &name, &key, &port, &peers)) {
      WireguardInterface wg;
      wg.name = {name.data(), name.size()};
      wg.public_key = {key.data(), key.size()};
      to_number(std::string_view(port.data(), port.size()), wg.port);
      to_number(std::string_view(peers.data(), peers.size()), wg.peers);
      out.interfaces.push_back(wg);
      if (in.starts_with(", "))
        in.remove_prefix(2);
    }
  } else {
    out.msg = rest;
  }
  accept(LineUse::fact);
  message_goes_on(out.msg);
}

}  // namespace kpr::det
