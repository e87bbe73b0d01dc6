// ClusterMesh and its remote clusters: pkg/client/client.go, FormatStatusResponseRemoteClusters.
#include <algorithm>

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

struct Count {
  std::string_view noun;
  std::optional<std::uint64_t> RemoteCluster::*member;
};
constexpr Count k_counts[] = {{"nodes", &RemoteCluster::nodes},
                              {"endpoints", &RemoteCluster::endpoints},
                              {"identities", &RemoteCluster::identities},
                              {"services", &RemoteCluster::services},
                              {"endpoint slices", &RemoteCluster::endpoint_slices},
                              {"MCS-API service exports", &RemoteCluster::service_exports}};

// "1 failures (last: 5h24m30s ago)"
Reading read_failures(std::uint64_t n, std::string_view part, RemoteCluster& out) {
  const std::size_t last = part.find("(last: ");
  if (last == npos || !part.ends_with(')'))
    return Reading::cut;
  out.failures = n;
  take_ago(part.substr(last + 7, part.size() - last - 8), out.last_failure_ago);
  return Reading::whole;
}

// "396 nodes, 375 identities, 25 services, 1 failures (last: 5h24m30s ago)", each part by its own
// noun
Reading read_counts(std::string_view rest, RemoteCluster& out) {
  Reading reading = Reading::whole;
  while (!rest.empty()) {
    std::string_view part = take_until(rest, ", ");
    const bool last = rest.empty();
    std::uint64_t n = 0;
    if (!take_number(part, n))
      continue;
    part = trim(part);
    const auto* const count =
        std::find_if(std::begin(k_counts), std::end(k_counts), [&](const Count& c) {
          return c.noun == part;
        });
    if (count != std::end(k_counts))
      out.*(count->member) = n;
    else if (part.starts_with("failures") || part.starts_with("reconnect"))
      reading = worse(reading, read_failures(n, part, out));
    else if (last)
      reading = Reading::cut;
  }
  return reading;
}

// "expected=true, retrieved=true, cluster-id=7, …": names and values; what stands last in a line
// that is cut is left out.
struct Pairs {
  std::string_view rest;
  bool cut;
  bool next(std::string_view& name, std::string_view& value) {
    if (rest.empty())
      return false;
    value = trim(take_until(rest, ", "));
    if (rest.empty() && cut)
      return false;
    name = take_until(value, "=");
    return true;
  }
};

Reading tristate(std::string_view text, std::optional<bool>& out) {
  constexpr std::string_view k_words[] = {"true", "false", "unknown"};
  out = bool_of(text);
  return any_of(text, k_words);
}

struct Flag {
  std::string_view name;
  std::optional<bool> RemoteCluster::*member;
};
constexpr Flag k_config[] = {{"expected", &RemoteCluster::config_required},
                             {"retrieved", &RemoteCluster::config_retrieved},
                             {"kvstoremesh", &RemoteCluster::kvstoremesh},
                             {"sync-canaries", &RemoteCluster::sync_canaries}};
constexpr Flag k_synced[] = {{"nodes", &RemoteCluster::synced_nodes},
                             {"endpoints", &RemoteCluster::synced_endpoints},
                             {"identities", &RemoteCluster::synced_identities},
                             {"services", &RemoteCluster::synced_services},
                             {"service-exports", &RemoteCluster::synced_service_exports},
                             {"endpoint-slices", &RemoteCluster::synced_endpoint_slices}};

template <std::size_t N>
Reading read_flag(const Flag (&flags)[N],
                  std::string_view name,
                  std::string_view value,
                  RemoteCluster& out) {
  for (const Flag& flag : flags) {
    if (flag.name == name)
      return tristate(value, out.*(flag.member));
  }
  return Reading::whole;
}

Reading read_config(Pairs pairs, RemoteCluster& out) {
  out.has_config = true;
  Reading reading = pairs.cut ? Reading::cut : Reading::whole;
  std::string_view name;
  std::string_view value;
  while (pairs.next(name, value)) {
    std::uint32_t id = 0;
    if (name == "cluster-id" && to_number(value, id))
      out.cluster_id = id;
    else if (name == "service-exports")
      out.service_exports_mode = value;
    else if (name == "endpoint-slice-export-mode")
      out.endpoint_slice_export_mode = value;
    else
      reading = worse(reading, read_flag(k_config, name, value, out));
  }
  return reading;
}

Reading read_synced(Pairs pairs, RemoteCluster& out) {
  out.has_synced = true;
  Reading reading = pairs.cut ? Reading::cut : Reading::whole;
  std::string_view name;
  std::string_view value;
  while (pairs.next(name, value))
    reading = worse(reading, read_flag(k_synced, name, value, out));
  return reading;
}

constexpr std::string_view k_bullet = "\xe2\x94\x94";  // └

// "   west: ready, 8 nodes, …": where the readiness begins, npos for another line
std::size_t readiness_of(std::string_view s) {
  const std::size_t ready = s.find(": ready");
  const std::size_t at = ready != npos ? ready : s.find(": not-ready");
  const std::size_t end = at == npos ? npos : at + (ready != npos ? 7 : 11);
  return at != npos && (end == s.size() || s[end] == ',') ? at : npos;
}

}  // namespace

// "1/2 remote clusters ready, 3 global-services"
Reading StatusParser::read_cluster_mesh(std::string_view value) {
  Scan in(trim(value));
  std::uint64_t ready = 0;
  std::uint64_t total = 0;
  std::uint64_t services = 0;
  if (!in.num(ready) || !in.lit("/") || !in.num(total) || !in.lit(" "))
    return in.reading();
  in.maybe("remote ");
  if (!in.lit("clusters ready"))
    return in.reading();
  if (!status_.cluster_mesh)
    status_.cluster_mesh.emplace();
  ClusterMesh& out = *status_.cluster_mesh;
  out.line = number();
  out.ready = ready;
  out.total = total;
  if (in.empty())
    return Reading::whole;
  if (in.lit(", ") && in.num(services) && in.lit(" global-services"))
    out.global_services = services;
  if (in.reading() == Reading::foreign)
    leftover(in.rest());
  return in.reading() == Reading::cut ? Reading::cut : Reading::whole;
}

// The bullets of a cluster come in one order: its status, its configuration, its synchronization.
// One that comes again, or too early, belongs to a cluster whose own line is not here.
RemoteCluster& StatusParser::cluster_of_bullet(unsigned bit) {
  ClusterMesh& out = *status_.cluster_mesh;
  if (out.clusters.empty() || mesh_seen_ >= bit) {
    out.clusters.emplace_back().line = number();
    mesh_seen_ = 0;
  }
  mesh_seen_ |= bit;
  return out.clusters.back();
}

void StatusParser::parse_bullet(std::string_view text) {
  const bool cut = line_is_cut();
  if (take(text, "remote configuration: "))
    return accept(read_config({text, cut}, cluster_of_bullet(2)));
  if (take(text, "synchronization status: "))
    return accept(read_synced({text, cut}, cluster_of_bullet(4)));
  RemoteCluster& cluster = cluster_of_bullet(1);
  const bool half = std::string_view("remote configuration: ").starts_with(text) ||
                    std::string_view("synchronization status: ").starts_with(text);
  if (half && text.size() > 4)
    return accept(Reading::cut);
  open_message_ = &cluster.status;
  accept(free_text(text, cluster.status));
}

// A backend's words may hold a line break.
bool StatusParser::status_of_cluster_goes_on() const {
  return open_message_ != nullptr && !open_message_->empty() && continues() &&
         line().find("ready, ") == npos && line().find(k_bullet) == npos;
}

void StatusParser::parse_cluster_rows() {
  section_ = Key::cluster_mesh;
  if (!status_.cluster_mesh)
    status_.cluster_mesh.emplace();
  ClusterMesh& out = *status_.cluster_mesh;
  open_message_ = nullptr;
  while (more()) {
    const std::string_view s = trim(line());
    const bool indented = line().starts_with(' ');
    const std::size_t ready = indented ? readiness_of(s) : npos;
    if (s.empty() || !indented) {
      if (!status_of_cluster_goes_on())
        break;
      extend(*open_message_);
    } else if (s.starts_with(k_bullet)) {
      open_message_ = nullptr;
      parse_bullet(trim_left(s.substr(k_bullet.size())));
    } else if (ready != npos) {
      open_message_ = nullptr;
      mesh_seen_ = 0;
      RemoteCluster& cluster = out.clusters.emplace_back();
      cluster.line = number();
      cluster.name = s.substr(0, ready);
      cluster.ready = s.substr(ready).starts_with(": ready");
      const std::size_t comma = s.find(", ", ready);
      Reading reading = comma == npos ? Reading::cut : read_counts(s.substr(comma + 2), cluster);
      accept(line_is_cut() ? worse(reading, Reading::cut) : reading);
    } else {
      break;
    }
  }
  open_message_ = nullptr;
}

}  // namespace kpr::det
