// ClusterMesh and its remote clusters: pkg/client/client.go, FormatStatusResponseRemoteClusters.
#include "scan.hpp"
#include "status_parser.hpp"

namespace kpr::det {
namespace {

std::optional<bool> bool_of(std::string_view text) {
  if (text == "true")
    return true;
  if (text == "false")
    return false;
  return std::nullopt;
}

// "396 nodes, 375 identities, 25 services, 1 failures (last: 5h24m30s ago)", each part by its own
// noun
void parse_counts(std::string_view rest, RemoteCluster& out) {
  while (!rest.empty()) {
    std::string_view part = take_until(rest, ", ");
    std::uint64_t n = 0;
    if (!take_number(part, n))
      continue;
    part = trim_left(part);
    if (part == "nodes")
      out.nodes = n;
    else if (part == "endpoints")
      out.endpoints = n;
    else if (part == "identities")
      out.identities = n;
    else if (part == "services")
      out.services = n;
    else if (part == "endpoint slices")
      out.endpoint_slices = n;
    else if (part == "MCS-API service exports")
      out.service_exports = n;
    else if (part.starts_with("failures") || part.starts_with("reconnect")) {
      out.failures = n;
      const std::size_t last = part.find("(last: ");
      if (last != npos && part.ends_with(')'))
        take_ago(part.substr(last + 7, part.size() - last - 8), out.last_failure_ago);
    }
  }
}

void parse_config(std::string_view rest, RemoteCluster& out) {
  out.has_config = true;
  while (!rest.empty()) {
    std::string_view value = take_until(rest, ", ");
    const std::string_view name = take_until(value, "=");
    std::uint32_t id = 0;
    if (name == "expected")
      out.config_required = bool_of(value);
    else if (name == "retrieved")
      out.config_retrieved = bool_of(value);
    else if (name == "cluster-id" && to_number(value, id))
      out.cluster_id = id;
    else if (name == "kvstoremesh")
      out.kvstoremesh = bool_of(value);
    else if (name == "sync-canaries")
      out.sync_canaries = bool_of(value);
    else if (name == "service-exports")
      out.service_exports_mode = value;
    else if (name == "endpoint-slice-export-mode")
      out.endpoint_slice_export_mode = value;
  }
}

void parse_synced(std::string_view rest, RemoteCluster& out) {
  out.has_synced = true;
  while (!rest.empty()) {
    std::string_view value = take_until(rest, ", ");
    const std::string_view name = take_until(value, "=");
    if (name == "nodes")
      out.synced_nodes = bool_of(value);
    else if (name == "endpoints")
      out.synced_endpoints = bool_of(value);
    else if (name == "identities")
      out.synced_identities = bool_of(value);
    else if (name == "services")
      out.synced_services = bool_of(value);
    else if (name == "service-exports")
      out.synced_service_exports = bool_of(value);
    else if (name == "endpoint-slices")
      out.synced_endpoint_slices = bool_of(value);
  }
}

}  // namespace

void StatusParser::parse_cluster_mesh(std::string_view value) {
  if (!status_.cluster_mesh)
    status_.cluster_mesh.emplace();
  ClusterMesh& out = *status_.cluster_mesh;
  out.line = number();
  std::string_view rest = value;
  if (take_number(rest, out.ready) && take(rest, "/"))
    take_number(rest, out.total);
  const std::size_t comma = rest.find(", ");
  std::uint64_t services = 0;
  if (comma != npos) {
    std::string_view tail = rest.substr(comma + 2);
    if (take_number(tail, services) && tail == " global-services")
      out.global_services = services;
  }
  accept(LineUse::fact);
  parse_cluster_rows();
}

void StatusParser::parse_cluster_rows() {
  section_ = Key::cluster_mesh;
  if (!status_.cluster_mesh)
    status_.cluster_mesh.emplace();
  ClusterMesh& out = *status_.cluster_mesh;
  constexpr std::string_view k_bullet = "\xe2\x94\x94";  // └
  // The bullets of a cluster come in one order: its status, its configuration, its synchronization.
  // One that comes again, or too early, belongs to a cluster whose own line is not here.
  const auto bullet_of = [&](unsigned bit) -> RemoteCluster& {
    if (out.clusters.empty() || mesh_seen_ >= bit) {
      out.clusters.emplace_back().line = number();
      mesh_seen_ = 0;
    }
    mesh_seen_ |= bit;
    return out.clusters.back();
  };
  bool goes_on = false;
  while (more()) {
    const std::string_view s = trim(line());
    if (s.empty() || !line().starts_with("  ")) {
      // a backend's words may hold a line break
      if (!goes_on || !continues() || out.clusters.back().status.empty())
        break;
      if (s.find("ready, ") != npos || s.find(k_bullet) != npos)
        break;  // a damaged row
      extend(out.clusters.back().status);
      continue;
    }
    if (s.starts_with(k_bullet)) {
      std::string_view text = trim_left(s.substr(k_bullet.size()));
      goes_on = false;
      if (take(text, "remote configuration: ")) {
        parse_config(text, bullet_of(2));
      } else if (take(text, "synchronization status: ")) {
        parse_synced(text, bullet_of(4));
      } else {
        bullet_of(1).status = text;
        goes_on = true;
      }
      accept(LineUse::fact);
      continue;
    }
    const std::size_t ready = s.find(": ready");
    const std::size_t not_ready = s.find(": not-ready");
    if (ready == npos && not_ready == npos)
      break;
    RemoteCluster& cluster = out.clusters.emplace_back();
    mesh_seen_ = 0;
    goes_on = false;
    cluster.line = number();
    cluster.ready = ready != npos;
    cluster.name = s.substr(0, cluster.ready ? ready : not_ready);
    const std::size_t comma_at = s.find(", ");
    if (comma_at != npos)
      parse_counts(s.substr(comma_at + 2), cluster);
    accept(LineUse::fact);
  }
}

}  // namespace kpr::det
