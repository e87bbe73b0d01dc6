// The KubeProxyReplacement line of 1.7 - 1.21 and its Details (1.9+, verbose): formats by
// pkg/client/client.go and daemon/cmd/status.go.
#include <algorithm>
#include <array>

#include "addresses.hpp"
#include "noise.hpp"
#include "scan.hpp"
#include "status_parser.hpp"

namespace kpr::det {
namespace {

struct ModeWord {
  std::string_view text;
  KprMode mode;
};
constexpr ModeWord k_modes[] = {{"Strict", KprMode::strict},
                                {"Partial", KprMode::partial},
                                {"Probe", KprMode::probe},
                                {"Disabled", KprMode::disabled},
                                {"True", KprMode::true_},
                                {"False", KprMode::false_}};

// Any word in capitals may be a mode of a newer Cilium; a small letter begins prose.
Reading mode_of(std::string_view text, Named<KprMode>& out) {
  Reading reading = Reading::whole;
  for (const ModeWord& word : k_modes) {
    if (word.text == text) {
      out = {word.mode, text};
      return Reading::whole;
    }
    if (!text.empty() && word.text.starts_with(text))
      reading = Reading::cut;
  }
  if (reading == Reading::cut)
    return reading;
  if (!text.empty() && (text[0] < 'A' || text[0] > 'Z'))
    return Reading::foreign;
  out = {text.empty() ? KprMode::none : KprMode::other, text};
  return Reading::whole;
}

// "Enabled", "Disabled"
Reading read_enabled(std::string_view value, Enabled& out) {
  const Reading reading = one_of(value, k_enabled_words);
  if (reading == Reading::whole)
    out = value == "Enabled";
  return reading;
}

bool is_range(std::uint32_t low, std::uint32_t high) {
  return low <= high && high <= 65535;
}

// "30000-32767"
Reading read_range(std::string_view text, NodePort& out) {
  Scan in(text);
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  if (in.num(low) && in.lit("-") && in.num(high) && in.end()) {
    if (!is_range(low, high))
      return Reading::cut;
    out.port_min = low;
    out.port_max = high;
  }
  return in.reading();
}

// "Random", "Maglev (Table Size: 16381)", in the list of 1.9-dev "Maglev (16381)"
Reading read_algorithm(std::string_view value, NodePort& out) {
  constexpr std::string_view k_algorithms[] = {"Random", "Maglev"};
  const std::string_view word = value.substr(0, value.find(' '));
  const Reading reading = one_of(word, k_algorithms);
  if (reading != Reading::whole)
    return reading;
  out.algorithm = word;
  Scan in(trim_left(value.substr(word.size())));
  std::uint32_t size = 0;
  if (in.empty())
    return Reading::whole;
  if (in.lit("(")) {
    in.maybe("Table Size: ");
    if (in.num(size) && in.lit(")") && in.end())
      out.lut_size = size;
  }
  return in.reading();
}

constexpr std::string_view k_node_port_modes[] = {"SNAT", "DSR", "Hybrid", "HYBRID"};
constexpr std::string_view k_accelerations[] = {"Disabled",
                                                "Native",
                                                "Generic",
                                                "Best-Effort",
                                                "DISABLED",
                                                "NATIVE",
                                                "GENERIC",
                                                "NONE",
                                                "None",
                                                "Testing-Only"};

// A word from a list that newer versions may make longer.
template <std::size_t N>
Reading
read_word(std::string_view value, const std::string_view (&words)[N], std::string_view& out) {
  const Reading reading = value.find(' ') == npos ? any_of(value, words) : one_of(value, words);
  if (reading == Reading::whole)
    out = value;
  return reading;
}

// Up to the comma that stands outside of parentheses; the comma is taken too.
std::string_view take_element(std::string_view& list) {
  std::size_t end = 0;
  for (int depth = 0; end < list.size() && (depth > 0 || list[end] != ','); ++end)
    depth += list[end] == '(' ? 1 : list[end] == ')' ? -1 : 0;
  const std::string_view element = trim(list.substr(0, end));
  list.remove_prefix(end < list.size() ? end + 1 : end);
  return element;
}

bool is_interface(std::string_view word) {
  return !word.empty() && word.find_first_of("()[]*`\"<>|,") == npos;
}

constexpr std::string_view k_direct[] = {"(Direct Routing)", "(DR)"};

// "eth0  172.30.0.3 fd00::1 (Direct Routing)": blanks before an address are the agent's own (1.15+
// prints one more for each address of the device). Reading::cut when the last word is half of one,
// Reading::foreign when there is a word that is no address.
Reading read_device(std::string_view part, Device& out) {
  for (const std::string_view mark : k_direct) {
    if (part.ends_with(mark)) {
      out.direct_routing = true;
      part = trim_right(part.substr(0, part.size() - mark.size()));
    }
  }
  out.name = part.substr(0, part.find(' '));
  part = trim_left(part.substr(out.name.size()));
  if (!is_interface(out.name))
    return Reading::foreign;
  Reading reading = Reading::whole;
  while (!part.empty()) {
    const std::string_view word = part.substr(0, part.find(' '));
    if (is_ip(word))
      out.ips.push_back(word);
    else if (k_direct[0].starts_with(part) || k_direct[1].starts_with(part))
      return Reading::cut;
    else
      reading = Reading::foreign;
    part = trim_left(part.substr(word.size()));
  }
  return reading;
}

// One device's part of the list. An API mix leaves commas out: "eth0 10.0.0.1 (Direct Routing)eth1
// 10.0.0.2".
std::string_view take_device(std::string_view& list) {
  const std::size_t comma = std::min(list.find(','), list.size());
  const std::size_t mark = list.find(k_direct[0]);
  const std::size_t end =
      mark != npos && mark + k_direct[0].size() < comma ? mark + k_direct[0].size() : comma;
  const std::string_view part = trim(list.substr(0, end));
  list.remove_prefix(end == comma && comma < list.size() ? end + 1 : end);
  return part;
}

struct Feature {
  std::string_view name;
  Enabled KprFeatures::*member;
};
constexpr Feature k_features[] = {{"HostPort", &KprFeatures::host_port},
                                  {"ExternalIPs", &KprFeatures::external_ips},
                                  {"SessionAffinity", &KprFeatures::session_affinity}};

constexpr std::string_view k_feature_names[] = {
    "NodePort", "HostPort", "ExternalIPs", "SessionAffinity", "HostReachableServices"};

bool begins_with_feature(std::string_view list) {
  return std::any_of(std::begin(k_feature_names), std::end(k_feature_names), [&](auto name) {
    return list.starts_with(name);
  });
}

}  // namespace

bool parse_devices(std::string_view list, std::vector<Device>& out) {
  bool all = true;
  while (!list.empty()) {
    const std::string_view part = take_device(list);
    if (part.empty())
      continue;
    Device device;
    const Reading reading = read_device(part, device);
    all = all && reading == Reading::whole;
    if (is_interface(device.name))
      out.push_back(std::move(device));
  }
  return all;
}

// `whole`: the list was closed. Of a list that was not, the last word may be half of one, and a
// device without all of its addresses is none.
void StatusParser::kpr_devices(std::string_view list, bool whole, KubeProxyReplacement& out) {
  std::vector<Device> devices;
  bool all = whole;
  while (!list.empty()) {
    const std::string_view part = take_device(list);
    if (part.empty())
      continue;
    if (is_elision(part)) {
      all = false;
      odd_ = true;
      continue;
    }
    Device device;
    const Reading reading = read_device(part, device);
    const bool last = trim(list).empty() && !whole;
    if (reading == Reading::foreign && !last)
      leftover(part);
    all = all && reading == Reading::whole;
    if (is_interface(device.name) && (!last || reading == Reading::cut))
      devices.push_back(std::move(device));
  }
  out.devices = std::move(devices);
  out.devices_whole = all;
}

// "SNAT, 30000-32767, XDP: NONE"; 1.9-dev "SNAT, Maglev (16381), 30000-32767, XDP: Disabled"
void StatusParser::node_port_detail(std::string_view detail, NodePort& out) {
  while (!detail.empty()) {
    std::string_view part = take_element(detail);
    const std::string_view all = part;
    Reading reading = Reading::foreign;
    if (take(part, "XDP:"))
      reading = read_word(trim(part), k_accelerations, out.acceleration);
    else if (!part.empty() && is_digit(part[0]))
      reading = read_range(part, out);
    else if (part.starts_with("Random") || part.starts_with("Maglev"))
      reading = read_algorithm(part, out);
    else if (out.mode.empty() && part.find_first_of(" (") == npos)
      reading = read_word(part, k_node_port_modes, out.mode);
    if (reading == Reading::foreign)
      leftover(all);
  }
}

// "NodePort (SNAT, 30000-32767, XDP: NONE), HostPort, HostReachableServices (TCP, UDP), …" of 1.7
// and 1.8. What a list that is whole does not name is off; of another list, or one with an element
// that is not known, that cannot be said.
void StatusParser::kpr_features(std::string_view list, bool whole, KprFeatures& out) {
  while (!list.empty()) {
    const std::string_view element = take_element(list);
    const bool last = trim(list).empty() && !whole;
    const std::size_t open = std::min(element.find(" ("), element.size());
    const std::string_view name = element.substr(0, open);
    std::string_view detail = element.substr(std::min(open + 2, element.size()));
    if (element.empty())
      continue;
    if (detail.ends_with(')'))
      detail.remove_suffix(1);
    else if (open != element.size() && last)
      detail = detail.substr(0, detail.find_last_of(','));  // its last part is half of one
    const auto* const simple =
        std::find_if(std::begin(k_features), std::end(k_features), [&](const Feature& f) {
          return f.name == name;
        });
    if (name == "NodePort") {
      out.node_port.enabled = true;
      node_port_detail(detail, out.node_port);
    } else if (name == "HostReachableServices") {
      out.socket_protocols = split_list(detail);
    } else if (name == "HostReachableServicesTCP" || name == "HostReachableServicesUDP") {
      out.socket_protocols.push_back(name.substr(name.size() - 3));  // 1.7-dev
    } else if (simple != std::end(k_features)) {
      out.*(simple->member) = true;
    } else {
      whole = false;
      if (!last && !is_elision(element))
        leftover(element);
      odd_ = true;
    }
  }
  if (!whole)
    return;
  if (!out.node_port.enabled)
    out.node_port.enabled = false;
  if (!out.external_ips)
    out.external_ips = false;
}

// "[…]", in 1.8-dev "(…)", to the bracket that closes it; false when none does.
bool StatusParser::take_kpr_list(std::string_view& rest, std::string_view& inside) {
  int depth = 0;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    depth += rest[i] == '[' || rest[i] == '(' ? 1 : rest[i] == ']' || rest[i] == ')' ? -1 : 0;
    if (depth == 0) {
      inside = rest.substr(1, i - 1);
      rest = trim_left(rest.substr(i + 1));
      return true;
    }
  }
  inside = rest.substr(1);
  rest = {};
  return false;
}

// 1.7 "[features]", 1.8 "[devices]   [features]", 1.8-dev "(devices)   [features]", 1.9+
// "[devices]"
void StatusParser::kpr_lists(std::string_view lists, KubeProxyReplacement& out) {
  const std::string_view all = lists;
  std::string_view first;
  std::string_view second;
  const bool round = lists.starts_with('(');
  bool whole = take_kpr_list(lists, first);
  const bool two = lists.starts_with('[');
  if (round && !two)  // a writer's remark, or the list behind it is missing
    return whole ? leftover(all) : unfinished_.push_back(at_);
  const bool first_is_features = !two && begins_with_feature(first);
  if (!first_is_features)
    kpr_devices(first, whole, out);
  if (two)
    whole = take_kpr_list(lists, second);
  if (two || first_is_features) {
    KprFeatures& features = out.features ? *out.features : out.features.emplace();
    features.line = number();
    kpr_features(two ? second : first, whole, features);
    // 1.8+; the list of 1.7 does not know them
    for (Enabled* const later : {&features.host_port, &features.session_affinity}) {
      if (two && !*later && features.node_port.enabled && features.external_ips)
        *later = false;
    }
  }
  if (!whole)
    unfinished_.push_back(at_);
  if (!lists.empty())
    leftover(lists);
}

Reading StatusParser::read_kpr(std::string_view value) {
  const std::string_view v = trim(value);
  const bool has_mode = !v.starts_with('[') && !v.starts_with('(');
  const std::string_view mode = has_mode ? v.substr(0, v.find_first_of(" \t")) : v.substr(0, 0);
  const std::string_view lists = trim_left(v.substr(mode.size()));
  Named<KprMode> named;
  const Reading reading = mode_of(mode, named);
  if (reading != Reading::whole)
    return reading == Reading::cut && lists.empty() ? reading : Reading::foreign;
  const bool prose = !lists.empty() && lists[0] != '[' && lists[0] != '(';
  if (prose && named.value == KprMode::other)
    return Reading::foreign;
  if (!status_.kube_proxy_replacement)
    status_.kube_proxy_replacement.emplace();
  KubeProxyReplacement& out = *status_.kube_proxy_replacement;
  out.line = number();
  out.mode = named;
  if (prose)
    leftover(lists);
  else if (!lists.empty())
    kpr_lists(lists, out);
  else if (line_is_cut())
    return Reading::cut;
  return Reading::whole;
}

Reading StatusParser::read_kpr_details(std::string_view value) {
  if (!trim(value).empty())
    return Reading::foreign;
  if (!status_.kube_proxy_replacement)
    status_.kube_proxy_replacement.emplace();
  KubeProxyReplacement& kpr = *status_.kube_proxy_replacement;
  KprFeatures& out = kpr.features ? *kpr.features : kpr.features.emplace();
  out.line = number();
  document_.verbose = true;
  return Reading::heading;
}

namespace {

struct DetailTarget {
  KubeProxyReplacement& kpr;
  KprFeatures& features;
  Line line;
  bool cut;  // the line is known to be cut
};

Reading read_status(std::string_view value, DetailTarget& to) {
  Named<KprMode> mode;
  const Reading reading = mode_of(value, mode);
  if (reading == Reading::whole && to.kpr.line == 0) {
    to.kpr.line = to.line;
    to.kpr.mode = mode;
  }
  return reading;
}

template <Enabled KprFeatures::*member>
Reading read_feature(std::string_view value, DetailTarget& to) {
  return read_enabled(value, to.features.*member);
}

Reading read_protocols(std::string_view value, DetailTarget& to) {
  constexpr std::string_view k_protocols[] = {"TCP", "UDP"};
  std::vector<std::string_view> list = split_list(value);
  if (list.empty() || value.ends_with(','))
    return Reading::cut;
  Reading reading = Reading::whole;
  for (const std::string_view one : list)
    reading = worse(reading, one_of(one, k_protocols));
  if (reading == Reading::whole)
    to.features.socket_protocols = std::move(list);
  return reading;
}

Reading read_coverage(std::string_view value, DetailTarget& to) {
  constexpr std::string_view k_coverages[] = {"Full", "Hostns-only"};
  return read_word(value, k_coverages, to.features.socket_lb_coverage);
}

Reading read_details_mode(std::string_view value, DetailTarget& to) {
  return read_word(value, k_node_port_modes, to.features.node_port.mode);
}

Reading read_dsr_dispatch(std::string_view value, DetailTarget& to) {
  constexpr std::string_view k_dispatches[] = {"IP Option/Extension", "IPIP", "Geneve"};
  return read_word(value, k_dispatches, to.features.node_port.dsr_mode);
}

Reading read_backend_selection(std::string_view value, DetailTarget& to) {
  return read_algorithm(value, to.features.node_port);
}

Reading read_acceleration(std::string_view value, DetailTarget& to) {
  return read_word(value, k_accelerations, to.features.node_port.acceleration);
}

// Bare when it is on, and two items follow (1.13+).
Reading read_nat46x64(std::string_view value, DetailTarget& to) {
  if (!value.empty())
    return read_enabled(value, to.features.nat46x64);
  to.features.nat46x64 = true;
  return Reading::whole;
}

template <Enabled KprFeatures::*member>
Reading read_nat46x64_part(std::string_view value, DetailTarget& to) {
  const Reading reading = read_enabled(value, to.features.*member);
  if (reading == Reading::whole)
    to.features.nat46x64 = true;
  return reading;
}

Reading read_prefixes(std::string_view value, DetailTarget& to) {
  if (to.cut)
    return Reading::cut;
  to.features.nat46x64_prefixes = split_list(value);
  return Reading::whole;
}

Reading read_services(std::string_view value, DetailTarget&) {
  return value.empty() ? Reading::heading : Reading::foreign;
}

// 1.17+: bare with a list below it, or "(n/a)"
Reading read_annotations(std::string_view value, DetailTarget& to) {
  if (!value.empty() && value != "(n/a)")
    return std::string_view("(n/a)").starts_with(value) ? Reading::cut : Reading::foreign;
  if (!to.features.annotations)
    to.features.annotations.emplace();
  return value.empty() ? Reading::heading : Reading::whole;
}

// "Enabled (Range: 30000-32767)"
Reading read_node_port(std::string_view value, DetailTarget& to) {
  NodePort& out = to.features.node_port;
  const std::string_view word = value.substr(0, value.find(' '));
  const Reading reading = read_enabled(word, out.enabled);
  Scan in(trim_left(value.substr(word.size())));
  if (reading != Reading::whole || in.empty())
    return reading;
  std::string_view range;
  if (in.lit("(Range: ") && in.until(")", range) && in.end())
    return read_range(range, out);
  return in.reading();
}

// A row of the Details: its name, whether it is an item ("- NodePort:"), and whether the name alone
// tells that it is Cilium's. Other programs print "Status:" and "Mode:", too.
struct DetailRow {
  std::string_view name;
  bool item;
  bool own;
  Reading (*read)(std::string_view value, DetailTarget& to);
};
using F = KprFeatures;
constexpr std::array k_detail_rows{
    DetailRow{"Status", false, false, read_status},
    DetailRow{"Protocols", false, false, read_protocols},
    DetailRow{"Socket LB", false, true, read_feature<&F::socket_lb>},
    DetailRow{"Socket LB Tracing", false, true, read_feature<&F::socket_lb_tracing>},
    DetailRow{"Socket LB Coverage", false, true, read_coverage},
    DetailRow{"Socket LB Protocols", false, true, read_protocols},
    DetailRow{"Devices", false, false, nullptr},  // read_details_devices
    DetailRow{"Mode", false, false, read_details_mode},
    DetailRow{"DSR Dispatch Mode", false, true, read_dsr_dispatch},
    DetailRow{"Backend Selection", false, true, read_backend_selection},
    DetailRow{"Session Affinity", false, false, read_feature<&F::session_affinity>},
    DetailRow{"Graceful Termination", false, true, read_feature<&F::graceful_termination>},
    DetailRow{"NAT46/64 Support", false, true, read_nat46x64},
    DetailRow{"Services", true, false, read_nat46x64_part<&F::nat46x64_service>},
    DetailRow{"Gateway", true, false, read_nat46x64_part<&F::nat46x64_gateway>},
    DetailRow{"Prefixes", false, false, read_prefixes},
    DetailRow{"XDP Acceleration", false, true, read_acceleration},
    DetailRow{"Services", false, false, read_services},
    DetailRow{"ClusterIP", true, false, read_feature<&F::cluster_ip>},
    DetailRow{"NodePort", true, true, read_node_port},
    DetailRow{"LoadBalancer", true, false, read_feature<&F::load_balancer>},
    DetailRow{"externalIPs", true, true, read_feature<&F::external_ips>},
    DetailRow{"HostPort", true, true, read_feature<&F::host_port>},
    DetailRow{"Annotations", false, false, read_annotations},
};

// The row's place in the table, npos when it is none; and its value.
std::size_t detail_row_of(std::string_view line, std::string_view& value) {
  if (line.empty() || line[0] != ' ')
    return npos;
  std::string_view s = trim(line);
  const bool item = take(s, "-");
  s = trim_left(s);
  const std::size_t colon = s.find(':');
  if (colon == npos || colon > 24)
    return npos;  // cut inside the name: "Socket LB" of "Socket LB Tracing" is no fact
  const std::string_view name = s.substr(0, colon);
  for (std::size_t i = 0; i < k_detail_rows.size(); ++i) {
    if (k_detail_rows[i].name == name && k_detail_rows[i].item == item) {
      value = trim(s.substr(colon + 1));
      return i;
    }
  }
  return npos;
}

// "  - service.cilium.io/node": an item without a colon
bool is_annotation(std::string_view line, std::string_view& name) {
  name = trim(line);
  if (!line.starts_with(' ') || !take(name, "-"))
    return false;
  name = trim_left(name);
  return name.find('/') != npos && name.find_first_of(" :") == npos;
}

}  // namespace

// A row outside of the Details counts when its name is Cilium's own, or when a row of the Details
// stands beside it.
bool StatusParser::is_detail_row(std::size_t at) const {
  std::string_view value;
  const std::size_t row = detail_row_of(lines_[at], value);
  if (row == npos)
    return false;
  if (k_detail_rows[row].own || section_ == Key::kpr_details)
    return true;
  const auto beside = [&](std::size_t other) {
    std::string_view ignored;
    return other < lines_.size() && (detail_row_of(lines_[other], ignored) != npos ||
                                     key_of(lines_[other], ignored) != Key::none);
  };
  return indent_of(lines_[at]) == 2 && (beside(at + 1) || (at > 0 && beside(at - 1)));
}

KubeProxyReplacement& StatusParser::details() {
  section_ = Key::kpr_details;
  document_.verbose = true;
  if (!status_.kube_proxy_replacement)
    status_.kube_proxy_replacement.emplace();
  if (!status_.kube_proxy_replacement->features)
    status_.kube_proxy_replacement->features.emplace();
  return *status_.kube_proxy_replacement;
}

bool StatusParser::parse_annotation() {
  std::string_view name;
  if (section_ != Key::kpr_details || !is_annotation(line(), name))
    return false;
  KprFeatures& features = *details().features;
  if (!features.annotations)
    features.annotations.emplace();
  const bool cut = line_is_cut();
  if (!cut)
    features.annotations->push_back(name);
  accept(cut ? Reading::cut : Reading::whole);
  return true;
}

Reading StatusParser::read_details_devices(std::string_view value, KubeProxyReplacement& kpr) {
  const bool whole = !line_is_cut();
  if (!kpr.devices_whole)
    kpr_devices(value, whole, kpr);
  return whole ? Reading::whole : Reading::cut;
}

bool StatusParser::parse_detail_row() {
  std::string_view value;
  const std::size_t place = detail_row_of(line(), value);
  if (place == npos || !is_detail_row(at_))
    return false;
  const std::uint64_t bit = std::uint64_t{1} << place;
  if ((details_seen_ & bit) != 0) {
    repeated_line();
    skip_rows_ = false;
    return true;
  }
  const auto read = k_detail_rows[place].read;
  const bool nothing_left = value.empty() && line_is_cut();
  KubeProxyReplacement scratch;
  KubeProxyReplacement& kpr =
      status_.kube_proxy_replacement ? *status_.kube_proxy_replacement : scratch;
  KprFeatures& features = kpr.features ? *kpr.features : kpr.features.emplace();
  DetailTarget to{kpr, features, number(), line_is_cut()};
  const Reading reading = nothing_left      ? Reading::cut
                          : read == nullptr ? read_details_devices(value, kpr)
                                            : read(value, to);
  if (reading == Reading::foreign)
    return false;
  if (&kpr == &scratch)
    status_.kube_proxy_replacement = std::move(scratch);
  details();
  details_seen_ |= bit;
  accept(reading);
  return true;
}

// Every row is known by its own name, so that a damaged or missing one costs no other.
void StatusParser::parse_kpr_detail_rows() {
  while (more() && !line().empty() && line()[0] == ' ' &&
         (parse_detail_row() || parse_annotation())) {
  }
}

}  // namespace kpr::det
