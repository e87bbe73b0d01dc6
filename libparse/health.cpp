// Cluster health in all its forms: tables (1.6 - 1.16), counts a node (1.17+), blocks a node (1.17+
// verbose, `cilium-health status`): pkg/health/client/client.go.
#include "addresses.hpp"
#include "health_rows.hpp"
#include "noise.hpp"
#include "scan.hpp"

namespace kpr::det {
namespace {

// "OK, RTT=1.2ms   (Last probed: 2026-…)"; the time ends a probe, an error text may go on.
Reading read_probe(std::string_view value,
                   bool cut,
                   std::optional<std::string_view>& status,
                   std::string_view& last_probed) {
  const std::size_t probed = value.rfind("(Last probed:");
  Reading reading = Reading::whole;
  if (probed != npos) {
    std::string_view time = value.substr(probed + 13);
    value = trim_right(value.substr(0, probed));
    if (time.ends_with(')'))
      last_probed = trim(time.substr(0, time.size() - 1));
    else
      reading = Reading::cut;
    cut = false;
  } else if (const std::size_t open = value.rfind("   (");
             open != npos &&
             std::string_view("(Last probed: ").starts_with(value.substr(open + 3))) {
    value = trim_right(value.substr(0, open));
    reading = Reading::cut;
    cut = false;
  }
  constexpr std::string_view k_ok = "OK, RTT=";
  const bool half = k_ok.starts_with(value) ||
                    (value.starts_with(k_ok) && !value.ends_with('s'));  // Go's durations end in s
  if (half || cut)
    return Reading::cut;
  status = value;
  return reading;
}

// "1/2", "0/1 (1 unknown)"
bool parse_path_counts(std::string_view cell, HealthPath& out) {
  Scan in(cell);
  if (!in.num(out.reachable) || !in.lit("/") || !in.num(out.total))
    return false;
  return in.empty() || (in.lit(" (") && in.num(out.unknown) && in.lit(" unknown)") && in.end());
}

constexpr std::string_view k_status_words[] = {
    "reachable", "unreachable", "unknown", "true", "false"};

// A cell of the table: a word, or counts of paths.
Reading status_cell(std::string_view cell) {
  HealthPath ignored;
  if (parse_path_counts(cell, ignored))
    return Reading::whole;
  if (!cell.empty() && is_digit(cell[0]))
    return Reading::cut;
  return one_of(cell, k_status_words);
}

// The cell at the front: a word, with its count of unknown paths.
std::string_view take_status(std::string_view& rest) {
  std::size_t end = rest.find_first_of(" \t");
  if (end != npos && rest.substr(end).starts_with(" (")) {
    const std::size_t close = rest.find(')', end);
    end = close == npos ? npos : close + 1;
  }
  const std::string_view cell = rest.substr(0, end);
  rest = trim_left(rest.substr(cell.size()));
  return cell;
}

constexpr std::string_view k_localhost = " (localhost)";

void take_localhost(std::string_view& name, bool& local) {
  if (name.ends_with(k_localhost)) {
    local = true;
    name.remove_suffix(k_localhost.size());
  }
}

// Names of nodes have no blanks.
bool is_node_name(std::string_view name) {
  bool local = false;
  take_localhost(name, local);
  return !name.empty() && name.find_first_of(" \t") == npos;
}

bool are_ips(std::string_view cell) {
  if (cell == "Unavailable" || cell == "<nil>")
    return true;
  for (const std::string_view ip : split_list(cell)) {
    if (!is_ip(ip))
      return false;
  }
  return !cell.empty();
}

void add_ips(std::string_view ips, std::vector<HealthPath>& paths) {
  for (const std::string_view ip : split_list(ips)) {
    HealthPath& path = paths.emplace_back();
    path.ip = ip;
    path.secondary = paths.size() > 1;
  }
  if (paths.empty())
    paths.emplace_back();
}

bool is_header(std::string_view s) {
  return s.starts_with("Name") && s.find("IP") != npos &&
         (s.find("Endpoint") != npos || s.find("Reachable") != npos || s.ends_with("Node"));
}

struct PathLine {
  std::string_view text;
  bool host, secondary;
};
constexpr PathLine k_paths[] = {{"Host connectivity to ", true, false},
                                {"Secondary Host connectivity to ", true, true},
                                {"Endpoint connectivity to ", false, false},
                                {"Secondary Endpoint connectivity to ", false, true}};

constexpr std::string_view k_icmp = "ICMP to stack:";
constexpr std::string_view k_http = "HTTP to agent:";

bool is_probe(std::string_view s) {
  return s.starts_with(k_icmp) || s.starts_with(k_http);
}

}  // namespace

Reading read_reachable(std::string_view value, ClusterHealth& out) {
  Scan in(value);
  std::uint64_t reachable = 0;
  std::uint64_t total = 0;
  if (!in.num(reachable) || !in.lit("/") || !in.num(total) || !in.lit(" reachable"))
    return in.reading();
  out.reachable = reachable;
  out.total = total;
  if (in.empty())
    return Reading::cut;  // the time always follows
  if (in.gap() && in.lit("("))
    in.until(")", out.timestamp);
  if (in.reading() == Reading::whole && !in.empty() && in.gap() && in.lit("(Probe interval: "))
    in.until(")", out.probe_interval);
  return in.reading() == Reading::foreign ? Reading::whole : in.reading();
}

void HealthRows::accept(Reading reading) {
  if (reading == Reading::cut)
    unfinished_.push_back(at_);
  use_[at_++] = LineUse::fact;
}

bool HealthRows::line_is_cut() const {
  if (!source_.cut.empty() && source_.cut[at_] != 0)
    return true;
  return source_.cut_column != 0 && width_of(lines_[at_]) >= source_.cut_column;
}

void HealthRows::resume() {
  if (health_.nodes.empty() || !health_.nodes.back().host_status.empty())
    return;
  node_ = &health_.nodes.back();
  if (!node_->host.empty() || !node_->endpoint.empty())
    path_ = node_->endpoint.empty() ? &node_->host.back() : &node_->endpoint.back();
}

NodeHealth& HealthRows::fresh_node() {
  node_ = &health_.nodes.emplace_back();
  node_->line = source_.numbers.empty() ? static_cast<Line>(at_ + 1) : source_.numbers[at_];
  path_ = nullptr;
  return *node_;
}

std::size_t HealthRows::run(std::size_t at) {
  at_ = at;
  resume();
  std::string_view ignored;
  while (at_ < lines_.size()) {
    const std::string_view line = lines_[at_];
    const std::string_view s = trim(line);
    if (s.empty() || key_of(line, ignored) != Key::none)
      break;
    if (is_header(s)) {
      use_[at_++] = LineUse::header;
      continue;
    }
    if (s.starts_with("...")) {
      if (!more_nodes(s))
        break;
      continue;
    }
    const std::size_t indent = indent_of(line);
    const bool read =
        indent == 0 ? message_line(s) : block_line(s) || (indent < 4 && (node_line(s) || row(s)));
    if (!read)
      break;
  }
  return at_;
}

// 1.15, 1.16: "  ...Modules Health:" is glued to it; the caller looks behind the dots.
bool HealthRows::more_nodes(std::string_view s) {
  health_.more = true;
  use_[at_] = LineUse::fact;
  if (s.size() > 3)
    return false;
  ++at_;
  return true;
}

bool HealthRows::message_line(std::string_view s) {
  if (message_ == nullptr || !message_->has_value() || (**message_).empty() ||
      is_noise(lines_[at_]) || looks_like_key_line(lines_[at_]) || s.find("to agent:") != npos ||
      s.find("to stack:") != npos || s.find("onnectivity to ") != npos)
    return false;
  const std::string_view m = **message_;
  *message_ = std::string_view(m.data(), static_cast<std::size_t>(s.data() + s.size() - m.data()));
  goes_on_.push_back(at_);
  accept(Reading::whole);
  return true;
}

bool HealthRows::block_line(std::string_view s) {
  if (is_probe(s))
    return probe_line(s);
  return s.substr(0, 40).find("onnectivity") != npos && path_line(s);
}

// "    Host connectivity to 10.0.0.1:", "    Host connectivity:   nil"
bool HealthRows::path_line(std::string_view s) {
  if (s.starts_with("Host connectivity:") || s.starts_with("Endpoint connectivity:")) {
    NodeHealth& node = node_ != nullptr ? *node_ : fresh_node();
    (s[0] == 'H' ? node.host_status : node.endpoint_status) = trim(s.substr(s.find(':') + 1));
    path_ = nullptr;
    accept(Reading::whole);
    return true;
  }
  std::string_view ip = s;
  PathLine path{"Secondary connectivity to ", false, true};  // until 1.16: of the path above
  if (take(ip, path.text)) {
    path.host = node_ != nullptr && node_->endpoint.empty();
  } else {
    for (const PathLine& one : k_paths) {
      if (take(ip, one.text)) {
        path = one;
        break;
      }
    }
    if (ip.size() == s.size())
      return false;
  }
  if (!ip.ends_with(':')) {
    path_ = nullptr;
    accept(Reading::cut);  // whose it is, is not known
    return true;
  }
  ip.remove_suffix(1);
  // a second primary path: the line that names the next node is not here
  const bool next = node_ != nullptr && !path.secondary &&
                    (path.host ? !node_->host.empty() || !node_->endpoint.empty()
                               : !node_->endpoint.empty() && !node_->endpoint.front().ip.empty());
  NodeHealth& node = node_ == nullptr || next ? fresh_node() : *node_;
  path_ = &(path.host ? node.host : node.endpoint).emplace_back();
  path_->secondary = path.secondary;
  path_->ip = trim(ip);
  message_ = nullptr;
  accept(Reading::whole);
  return true;
}

// A probe whose path has no line here is a host's, when an endpoint or another host path follows
// within the node.
bool HealthRows::is_hosts_probe() const {
  if (!node_->endpoint.empty())
    return false;
  if (node_->host.empty())
    return true;
  for (std::size_t next = at_ + 1;
       next < lines_.size() && next < at_ + 4 && indent_of(lines_[next]) >= 4;
       ++next) {
    if (lines_[next].find("onnectivity") != npos)
      return lines_[next].starts_with("    Endpoint ") ||
             lines_[next].starts_with("    Secondary Host ");
  }
  return false;
}

// "      ICMP to stack:   OK, RTT=1.2ms"
bool HealthRows::probe_line(std::string_view s) {
  const bool icmp = s.starts_with(k_icmp);
  const std::string_view value = trim(s.substr(icmp ? k_icmp.size() : k_http.size()));
  if (node_ == nullptr)
    fresh_node();  // its own line is not here
  // a probe that was seen, or an ICMP after an HTTP: the line that names the next path is not here
  if (path_ == nullptr || (icmp ? path_->icmp || path_->http : path_->http.has_value())) {
    const bool host = is_hosts_probe();
    path_ = &(host ? node_->host : node_->endpoint).emplace_back();
    path_->secondary = host && node_->host.size() > 1;
  }
  auto& status = icmp ? path_->icmp : path_->http;
  auto& last_probed = icmp ? path_->icmp_last_probed : path_->http_last_probed;
  const Reading reading = read_probe(value, line_is_cut(), status, last_probed);
  message_ = last_probed.empty() && status && !status->starts_with("OK, ") ? &status : nullptr;
  accept(reading);
  return true;
}

// "  cluster/node (localhost):"
bool HealthRows::node_line(std::string_view s) {
  if (!s.ends_with(':') || !is_node_name(s.substr(0, s.size() - 1)))
    return false;
  NodeHealth& node = fresh_node();
  node.name = s.substr(0, s.size() - 1);
  take_localhost(node.name, node.local);
  message_ = nullptr;
  accept(Reading::whole);
  return true;
}

// "  cluster/node (localhost)   10.0.0.1,fd00::1   reachable   0/1 (1 unknown)"
bool HealthRows::row(std::string_view s) {
  std::string_view rest = s;
  std::string_view name = rest.substr(0, rest.find_first_of(" \t"));
  rest = rest.substr(name.size());
  if (rest.starts_with(k_localhost)) {
    name = s.substr(0, name.size() + k_localhost.size());
    rest.remove_prefix(k_localhost.size());
  }
  rest = trim_left(rest);
  const std::string_view ips = rest.substr(0, rest.find_first_of(" \t"));
  rest = trim_left(rest.substr(ips.size()));
  const std::string_view host = take_status(rest);
  const std::string_view endpoint = take_status(rest);
  if (!is_node_name(name) || !are_ips(ips) || status_cell(host) != Reading::whole || !rest.empty())
    return false;
  const Reading last = status_cell(endpoint);
  if (last == Reading::foreign && !endpoint.empty())
    return false;
  NodeHealth& row = fresh_node();
  row.name = name;
  row.host_status = host;
  take_localhost(row.name, row.local);
  add_ips(ips, row.host);
  if (HealthPath counts; parse_path_counts(host, counts)) {
    row.host[0].reachable = counts.reachable;
    row.host[0].total = counts.total;
    row.host[0].unknown = counts.unknown;
  }
  const bool whole = last == Reading::whole && !line_is_cut();
  if (whole)
    row.endpoint_status = endpoint;
  if (HealthPath counts; whole && parse_path_counts(endpoint, counts))
    row.endpoint.push_back(counts);
  node_ = nullptr;
  path_ = nullptr;
  message_ = nullptr;
  accept(whole ? Reading::whole : Reading::cut);
  return true;
}

Reading StatusParser::read_cluster_health(std::string_view value) {
  const std::string_view v = trim(value);
  ClusterHealth head;
  Reading reading = read_reachable(v, head);
  constexpr std::string_view k_states[] = {"Probe disabled", "Client error:", "Warning"};
  if (reading == Reading::foreign || v.empty()) {
    const auto* const state =
        std::find_if(std::begin(k_states), std::end(k_states), [&](std::string_view one) {
          return v.starts_with(one);
        });
    if (state == std::end(k_states))
      return one_of(v, k_states) == Reading::cut ? Reading::cut : Reading::foreign;
    head.state = state->ends_with(':') ? state->substr(0, state->size() - 1) : *state;
    head.state = v.substr(0, head.state.size());
    reading = free_text(trim_left(v.substr(state->size())), head.msg);
  }
  if (!status_.cluster_health)
    status_.cluster_health.emplace();
  ClusterHealth& out = *status_.cluster_health;
  head.nodes = std::move(out.nodes);
  head.more = out.more;
  out = std::move(head);
  out.line = number();
  if (!out.msg.empty())
    open_message_ = &out.msg;
  return reading;
}

void StatusParser::parse_cluster_health_rows() {
  section_ = Key::cluster_health;
  const bool fresh = !status_.cluster_health;
  if (fresh)
    status_.cluster_health.emplace();
  HealthRows rows(source_, *status_.cluster_health, document_.lines, unfinished_, goes_on_);
  const std::size_t before = at_;
  at_ = rows.run(at_);
  if (fresh && at_ == before)
    return status_.cluster_health.reset();
  if (!more())
    return;
  std::string_view s = trim_left(line());  // "  ...Modules Health:   Stopped(0) …"
  if (!take(s, "..."))
    return;
  std::string_view glued;
  if (key_of(s, glued) == Key::modules_health)
    return read_key_line(Key::modules_health, glued);
  unknown_line();
}

}  // namespace kpr::det
