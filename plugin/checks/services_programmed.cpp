// Section 7: Services and backends as agents have them, against what the API says.
#include <algorithm>
#include <map>
#include <set>

#include "checks/agents.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

using facts::KprMode;

std::string at_port(const std::string& ip, int port) { return ip.find(':') == std::string::npos ? ip + ":" + std::to_string(port) : "[" + ip + "]:" + std::to_string(port); }

// What the API says of backends: by service, address and port.
struct Truth {
  std::set<std::string> any;                                        // every ip:port of every slice, ready or not
  std::map<std::string, std::set<std::string>> by_service;          // "ns/name" → ip:port of endpoints that serve
  std::map<std::string, std::string> service_of;                    // frontend "ip:port" → "ns/name"
  std::set<std::string> slice_services;
};
Truth truth(const facts::Fleet& fleet) {
  Truth t;
  for (const auto& s : *fleet.endpoint_slices) {
    const std::string key = s.ns + "/" + s.service;
    t.slice_services.insert(key);
    for (const auto& e : s.endpoints)
      for (const auto& ip : e.addresses)
        for (const auto& p : s.ports) {
          t.any.insert(at_port(ip, p.port));
          if (e.serving || e.ready) t.by_service[key].insert(at_port(ip, p.port));
        }
  }
  for (const auto& s : *fleet.services) {
    const std::string key = s.ns + "/" + s.name;
    for (const auto& p : s.ports) {
      for (const auto* list : {&s.cluster_ips, &s.external_ips, &s.lb_ips})
        for (const auto& ip : *list) t.service_of[at_port(ip, p.port)] = key;
    }
  }
  return t;
}

bool global_service(const facts::Service& s) {
  return s.annotations.count("service.cilium.io/global") > 0 || s.annotations.count("io.cilium/global-service") > 0;
}

bool skipped_service(const facts::Fleet& fleet, const facts::Service& s) {
  const auto name = s.labels.find("service.kubernetes.io/service-proxy-name");
  if (name != s.labels.end() && name->second != fleet.config("k8s-service-proxy-name").value_or("")) return true;
  return s.labels.count("service.kubernetes.io/headless") > 0;
}

void backends_stale(const facts::Fleet& fleet, Sink& sink) {
  const Truth t = truth(fleet);
  std::set<std::string> global;
  for (const auto& s : *fleet.services)
    if (global_service(s)) global.insert(s.ns + "/" + s.name);
  Finding f = sink.make("");
  std::size_t judged = 0;
  std::set<std::string> services;
  for (const auto& a : fleet.agents) {
    if (!a.services) continue;
    ++judged;
    bool stale = false;
    for (const auto& front : *a.services) {
      if (front.type == "LocalRedirect" || front.type == "HostPort") continue;
      const auto owner = t.service_of.find(at_port(front.ip, front.port));
      if (owner == t.service_of.end() || global.count(owner->second) > 0 || t.slice_services.count(owner->second) == 0) continue;
      for (const auto& b : front.backends) {
        if (b.state == "terminating" || b.state == "quarantined" || b.state == "maintenance" || b.state == "terminating-not-serving") continue;
        if (t.any.count(at_port(b.ip, b.port)) > 0) continue;
        stale = true;
        services.insert("Service " + owner->second);
        if (f.evidence.size() < 6) f.evidence.push_back({a.services_source, at_port(front.ip, front.port) + " (" + owner->second + ") => " + at_port(b.ip, b.port) + ", which no EndpointSlice has"});
      }
    }
    if (stale) f.nodes.push_back(a.node);
  }
  if (judged == 0) return sink.skip("`service list` of no agent could be read");
  if (f.nodes.empty()) return;
  f.objects.assign(services.begin(), services.end());
  for (const auto& n : f.nodes)
    if (const auto* a = fleet.agent_on(n); a != nullptr && !a->pod.empty() && f.fix.size() < 8) f.fix.push_back("kubectl -n " + a->ns + " delete pod " + a->pod + "   # agent of " + n);
  f.summary = "the agents of " + nodes_of(f.nodes.size()) + " send traffic to backends that do not exist any more (" + list_of(std::vector<std::string>(services.begin(), services.end())) + ")";
  sink.add(std::move(f));
}

void services_missing(const facts::Fleet& fleet, Sink& sink) {
  Finding f = sink.make("");
  std::size_t judged = 0;
  std::set<std::string> services;
  for (const auto& a : fleet.agents) {
    if (!a.services || a.services->empty()) continue;
    ++judged;
    std::map<std::string, std::size_t> have;  // frontend → most backends
    std::set<int> node_ports;
    for (const auto& front : *a.services) {
      auto& n = have[at_port(front.ip, front.port)];
      n = std::max(n, front.backends.size() + 1);
      if (front.type == "NodePort") node_ports.insert(front.port);
    }
    bool missing = false;
    for (const auto& s : *fleet.services) {
      if (s.type == "ExternalName" || s.headless() || skipped_service(fleet, s)) continue;
      if (const auto age = fleet.age(s.created); age && *age < std::chrono::seconds(60)) continue;
      std::vector<std::string> lacks;
      for (const auto& ip : s.cluster_ips) {
        const bool six = ip.find(':') != std::string::npos;
        if (six && fleet.config("enable-ipv6").value_or("false") != "true") continue;
        if (!six && fleet.config("enable-ipv4").value_or("true") != "true") continue;
        for (const auto& p : s.ports) {
          if (p.protocol == "SCTP" && !fleet.config_true("enable-sctp")) continue;
          if (have.count(at_port(ip, p.port)) == 0) lacks.push_back("ClusterIP " + at_port(ip, p.port));
        }
      }
      const bool np_on = a.status && a.status->mode == KprMode::on && a.status->node_port.value_or(true);
      if (np_on && lacks.empty()) {
        const int low = a.status->port_min.value_or(30000), high = a.status->port_max.value_or(32767);
        for (const auto& p : s.ports)
          if (p.node_port >= low && p.node_port <= high && node_ports.count(p.node_port) == 0 && !(p.protocol == "SCTP")) lacks.push_back("NodePort " + std::to_string(p.node_port));
      }
      if (lacks.empty()) continue;
      missing = true;
      services.insert(s.path("Service"));
      if (f.evidence.size() < 6) f.evidence.push_back({a.services_source, "no " + list_of(lacks) + " of " + s.ns + "/" + s.name});
    }
    if (missing) f.nodes.push_back(a.node);
  }
  if (judged == 0) return sink.skip("`service list` of no agent could be read");
  if (f.nodes.empty()) return;
  f.objects.assign(services.begin(), services.end());
  f.summary = "the agents of " + nodes_of(f.nodes.size()) + " do not serve " + list_of(f.objects);
  sink.add(std::move(f));
}

void without_endpoints(const facts::Fleet& fleet, Sink& sink) {
  std::map<std::string, std::size_t> ready;
  for (const auto& s : *fleet.endpoint_slices) {
    auto& n = ready[s.ns + "/" + s.service];
    for (const auto& e : s.endpoints)
      if (e.ready || (e.serving && e.terminating)) n += e.addresses.size();
  }
  Finding f = sink.make("");
  for (const auto& s : *fleet.services) {
    if (s.selector.empty() || s.type == "ExternalName" || s.headless() || !sink.wants_namespace(s.ns)) continue;
    const auto found = ready.find(s.ns + "/" + s.name);
    if (found != ready.end() && found->second > 0) continue;
    f.objects.push_back(s.path("Service"));
    if (s.type == "LoadBalancer" || s.type == "NodePort") f.severity = Severity::warn;
    if (f.evidence.size() < 4) f.evidence.push_back({"EndpointSlices of " + s.ns + "/" + s.name, "no ready endpoint"});
  }
  if (f.objects.empty()) return;
  f.summary = count_of(f.objects.size(), "Service") + " without a ready endpoint: connections are refused (" + list_of(f.objects) + ")";
  sink.add(std::move(f));
}

// Agents in their first minutes are not judged.
}  // namespace

Checks services_programmed_checks() {
  return {
      {"backends-stale", {Need::services, Need::endpoint_slices}, backends_stale},
      {"services-missing-on-node", {Need::services}, services_missing},
      {"service-without-endpoints", {Need::services, Need::endpoint_slices}, without_endpoints},
  };
}

}  // namespace kpr::checks
