#include "services/map_entries.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "util/strings.hpp"

namespace kpr::services {
namespace {

bool is_six(std::string_view ip) {
  return ip.find(':') != std::string_view::npos;
}

std::string annotation(const facts::Service* service, const char* key) {
  if (service == nullptr)
    return {};
  const auto found = service->annotations.find(key);
  if (found == service->annotations.end())
    return {};
  std::string value = found->second;
  for (char& c : value)
    c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return value;
}

bool is_wildcard(const Frontend& f) {
  return f.ip == "0.0.0.0" || f.ip == "::";
}

bool is_dsr(const Frontend& f, const Settings& s) {
  const std::string wish =
      s.mode_annotation ? annotation(f.service, "service.cilium.io/forwarding-mode") : "";
  if (wish == "dsr" || wish == "snat")
    return wish == "dsr";
  return s.mode == "dsr" || (s.mode == "hybrid" && f.protocol == "TCP");
}

std::vector<std::string> source_ranges(const Frontend& f) {
  std::vector<std::string> out;
  if (f.service != nullptr)
    for (const auto& range : f.service->lb_source_ranges)
      if (range.find('/') != std::string::npos && is_six(range) == is_six(f.ip))
        out.push_back(range);
  return out;
}

// Of the LoadBalancer's frontends, and of its external IPs since 1.20 (GetSourceRangesEnabled).
bool checks_source(const Frontend& f, const Settings& s) {
  if (f.service == nullptr || f.service->lb_source_ranges.empty())
    return false;
  return s.source_ranges_everywhere || f.type == Type::load_balancer ||
         (f.type == Type::external_ips && s.since(1, 20));
}

std::string flags_of(const Frontend& f, const Settings& s, bool wildcard) {
  std::vector<std::string> words{std::string(to_string(f.type))};
  const bool ext = f.service != nullptr && f.service->external_traffic_policy == "Local";
  const bool in = f.service != nullptr && f.service->internal_traffic_policy == "Local";
  const bool delegated =
      annotation(f.service, "service.cilium.io/proxy-delegation") == "delegate-if-local";
  const auto say = [&](bool holds, const char* word) {
    if (holds)
      words.emplace_back(word);
  };
  say(ext, "Local");
  say(in, "InternalLocal");
  say(ext != in && f.type != Type::cluster_ip, "two-scopes");
  say(f.service != nullptr && f.service->session_affinity == "ClientIP", "sessionAffinity");
  say(wildcard || (f.type == Type::cluster_ip && !s.external_cluster_ip), "non-routable");
  if (checks_source(f, s)) {
    words.emplace_back("check source-range");
    say(annotation(f.service, "service.cilium.io/src-ranges-policy") == "deny", "deny");
  }
  say(f.loopback, "loopback");
  say(!f.loopback && delegated, "delegate-if-local");
  say(is_dsr(f, s), "dsr");
  return join(words, ", ");
}

std::string algorithm_of(const Frontend& f, const Settings& s) {
  const std::string wish =
      s.algorithm_annotation ? annotation(f.service, "service.cilium.io/lb-algorithm") : "";
  return wish == "random" || wish == "maglev" ? wish : "undef";
}

bool has_maglev(const Frontend& f, const Settings& s, const std::string& algorithm, bool wildcard) {
  if (wildcard)
    return false;
  if (algorithm != "undef")
    return algorithm == "maglev";
  return s.algorithm == "maglev" && (f.type != Type::cluster_ip || s.external_cluster_ip);
}

// Those in maintenance have no slot; where none is active the ones that are going take their place
// (KEP-1669).
void take_slots(const Table& table, const std::vector<Chosen>& chosen, MapEntry& into) {
  std::size_t counts[4] = {};
  for (const Chosen c : chosen) {
    const State state = table.backends[c.backend].state;
    ++counts[static_cast<int>(state)];
    if (state != State::maintenance)
      into.slots.push_back(c.backend);
  }
  std::sort(into.slots.begin(), into.slots.end(), [&](std::uint32_t a, std::uint32_t b) {
    const Backend &x = table.backends[a], &y = table.backends[b];
    return std::tie(x.state, x.ip, x.port) < std::tie(y.state, y.ip, y.port);
  });
  const std::size_t active = counts[static_cast<int>(State::active)],
                    going = counts[static_cast<int>(State::terminating)],
                    gone = counts[static_cast<int>(State::terminating_not_serving)];
  into.active = active > 0 ? active : going;
  into.inactive = active > 0 ? going + gone : gone;
}

// Up to where the replacement is off (1.20+ takes the others out of the map again).
bool in_map(const Frontend& f, const Settings& s) {
  if (s.kube_proxy_replacement || f.type == Type::cluster_ip || f.type == Type::external_ips ||
      f.type == Type::local_redirect)
    return true;
  return f.type == Type::load_balancer && s.tunnel;
}

MapEntry
entry(const Table& table, const Frontend& f, const Settings& s, const std::vector<Chosen>& chosen) {
  MapEntry e;
  const bool wildcard = is_wildcard(f);
  e.address = address_of(f);
  e.flags = flags_of(f, s, wildcard);
  e.algorithm = algorithm_of(f, s);
  e.maglev = has_maglev(f, s, e.algorithm, wildcard);
  if (f.service != nullptr && f.service->session_affinity == "ClientIP")
    e.affinity_seconds = f.service->affinity_seconds;
  e.source_ranges = source_ranges(f);
  take_slots(table, chosen, e);
  return e;
}

}  // namespace

std::vector<MapEntry> map_entries(const Table& table,
                                  const Frontend& frontend,
                                  const Settings& settings,
                                  const Place& place) {
  if (!in_map(frontend, settings))
    return {};
  const auto backends = chosen(table, frontend, settings, place);
  std::vector<MapEntry> out{entry(table, frontend, settings, backends)};
  if (!is_wildcard(frontend))
    return out;
  std::set<std::string> primary;  // an address that is a frontend of its own keeps it (1.20+)
  for (const Frontend& f : table.frontends)
    if (!is_wildcard(f) && f.port == frontend.port && f.protocol == frontend.protocol &&
        f.internal == frontend.internal)
      primary.insert(f.ip);
  std::set<std::string> done;
  for (const auto& address : place.addresses) {
    if (!address.node_port || is_six(address.ip) != is_six(frontend.ip) ||
        primary.count(address.ip) > 0 || !done.insert(address.ip).second)
      continue;
    Frontend at = frontend;
    at.ip = address.ip;
    out.push_back(entry(table, at, settings, backends));
  }
  return out;
}

// IsWildcardCandidate, isWildcardClass: addresses that Cilium's LB-IPAM gives out, or announces.
std::vector<MapEntry>
wildcard_entries(const Table& table, const Settings& settings, const Place& place) {
  std::vector<MapEntry> out;
  std::set<std::string> done;
  for (const Frontend& f : table.frontends) {
    const bool type = f.type == Type::cluster_ip || f.type == Type::load_balancer;
    if (!settings.wildcards || !type || f.internal || f.service == nullptr || !in_map(f, settings))
      continue;
    const std::string& lb = f.service->lb_class;
    const bool ours = lb.empty()
                          ? settings.lb_ipam == "lbipam"
                          : lb == "io.cilium/bgp-control-plane" || lb == "io.cilium/l2-announcer";
    const bool local =
        std::any_of(place.addresses.begin(), place.addresses.end(), [&](const auto& address) {
          return address.ip == f.ip;
        });
    if (!ours || local || !done.insert(f.ip).second)
      continue;
    MapEntry e;
    e.address = facts::at_port(f.ip, 0) + "/ANY";
    e.flags = std::string(to_string(f.type)) + ", non-routable";
    out.push_back(std::move(e));
  }
  return out;
}

}  // namespace kpr::services
