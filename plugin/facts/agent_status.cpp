// Status as JSON (the agent's own, or libkprparse's of the text) → AgentStatus.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "facts/read.hpp"

namespace kpr::facts {
using namespace read;
namespace {

std::optional<bool> enabled(const Json& features, std::string_view key) {
  const Json& f = at(features, key);
  if (f.is_boolean())
    return f.get<bool>();
  if (!f.is_object())
    return std::nullopt;
  return flag(f, "enabled");
}

// "Success", "OK, RTT=…" and "reachable" are fine, an empty status too; "unknown" tells nothing.
bool path_ok(const std::string& text) {
  return text.empty() || text.rfind("OK", 0) == 0 || text == "reachable" || text == "Success" ||
         text == "unknown" || text == "true";
}

std::vector<HealthPath> paths(const Json& list) {
  std::vector<HealthPath> out;
  const auto one = [&](const Json& p) {
    if (!p.is_object())
      return;
    HealthPath h;
    h.ip = text(p, "ip");
    const auto probe = [&](const char* key, std::string& status, bool& ok) {
      const Json& v = at(p, key);
      if (v.is_null())
        return;
      h.known = true;
      status = v.is_string() ? v.get<std::string>() : text(v, "status");
      ok = path_ok(status);
      if (const auto probed = read::time(v, "last-probed"); probed && probed > h.probed)
        h.probed = probed;
    };
    probe("icmp", h.icmp, h.icmp_ok);
    probe("http", h.http, h.http_ok);
    out.push_back(std::move(h));
  };
  if (list.is_array())
    for (const auto& p : list)
      one(p);
  else if (list.is_object()) {
    one(at(list, "primary-address"));
    if (const Json& more = at(list, "secondary-addresses"); more.is_array())
      for (const auto& p : more)
        one(p);
  }
  return out;
}

// A cell of the table form: "reachable", "unreachable", "true", "1/2", "0/1 (1 unknown)". What is
// unknown is not counted as unreachable.
bool cell_ok(std::string_view cell) {
  const auto slash = cell.find('/');
  if (slash == cell.npos)
    return path_ok(std::string(cell));
  const auto number_at = [&](std::size_t at) {
    int n = 0;
    std::from_chars(cell.data() + at, cell.data() + cell.size(), n);
    return n;
  };
  const auto bracket = cell.find('(');
  const int unknown = bracket == cell.npos ? 0 : number_at(bracket + 1);
  return number_at(0) + unknown >= number_at(slash + 1);
}

void add_cell(const std::string& cell, std::vector<HealthPath>& into) {
  if (cell.empty() || !into.empty())
    return;
  HealthPath path;
  path.known = true;
  path.http = cell;
  path.http_ok = cell_ok(cell);
  into.push_back(std::move(path));
}

void walk_modules(const Json& nodes,
                  const std::string& prefix,
                  std::vector<DegradedModule>& out,
                  int depth) {
  if (!nodes.is_array() || depth > 64)
    return;
  for (const auto& n : nodes) {
    const std::string name = prefix.empty() ? text(n, "name") : prefix + "." + text(n, "name");
    std::string level = text(n, "level");
    for (char& c : level)
      c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    if (level == "DEGRADED")
      out.push_back({name, text(n, "message")});
    walk_modules(at(n, "children"), name, out, depth + 1);
  }
}

}  // namespace

bool HealthNode::host_ok() const {
  for (const auto& p : host)
    if (!p.icmp_ok || !p.http_ok)
      return false;
  return true;
}
bool HealthNode::endpoint_ok() const {
  for (const auto& p : endpoint)
    if (!p.icmp_ok || !p.http_ok)
      return false;
  return true;
}

bool AgentStatus::replaces_kube_proxy() const {
  const auto all_on = [](std::initializer_list<std::optional<bool>> parts) {
    return std::all_of(parts.begin(), parts.end(), [](const auto& part) {
      return part == true;
    });
  };
  return mode == KprMode::on ||
         (mode == KprMode::partial && all_on({socket_lb, node_port, host_port, external_ips}));
}

KprMode kpr_mode_of(std::string_view t) {
  std::string s;
  for (char c : t)
    s += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  if (s == "true" || s == "strict")
    return KprMode::on;
  if (s == "partial" || s == "probe")
    return KprMode::partial;
  if (s == "false" || s == "disabled")
    return KprMode::off;
  return s.empty() ? KprMode::blank : KprMode::unknown;
}

void read_health(const Json& nodes, AgentStatus& s) {
  if (!nodes.is_array())
    return;
  for (const auto& n : nodes) {
    HealthNode h;
    h.name = text(n, "name");
    h.host = paths(at(n, "host"));
    const Json& endpoint =
        at(n, "health-endpoint").is_null() ? at(n, "endpoint") : at(n, "health-endpoint");
    h.endpoint = paths(endpoint);
    add_cell(text(n, "host-status"), h.host);
    add_cell(text(n, "endpoint-status"), h.endpoint);
    ++s.health_named;
    if (!h.host_ok() || !h.endpoint_ok())
      s.health_nodes.push_back(std::move(h));
  }
}

AgentStatus status_from_json(const Json& status, std::string source) {
  AgentStatus s;
  s.source = std::move(source);
  const Json& kpr = at(status, "kube-proxy-replacement");
  if (kpr.is_object()) {
    s.mode_seen = true;
    s.mode_text = text(kpr, "mode");
    s.mode = kpr_mode_of(s.mode_text);
    if (const Json& list = at(kpr, "deviceList"); list.is_array()) {
      s.devices_known = true;
      for (const auto& d : list)
        s.devices.push_back({text(d, "name"), strings(at(d, "ip"))});
    } else if (const Json& names = at(kpr, "devices"); names.is_array()) {
      s.devices_known = true;
      for (const auto& n : strings(names))
        s.devices.push_back({n, {}});
    } else if (s.mode == KprMode::on) {
      s.devices_known = true;  // printed without a device
    }
    s.direct_routing_device = text(kpr, "directRoutingDevice");
    const Json& f = at(kpr, "features");
    s.socket_lb = enabled(f, "socketLB");
    if (!s.socket_lb)
      s.socket_lb = enabled(f, "hostReachableServices");
    s.host_port = enabled(f, "hostPort");
    s.external_ips = enabled(f, "externalIPs");
    s.session_affinity = enabled(f, "sessionAffinity");
    if (const Json& h = at(f, "bpfSocketLBHostnsOnly"); h.is_boolean())
      s.socket_lb_hostns_only = h.get<bool>();
    else if (s.socket_lb && f.is_object() && at(status, "kpr-parse").is_null())
      s.socket_lb_hostns_only = false;
    const Json& np = at(f, "nodePort");
    if (np.is_object()) {
      s.node_port = flag(np, "enabled");
      s.lb_mode = text(np, "mode");
      s.lb_algorithm = text(np, "algorithm");
      s.lb_acceleration = text(np, "acceleration");
      s.dsr_dispatch = text(np, "dsrMode");
      if (number(np, "portMin") > 0)
        s.port_min = static_cast<int>(number(np, "portMin"));
      if (number(np, "portMax") > 0)
        s.port_max = static_cast<int>(number(np, "portMax"));
      if (number(np, "lutSize") > 0)
        s.lut_size = static_cast<int>(number(np, "lutSize"));
    }
  }
  const Json& routing = at(status, "routing");
  s.host_routing = text(routing, "intra-host-routing-mode");
  if (s.host_routing.empty())
    s.host_routing = text(at(status, "host-routing"), "mode");
  s.network_routing = text(routing, "inter-host-routing-mode");
  if (!text(routing, "tunnel-protocol").empty())
    s.network_routing += " [" + text(routing, "tunnel-protocol") + "]";
  const Json& masq = at(status, "masquerading");
  if (masq.is_object()) {
    s.masquerade_mode = text(masq, "mode");
    s.masquerade_enabled = flag(masq, "enabled");
  }
  s.cni_chaining = text(at(status, "cni-chaining"), "mode");
  s.cilium_state = text(at(status, "cilium"), "state");
  s.cilium_msg = text(at(status, "cilium"), "msg");
  s.version = parse_version(s.cilium_msg);
  s.kubernetes_state = text(at(status, "kubernetes"), "state");
  s.kubernetes_msg = text(at(status, "kubernetes"), "msg");
  if (const Json& list = at(status, "controllers"); list.is_array()) {
    for (const auto& c : list) {
      const long long failures = number(at(c, "status"), "consecutive-failure-count");
      if (failures > 0)
        s.failing_controllers.push_back(
            {text(c, "name"), text(at(c, "status"), "last-failure-msg"), failures});
    }
  }
  if (const Json& stale = at(status, "stale"); stale.is_object())
    for (const auto& [k, v] : stale.items())
      s.stale.push_back(k + ": " + text(stale, k));
  const Json& modules = at(status, "modules-health");
  walk_modules(at(modules, "tree"), "", s.degraded, 0);
  const Json& health = at(status, "cluster-health");
  if (health.is_object()) {
    s.health_state = text(health, "state");
    if (at(health, "total").is_number()) {
      s.health_reachable = static_cast<int>(number(health, "reachable"));
      s.health_total = static_cast<int>(number(health, "total"));
    }
    s.health_probed = read::time(health, "timestamp");
    if (const auto interval = parse_go_duration(text(health, "probe-interval")))
      s.health_interval = std::chrono::duration_cast<std::chrono::seconds>(*interval);
    read_health(at(health, "nodes"), s);
  }
  return s;
}

}  // namespace kpr::facts
