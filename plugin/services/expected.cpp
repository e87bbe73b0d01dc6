#include "services/expected.hpp"

#include <algorithm>
#include <map>

#include "services/selector.hpp"

namespace kpr::services {
namespace {

using facts::EndpointSlice;
using facts::Service;
using facts::ServicePort;

bool is_six(std::string_view ip) {
  return ip.find(':') != std::string_view::npos;
}

const std::string* annotation(const facts::Meta& object, const char* key) {
  const auto found = object.annotations.find(key);
  return found == object.annotations.end() ? nullptr : &found->second;
}

bool has_label(const facts::Meta& object, const char* key) {
  return object.labels.count(key) > 0;
}

bool contains(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// --- backends ----------------------------------------------------------------------------------

// pkg/loadbalancer/reflectors/conversions.go convertEndpoints (1.19+): ready wins, as with
// kube-proxy; pkg/k8s/endpoints.go leaves out what is not ready up to 1.17 and what is not serving
// up to 1.18, which `lacks` says.
State state_of(const facts::Endpoint& e) {
  if (e.ready)
    return State::active;
  if (e.terminating)
    return e.serving ? State::terminating : State::terminating_not_serving;
  return State::maintenance;
}

bool may_lack(const Backend& backend, const Settings& s) {
  switch (backend.state) {
  case State::active:
    return false;
  case State::terminating:
    return !s.since(1, 18);  // 1.11-1.17: with enable-k8s-terminating-endpoint
  case State::terminating_not_serving:
  case State::maintenance:
    break;
  }
  return !s.since(1, 20);
}

// The ingress and gateway controllers' endpoint that only makes Cilium look at the Service; shown
// up to 1.17, left out since (conversions.go isIngressDummyEndpoint).
bool is_dummy(const std::string& ip, int port) {
  return ip == "192.192.192.192" && port == 9999;
}

// service.cilium.io/weight of a slice (1.20+): 0 is maintenance, that is no new connections.
void take_weight(const EndpointSlice& slice, const Settings& s, Backend& into) {
  const std::string* weight = annotation(slice, "service.cilium.io/weight");
  if (weight == nullptr || !s.since(1, 20) || weight->empty() || weight->size() > 5 ||
      weight->find_first_not_of("0123456789") != std::string::npos)
    return;
  into.weight = std::stoi(*weight);
  if (into.weight == 0)
    into.state = State::maintenance;
}

// Slices that other clusters' endpoints were copied into are not read (pkg/k8s/utils
// GetEndpointSliceListOptionsModifier).
bool is_read(const EndpointSlice& slice) {
  const auto by = slice.labels.find("endpointslice.kubernetes.io/managed-by");
  return slice.address_type != "FQDN" &&
         (by == slice.labels.end() || by->second != "endpointslice-mesh-controller.cilium.io");
}

// One address and port of one protocol is one backend, however many names it has.
class Collector {
 public:
  Collector(const Settings& settings, std::vector<Backend>& into)
      : settings_(settings),
        into_(into) {}

  void add(const EndpointSlice& slice) {
    if (!is_read(slice))
      return;
    for (const auto& endpoint : slice.endpoints)
      for (const auto& ip : endpoint.addresses)
        if (is_six(ip) ? settings_.ipv6 : settings_.ipv4)
          for (const auto& port : slice.ports)
            if (port.port > 0 && !is_dummy(ip, port.port))
              add(slice, endpoint, ip, port);
  }

 private:
  void add(const EndpointSlice& slice,
           const facts::Endpoint& endpoint,
           const std::string& ip,
           const ServicePort& port) {
    const std::string key = ip + ' ' + std::to_string(port.port) + port.protocol;
    const auto [known, fresh] = places_.try_emplace(key, into_.size());
    if (fresh) {
      into_.emplace_back();
      into_.back().ip = ip;
      into_.back().port = port.port;
      into_.back().protocol = port.protocol;
    }
    Backend& b = into_[known->second];
    b.unnamed = b.unnamed || port.name.empty();
    if (!port.name.empty() && !contains(b.port_names, port.name))
      b.port_names.push_back(port.name);
    if (!fresh && b.state <= state_of(endpoint))
      return;  // two slices of one endpoint, as while it moves from one to the other
    b.state = state_of(endpoint);
    b.node = endpoint.node;
    b.zone = endpoint.zone;
    b.for_zones = endpoint.for_zones;
    b.slice = &slice;
    take_weight(slice, settings_, b);
  }

  const Settings& settings_;
  std::vector<Backend>& into_;
  std::map<std::string, std::size_t> places_;
};

enum class Fits { no, yes, perhaps };

// Up to 1.17 the port's name has to be the same (pkg/k8s/watchers genCartesianProduct: endpoints by
// port name), since 1.19 a port without a name fits all (pkg/loadbalancer/writer matchesFrontend).
Fits fits(const Backend& b, const Frontend& f, const Settings& s) {
  if (is_six(b.ip) != is_six(f.ip) || (!f.protocol.empty() && b.protocol != f.protocol))
    return Fits::no;
  const bool same = f.port_name.empty() ? b.unnamed : contains(b.port_names, f.port_name);
  const bool loose = same || f.port_name.empty() || b.port_names.empty();
  if (same == loose || s.since(1, 19))
    return loose ? Fits::yes : Fits::no;
  return s.before(1, 18) ? Fits::no : Fits::perhaps;
}

// --- Services ----------------------------------------------------------------------------------

struct Policies {
  bool ext_local = false, int_local = false;
};

// internalTrafficPolicy counts from 1.13 on (pkg/k8s/service.go), with a switch up to 1.17.
Policies policies_of(const Service& service, const Settings& s) {
  return {service.external_traffic_policy == "Local",
          service.internal_traffic_policy == "Local" && s.internal_traffic_policy &&
              !s.before(1, 13)};
}

// pkg/loadbalancer/writer shouldUseLocalBackends; pkg/service requireNodeLocalBackends.
bool local_only(const Policies& p, Type type, bool internal) {
  if (type == Type::cluster_ip)
    return p.int_local;
  return internal ? p.int_local : p.ext_local;
}

// service.cilium.io/type (1.17+): only that type of frontend is made.
bool suppressed(const Service& service, const char* type) {
  const std::string* only = annotation(service, "service.cilium.io/type");
  return only != nullptr && *only != type &&
         (*only == "ClusterIP" || *only == "NodePort" || *only == "LoadBalancer");
}

// pkg/loadbalancer/reflectors/conversions.go isTopologyAware; the new names since 1.20.
Choice choice_of(const Service& service, const Settings& s) {
  if (!s.topology)
    return Choice::all;
  const std::string& wish = service.traffic_distribution;
  if (wish == "PreferSameNode" && s.since(1, 20))
    return Choice::prefer_node;
  if (wish == "PreferClose" || (wish == "PreferSameZone" && s.since(1, 20)))
    return Choice::prefer_zone;
  const std::string* mode = annotation(service, "service.kubernetes.io/topology-aware-hints");
  if (mode == nullptr)
    mode = annotation(service, "service.kubernetes.io/topology-mode");
  return mode == nullptr || mode->empty() || *mode == "disabled" || *mode == "Disabled"
             ? Choice::all
             : Choice::prefer_zone;
}

// Of other clusters too (ClusterMesh), or judged by a health checker: objects do not tell all.
bool is_open(const Service& service) {
  const std::string* global = annotation(service, "service.cilium.io/global");
  if (global == nullptr)
    global = annotation(service, "io.cilium/global-service");
  return global != nullptr && *global == "true";
}

bool is_health_checked(const Service& service) {
  return annotation(service, "service.cilium.io/health-checked") != nullptr;
}

bool redirects(const facts::LocalRedirect& policy, const Frontend& f) {
  if (!policy.ip.empty())
    return policy.ip == f.ip;
  return policy.service_name == f.name && policy.service_ns == f.ns && f.type == Type::cluster_ip;
}

// Makes the frontends of one Service after the other.
class Builder {
 public:
  Builder(const Objects& objects, const Settings& settings, const Place& place, Table& table)
      : objects_(objects),
        s_(settings),
        place_(place),
        table_(table) {}

  void add(const Service& service) {
    if (!proxied(service) || service.type == "ExternalName")
      return;
    service_ = &service;
    first_backend_ = table_.backends.size();
    first_frontend_ = table_.frontends.size();
    Collector collector(s_, table_.backends);
    if (objects_.slices != nullptr)
      for (const EndpointSlice* slice : objects_.slices->of(service.ns, service.name))
        collector.add(*slice);
    policies_ = policies_of(service, s_);
    choice_ = policies_.int_local ? Choice::all : choice_of(service, s_);
    hidden_ = !exposed_on(service, place_);
    add_frontends();
  }

 private:
  // Other proxies' Services, and headless ones, are not even listed (pkg/k8s/utils
  // GetServiceAndEndpointListOptionsModifier; conversions.go isHeadless).
  bool proxied(const Service& service) const {
    const auto name = service.labels.find("service.kubernetes.io/service-proxy-name");
    const std::string other = name == service.labels.end() ? std::string() : name->second;
    return other == s_.proxy_name && !has_label(service, "service.kubernetes.io/headless");
  }

  void add_frontends() {
    const Service& service = *service_;
    // getIPFamilies: what a Service without ipFamilies has is IPv4 (1.18+, sic).
    std::vector<std::string> wildcards;
    for (const auto& family : service.ip_families)
      wildcards.emplace_back(family == "IPv6" ? "::" : "0.0.0.0");
    if (service.ip_families.empty() && !service.headless())
      wildcards.emplace_back("0.0.0.0");
    for (const ServicePort& port : service.ports) {
      for (const auto& ip : service.cluster_ips)
        if (ip != "None")
          add(Type::cluster_ip, ip, port, second_family_is_new(ip));
      if (port.node_port > 0 && (service.type == "NodePort" || service.type == "LoadBalancer") &&
          (s_.node_port != Answer::no || !s_.since(1, 20)))
        for (const auto& ip : wildcards)
          add(Type::node_port, ip, port, s_.node_port != Answer::yes || out_of_range(port));
      if (service.type == "LoadBalancer") {
        for (const auto& ip : service.lb_ips)
          add(Type::load_balancer, ip, port, may_be_off(s_.node_port));
        // KEP-1860 is known from 1.17 on; before, such addresses are served like others.
        if (!s_.since(1, 18))
          for (const auto& ip : service.lb_proxy_ips)
            add(Type::load_balancer, ip, port, true);
      }
      for (const auto& ip : service.external_ips)
        add(Type::external_ips, ip, port, may_be_off(s_.external_ips));
    }
  }

  // Without the replacement 1.20 makes no NodePorts and all of the rest, 1.19 some, and what older
  // ones make depends on more than is known here.
  bool may_be_off(Answer feature) const { return feature != Answer::yes && !s_.since(1, 20); }

  // A second ClusterIP is served from 1.10 on (pkg/k8s/service.go ParseService).
  bool second_family_is_new(const std::string& ip) const {
    return s_.before(1, 10) && ip != service_->cluster_ips.front();
  }

  bool out_of_range(const ServicePort& port) const {
    return !s_.since(1, 18) && (port.node_port < s_.port_min || port.node_port > s_.port_max);
  }

  void add(Type type, const std::string& ip, const ServicePort& port, bool optional) {
    if (!(is_six(ip) ? s_.ipv6 : s_.ipv4) || conflicts(type, ip, port))
      return;
    if (type != Type::external_ips && suppressed(*service_, name_of(type))) {
      if (s_.since(1, 18))
        return;
      optional = true;
    }
    if (hidden_) {
      if (s_.since(1, 19))
        return;
      optional = true;  // service.cilium.io/node since 1.16, node-selector since 1.18
    }
    add_scope(type, ip, port, optional, false);
    const bool two = policies_.ext_local != policies_.int_local;
    // Up to 1.8 one scope serves all (pkg/k8s/watchers: internal scope since 1.9).
    if (two && (type == Type::node_port || type == Type::load_balancer) && !s_.before(1, 9))
      add_scope(type, ip, port, optional, true);
  }

  static const char* name_of(Type type) {
    return type == Type::node_port       ? "NodePort"
           : type == Type::load_balancer ? "LoadBalancer"
                                         : "ClusterIP";
  }

  // A port of the NodePort range at an address where NodePorts are served stays theirs
  // (pkg/loadbalancer/writer isNodePortConflict, 1.20+).
  bool conflicts(Type type, const std::string& ip, const ServicePort& port) const {
    if ((type != Type::load_balancer && type != Type::external_ips) || !s_.since(1, 20) ||
        port.port < s_.port_min || port.port > s_.port_max)
      return false;
    return std::any_of(place_.addresses.begin(), place_.addresses.end(), [&](const auto& a) {
      return a.node_port && a.ip == ip;
    });
  }

  void add_scope(
      Type type, const std::string& ip, const ServicePort& port, bool optional, bool internal) {
    Frontend f;
    f.ns = service_->ns;
    f.name = service_->name;
    f.service = service_;
    f.type = type;
    f.ip = ip;
    f.port = type == Type::node_port ? port.node_port : port.port;
    f.protocol = s_.protocols ? port.protocol : std::string();
    f.internal = internal;
    f.port_name = port.name;
    f.service_port = port.port;
    f.optional =
        optional || (port.protocol == "SCTP" && s_.sctp != Answer::yes && !s_.since(1, 20));
    f.open = is_open(*service_);
    f.choice = local_only(policies_, type, internal) ? Choice::on_node : choice_;
    if (objects_.redirects != nullptr)
      for (const auto& policy : *objects_.redirects)
        f.redirected = f.redirected || redirects(policy, f);
    take_backends(f);
    if (!merged(f))
      table_.frontends.push_back(std::move(f));
  }

  void take_backends(Frontend& f) const {
    const bool remote_first = f.open;  // affinity may turn to other clusters
    for (std::size_t i = first_backend_; i < table_.backends.size(); ++i) {
      const Backend& b = table_.backends[i];
      const Fits fit = fits(b, f, s_);
      if (fit != Fits::no)
        f.backends.push_back({static_cast<std::uint32_t>(i),
                              fit == Fits::perhaps || remote_first || may_lack(b, s_) ||
                                  is_health_checked(*service_)});
    }
  }

  // Where protocols are not told apart, ports of one number are one frontend: of which of them the
  // backends are is up to a map's order (pkg/k8s/watchers datapathSVCs, UniquePorts).
  bool merged(const Frontend& f) {
    if (s_.protocols)
      return false;
    const auto same = [&](const Frontend& g) {
      return g.type == f.type && g.ip == f.ip && g.port == f.port && g.internal == f.internal;
    };
    const auto begin = table_.frontends.begin() + static_cast<std::ptrdiff_t>(first_frontend_);
    const auto known = std::find_if(begin, table_.frontends.end(), same);
    if (known == table_.frontends.end())
      return false;
    for (auto& chosen : known->backends)
      chosen.optional = true;
    for (Chosen chosen : f.backends) {
      chosen.optional = true;
      known->backends.push_back(chosen);
    }
    return true;
  }

  const Objects& objects_;
  const Settings& s_;
  const Place& place_;
  Table& table_;
  const Service* service_ = nullptr;
  std::size_t first_backend_ = 0, first_frontend_ = 0;
  Policies policies_;
  Choice choice_ = Choice::all;
  bool hidden_ = false;
};

}  // namespace

std::string_view to_string(State state) {
  switch (state) {
  case State::active:
    return "active";
  case State::terminating:
    return "terminating";
  case State::terminating_not_serving:
    return "terminating-not-serving";
  case State::maintenance:
    break;
  }
  return "maintenance";
}

std::string_view to_string(Type type) {
  switch (type) {
  case Type::cluster_ip:
    return "ClusterIP";
  case Type::node_port:
    return "NodePort";
  case Type::load_balancer:
    return "LoadBalancer";
  case Type::external_ips:
    return "ExternalIPs";
  case Type::host_port:
    return "HostPort";
  case Type::local_redirect:
    break;
  }
  return "LocalRedirect";
}

std::string address_of(const Frontend& f) {
  return facts::at_port(f.ip, f.port) + (f.protocol.empty() ? "" : "/" + f.protocol) +
         (f.internal ? "/i" : "");
}

std::string title_of(const Frontend& f) {
  return std::string(to_string(f.type)) + " " + address_of(f);
}

Slices::Slices(const std::vector<EndpointSlice>& slices) {
  for (const auto& slice : slices)
    by_service_[slice.ns + "/" + slice.service].push_back(&slice);
}

const std::vector<const EndpointSlice*>& Slices::of(std::string_view ns,
                                                    std::string_view name) const {
  static const std::vector<const EndpointSlice*> none;
  const auto found = by_service_.find(std::string(ns) + "/" + std::string(name));
  return found == by_service_.end() ? none : found->second;
}

Table expected(const Objects& objects, const Settings& settings, const Place& place) {
  Table table;
  Builder builder(objects, settings, place, table);
  for (const Service& service : *objects.services)
    builder.add(service);
  return table;
}

// pkg/loadbalancer/reflectors/conversions.go CheckServiceNodeExposure: the selector goes before the
// label, and one that cannot be read hides nothing.
bool exposed_on(const Service& service, const Place& place) {
  if (const std::string* text = annotation(service, "service.cilium.io/node-selector")) {
    const auto selector = parse_selector(*text);
    return !selector || selector->selects(place.labels);
  }
  const std::string* node = annotation(service, "service.cilium.io/node");
  if (node == nullptr)
    return true;
  const auto label = place.labels.find("service.cilium.io/node");
  return label != place.labels.end() && label->second == *node;
}

}  // namespace kpr::services
