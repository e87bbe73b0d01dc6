// Section 7: Services and backends as agents and kernels have them, against what the API says:
// views of services/compare.hpp.
#include <algorithm>
#include <map>
#include <set>

#include "checks/agents.hpp"
#include "services/compare.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

using services::Difference;
using services::Doubt;
using services::Kind;
using services::Layer;

// "ClusterIP 10.96.1.1:80/TCP of shop/web: backend 10.1.9.9:8080 is missing (n1, n2)".
std::string line_of(const facts::Fleet& fleet, const Difference& d) {
  std::vector<std::string> nodes;
  for (const std::uint32_t agent : d.agents)
    nodes.push_back(fleet.agents[agent].node);
  std::sort(nodes.begin(), nodes.end(), [](const auto& a, const auto& b) {
    return natural_less(a, b);
  });
  const bool about_backend = !d.backend.empty();
  return d.frontend + (d.name.empty() ? "" : " of " + d.ns + "/" + d.name) +
         (about_backend ? ": " : " ") + sentence(d) + " (" + list_of(nodes) + ")";
}

// Differences become one finding: nodes, Services, and what differs once each.
class Gathered {
 public:
  explicit Gathered(const facts::Fleet& fleet) : fleet_(fleet) {}
  void add(const Difference& d) {
    for (const std::uint32_t agent : d.agents)
      nodes_.insert(fleet_.agents[agent].node);
    if (!d.name.empty())
      services_.insert("Service " + d.ns + "/" + d.name);
    kinds_.insert(d.kind);
    all_.push_back(&d);
  }
  bool empty() const { return all_.empty(); }
  bool has(Kind kind) const { return kinds_.count(kind) > 0; }
  bool only(Kind kind) const { return kinds_.size() == 1 && has(kind); }
  std::string on_nodes() const { return nodes_of(nodes_.size()); }
  std::string objects() const {
    return services_.empty() ? "no Service" : list_of({services_.begin(), services_.end()});
  }

  void into(Finding& f, bool kernel) const {
    f.nodes.assign(nodes_.begin(), nodes_.end());
    f.objects.assign(services_.begin(), services_.end());
    for (const Difference* d : all_) {
      const facts::Agent& agent = fleet_.agents[d->agents.front()];
      if (f.evidence.size() < 6)
        f.evidence.push_back(
            {kernel ? agent.bpf_lb_source : agent.services_source, line_of(fleet_, *d)});
    }
  }

 private:
  const facts::Fleet& fleet_;
  std::set<std::string> nodes_, services_;
  std::set<Kind> kinds_;
  std::vector<const Difference*> all_;
};

bool judged(const services::Comparison& comparison, Sink& sink) {
  if (comparison.judged.empty())
    sink.skip("`service list` of no agent could be read");
  return !comparison.judged.empty();
}

bool about_backends(const Difference& d) {
  return d.layer == Layer::agent &&
         (d.kind == Kind::backend_extra || d.kind == Kind::backend_missing ||
          d.kind == Kind::backend_state || d.kind == Kind::extra);
}

std::string stale_summary(const Gathered& all) {
  const std::string who = "the agents of " + all.on_nodes();
  if (all.has(Kind::backend_extra))
    return who + " send traffic to backends that are in no EndpointSlice (" + all.objects() + ")";
  if (all.has(Kind::backend_state))
    return who + " take backends for what they are not any more (" + all.objects() + ")";
  if (all.has(Kind::backend_missing))
    return who + " do not send traffic to all backends of " + all.objects();
  return who + " serve addresses that no Service has any more";
}

void backends_stale(const facts::Fleet& fleet, Sink& sink) {
  const services::Comparison& comparison = sink.views().services();
  if (!judged(comparison, sink))
    return;
  Gathered sure(fleet), moved(fleet);
  for (const Difference& d : comparison.differences)
    if (about_backends(d) && d.doubt != Doubt::young)
      (d.doubt == Doubt::none ? sure : moved).add(d);
  if (!moved.empty())
    sink.cannot_judge("all agents agree on backends that are not those of the objects of " +
                      moved.objects() + ": they changed while this was collected");
  if (sure.empty())
    return;
  Finding f = sink.make(stale_summary(sure));
  sure.into(f, false);
  if (!sure.has(Kind::backend_extra) && !sure.has(Kind::backend_state))
    f.severity = Severity::error;
  delete_agents(fleet, f);
  sink.add(std::move(f));
}

void services_missing(const facts::Fleet& fleet, Sink& sink) {
  const services::Comparison& comparison = sink.views().services();
  if (!judged(comparison, sink))
    return;
  Gathered all(fleet);
  for (const Difference& d : comparison.differences)
    if (d.layer == Layer::agent && !about_backends(d) && d.doubt == Doubt::none)
      all.add(d);
  if (all.empty())
    return;
  Finding f = sink.make("the agents of " + all.on_nodes() + " do not serve " + all.objects() +
                        (all.has(Kind::missing) ? "" : " as the API has it"));
  all.into(f, false);
  sink.add(std::move(f));
}

void maps_disagree(const facts::Fleet& fleet, Sink& sink) {
  const services::Comparison& comparison = sink.views().services();
  if (comparison.kernels == 0)
    return sink.skip("`bpf lb list` of no agent was read whole");
  Gathered all(fleet);
  for (const Difference& d : comparison.differences)
    if (d.layer == Layer::kernel && d.doubt == Doubt::none)
      all.add(d);
  if (all.empty())
    return;
  Finding f = sink.make("the kernels of " + all.on_nodes() +
                        " have other frontends and backends than their agents list (" +
                        all.objects() + ")");
  all.into(f, true);
  if (all.only(Kind::extra)) {
    // Of a NodePort with two scopes Cilium 1.18 and 1.19 leave one entry behind: nodePortAddrKey
    // (pkg/loadbalancer/reconciler) does not tell scopes apart.
    f.severity = Severity::info;
    f.summary = "the kernels of " + all.on_nodes() +
                " keep entries that their agents do not list any more: of Services that are gone";
  } else {
    delete_agents(fleet, f);
  }
  sink.add(std::move(f));
}

// --- EndpointSlices against pods ---------------------------------------------------------------

class PodsByName {
 public:
  explicit PodsByName(const facts::Fleet& fleet) : fleet_(fleet) {
    for (const auto& pod : *fleet.pods)
      pods_.emplace(pod.ns + "/" + pod.name, &pod);
  }

  // What is wrong with the pod that an endpoint names; empty where nothing is. Of a node that has
  // just gone the endpoints go a moment later.
  std::string wrong_with(const facts::EndpointSlice& slice, const facts::Endpoint& e) const {
    if (e.target_kind != "Pod" ||
        (fleet_.nodes && !e.node.empty() && fleet_.node(e.node) == nullptr))
      return {};
    const std::string name = (e.target_ns.empty() ? slice.ns : e.target_ns) + "/" + e.target_name;
    const auto found = pods_.find(name);
    if (found == pods_.end())
      return "Pod " + name + " does not exist";
    const facts::Pod& pod = *found->second;
    if (pod.phase == "Succeeded" || pod.phase == "Failed")
      return "Pod " + name + " is " + pod.phase;
    const auto has = [&](const std::string& ip) {
      return std::find(pod.pod_ips.begin(), pod.pod_ips.end(), ip) != pod.pod_ips.end();
    };
    if (pod.pod_ips.empty() || std::all_of(e.addresses.begin(), e.addresses.end(), has))
      return {};
    return "Pod " + name + " has the address " + pod.pod_ips.front();
  }

 private:
  const facts::Fleet& fleet_;
  std::map<std::string, const facts::Pod*> pods_;
};

struct Endpoints {
  std::size_t ready = 0, without_pod = 0;
  std::vector<Proof> evidence;
};

void look_at(const facts::EndpointSlice& slice, const PodsByName& pods, Endpoints& into) {
  for (const auto& endpoint : slice.endpoints) {
    if (!endpoint.ready || endpoint.addresses.empty())
      continue;
    ++into.ready;
    const std::string wrong = pods.wrong_with(slice, endpoint);
    if (wrong.empty())
      continue;
    ++into.without_pod;
    into.evidence.push_back({"EndpointSlice " + slice.ns + "/" + slice.name,
                             endpoint.addresses.front() + " is ready; " + wrong});
  }
}

// Pods are listed before EndpointSlices: what was written since then is not judged.
void endpoints_without_pod(const facts::Fleet& fleet, Sink& sink) {
  const PodsByName pods(fleet);
  std::map<std::string, Endpoints> by_service;
  for (const auto& slice : *fleet.endpoint_slices) {
    const auto age = fleet.age(slice.changed());
    if (!age || *age >= std::chrono::seconds(60))
      look_at(slice, pods, by_service[slice.ns + "/" + slice.service]);
  }
  Finding f = sink.make("");
  f.severity = Severity::error;
  std::size_t dead = 0, addresses = 0;
  for (const auto& [service, e] : by_service) {
    if (e.without_pod == 0)
      continue;
    f.objects.push_back("Service " + service);
    addresses += e.without_pod;
    if (e.without_pod == e.ready)
      f.severity = Severity::critical, ++dead;
    for (const Proof& proof : e.evidence)
      if (f.evidence.size() < 6)
        f.evidence.push_back(proof);
  }
  if (f.objects.empty())
    return;
  f.summary = count_of(addresses, "ready endpoint") + " of " + list_of(f.objects) +
              (addresses == 1 ? " names a pod that is" : " name pods that are") + " not there" +
              (dead > 0 ? ": nobody answers behind " + count_of(dead, "Service") : "");
  sink.add(std::move(f));
}

// Why no pod of a Service is behind it.
std::string why_no_endpoint(const facts::Fleet& fleet, const facts::Service& s) {
  if (!fleet.pods)
    return "no ready endpoint";
  std::size_t matching = 0, ready = 0;
  for (const auto& pod : *fleet.pods) {
    const bool all =
        pod.ns == s.ns && std::all_of(s.selector.begin(), s.selector.end(), [&](const auto& label) {
          const auto found = pod.labels.find(label.first);
          return found != pod.labels.end() && found->second == label.second;
        });
    matching += all ? 1 : 0;
    ready += all && pod.ready() ? 1 : 0;
  }
  if (matching == 0)
    return "the selector matches no pod";
  if (ready == 0)
    return matching == 1 ? "its pod is not ready"
                         : "none of its " + std::to_string(matching) + " pods is ready";
  return std::to_string(ready) + " of its " + count_of(matching, "pod") +
         (ready == 1 ? " is" : " are") + " ready, and no EndpointSlice says so";
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
      f.evidence.push_back({"EndpointSlices of " + s.ns + "/" + s.name, why_no_endpoint(fleet, s)});
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
      {"services-missing-on-node", {Need::services, Need::endpoint_slices}, services_missing},
      {"service-maps-disagree", {Need::services, Need::endpoint_slices}, maps_disagree},
      {"endpoints-without-pod", {Need::pods, Need::endpoint_slices}, endpoints_without_pod},
      {"service-without-endpoints", {Need::services, Need::endpoint_slices}, without_endpoints},
  };
}

}  // namespace kpr::checks
