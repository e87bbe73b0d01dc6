// The lines above the datapath's: components and their messages, API versions, addresses.
// pkg/client/client.go, FormatStatusResponse.
#include <algorithm>

#include "addresses.hpp"
#include "scan.hpp"
#include "status_parser.hpp"

namespace kpr::det {
namespace {

constexpr std::string_view k_states[] = {"Ok", "Warning", "Failure", "Disabled"};

// "1.30 (v1.30.1) [linux/amd64]", "1.16.3 (v1.16.3-f2217191)": a version that opens a bracket has
// to close it.
bool is_half_a_version(std::string_view msg) {
  if (msg.empty() || !is_digit(msg[0]))
    return false;
  const std::size_t open = msg.find(" (v");
  if (open == npos)
    return msg.ends_with('(');
  if (open != msg.find(' '))
    return false;
  const std::size_t close = msg.find(')', open);
  if (close == npos)
    return true;
  const std::string_view rest = trim_left(msg.substr(close + 1));
  return rest.starts_with('[') && rest.find(']') == npos;
}

bool is_whole_version(std::string_view msg) {
  return !version_of(msg).empty() && (msg.ends_with(')') || msg.ends_with(']'));
}

}  // namespace

// The state is one word; what follows it after a gap is the message.
Reading StatusParser::read_component(std::optional<Component>& component, std::string_view value) {
  const std::string_view v = trim(value);
  const std::string_view word = v.substr(0, v.find_first_of(" \t"));
  const std::string_view msg = trim_left(v.substr(word.size()));
  const Reading state = one_of(word, k_states);
  if (state == Reading::foreign || (state == Reading::cut && !msg.empty()))
    return Reading::foreign;
  if (state == Reading::cut)
    return Reading::cut;
  Component& out = component.emplace();
  out.line = number();
  out.state = state_of(word);
  if (is_half_a_version(msg))
    return Reading::cut;
  const Reading reading = free_text(msg, out.msg);
  if (!is_whole_version(msg) && out.state.value != State::ok)
    open_message_ = &out.msg;
  return reading;
}

Reading StatusParser::read_kvstore(std::string_view value) {
  return read_component(status_.kvstore, value);
}
Reading StatusParser::read_container_runtime(std::string_view value) {
  return read_component(status_.container_runtime, value);
}
Reading StatusParser::read_kubernetes(std::string_view value) {
  return read_component(status_.kubernetes, value);
}
Reading StatusParser::read_cilium_health_daemon(std::string_view value) {
  return read_component(status_.cilium_health, value);
}

// "Ok   1.14.2 (v1.14.2-a6748946)", with trouble "Failure   1.18.3 (v1.18.3-c1601689)    Kubernetes
// service is not ready: …", old "Ok       OK".
Reading StatusParser::read_cilium(std::string_view value) {
  const Reading reading = read_component(status_.cilium, value);
  if (!status_.cilium)
    return reading;
  status_.cilium_version = version_of(status_.cilium->msg);
  if (!status_.cilium_version.empty()) {
    document_.cilium_version = status_.cilium_version;
    document_.version_evidence = "Cilium line";
  }
  return reading;
}

std::string_view version_of(std::string_view msg) {
  const std::size_t open = msg.find(" (v");
  return open != npos && is_digit(msg[0]) && msg.substr(0, open).find(' ') == npos
             ? msg.substr(0, open)
             : std::string_view{};
}

// ["cilium/v2::CiliumNode", "core/v1::Node"]; [""] when there are none
Reading StatusParser::read_kubernetes_apis(std::string_view value) {
  Scan in(trim(value));
  std::vector<std::string_view> list;
  list.reserve(16);
  if (!in.lit("["))
    return in.reading();
  while (in.lit("\"")) {
    std::string_view name;
    if (!in.until("\"", name))
      break;
    if (name.find(' ') != npos)
      return Reading::foreign;
    list.push_back(name);
    if (!in.maybe(", "))
      break;
  }
  in.lit("]");
  if (in.reading() == Reading::whole && !in.end())
    leftover(in.rest());
  else if (in.reading() != Reading::whole)
    return in.reading();
  if (list.size() == 1 && list[0].empty())
    list.clear();
  status_.k8s_api_versions = std::move(list);
  return Reading::whole;
}

Reading StatusParser::read_cni_config_file(std::string_view value) {
  const std::string_view v = trim(value);
  Component& out = status_.cni_file.emplace();
  out.line = number();
  const Reading reading = free_text(v, out.msg);
  const bool is_done = v.starts_with("successfully wrote ") || v.ends_with(" disabled") ||
                       v.find(" successfully written to ") != npos;
  if (!is_done)
    open_message_ = &out.msg;
  return reading;
}

// "kvstore" since 2024-01-01T00:00:00.000Z, "ipam" since …
Reading StatusParser::read_stale(std::string_view value) {
  Scan in(trim(value));
  std::vector<Stale> found;
  while (!in.empty()) {
    Stale stale;
    if (!in.lit("\"") || !in.until("\" since ", stale.probe))
      break;
    const std::string_view rest = in.rest();
    stale.since = rest.substr(0, rest.find_first_of(", "));
    if (!stale.since.ends_with('Z') && stale.since.find('+') == npos)
      break;  // RFC 3339 ends in its zone
    in.lit(stale.since);
    found.push_back(stale);
    in.maybe(", ");
  }
  status_.stale.insert(status_.stale.end(), found.begin(), found.end());
  if (in.empty())
    return Reading::whole;
  if (found.empty() && in.reading() == Reading::foreign)
    return Reading::foreign;
  return Reading::cut;
}

Reading StatusParser::read_node_monitor(std::string_view value) {
  const std::string_view v = trim(value);
  NodeMonitor out;
  out.line = number();
  Scan in(v);
  if (std::string_view("Disabled").starts_with(v)) {
    in.lit("Disabled");
  } else if (in.lit("Listening for events on ") && in.num(out.cpus) && in.lit(" CPUs with ") &&
             in.num(out.npages) && in.lit("x") && in.num(out.pagesize)) {
    out.enabled = in.lit(" of shared memory") && in.end();
  }
  if (in.reading() == Reading::whole)
    status_.node_monitor = out;
  return in.reading();
}

// "   …   12 events lost, 0 unknown notifications": a cell whose key is empty
void StatusParser::parse_lost_events() {
  if (!more() || line().empty() || (line()[0] != ' ' && line()[0] != '\t'))
    return;
  Scan in(trim(line()));
  std::uint64_t lost = 0;
  std::uint64_t unknown = 0;
  if (!in.num(lost) || !in.lit(" events lost, "))
    return;
  if (!in.num(unknown) || !in.lit(" unknown notifications") || !in.end())
    return in.reading() == Reading::cut ? accept(Reading::cut) : void();
  if (!status_.node_monitor)
    status_.node_monitor.emplace();
  status_.node_monitor->lost = lost;
  status_.node_monitor->unknown = unknown;
  accept(LineUse::fact);
}

namespace {

// One family of the IPAM line.
Reading ipam_part(std::string_view part) {
  constexpr std::string_view k_families[] = {"IPv4: ", "IPv6: "};
  const Reading family = one_of(part.substr(0, 6), k_families);
  if (family != Reading::whole)
    return family;
  Scan in(part.substr(6));
  constexpr std::string_view k_words[] = {"delegated to plugin", "Not running"};
  if (in.empty() || !is_digit(in.rest()[0]))
    return any_of(in.rest(), k_words);
  std::string_view total;
  std::uint64_t used = 0;
  in.num(used);
  if (in.maybe(" IPAM pool(s) available"))
    return Reading::whole;
  if (!in.lit("/") || !in.word(total) || !in.lit(" allocated") || in.empty())
    return in.reading() == Reading::foreign &&
                   std::string_view(" IPAM pool(s) available").starts_with(in.rest())
               ? Reading::cut
               : in.reading();
  std::string_view from;
  if (in.lit(" from ") && in.word(from) && from.find('/') == npos)
    return Reading::cut;
  return in.reading();
}

}  // namespace

// "IPv4: 2/254 allocated from 10.0.0.0/24, ": an empty part for a family that is off, and the
// blanks at the end are the agent's own.
Reading StatusParser::read_ipam(std::string_view value) {
  const std::string_view raw = trim_left(value);
  std::string_view rest = trim_right(raw);
  Reading reading = line_is_cut() ? Reading::cut : Reading::whole;
  bool known = rest == ",";
  while (!rest.empty() && reading == Reading::whole) {
    const std::string_view part = trim(take_until(rest, ","));
    if (part.empty())
      continue;
    const Reading one = ipam_part(part);
    known = known || one != Reading::foreign;
    reading = one == Reading::cut ? one : reading;
  }
  if (!known && reading == Reading::whole)
    return Reading::foreign;
  if (!status_.ipam)
    status_.ipam.emplace();
  status_.ipam->line = number();
  if (reading == Reading::whole)
    status_.ipam->status = raw;
  return reading;
}

Reading StatusParser::read_allocated_addresses(std::string_view value) {
  if (!trim(value).empty())
    return Reading::foreign;
  if (!status_.ipam)
    status_.ipam.emplace();
  if (!status_.ipam->allocations)
    status_.ipam->allocations.emplace();
  document_.verbose = true;
  return Reading::heading;
}

// "  10.0.0.29 (health)", "  blue/10.1.2.3 (ns/pod [restored])"
void StatusParser::parse_allocation_rows() {
  section_ = Key::allocated_addresses;
  while (more() && line().starts_with(' ')) {
    const std::string_view s = trim(line());
    const std::size_t blank = s.find(' ');
    std::string_view ip = s.substr(0, blank);
    ip = ip.substr(ip.find_last_of('/') + 1);
    if (!is_ip(ip) || (blank != npos && s[blank + 1] != '('))
      break;
    if (!status_.ipam)
      status_.ipam.emplace();
    if (!status_.ipam->allocations)
      status_.ipam->allocations.emplace();
    const bool whole = blank != npos && s.ends_with(')') && blank + 2 < s.size();
    if (whole)
      status_.ipam->allocations->push_back(
          {s.substr(0, blank), s.substr(blank + 2, s.size() - blank - 3), number()});
    accept(whole ? Reading::whole : Reading::cut);
  }
}

}  // namespace kpr::det
