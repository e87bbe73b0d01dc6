// Section 7: how full the maps are, and what agents say of their own state.
#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "checks/agents.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

using facts::KprMode;

std::size_t map_max(const facts::Fleet& fleet, const facts::Agent& a) {
  std::size_t max = 65536;
  const auto take = [&](const std::string& text) {
    std::size_t n = 0;
    std::from_chars(text.data(), text.data() + text.size(), n);
    if (n > 0)
      max = n;
  };
  if (const auto value = fleet.config("bpf-lb-map-max"))
    take(*value);
  if (a.config)
    for (const char* key : {"bpf-lb-map-max", "BPFLBMapMax", "LBMapEntries"})
      if (const auto found = a.config->find(key); found != a.config->end())
        take(found->second);
  return max;
}

void lb_map_full(const facts::Fleet& fleet, Sink& sink) {
  Finding full = sink.make(""), near = sink.make("");
  std::size_t judged = 0;
  const auto all_words = last_words(fleet);
  const auto over_the_words = [&](const facts::Agent& a) {
    for (const auto& w : all_words) {
      if (w.pod != a.pod)
        continue;
      for (std::string_view needle : {"Unable to update element for LB bpf map",
                                      "the map is full, please consider resizing it"}) {
        const auto line = line_with(w.text, needle);
        if (!line.empty())
          return Proof{w.source, line};
      }
    }
    return Proof{};
  };
  for (const auto& a : fleet.agents) {
    const std::size_t max = map_max(fleet, a);
    std::size_t wanted = 0;
    if (a.services)
      for (const auto listed : *a.services)
        wanted += (*fleet.frontends)[listed].backends.size() + 1;
    Proof degraded;
    if (a.status)
      for (const auto& m : a.status->degraded)
        if (m.name.find("loadbalancer") != std::string::npos &&
            (m.message.find("error(s)") != std::string::npos ||
             m.message.find("full") != std::string::npos ||
             m.message.find("too big") != std::string::npos ||
             m.message.find("too long") != std::string::npos))
          degraded = {a.status->source, m.name + " DEGRADED " + shorten(m.message, 200)};
    const Proof words = over_the_words(a);
    bool is_full = !words.text.empty();
    if (a.bpf_lb_entries) {
      ++judged;
      // The table has the rows of the map; `service list` what the agent wants to have there.
      const std::size_t have = *a.bpf_lb_entries;
      if (a.services && have + have / 20 + 2 < wanted && have + 64 + have / 20 >= max)
        is_full = true;
      if (have >= max)
        is_full = true;
      if (!degraded.text.empty() && wanted > have + 2)
        is_full = true;
      if (!is_full &&
          static_cast<double>(have) >= sink.thresholds().map_fill * static_cast<double>(max)) {
        near.nodes.push_back(a.node);
        if (near.evidence.size() < 4)
          near.evidence.push_back(
              {a.bpf_lb_source, std::to_string(have) + " of " + std::to_string(max) + " entries"});
      }
    } else if (a.services && wanted > max) {
      ++judged;
      is_full = true;
    }
    if (!is_full)
      continue;
    full.nodes.push_back(a.node);
    if (full.evidence.size() < 8) {
      if (a.bpf_lb_entries)
        full.evidence.push_back({a.bpf_lb_source,
                                 std::to_string(*a.bpf_lb_entries) +
                                     " entries; bpf-lb-map-max is " + std::to_string(max)});
      if (a.services)
        full.evidence.push_back({a.services_source, std::to_string(wanted) + " entries wanted"});
      if (!degraded.text.empty())
        full.evidence.push_back(degraded);
      if (!words.text.empty())
        full.evidence.push_back(words);
    }
  }
  if (!full.nodes.empty()) {
    full.summary = "the load-balancer map is full on " + nodes_of(full.nodes.size()) +
                   ": new Services and backends are not programmed there";
    sink.add(std::move(full));
  }
  if (!near.nodes.empty()) {
    near.severity = Severity::warn;
    near.summary = "the load-balancer map is nearly full on " + nodes_of(near.nodes.size());
    sink.add(std::move(near));
  }
  if (judged == 0 && sink.findings().empty())
    sink.skip("`bpf lb list` of no agent could be read");
}

// How full the fullest of an agent's connection-tracking and NAT maps is now.
const facts::Metric* fullest_map(const facts::Agent& agent) {
  static const std::set<std::string_view> maps = {
      "ct4_global", "ct6_global", "snat_v4_external", "snat_v6_external"};
  const facts::Metric* fullest = nullptr;
  for (const auto& metric : *agent.metrics)
    if (metric.name.ends_with("_bpf_map_pressure") && maps.count(metric.label("map_name")) > 0 &&
        (fullest == nullptr || metric.value > fullest->value))
      fullest = &metric;
  return fullest;
}

void ct_nat(const facts::Fleet& fleet, Sink& sink) {
  Finding f = sink.make("");
  bool judged = false, hard = false;
  for (const auto& a : fleet.agents) {
    if (!a.metrics)
      continue;
    judged = true;
    for (std::string_view reason : {"CT: Map insertion failed", "No mapping for NAT masquerade"}) {
      const auto drops = drops_of(a, reason);
      if (!drops->are_many())
        continue;
      f.nodes.push_back(a.node);
      f.evidence.push_back({a.metrics_source, drops->line});
      hard = hard || reason.starts_with("CT");
    }
    const auto* map = fullest_map(a);
    if (map == nullptr || map->value < sink.thresholds().map_fill)
      continue;
    f.nodes.push_back(a.node);
    f.evidence.push_back({a.metrics_source, map->line});
    hard = true;
  }
  if (!judged)
    return nothing_told(fleet, sink, {"metrics"}, "metrics of no agent could be read");
  if (f.nodes.empty())
    return;
  if (f.evidence.size() > 8)
    f.evidence.resize(8);
  if (!hard)
    f.severity = Severity::warn;
  f.summary = "connection tracking or NAT maps are under pressure on " +
              nodes_of(std::set<std::string>(f.nodes.begin(), f.nodes.end()).size());
  sink.add(std::move(f));
}

void controllers_failing(const facts::Fleet& fleet, Sink& sink) {
  std::map<std::string, Finding> by_name;
  for (const auto& a : fleet.agents) {
    if (!a.status || !settled(fleet, a, sink.thresholds().agent_settle))
      continue;
    for (const auto& c : a.status->failing_controllers) {
      // endpoint-1234-… and resolve-identity-1234: one controller, many endpoints
      std::string name;
      for (char ch : c.name)
        name += ch >= '0' && ch <= '9' ? '#' : ch;
      while (name.find("##") != std::string::npos)
        name.replace(name.find("##"), 2, "#");
      auto [it, fresh] = by_name.try_emplace(name, sink.make(""));
      Finding& f = it->second;
      if (fresh)
        f.severity = Severity::warn;
      f.nodes.push_back(a.node);
      const bool serious = name.rfind("sync-lb-maps", 0) == 0 ||
                           name.rfind("k8s-heartbeat", 0) == 0 ||
                           name.rfind("ipcache-inject-labels", 0) == 0;
      if (c.failures >= 5 && serious)
        f.severity = Severity::error;
      if (f.evidence.size() < 4)
        f.evidence.push_back({a.status->source,
                              c.name + ": " +
                                  count_of(static_cast<std::size_t>(c.failures), "failure") +
                                  " in a row: " + shorten(c.message, 200)});
    }
  }
  if (by_name.empty())
    return;
  std::vector<std::string> names;
  Finding all = sink.make("");
  all.severity = Severity::warn;
  for (auto& [name, f] : by_name) {
    names.push_back(name);
    all.severity = std::max(all.severity, f.severity);
    all.nodes.insert(all.nodes.end(), f.nodes.begin(), f.nodes.end());
    for (auto& p : f.evidence)
      if (all.evidence.size() < 10)
        all.evidence.push_back(std::move(p));
  }
  all.summary = "controllers fail on " +
                nodes_of(std::set<std::string>(all.nodes.begin(), all.nodes.end()).size()) + ": " +
                list_of(names);
  sink.add(std::move(all));
}

void drops_nonzero(const facts::Fleet& fleet, Sink& sink) {
  Finding f = sink.make("");
  bool judged = false;
  std::set<std::string> reasons;
  for (const auto& a : fleet.agents) {
    judged = judged || a.metrics;
    for (std::string_view reason : {"Service backend not found",
                                    "No mapping for NAT masquerade",
                                    "CT: Map insertion failed",
                                    "VLAN traffic disallowed by VLAN filter",
                                    "Stale or unroutable IP",
                                    "FIB lookup failed"}) {
      const auto drops = drops_of(a, reason);
      if (!drops || drops->count <= 0)
        continue;
      reasons.emplace(reason);
      f.nodes.push_back(a.node);
      if (f.evidence.size() < 6)
        f.evidence.push_back({a.metrics_source, drops->line});
    }
  }
  if (!judged)
    return nothing_told(fleet, sink, {"metrics"}, "metrics of no agent could be read");
  if (f.nodes.empty())
    return;
  f.summary = "packets were dropped since the nodes started: " +
              join(std::vector<std::string>(reasons.begin(), reasons.end()), ", ");
  sink.add(std::move(f));
}

// "Failure" (and what is none of these words) means that the API server is lost; "Warning" is a
// message of the agent's, not a lost connection (api/v1/models/status.go).
bool lost_api_server(const facts::AgentStatus& s) {
  return !s.kubernetes_state.empty() && s.kubernetes_state != "Ok" &&
         s.kubernetes_state != "Disabled" && s.kubernetes_state != "Warning";
}

void status_stale(const facts::Fleet& fleet, Sink& sink) {
  Finding f = sink.make("");
  bool api = false, stale = false;
  for (const auto& a : fleet.agents) {
    if (!a.status || !settled(fleet, a, std::chrono::seconds(60)))
      continue;
    const auto& s = *a.status;
    const bool disconnected = lost_api_server(s), warned = s.kubernetes_state == "Warning";
    if (s.stale.empty() && !disconnected && !warned)
      continue;
    api = api || disconnected;
    stale = stale || !s.stale.empty();
    f.nodes.push_back(a.node);
    if (f.evidence.size() >= 6)
      continue;
    if (!s.stale.empty())
      f.evidence.push_back({s.source, "Stale status: " + join(s.stale, ", ")});
    if (disconnected || warned)
      f.evidence.push_back(
          {s.source, "Kubernetes: " + s.kubernetes_state + " " + shorten(s.kubernetes_msg, 200)});
  }
  if (f.nodes.empty())
    return;
  if (api)
    f.severity = Severity::error;
  f.summary = api ? "the agents of " + nodes_of(f.nodes.size()) +
                        " have lost the API server: what they programmed grows old"
              : stale ? "the status of the agents of " + nodes_of(f.nodes.size()) +
                            " is stale: some of their probes hang"
                      : "the agents of " + nodes_of(f.nodes.size()) + " warn about Kubernetes";
  sink.add(std::move(f));
}

}  // namespace

Checks bpf_maps_checks() {
  return {
      {"lb-map-full", {}, lb_map_full},
      {"ct-nat-map-pressure", {}, ct_nat},
      {"controllers-failing", {Need::agents}, controllers_failing},
      {"drops-nonzero", {}, drops_nonzero},
      {"status-stale", {Need::agents}, status_stale},
  };
}

}  // namespace kpr::checks
