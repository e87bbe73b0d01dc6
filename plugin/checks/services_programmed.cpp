// Section 7: Services and backends as agents have them, against what the API says.
#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "checks/agents.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

using facts::at_port;
using facts::KprMode;

// What the API says of backends: by service, address and port.
struct Truth {
  std::set<std::string> any;  // every ip:port of every slice, ready or not
  std::map<std::string, std::set<std::string>>
      by_service;                                 // "ns/name" → ip:port of endpoints that serve
  std::map<std::string, std::string> service_of;  // frontend "ip:port" → "ns/name"
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
          if (e.serving || e.ready)
            t.by_service[key].insert(at_port(ip, p.port));
        }
  }
  for (const auto& s : *fleet.services) {
    const std::string key = s.ns + "/" + s.name;
    for (const auto& p : s.ports) {
      for (const auto* list : {&s.cluster_ips, &s.external_ips, &s.lb_ips})
        for (const auto& ip : *list)
          t.service_of[at_port(ip, p.port)] = key;
    }
  }
  return t;
}

bool global_service(const facts::Service& s) {
  return s.annotations.count("service.cilium.io/global") > 0 ||
         s.annotations.count("io.cilium/global-service") > 0;
}

bool skipped_service(const facts::Fleet& fleet, const facts::Service& s) {
  const auto name = s.labels.find("service.kubernetes.io/service-proxy-name");
  if (name != s.labels.end() && name->second != fleet.config("k8s-service-proxy-name").value_or(""))
    return true;
  return s.labels.count("service.kubernetes.io/headless") > 0;
}

// The first backend of a frontend that no slice has: "" when there is none to complain of.
std::string stale_backend(const Truth& t,
                          const std::set<std::string>& passed_over,
                          const facts::LbFrontend& front,
                          std::string& owner) {
  if (front.type == "LocalRedirect" || front.type == "HostPort")
    return {};
  const auto service = t.service_of.find(front.address);
  if (service == t.service_of.end() || passed_over.count(service->second) > 0 ||
      t.slice_services.count(service->second) == 0)
    return {};
  owner = service->second;
  for (const auto& b : front.backends) {
    if (b.state == "terminating" || b.state == "quarantined" || b.state == "maintenance" ||
        b.state == "terminating-not-serving")
      continue;
    if (std::string address = at_port(b.ip, b.port); t.any.count(address) == 0)
      return address;
  }
  return {};
}

void backends_stale(const facts::Fleet& fleet, Sink& sink) {
  const Truth t = truth(fleet);
  std::set<std::string> passed_over;  // of other clusters too, or changing right now: agents were
                                      // asked a moment before the API was
  for (const auto& s : *fleet.services)
    if (global_service(s))
      passed_over.insert(s.ns + "/" + s.name);
  for (const auto& s : *fleet.endpoint_slices)
    if (const auto changed = s.annotations.find("endpoints.kubernetes.io/last-change-trigger-time");
        changed != s.annotations.end())
      if (const auto age = fleet.age(parse_rfc3339(changed->second));
          age && *age < std::chrono::seconds(60))
        passed_over.insert(s.ns + "/" + s.service);
  Finding f = sink.make("");
  std::size_t judged = 0;
  std::set<std::string> services;
  struct Verdict {
    std::string owner, stale;
  };
  std::unordered_map<const facts::LbFrontend*, Verdict> verdicts;  // agents share their frontends
  for (const auto& a : fleet.agents) {
    if (!a.services)
      continue;
    ++judged;
    bool stale = false;
    for (const auto* front : *a.services) {
      auto [verdict, fresh] = verdicts.try_emplace(front);
      if (fresh)
        verdict->second.stale = stale_backend(t, passed_over, *front, verdict->second.owner);
      const auto& [owner, backend] = verdict->second;
      if (backend.empty())
        continue;
      stale = true;
      services.insert("Service " + owner);
      if (f.evidence.size() < 6)
        f.evidence.push_back(
            {a.services_source,
             front->address + " (" + owner + ") => " + backend + ", which no EndpointSlice has"});
    }
    if (stale)
      f.nodes.push_back(a.node);
  }
  if (judged == 0)
    return sink.skip("`service list` of no agent could be read");
  if (f.nodes.empty())
    return;
  f.objects.assign(services.begin(), services.end());
  delete_agents(fleet, f);
  f.summary = "the agents of " + nodes_of(f.nodes.size()) +
              " send traffic to backends that do not exist any more (" +
              list_of(std::vector<std::string>(services.begin(), services.end())) + ")";
  sink.add(std::move(f));
}

// What each agent has to have of a Service.
struct Wanted {
  const facts::Service* service;
  std::vector<std::string> addresses;  // ClusterIP and port
};

std::vector<Wanted> wanted_services(const facts::Fleet& fleet) {
  std::vector<Wanted> all;
  const bool four = fleet.config("enable-ipv4").value_or("true") == "true",
             six = fleet.config("enable-ipv6").value_or("false") == "true",
             sctp = fleet.config_true("enable-sctp");
  for (const auto& s : *fleet.services) {
    if (s.type == "ExternalName" || s.headless() || skipped_service(fleet, s))
      continue;
    if (const auto age = fleet.age(s.created); age && *age < std::chrono::seconds(60))
      continue;
    Wanted w{&s, {}};
    for (const auto& ip : s.cluster_ips)
      if (ip.find(':') != std::string::npos ? six : four)
        for (const auto& p : s.ports)
          if (p.protocol != "SCTP" || sctp)
            w.addresses.push_back(at_port(ip, p.port));
    all.push_back(std::move(w));
  }
  return all;
}

void services_missing(const facts::Fleet& fleet, Sink& sink) {
  Finding f = sink.make("");
  std::size_t judged = 0;
  std::set<std::string> services;
  const std::vector<Wanted> wanted = wanted_services(fleet);
  std::unordered_map<std::string_view, std::size_t> numbers;  // of the addresses that are wanted
  for (const Wanted& w : wanted)
    for (const auto& address : w.addresses)
      numbers.try_emplace(address, numbers.size());
  std::unordered_map<const facts::LbFrontend*, std::size_t>
      number_of;  // looked up once for all agents
  for (const auto& a : fleet.agents) {
    if (!a.services || a.services->empty())
      continue;
    ++judged;
    std::vector<bool> have(numbers.size() + 1);  // the last stands for all that nobody wants
    std::set<int> node_ports;
    for (const auto* front : *a.services) {
      const auto [known, fresh] = number_of.try_emplace(front, numbers.size());
      if (const auto it = fresh ? numbers.find(front->address) : numbers.end(); it != numbers.end())
        known->second = it->second;
      have[known->second] = true;
      if (front->type == "NodePort")
        node_ports.insert(front->port);
    }
    const bool np_on =
        a.status && a.status->mode == KprMode::on && a.status->node_port.value_or(true);
    const int low = np_on ? a.status->port_min.value_or(30000) : 0,
              high = np_on ? a.status->port_max.value_or(32767) : 0;
    bool missing = false;
    for (const Wanted& w : wanted) {
      std::vector<std::string> lacks;
      for (const auto& address : w.addresses)
        if (!have[numbers.at(address)])
          lacks.push_back("ClusterIP " + address);
      if (np_on && lacks.empty())
        for (const auto& p : w.service->ports)
          if (p.node_port >= low && p.node_port <= high && node_ports.count(p.node_port) == 0 &&
              p.protocol != "SCTP")
            lacks.push_back("NodePort " + std::to_string(p.node_port));
      if (lacks.empty())
        continue;
      missing = true;
      services.insert(w.service->path("Service"));
      if (f.evidence.size() < 6)
        f.evidence.push_back(
            {a.services_source,
             "no " + list_of(lacks) + " of " + w.service->ns + "/" + w.service->name});
    }
    if (missing)
      f.nodes.push_back(a.node);
  }
  if (judged == 0)
    return sink.skip("`service list` of no agent could be read");
  if (f.nodes.empty())
    return;
  f.objects.assign(services.begin(), services.end());
  f.summary = "the agents of " + nodes_of(f.nodes.size()) + " do not serve " + list_of(f.objects);
  sink.add(std::move(f));
}

void without_endpoints(const facts::Fleet& fleet, Sink& sink) {
  std::map<std::string, std::size_t> ready;
  for (const auto& s : *fleet.endpoint_slices) {
    auto& n = ready[s.ns + "/" + s.service];
    for (const auto& e : s.endpoints)
      if (e.ready || (e.serving && e.terminating))
        n += e.addresses.size();
  }
  Finding f = sink.make("");
  for (const auto& s : *fleet.services) {
    if (s.selector.empty() || s.type == "ExternalName" || s.headless() ||
        !sink.wants_namespace(s.ns))
      continue;
    const auto found = ready.find(s.ns + "/" + s.name);
    if (found != ready.end() && found->second > 0)
      continue;
    f.objects.push_back(s.path("Service"));
    if (s.type == "LoadBalancer" || s.type == "NodePort")
      f.severity = Severity::warn;
    if (f.evidence.size() < 4)
      f.evidence.push_back({"EndpointSlices of " + s.ns + "/" + s.name, "no ready endpoint"});
  }
  if (f.objects.empty())
    return;
  f.summary = count_of(f.objects.size(), "Service") +
              " without a ready endpoint: connections are refused (" + list_of(f.objects) + ")";
  sink.add(std::move(f));
}

}  // namespace

Checks services_programmed_checks() {
  return {
      {"backends-stale", {Need::services, Need::endpoint_slices}, backends_stale},
      {"services-missing-on-node", {Need::services}, services_missing},
      {"service-without-endpoints", {Need::services, Need::endpoint_slices}, without_endpoints},
  };
}

}  // namespace kpr::checks
