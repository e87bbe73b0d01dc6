// Cluster health in all its forms: tables (1.6 - 1.16), counts a node (1.17+), blocks a node (1.17+
// verbose, `cilium-health status`): pkg/health/client/client.go.
#include "scan.hpp"
#include "status_parser.hpp"

namespace kpr::det {
namespace {

// "OK, RTT=1.2ms   (Last probed: 2026-…)"
void take_probe(std::string_view value,
                std::optional<std::string_view>& status,
                std::string_view& last_probed) {
  const std::size_t probed = value.rfind("(Last probed: ");
  if (probed != npos && value.ends_with(')')) {
    last_probed = value.substr(probed + 14, value.size() - probed - 15);
    value = trim_right(value.substr(0, probed));
  }
  status = value;
}

// "1/2", "0/1 (1 unknown)"
bool parse_path_counts(std::string_view cell, HealthPath& out) {
  std::string_view rest = cell;
  if (!take_number(rest, out.reachable) || !take(rest, "/") || !take_number(rest, out.total))
    return false;
  if (take(rest, " ("))
    take_number(rest, out.unknown);
  return true;
}

void add_ips(std::string_view ips, std::vector<HealthPath>& paths) {
  bool secondary = false;
  for (const std::string_view ip : split_list(ips)) {
    HealthPath path;
    path.ip = ip;
    path.secondary = secondary;
    paths.push_back(path);
    secondary = true;
  }
  if (paths.empty())
    paths.emplace_back();
}

void take_localhost(std::string_view& name, bool& local) {
  constexpr std::string_view k_localhost = " (localhost)";
  if (name.ends_with(k_localhost)) {
    local = true;
    name.remove_suffix(k_localhost.size());
  }
}

}  // namespace

bool parse_reachable(std::string_view value, ClusterHealth& out) {
  std::string_view rest = value;
  std::uint64_t reachable = 0;
  std::uint64_t total = 0;
  if (!take_number(rest, reachable) || !take(rest, "/") || !take_number(rest, total) ||
      !take(rest, " reachable"))
    return false;
  out.reachable = reachable;
  out.total = total;
  rest = trim_left(rest);
  if (take(rest, "("))
    out.timestamp = take_until(rest, ")");
  rest = trim_left(rest);
  if (take(rest, "(Probe interval: "))
    out.probe_interval = take_until(rest, ")");
  return true;
}

void parse_health_nodes(const std::vector<std::string_view>& lines,
                        std::size_t& at,
                        ClusterHealth& health,
                        std::vector<LineUse>& use) {
  // After a damaged line the blocks go on with the node that was open.
  NodeHealth* node = !health.nodes.empty() && health.nodes.back().host_status.empty()
                         ? &health.nodes.back()
                         : nullptr;
  HealthPath* path = nullptr;
  if (node != nullptr && !(node->host.empty() && node->endpoint.empty()))
    path = node->endpoint.empty() ? &node->host.back() : &node->endpoint.back();
  const auto fresh_node = [&](Line number) {
    NodeHealth& n = health.nodes.emplace_back();
    n.line = number;
    path = nullptr;
    return &n;
  };
  std::optional<std::string_view>* open_message = nullptr;  // a probe's error may hold a line break
  std::string_view key_value;
  while (at < lines.size()) {
    const std::string_view line = lines[at];
    const std::string_view s = trim(line);
    if (s.empty())
      break;
    if (key_of(line, key_value) != Key::none)
      break;
    const std::size_t indent = indent_of(line);
    const Line number = static_cast<Line>(at + 1);
    if (s.starts_with("Name") && s.find("IP") != npos &&
        (s.ends_with("Endpoints") || s.ends_with("Endpoints reachable"))) {
      use[at++] = LineUse::header;
      continue;
    }
    if (s.starts_with("...")) {
      health.more = true;
      use[at] = LineUse::fact;
      if (s.size() > 3)
        return;  // 1.15, 1.16: "  ...Modules Health:" is glued to it; the caller looks behind the
                 // dots
      ++at;
      continue;
    }
    if (indent == 0) {
      if (open_message != nullptr && open_message->has_value() && !(**open_message).empty() &&
          !is_noise(line) && !looks_like_key_line(line) && s.find("to agent:") == npos &&
          s.find("to stack:") == npos && s.find("onnectivity to ") == npos) {
        const std::string_view m = **open_message;
        *open_message =
            std::string_view(m.data(), static_cast<std::size_t>(s.data() + s.size() - m.data()));
        use[at++] = LineUse::fact;
        continue;
      }
      break;
    }
    std::string_view rest = s;
    const bool icmp = take(rest, "ICMP to stack:");
    const bool http = !icmp && take(rest, "HTTP to agent:");
    const std::size_t connectivity_at = icmp || http ? npos : s.substr(0, 40).find("onnectivity");
    if (icmp || http || connectivity_at != npos) {
      if (node == nullptr)
        node = fresh_node(number);  // its own line is not here
      const auto connectivity = [&](std::string_view prefix, bool host, bool secondary) {
        if (!take(rest, prefix))
          return false;
        // a second primary path: the line that names the next node is not here
        if (!secondary && (host ? !node->host.empty() || !node->endpoint.empty()
                                : !node->endpoint.empty() && !node->endpoint.front().ip.empty()))
          node = fresh_node(number);
        auto& paths = host ? node->host : node->endpoint;
        HealthPath& p = paths.emplace_back();
        p.secondary = secondary;
        if (rest.ends_with(':'))
          rest.remove_suffix(1);
        p.ip = rest;
        path = &p;
        return true;
      };
      if (s.starts_with("Host connectivity:") ||
          s.starts_with("Endpoint connectivity:")) {  // "nil"
        (s[0] == 'H' ? node->host_status : node->endpoint_status) = trim(s.substr(s.find(':') + 1));
        path = nullptr;
        use[at++] = LineUse::fact;
        continue;
      }
      if (connectivity("Host connectivity to ", true, false) ||
          connectivity("Secondary Host connectivity to ", true, true) ||
          connectivity("Endpoint connectivity to ", false, false) ||
          connectivity("Secondary Endpoint connectivity to ", false, true) ||
          connectivity("Secondary connectivity to ", node->endpoint.empty(), true)) {
        open_message = nullptr;
        use[at++] = LineUse::fact;
        continue;
      }
      if (icmp || http) {
        // a probe that was seen, or an ICMP after an HTTP: the line that names the next path is not
        // here
        if (path == nullptr || (icmp ? path->icmp || path->http : path->http.has_value())) {
          // a host's, when an endpoint or another host path follows within the node
          bool host = node->host.empty();
          for (std::size_t next = at + 1;
               !host && next < lines.size() && next < at + 4 && indent_of(lines[next]) >= 4;
               ++next) {
            if (lines[next].find("onnectivity") == npos)
              continue;
            host = lines[next].starts_with("    Endpoint ") ||
                   lines[next].starts_with("    Secondary Host ");
            break;
          }
          host = host && node->endpoint.empty();
          path = &(host ? node->host : node->endpoint).emplace_back();
          path->secondary = host && node->host.size() > 1;
        }
        auto& status = icmp ? path->icmp : path->http;
        take_probe(trim_left(rest), status, icmp ? path->icmp_last_probed : path->http_last_probed);
        open_message = (icmp ? path->icmp_last_probed : path->http_last_probed).empty()
                           ? &status
                           : nullptr;  // its time ends a probe
        use[at++] = LineUse::fact;
        continue;
      }
      break;
    }
    if (indent >= 4)
      break;                                          // a damaged line of a block
    if (s.ends_with(':') && s.find("   ") == npos) {  // "  cluster/node (localhost):"
      node = fresh_node(number);
      node->name = s.substr(0, s.size() - 1);
      take_localhost(node->name, node->local);
      open_message = nullptr;
      use[at++] = LineUse::fact;
      continue;
    }
    // a row: name, IP, two more cells
    rest = s;
    NodeHealth row;
    row.line = number;
    row.name = take_cell(rest);
    const std::string_view ips = take_cell(rest);
    row.host_status = take_cell(rest);
    row.endpoint_status = take_cell(rest);
    if (row.endpoint_status.empty() || !rest.empty() || s.find(" to stack:") != npos ||
        s.find(" to agent:") != npos)
      break;
    take_localhost(row.name, row.local);
    add_ips(ips, row.host);
    HealthPath counts;
    if (parse_path_counts(row.host_status, counts)) {
      row.host[0].reachable = counts.reachable;
      row.host[0].total = counts.total;
      row.host[0].unknown = counts.unknown;
    }
    HealthPath endpoint;
    if (parse_path_counts(row.endpoint_status, endpoint))
      row.endpoint.push_back(endpoint);
    health.nodes.push_back(std::move(row));
    node = nullptr;
    use[at++] = LineUse::fact;
  }
}

void StatusParser::parse_cluster_health(std::string_view value) {
  if (!status_.cluster_health)
    status_.cluster_health.emplace();
  ClusterHealth& out = *status_.cluster_health;
  out.line = number();
  std::string_view rest = value;
  if (!parse_reachable(value, out)) {
    if (take(rest, "Client error: ")) {
      out.state = "Client error";
      out.msg = rest;
    } else {
      out.state = take_cell(rest);
      out.msg = rest;
      const std::size_t warning = out.state.starts_with("Warning ") ? 7 : npos;
      if (warning != npos) {
        out.msg = trim_left(out.state.substr(warning));
        out.state = out.state.substr(0, warning);
      }
    }
  }
  accept(LineUse::fact);
  if (!out.msg.empty())
    message_goes_on(out.msg);
  parse_cluster_health_rows();
}

void StatusParser::parse_cluster_health_rows() {
  section_ = Key::cluster_health;
  const bool fresh = !status_.cluster_health;
  if (fresh)
    status_.cluster_health.emplace();
  const std::size_t before = at_;
  parse_health_nodes(lines_, at_, *status_.cluster_health, document_.lines);
  if (fresh && at_ == before)
    return status_.cluster_health.reset();
  if (more()) {  // "  ...Modules Health:   Stopped(0) …"
    std::string_view s = trim_left(line());
    if (take(s, "...")) {
      std::string_view glued;
      if (key_of(s, glued) == Key::modules_health)
        return parse_modules(glued);
      unknown_line();
    }
  }
}

}  // namespace kpr::det
