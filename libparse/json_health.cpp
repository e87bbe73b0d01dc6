// Cluster health and modules health, as JSON: Cilium's status JSON has no place for them.
#include "json_parts.hpp"

namespace kpr::det {
namespace {

Json health_paths(const std::vector<HealthPath>& paths) {
  Json out = Json::array();
  for (const HealthPath& p : paths) {
    Json item = Json::object();
    put(item, "ip", p.ip);
    put_true(item, "secondary", p.secondary);
    const auto probe =
        [&](const char* key, const std::optional<std::string_view>& status, std::string_view last) {
          if (!status)
            return;
          Json one = Json::object();
          one["status"] = std::string(*status);
          if (status->starts_with("OK, RTT=")) {
            one["status"] = "OK";
            one["rtt"] = std::string(status->substr(8));
          }
          put(one, "last-probed", last);
          item[key] = std::move(one);
        };
    probe("icmp", p.icmp, p.icmp_last_probed);
    probe("http", p.http, p.http_last_probed);
    if (p.total > 0) {
      item["reachable"] = p.reachable;
      item["total"] = p.total;
      if (p.unknown > 0)
        item["unknown"] = p.unknown;
    }
    out.push_back(std::move(item));
  }
  return out;
}

}  // namespace

Json cluster_health(const ClusterHealth& h) {
  Json out = Json::object();
  put(out, "state", h.state);
  put(out, "msg", h.msg);
  put_number(out, "reachable", h.reachable);
  put_number(out, "total", h.total);
  put(out, "timestamp", h.timestamp);
  put(out, "probe-interval", h.probe_interval);
  put_true(out, "more", h.more);
  Json nodes = Json::array();
  for (const NodeHealth& n : h.nodes) {
    Json item = Json::object();
    item["name"] = std::string(n.name);
    put_true(item, "local", n.local);
    put(item, "host-status", n.host_status);
    put(item, "endpoint-status", n.endpoint_status);
    item["host"] = health_paths(n.host);
    item["endpoint"] = health_paths(n.endpoint);
    nodes.push_back(std::move(item));
  }
  out["nodes"] = std::move(nodes);
  return out;
}

Json modules_health(const ModulesHealth& m) {
  Json out = Json::object();
  put_number(out, "stopped", m.stopped);
  put_number(out, "degraded", m.degraded);
  put_number(out, "ok", m.ok);
  put_number(out, "unknown", m.unknown);
  put(out, "msg", m.msg);
  // The rows are in the tree's order; a stack of the open branches hangs each one under its parent.
  // Built from the leaves up, so that nothing is copied more than once.
  std::vector<std::pair<std::uint32_t, Json>> open;
  Json roots = Json::array();
  const auto close = [&](std::uint32_t depth) {
    while (!open.empty() && open.back().first >= depth) {
      Json done = std::move(open.back().second);
      open.pop_back();
      if (open.empty())
        roots.push_back(std::move(done));
      else
        open.back().second["children"].push_back(std::move(done));
    }
  };
  for (const Module& module : m.tree) {
    close(module.depth);
    Json item = Json::object();
    item["name"] = std::string(module.name);
    put(item, "level", module.level);
    if (!module.level.empty()) {
      put(item, "message", module.message);
      put(item, "age", module.age);
      put_number(item, "count", module.count);
    }
    open.emplace_back(module.depth, std::move(item));
  }
  close(0);
  if (!roots.empty())
    out["tree"] = std::move(roots);
  return out;
}

}  // namespace kpr::det
