// The lines of the datapath: routing, masquerading, modes, encryption; identities and Hubble.
// pkg/client/client.go, FormatStatusResponse.
#include <re2/re2.h>

#include "scan.hpp"
#include "status_parser.hpp"

namespace kpr::det {
namespace {

// Rich and rare; one-pass, four groups, built when first needed.
const RE2& wireguard_grammar() {
  static const RE2 k_grammar = [] {
    RE2::Options o;
    o.set_log_errors(false);
    o.set_encoding(RE2::Options::EncodingLatin1);
    return RE2(R"((?:, )?([^ (\[,]+) \(Pubkey: ([^,]*), Port: (\d+), Peers: (\d+)\))", o);
  }();
  return k_grammar;
}

// The bracketed list at the front: "[a, b]" gives "a, b". Cut when it is not closed.
Reading take_brackets(std::string_view& rest, std::string_view& inside) {
  if (!rest.starts_with('['))
    return Reading::foreign;
  const std::size_t close = rest.find(']');
  if (close == npos)
    return Reading::cut;
  inside = rest.substr(1, close - 1);
  rest = trim_left(rest.substr(close + 1));
  return Reading::whole;
}

std::string_view take_word(std::string_view& rest) {
  const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
  rest = trim_left(rest.substr(word.size()));
  return word;
}

// A mode of one word, from a list that newer versions may make longer.
template <std::size_t N>
Reading
read_mode(std::string_view value, const std::string_view (&words)[N], std::string_view& out) {
  const Reading reading = any_of(value, words);
  if (reading == Reading::whole)
    out = value;
  return reading;
}

// Nobody prints prose behind a key: one word, perhaps two.
bool is_prose(std::string_view value) {
  const std::size_t blank = value.find(' ');
  return blank != npos && value.find(' ', blank + 1) != npos;
}

}  // namespace

Reading StatusParser::read_host_firewall(std::string_view value) {
  std::string_view rest = trim(value);
  const std::string_view mode = take_word(rest);
  Reading reading = one_of(mode, k_enabled_words);
  if (reading != Reading::whole)
    return rest.empty() ? reading : Reading::foreign;
  HostFirewall& out = status_.host_firewall.emplace();
  out.line = number();
  out.mode = mode;
  if (mode == "Disabled" || rest.empty())
    return rest.empty() ? reading : (leftover(rest), reading);
  std::string_view inside;
  reading = take_brackets(rest, inside);
  if (reading == Reading::whole)
    out.devices = split_list(inside);
  if (reading == Reading::foreign || !rest.empty())
    leftover(rest);
  return reading == Reading::cut ? reading : Reading::whole;
}

Reading StatusParser::read_srv6(std::string_view value) {
  std::string_view rest = trim(value);
  const std::string_view word = take_word(rest);
  const Reading reading = one_of(word, k_enabled_words);
  if (reading != Reading::whole)
    return rest.empty() ? reading : Reading::foreign;
  Srv6& out = status_.srv6.emplace();
  out.line = number();
  out.enabled = word == "Enabled";
  if (rest.empty())
    return Reading::whole;
  Scan in(rest);
  if (in.lit("[encap-mode: ") && in.until("]", out.encap_mode))
    in.end();
  if (in.reading() == Reading::foreign)
    leftover(rest);
  return in.reading() == Reading::cut ? Reading::cut : Reading::whole;
}

Reading StatusParser::read_cni_chaining(std::string_view value) {
  constexpr std::string_view k_modes[] = {
      "none", "aws-cni", "flannel", "generic-veth", "portmap", "azure", "calico"};
  std::string_view mode;
  const std::string_view v = trim(value);
  if (is_prose(v) || v.empty())
    return v.empty() ? Reading::cut : Reading::foreign;
  const Reading reading = line_is_cut() ? Reading::cut : read_mode(v, k_modes, mode);
  if (reading == Reading::whole)
    status_.cni_chaining = mode;
  return reading;
}

// "Disabled", "Enabled", "Enabled   [65536]" (GSO), "Enabled   [131072, 65536]" (GRO, GSO)
Reading StatusParser::read_big_tcp(std::optional<BigTcp>& result, std::string_view value) {
  std::string_view rest = trim(value);
  const std::string_view word = take_word(rest);
  const Reading reading = one_of(word, k_enabled_words);
  if (reading != Reading::whole)
    return rest.empty() ? reading : Reading::foreign;
  BigTcp out;
  out.line = number();
  out.enabled = word == "Enabled";
  Scan in(rest);
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  if (!rest.empty() && in.lit("[") && in.num(first)) {
    const bool two = in.maybe(", ") && in.num(second);
    in.lit("]");
    in.end();
    if (in.reading() == Reading::whole) {
      out.max_gro = two ? first : 0;
      out.max_gso = two ? second : first;
    }
  }
  result = out;
  if (in.reading() == Reading::foreign)
    leftover(rest);
  return in.reading() == Reading::cut ? Reading::cut : Reading::whole;
}

Reading StatusParser::read_ipv4_big_tcp(std::string_view value) {
  return read_big_tcp(status_.ipv4_big_tcp, value);
}
Reading StatusParser::read_ipv6_big_tcp(std::string_view value) {
  return read_big_tcp(status_.ipv6_big_tcp, value);
}

// "Disabled", "EDT with BPF   [eth0]" (1.9-1.11), "EDT with BPF [CUBIC] [eth0]" (1.12+).
Reading StatusParser::read_bandwidth_manager(std::string_view value) {
  std::string_view rest = trim(value);
  constexpr std::string_view k_words[] = {"Disabled", "EDT with BPF"};
  const std::string_view head = trim_right(rest.substr(0, rest.find('[')));
  const Reading reading = one_of(head, k_words);
  if (reading != Reading::whole)
    return head.size() == rest.size() ? reading : Reading::foreign;
  BandwidthManager& out = status_.bandwidth_manager.emplace();
  out.line = number();
  out.enabled = head != "Disabled";
  rest = trim_left(rest.substr(head.size()));
  if (rest.empty())  // the list of devices always follows
    return out.enabled ? Reading::cut : Reading::whole;
  std::string_view first;
  std::string_view second;
  if (take_brackets(rest, first) != Reading::whole)
    return Reading::cut;
  constexpr std::string_view k_algorithms[] = {"CUBIC", "BBR"};
  const bool two = rest.starts_with('[');
  if (!two && one_of(first, k_algorithms) == Reading::whole) {
    out.congestion_control = first;
    return Reading::cut;
  }
  if (two && take_brackets(rest, second) != Reading::whole) {
    out.congestion_control = first;
    return Reading::cut;
  }
  out.congestion_control = two ? first : std::string_view{};
  out.devices = split_list(two ? second : first);
  if (!rest.empty())
    leftover(rest);
  return Reading::whole;
}

Reading StatusParser::read_host_routing(std::string_view value) {
  constexpr std::string_view k_modes[] = {"BPF", "Legacy"};
  const std::string_view v = trim(value);
  std::string_view mode;
  const Reading reading = is_prose(v) ? Reading::foreign : read_mode(v, k_modes, mode);
  if (reading == Reading::whole)
    status_.host_routing = mode;
  return reading;
}

// "Network: Tunnel [vxlan]   Host: BPF"
Reading StatusParser::read_routing(std::string_view value) {
  constexpr std::string_view k_hosts[] = {"BPF", "Legacy"};
  Routing out;
  out.line = number();
  Scan in(trim(value));
  if (!in.lit("Network: ") || !in.word(out.inter_host))
    return in.reading();
  constexpr std::string_view k_networks[] = {"Native", "Tunnel"};
  if (in.empty() && any_of(out.inter_host, k_networks) == Reading::cut)
    return Reading::cut;
  const bool tunnel = out.inter_host == "Tunnel";
  Reading reading = Reading::whole;
  if (in.gap() && (in.rest().starts_with('[') || tunnel) && in.lit("["))
    in.until("]", out.tunnel_protocol) && in.gap();
  if (in.lit("Host: ")) {
    reading = any_of(in.rest(), k_hosts);
    if (reading == Reading::whole)
      out.intra_host = in.rest();
  }
  if (in.reading() == Reading::foreign)
    return Reading::foreign;
  status_.routing = out;
  return worse(reading, in.reading());
}

Reading StatusParser::read_attach_mode(std::string_view value) {
  constexpr std::string_view k_modes[] = {"TCX", "Legacy TC"};
  const std::string_view v = trim(value);
  std::string_view mode;
  const Reading reading = is_prose(v) ? Reading::foreign : read_mode(v, k_modes, mode);
  if (reading == Reading::whole)
    status_.attach_mode = mode;
  return reading;
}

// "netkit", 1.20+ "netkit [Configured: auto]"
Reading StatusParser::read_device_mode(std::string_view value) {
  constexpr std::string_view k_modes[] = {"veth", "netkit", "netkit-l2", "?"};
  std::string_view rest = trim(value);
  const std::string_view word = take_word(rest);
  std::string_view mode;
  const Reading reading =
      rest.empty() && line_is_cut() ? Reading::cut : read_mode(word, k_modes, mode);
  if (reading != Reading::whole)
    return rest.empty() ? reading : Reading::foreign;
  if (!rest.empty() && !rest.starts_with('[')) {
    if (is_prose(trim(value)))
      return Reading::foreign;
    leftover(rest);
  }
  status_.device_mode = mode;
  if (rest.empty() || !rest.starts_with('['))
    return Reading::whole;
  Scan in(rest);
  std::string_view configured;
  if (in.lit("[Configured: ") && in.until("]", configured) && in.end())
    status_.configured_device_mode = configured;
  return in.reading() == Reading::foreign ? Reading::whole : in.reading();
}

namespace {

// "[IPv4: Enabled, IPv6: Disabled]" at the end
Reading take_families(std::string_view& rest, Masquerading& out) {
  const std::size_t at = rest.rfind("[IPv4:");
  if (at == npos) {
    const std::size_t open = rest.rfind('[');
    const bool half = open != npos && std::string_view("[IPv4: ").starts_with(rest.substr(open));
    return half && rest.size() - open > 1 ? Reading::cut : Reading::whole;
  }
  Scan in(rest.substr(at));
  std::string_view v4;
  std::string_view v6;
  in.lit("[IPv4: ");
  in.until(", IPv6: ", v4);
  in.until("]", v6);
  rest = trim_right(rest.substr(0, at));
  if (in.reading() != Reading::whole || one_of(v4, k_enabled_words) != Reading::whole ||
      one_of(v6, k_enabled_words) != Reading::whole)
    return Reading::cut;
  out.ipv4 = v4 == "Enabled";
  out.ipv6 = v6 == "Enabled";
  return Reading::whole;
}

bool is_cidr(std::string_view s) {
  return s.find_first_not_of("0123456789abcdefABCDEF:./") == npos;
}

// "[eth0, eth1]   10.0.0.0/8 fd00::/48": devices, and what is not masqueraded
Reading take_exclusions(std::string_view rest, bool whole, Masquerading& out) {
  std::string_view inside;
  if (take_brackets(rest, inside) != Reading::whole)
    return Reading::cut;
  out.devices = split_list(inside);
  Reading reading = Reading::whole;
  for (const std::string_view word : split_list(rest, ' ')) {
    const bool last = word.data() + word.size() == rest.data() + rest.size();
    if (!is_cidr(word) || word.find('/') == npos || (last && !whole))
      reading = Reading::cut;
    else
      (word.find(':') == npos ? out.snat_exclusion_v4 : out.snat_exclusion_v6) = word;
  }
  return reading;
}

}  // namespace

// "BPF (ip-masq-agent)   [eth0, eth1]   10.0.0.0/8 fd00::/48 [IPv4: Enabled, IPv6: Disabled]"
Reading StatusParser::read_masquerading(std::string_view value) {
  constexpr std::string_view k_modes[] = {"Disabled", "Enabled", "IPTables", "BPF"};
  std::string_view rest = trim(value);
  Masquerading out;
  out.line = number();
  Reading reading = take_families(rest, out);
  const bool whole = reading == Reading::whole && !line_is_cut();
  const std::string_view mode = take_word(rest);
  const Reading word = one_of(mode, k_modes);
  if (word != Reading::whole)
    return rest.empty() ? word : Reading::foreign;
  out.enabled = mode != "Disabled";
  if (mode == "BPF" || mode == "IPTables")
    out.mode = mode;
  if (rest.starts_with('(')) {
    Scan in(rest);
    out.ip_masq_agent = in.lit("(ip-masq-agent)");
    if (!out.ip_masq_agent && in.reading() == Reading::foreign)
      return Reading::foreign;
    reading = worse(reading, in.reading());
    rest = trim_left(in.rest());
  }
  if (out.mode == "BPF" && rest.starts_with('['))
    reading = worse(reading, take_exclusions(rest, whole, out));
  else if (!rest.empty() && reading == Reading::whole)
    leftover(rest);
  status_.masquerading = out;
  return reading;
}

// "ktime", "jiffies   [250 Hz]"
Reading StatusParser::read_clock_source(std::string_view value) {
  constexpr std::string_view k_modes[] = {"ktime", "jiffies"};
  std::string_view rest = trim(value);
  const std::string_view word = take_word(rest);
  ClockSource out;
  out.line = number();
  Reading reading = read_mode(word, k_modes, out.mode);
  if (reading != Reading::whole)
    return rest.empty() ? reading : Reading::foreign;
  if (word == "jiffies") {
    Scan in(rest);
    std::uint32_t hertz = 0;
    if (in.lit("[") && in.num(hertz) && in.lit(" Hz]"))
      out.hertz = hertz;
    reading = in.reading() == Reading::whole ? Reading::whole : Reading::cut;
  } else if (!rest.empty()) {
    if (is_prose(trim(value)))
      return Reading::foreign;
    leftover(rest);
  }
  status_.clock_source = out;
  document_.verbose = true;
  return reading;
}

// "min 256, max 65535", "Unknown"
Reading StatusParser::read_global_identity_range(std::string_view value) {
  const std::string_view v = trim(value);
  if (!v.empty() && std::string_view("Unknown").starts_with(v))
    return v.size() == 7 ? Reading::whole : Reading::cut;
  IdentityRange out;
  out.line = number();
  Scan in(v);
  if (in.lit("min ") && in.num(out.min) && in.lit(", max ") && in.num(out.max) && in.end()) {
    if (out.max < out.min || line_is_cut())
      return Reading::cut;
    status_.identity_range = out;
  }
  return in.reading();
}

namespace {

constexpr std::string_view k_metrics_states[] = {"Ok", "Warning", "Failure", "Disabled"};

// "Metrics: Failure (message)": the last cell
Reading take_metrics(std::string_view& rest, bool line_is_cut, Hubble& out) {
  const std::size_t at = rest.rfind("Metrics: ");
  if (at == npos) {
    const std::size_t cell = rest.rfind("   ");
    const bool half =
        cell != npos && std::string_view("Metrics: ").starts_with(trim_left(rest.substr(cell)));
    if (half)
      rest = trim_right(rest.substr(0, cell));
    return half ? Reading::cut : Reading::whole;
  }
  std::string_view m = rest.substr(at + 9);
  rest = trim_right(rest.substr(0, at));
  const std::string_view state = take_word(m);
  if (one_of(state, k_metrics_states) == Reading::cut || (m.empty() && line_is_cut))
    return Reading::cut;
  out.metrics_state = state;
  if (m.empty())
    return Reading::whole;
  if (!m.starts_with('(') || !m.ends_with(')') || line_is_cut)
    return Reading::cut;
  out.metrics_msg = m.substr(1, m.size() - 2);
  return Reading::whole;
}

// "Current/Max Flows: 4095/4095 (100.00%), Flows/s: 74.57": either part may stand alone
Reading take_flows(std::string_view& rest, bool line_is_cut, Hubble& out) {
  const std::size_t flows = rest.find("Current/Max Flows:");
  const std::size_t rate = rest.rfind("Flows/s:");
  const std::size_t at = std::min(flows, rate);
  if (at == npos)
    return Reading::whole;
  Scan in(rest.substr(at));
  std::uint64_t current = 0;
  std::uint64_t maximum = 0;
  std::string_view percent;
  if (at == flows && flows != rate) {
    if (in.lit("Current/Max Flows: ") && in.num(current) && in.lit("/") && in.num(maximum) &&
        in.lit(" (") && in.until("%)", percent)) {
      out.current_flows = current;
      out.max_flows = maximum;
    }
    if (!in.empty() && in.lit(",") && !in.gap())
      return Reading::cut;
  }
  rest = rest.substr(0, at);
  if (in.reading() != Reading::whole || in.empty())
    return in.reading() == Reading::whole && line_is_cut ? Reading::cut : in.reading();
  std::string_view number;
  if (!in.lit("Flows/s: ") || !in.word(number))
    return Reading::cut;
  const std::size_t point = number.find('.');  // two decimals are printed
  if (point == npos || number.size() - point != 3 || (in.empty() && line_is_cut))
    return Reading::cut;
  out.flows_per_second = number;
  return Reading::whole;
}

}  // namespace

// "Ok   Current/Max Flows: 4095/4095 (100.00%), Flows/s: 74.57   Metrics: Disabled"; the state's
// message follows it after one blank
Reading StatusParser::read_hubble(std::string_view value) {
  std::string_view rest = trim(value);
  const std::string_view word = take_word(rest);
  const Reading state = one_of(word, k_metrics_states);
  if (state != Reading::whole)
    return rest.empty() ? state : Reading::foreign;
  Hubble& out = status_.hubble.emplace();
  out.line = number();
  out.state = state_of(word);
  const bool ends_early = line_is_cut();
  const bool all = !rest.empty();
  Reading reading = take_metrics(rest, ends_early, out);
  const bool last_cell = out.metrics_state.empty() && reading == Reading::whole;
  reading = worse(reading, take_flows(rest, ends_early && last_cell, out));
  const bool only_message = last_cell && !out.current_flows && out.flows_per_second.empty();
  if (only_message && ends_early && all)
    return Reading::cut;
  if (reading == Reading::foreign) {
    leftover(value);
    reading = Reading::whole;
  }
  out.msg = trim(rest);
  if (only_message)
    open_message_ = &out.msg;
  return reading;
}

// "Disabled", "IPsec", "Wireguard   [NodeEncryption: Disabled, cilium_wg0 (Pubkey: …, Port: 51871,
// Peers: 2)]", "Wireguard   <error>"
Reading StatusParser::read_encryption(std::string_view value) {
  constexpr std::string_view k_modes[] = {"Disabled", "IPsec", "Wireguard", "Ztunnel"};
  std::string_view rest = trim(value);
  const std::string_view mode = take_word(rest);
  const Reading known = one_of(mode, k_modes);
  if (known != Reading::whole && !rest.empty())
    return Reading::foreign;
  if (known == Reading::cut)
    return Reading::cut;
  Encryption& out = status_.encryption.emplace();
  out.line = number();
  out.mode = mode;
  const bool list = rest == "[]" || rest.starts_with("[NodeEncryption:") ||
                    (rest.starts_with('[') && rest.find("(Pubkey:") != npos);
  if (!list) {
    const bool half = rest.size() > 1 && std::string_view("[NodeEncryption: ").starts_with(rest);
    if (half)
      return Reading::cut;
    const Reading reading = free_text(rest, out.msg);
    if (known == Reading::whole && mode != "Disabled")
      open_message_ = &out.msg;
    return reading;
  }
  if (!rest.ends_with(']'))
    return Reading::cut;
  std::string_view inside = rest.substr(1, rest.size() - 2);
  out.wireguard = true;
  if (take(inside, "NodeEncryption: "))
    out.node_encryption = take_until(inside, ", ");
  re2::StringPiece in(inside.data(), inside.size());
  re2::StringPiece name, key, port, peers;
  while (RE2::Consume(&in, wireguard_grammar(), &name, &key, &port, &peers)) {
    WireguardInterface wg;
    wg.name = {name.data(), name.size()};
    wg.public_key = {key.data(), key.size()};
    to_number(std::string_view(port.data(), port.size()), wg.port);
    to_number(std::string_view(peers.data(), peers.size()), wg.peers);
    out.interfaces.push_back(wg);
  }
  if (!in.empty())
    leftover({in.data(), in.size()});
  return Reading::whole;
}

}  // namespace kpr::det
