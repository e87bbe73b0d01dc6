// Section 6: load-balancer modes and what Services mean.
#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "checks/agents.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

using facts::KprMode;

int to_int(std::string_view text, int fallback) {
  int n = fallback;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

void dsr_tunnel(const facts::Fleet& fleet, Sink& sink) {
  Finding f = sink.make("");
  const bool said = words_say(fleet,
                              f,
                              {"mode cannot be used with vxlan tunneling",
                               "mode requires geneve dispatch",
                               "dispatch requires geneve tunnel protocol",
                               "cannot be used with tunneling"});
  const auto mode = fleet.config("bpf-lb-mode").value_or("snat");
  const bool dsr = mode == "dsr" || mode == "hybrid";
  const auto dispatch = fleet.config("bpf-lb-dsr-dispatch").value_or("opt");
  const auto routing = fleet.config("routing-mode"), tunnel = fleet.config("tunnel");
  const bool native = routing ? *routing == "native" : tunnel ? *tunnel == "disabled" : false;
  const auto protocol =
      fleet.config("tunnel-protocol").value_or(tunnel && *tunnel != "disabled" ? *tunnel : "vxlan");
  // Geneve can carry DSR in a tunnel from 1.13 on, when both are geneve.
  const bool bad = fleet.cilium_config && dsr && !native && (routing || tunnel) &&
                   !(protocol == "geneve" && dispatch == "geneve");
  if (!said && !(bad && replacement_on(fleet)))
    return;
  f.evidence.push_back(config_evidence(fleet, "bpf-lb-mode"));
  f.evidence.push_back(config_evidence(fleet, routing ? "routing-mode" : "tunnel"));
  f.evidence.push_back(config_evidence(fleet, "tunnel-protocol"));
  f.evidence.push_back(config_evidence(fleet, "bpf-lb-dsr-dispatch"));
  f.summary = "load-balancer mode " + mode + " does not go with a " + protocol + " tunnel and " +
              dispatch + " dispatch: agents refuse to start";
  sink.add(std::move(f));
}

void dsr_cloud(const facts::Fleet& fleet, Sink& sink) {
  const auto mode = fleet.config("bpf-lb-mode").value_or("snat");
  if (mode != "dsr" && mode != "hybrid")
    return sink.not_applicable("the mode is " + mode);
  if (!replacement_on(fleet))
    return sink.not_applicable("the replacement is off");
  if (fleet.config("bpf-lb-dsr-dispatch").value_or("opt") != "opt")
    return sink.not_applicable("dispatch is not by IP options");
  Finding f = sink.make("");
  std::string cloud;
  for (const auto& n : *fleet.nodes) {
    for (const char* prefix : {"aws://", "azure://", "gce://"}) {
      if (n.provider_id.rfind(prefix, 0) != 0)
        continue;
      cloud = std::string(prefix).substr(0, std::string(prefix).find(':'));
      f.nodes.push_back(n.name);
      if (f.evidence.empty())
        f.evidence.push_back({n.path("Node") + " .spec.providerID", n.provider_id});
    }
  }
  if (f.nodes.empty())
    return;
  f.evidence.push_back(config_evidence(fleet, "bpf-lb-mode"));
  f.summary = "DSR marks packets with IP options, which the network of " + cloud + " may drop";
  sink.add(std::move(f));
}

void xdp(const facts::Fleet& fleet, Sink& sink) {
  Finding f = sink.make("");
  const auto acceleration = fleet.config("bpf-lb-acceleration").value_or("disabled");
  const bool said = words_say(fleet,
                              f,
                              // pkg/datapath/loader/xdp.go: up to 1.15; from 1.16 by bpf_link, by
                              // netlink where that is not there
                              {"attaching XDP program to interface",
                               "attaching program cil_xdp_entry using bpf_link",
                               "attaching XDP program cil_xdp_entry to interface",
                               "does not support XDP in native mode",
                               "XDP expects header/data in single page",
                               "without XDP frag support",
                               "XDP acceleration cannot be used with an IPv6 underlay"},
                              acceleration == "best-effort");
  if (said) {
    const bool fatal = acceleration != "best-effort";
    f.severity = fatal ? Severity::critical : Severity::info;
    f.evidence.push_back(config_evidence(fleet, "bpf-lb-acceleration"));
    f.summary = fatal ? "XDP acceleration is asked for, but a device cannot do it: the agent does "
                        "not start on " +
                            nodes_of(std::set<std::string>(f.nodes.begin(), f.nodes.end()).size())
                      : "some devices cannot do XDP; the slower path is used there";
    return sink.add(std::move(f));
  }
  if (acceleration == "disabled")
    return sink.not_applicable("acceleration is disabled");
  for (const auto& a : fleet.agents) {
    if (!a.status || a.status->mode != KprMode::on || a.status->lb_acceleration != "Disabled")
      continue;
    f.nodes.push_back(a.node);
    if (f.evidence.size() < 3)
      f.evidence.push_back({a.status->source, "XDP Acceleration: Disabled"});
  }
  if (f.nodes.empty())
    return;
  f.severity = Severity::info;
  f.evidence.push_back(config_evidence(fleet, "bpf-lb-acceleration"));
  f.summary = "XDP acceleration is configured but not in use on " + nodes_of(f.nodes.size());
  sink.add(std::move(f));
}

void maglev(const facts::Fleet& fleet, Sink& sink) {
  static const std::set<int> sizes = {
      251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071};
  Finding f = sink.make("");
  const bool said = words_say(fleet, f, {"Invalid value for --bpf-lb-maglev-table-size"});
  const bool used = fleet.config("bpf-lb-algorithm") == "maglev";
  const auto text = fleet.config("bpf-lb-maglev-table-size");
  const int size = text ? to_int(*text, 0) : 16381;
  if (said || (used && text && sizes.count(size) == 0)) {
    f.severity = Severity::error;
    f.evidence.push_back(config_evidence(fleet, "bpf-lb-maglev-table-size"));
    f.summary = "Maglev's table size " + text.value_or("?") +
                " is not one of the primes that Cilium takes: agents do not start";
    return sink.add(std::move(f));
  }
  if (!used)
    return sink.not_applicable("the algorithm is not Maglev");
  if (!fleet.endpoint_slices || !fleet.services)
    return sink.skip("EndpointSlices could not be read");
  std::map<std::string, std::size_t> backends;
  for (const auto& s : *fleet.endpoint_slices) {
    std::size_t n = 0;
    for (const auto& e : s.endpoints)
      n += e.ready ? 1 : 0;
    backends[s.ns + "/" + s.service] += n;
  }
  for (const auto& s : *fleet.services) {
    if (s.type != "NodePort" && s.type != "LoadBalancer" && s.external_ips.empty())
      continue;  // Maglev serves traffic from outside only
    const auto found = backends.find(s.ns + "/" + s.name);
    if (found == backends.end() || found->second * 100 <= static_cast<std::size_t>(size))
      continue;
    f.objects.push_back(s.path("Service"));
    f.evidence.push_back({"EndpointSlices of " + s.ns + "/" + s.name,
                          std::to_string(found->second) + " ready backends"});
  }
  if (f.objects.empty())
    return;
  f.severity = Severity::warn;
  f.summary = "Maglev's table of " + std::to_string(size) + " entries is small for " +
              list_of(f.objects) + ": it should be at least 100 times the number of backends";
  sink.add(std::move(f));
}

std::pair<int, int> node_port_range(const facts::Fleet& fleet) {
  for (const auto& a : fleet.agents)
    if (a.status && a.status->port_min && a.status->port_max)
      return {*a.status->port_min, *a.status->port_max};
  if (const auto text = fleet.config("node-port-range");
      text && text->find(',') != std::string::npos)
    return {to_int(*text, 30000),
            to_int(std::string_view(*text).substr(text->find(',') + 1), 32767)};
  return {30000, 32767};
}

// What becomes of a hostPort.
enum class HostPort { served, by_portmap_too, inside_range, unserved, not_known };

HostPort
host_port_of(bool replaced, std::string_view chaining, int port, std::pair<int, int> range) {
  if (replaced && chaining == "portmap")
    return HostPort::by_portmap_too;
  if (replaced)
    return port >= range.first && port <= range.second ? HostPort::inside_range : HostPort::served;
  if (chaining == "portmap")
    return HostPort::served;
  // A chained CNI (aws-cni, flannel, generic-veth) brings its own conflist, in which portmap may
  // stand; only the one that Cilium writes alone is known to have none.
  return chaining == "none" ? HostPort::unserved : HostPort::not_known;
}

void hostport(const facts::Fleet& fleet, Sink& sink) {
  const auto chaining = fleet.config("cni-chaining-mode").value_or("none");
  const auto range = node_port_range(fleet);
  const bool own_conflist = fleet.config("cni-exclusive").value_or("true") == "true" &&
                            fleet.config("read-cni-conf").value_or("").empty();
  Finding off = sink.make(""), inside = sink.make(""), twice = sink.make("");
  const std::map<HostPort, Finding*> findings = {{HostPort::unserved, &off},
                                                 {HostPort::inside_range, &inside},
                                                 {HostPort::by_portmap_too, &twice}};
  bool any = false, unknown = false;
  for (const auto& p : *fleet.pods) {
    if (p.host_network || p.phase == "Succeeded" || p.phase == "Failed" ||
        !sink.wants_namespace(p.ns))
      continue;
    const auto* a = fleet.agent_on(p.node);
    const bool on = a != nullptr && a->status && a->status->host_port ? *a->status->host_port
                                                                      : replacement_on(fleet);
    for (const auto& c : p.containers) {
      for (const auto& port : c.ports) {
        if (port.host_port == 0)
          continue;
        any = true;
        auto fate = host_port_of(on, chaining, port.host_port, range);
        if (fate == HostPort::unserved && !own_conflist)
          fate = HostPort::not_known;
        unknown = unknown || fate == HostPort::not_known;
        const auto found = findings.find(fate);
        if (found == findings.end())
          continue;
        Finding& f = *found->second;
        f.objects.push_back(p.path("Pod"));
        f.nodes.push_back(p.node);
        if (f.evidence.size() < 4)
          f.evidence.push_back({p.path("Pod") + " container " + c.name,
                                "hostPort: " + std::to_string(port.host_port)});
      }
    }
  }
  if (!any)
    return sink.not_applicable("no pod has a hostPort");
  if (!off.objects.empty() && !fleet.config_true("enable-host-port")) {
    off.evidence.push_back(config_evidence(fleet, "kube-proxy-replacement"));
    off.evidence.push_back(config_evidence(fleet, "cni-chaining-mode"));
    off.summary =
        "nothing serves the hostPort of " +
        count_of(std::set<std::string>(off.objects.begin(), off.objects.end()).size(), "pod") +
        ": neither the replacement nor the portmap plugin is on";
    sink.add(std::move(off));
  }
  if (!inside.objects.empty()) {
    inside.severity = Severity::warn;
    inside.summary =
        "a hostPort lies inside the NodePort range and is ignored: " + list_of(inside.objects);
    sink.add(std::move(inside));
  }
  if (!twice.objects.empty()) {
    twice.severity = Severity::warn;
    twice.evidence.push_back(config_evidence(fleet, "cni-chaining-mode"));
    twice.summary = "hostPorts are served twice, by the replacement and by the portmap plugin";
    sink.add(std::move(twice));
  }
  if (unknown && sink.findings().empty())
    sink.cannot_judge("whether the chained CNI's conflist has portmap is in no evidence");
}

void range_mismatch(const facts::Fleet& fleet, Sink& sink) {
  if (!replacement_on(fleet))
    return sink.not_applicable("the replacement is off");
  const auto [low, high] = node_port_range(fleet);
  Finding f = sink.make("");
  for (const auto& s : *fleet.services) {
    for (const auto& p : s.ports) {
      if (p.node_port == 0 || (p.node_port >= low && p.node_port <= high))
        continue;
      f.objects.push_back(s.path("Service"));
      if (f.evidence.size() < 5)
        f.evidence.push_back(
            {s.path("Service") + " .spec.ports", "nodePort: " + std::to_string(p.node_port)});
    }
  }
  std::string api_range;
  if (fleet.pods) {
    for (const auto& p : *fleet.pods) {
      const auto* c = p.container("kube-apiserver");
      if (c == nullptr)
        continue;
      for (const auto* list : {&c->command, &c->args})
        for (const auto& a : *list)
          if (a.rfind("--service-node-port-range=", 0) == 0) {
            api_range = a.substr(26);
            const int api_low = to_int(api_range, low),
                      api_high =
                          api_range.find('-') == std::string::npos
                              ? high
                              : to_int(std::string_view(api_range).substr(api_range.find('-') + 1),
                                       high);
            if (api_low >= low && api_high <= high)
              api_range.clear();
            else
              f.evidence.push_back({p.path("Pod"), a});
          }
    }
  }
  if (f.objects.empty() && api_range.empty())
    return;
  f.evidence.push_back(config_evidence(fleet, "node-port-range"));
  const std::string ours = std::to_string(low) + "-" + std::to_string(high);
  if (f.objects.empty()) {
    f.severity = Severity::warn;
    f.summary =
        "the API server gives NodePorts of " + api_range + ", Cilium serves " + ours + " only";
  } else {
    f.summary = "the NodePort of " + list_of(f.objects) + " lies outside of Cilium's range " +
                ours + " and is not served";
  }
  sink.add(std::move(f));
}

void range_clash(const facts::Fleet& fleet, Sink& sink) {
  Finding f = sink.make("");
  if (!words_say(fleet,
                 f,
                 {"must not clash with ephemeral port range",
                  "is not allowed to be after ephemeral port range"}))
    return;
  f.evidence.push_back(config_evidence(fleet, "node-port-range"));
  f.summary = "the NodePort range clashes with the ephemeral ports of " +
              nodes_of(std::set<std::string>(f.nodes.begin(), f.nodes.end()).size()) +
              ": the agent does not start";
  sink.add(std::move(f));
}

void bind_protection(const facts::Fleet& fleet, Sink& sink) {
  if (!replacement_on(fleet))
    return sink.not_applicable("the replacement is off");
  if (fleet.config("node-port-bind-protection") == "false")
    return sink.not_applicable("bind protection is off");
  const auto [low, high] = node_port_range(fleet);
  Finding f = sink.make("");
  bool refused = false;
  for (const auto& p : *fleet.pods) {
    if (!p.host_network || p.phase == "Succeeded" || p.phase == "Failed")
      continue;
    for (const auto& c : p.containers) {
      for (const auto& port : c.ports) {
        if (port.container_port < low || port.container_port > high)
          continue;
        f.objects.push_back(p.path("Pod"));
        f.nodes.push_back(p.node);
        if (f.evidence.size() < 4)
          f.evidence.push_back({p.path("Pod") + " container " + c.name,
                                "containerPort: " + std::to_string(port.container_port)});
        for (const auto* s : {&c.state, &c.last})
          if (s->message.find("bind: operation not permitted") != std::string::npos) {
            refused = true;
            f.evidence.push_back({p.path("Pod") + " container " + c.name,
                                  line_with(s->message, "bind: operation not permitted")});
          }
      }
    }
  }
  if (f.objects.empty())
    return;
  f.severity = refused ? Severity::error : Severity::info;
  f.summary =
      refused
          ? "a process of the host network may not bind a port of the NodePort range: " +
                list_of(f.objects)
          : "pods of the host network listen on ports of the NodePort range: " + list_of(f.objects);
  sink.add(std::move(f));
}

bool in_cloud(const facts::Fleet& fleet, std::string& provider) {
  if (!fleet.nodes)
    return false;
  for (const auto& n : *fleet.nodes)
    for (const char* p : {"aws://",
                          "gce://",
                          "azure://",
                          "digitalocean://",
                          "openstack://",
                          "hcloud://",
                          "linode://",
                          "vultr://",
                          "oci://",
                          "ibm://",
                          "alicloud://"})
      if (n.provider_id.rfind(p, 0) == 0) {
        provider = n.provider_id.substr(0, n.provider_id.find("://"));
        return true;
      }
  return false;
}

// Whose load balancers ask 10256 of every node, and for which of them that is not sure. GCE always
// does for externalTrafficPolicy Cluster (cloud-provider-gcp, gce_loadbalancer_external.go), Azure
// where clusterServiceLoadBalancerHealthProbeMode is Shared, which no object tells (the standard is
// ServiceNodePort: cloud-provider-azure docs, "Health probe mode"); DigitalOcean's since its
// 0.1.51. All others probe the NodePort itself.
struct HealthzUser {
  std::string_view provider;
  Severity severity;
};
constexpr HealthzUser k_healthz_users[] = {
    {"gce", Severity::error}, {"digitalocean", Severity::warn}, {"azure", Severity::info}};

// An annotation that names the port itself: "…/aws-load-balancer-healthcheck-port: 10256".
const std::pair<const std::string, std::string>* asks_10256(const facts::Service& s) {
  for (const auto& annotation : s.annotations)
    if (annotation.second == "10256" && annotation.first.find("health") != std::string::npos)
      return &annotation;
  return nullptr;
}

void healthz_off(const facts::Fleet& fleet, Sink& sink) {
  if (!replacement_on(fleet))
    return sink.not_applicable("the replacement is off");
  if (fleet.runs_kube_proxy())
    return sink.not_applicable("kube-proxy answers on 10256");
  if (const auto value = fleet.config("kube-proxy-replacement-healthz-bind-address");
      value && !value->empty())
    return sink.not_applicable("the address is set");
  std::string provider;
  (void)in_cloud(fleet, provider);
  const auto user =
      std::find_if(std::begin(k_healthz_users), std::end(k_healthz_users), [&](const auto& u) {
        return u.provider == provider;
      });
  Finding f = sink.make("");
  f.severity = user == std::end(k_healthz_users) ? Severity::info : user->severity;
  for (const auto& s : *fleet.services) {
    if (s.type != "LoadBalancer" || s.external_traffic_policy == "Local")
      continue;
    // Classes of their own are not the cloud's: MetalLB, Cilium's L2 and BGP.
    if (s.lb_class.rfind("io.cilium/", 0) == 0 || s.lb_class.rfind("metallb", 0) == 0)
      continue;
    const auto* asked = asks_10256(s);
    if (asked == nullptr && user == std::end(k_healthz_users))
      continue;
    if (asked != nullptr)
      f.severity = Severity::error;
    f.objects.push_back(s.path("Service"));
    if (f.evidence.size() < 3)
      f.evidence.push_back(
          {s.path("Service"),
           asked != nullptr
               ? asked->first + ": " + asked->second
               : "type: LoadBalancer, externalTrafficPolicy: " +
                     (s.external_traffic_policy.empty() ? "Cluster" : s.external_traffic_policy)});
  }
  if (f.objects.empty() && user == std::end(k_healthz_users))
    return sink.not_applicable("no load balancer here is known to ask port 10256");
  if (f.objects.empty())
    return;
  f.evidence.push_back(config_evidence(fleet, "kube-proxy-replacement-healthz-bind-address"));
  f.summary = "nothing answers on port 10256, where the load balancers of " +
              (provider.empty() ? std::string("this cluster") : provider) +
              (f.severity == Severity::error ? " look" : " may look") +
              " whether a node is healthy";
  sink.add(std::move(f));
}

void etp_local(const facts::Fleet& fleet, Sink& sink) {
  if (!replacement_on(fleet))
    return sink.not_applicable("the replacement is off");
  std::string provider;
  const bool gcp = in_cloud(fleet, provider) && provider == "gce";
  const bool off = fleet.config("enable-health-check-nodeport") == "false";
  const bool gcp_off =
      gcp && fleet.config("enable-health-check-loadbalancer-ip").value_or("false") != "true";
  if (!off && !gcp_off)
    return sink.not_applicable("health checks for externalTrafficPolicy Local are on");
  Finding f = sink.make("");
  for (const auto& s : *fleet.services) {
    if (s.external_traffic_policy != "Local" || s.health_check_node_port == 0)
      continue;
    f.objects.push_back(s.path("Service"));
    if (f.evidence.size() < 3)
      f.evidence.push_back(
          {s.path("Service"), "healthCheckNodePort: " + std::to_string(s.health_check_node_port)});
  }
  if (f.objects.empty())
    return;
  f.evidence.push_back(config_evidence(
      fleet, off ? "enable-health-check-nodeport" : "enable-health-check-loadbalancer-ip"));
  if (!off)
    f.severity = Severity::warn;
  f.summary = "load balancers cannot tell which nodes have backends of " + list_of(f.objects) +
              ": the health check is off";
  sink.add(std::move(f));
}

void topology(const facts::Fleet& fleet, Sink& sink) {
  if (!replacement_on(fleet))
    return sink.not_applicable("the replacement is off");
  if (fleet.config_true("enable-service-topology"))
    return sink.not_applicable("enable-service-topology is on");
  Finding f = sink.make("");
  for (const auto& s : *fleet.services) {
    std::string why;
    for (const char* key :
         {"service.kubernetes.io/topology-mode", "service.kubernetes.io/topology-aware-hints"})
      if (const auto a = s.annotations.find(key);
          a != s.annotations.end() && a->second != "Disabled" && a->second != "disabled")
        why = std::string(key) + ": " + a->second;
    if (!s.traffic_distribution.empty())
      why = "trafficDistribution: " + s.traffic_distribution;
    if (why.empty())
      continue;
    f.objects.push_back(s.path("Service"));
    if (f.evidence.size() < 4)
      f.evidence.push_back({s.path("Service"), why});
  }
  if (f.objects.empty())
    return;
  f.evidence.push_back(config_evidence(fleet, "enable-service-topology"));
  f.summary = "Cilium ignores the topology that " + list_of(f.objects) + " ask" +
              (f.objects.size() == 1 ? "s" : "") + " for";
  sink.add(std::move(f));
}

}  // namespace

Checks load_balancer_checks() {
  return {
      {"dsr-tunnel-incompatible", {Need::cilium_config}, dsr_tunnel},
      {"dsr-cloud-unsupported", {Need::nodes, Need::cilium_config}, dsr_cloud},
      {"xdp-acceleration-unsupported", {Need::cilium_config}, xdp},
      {"maglev-config", {Need::cilium_config}, maglev},
      {"hostport-not-working", {Need::pods, Need::cilium_config}, hostport},
      {"nodeport-range-mismatch", {Need::services, Need::cilium_config}, range_mismatch},
      {"nodeport-range-clashes-ephemeral", {Need::pods}, range_clash},
      {"nodeport-bind-protection", {Need::pods, Need::cilium_config}, bind_protection},
      {"kpr-healthz-10256-off",
       {Need::nodes, Need::services, Need::kube_proxies, Need::cilium_config},
       healthz_off},
      {"etp-local-healthcheck", {Need::services, Need::cilium_config}, etp_local},
      {"topology-hints-ignored", {Need::services, Need::cilium_config}, topology},
  };
}

}  // namespace kpr::checks
