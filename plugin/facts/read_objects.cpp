#include <algorithm>

#include <charconv>

#include "facts/read.hpp"

namespace kpr::facts::read {

const Json& at(const Json& j, std::string_view key) {
  static const Json null;
  if (!j.is_object())
    return null;
  const auto found = j.find(key);
  return found == j.end() ? null : *found;
}
std::string text(const Json& j, std::string_view key) {
  const Json& v = at(j, key);
  if (v.is_string())
    return v.get<std::string>();
  if (v.is_number_integer())
    return std::to_string(v.get<long long>());
  if (v.is_boolean())
    return v.get<bool>() ? "true" : "false";
  return {};
}
long long number(const Json& j, std::string_view key, long long fallback) {
  const Json& v = at(j, key);
  if (v.is_number_integer())
    return v.get<long long>();
  if (v.is_number_float()) {
    const double d = v.get<double>();
    return d > -9e15 && d < 9e15 ? static_cast<long long>(d) : fallback;
  }
  return fallback;
}
bool flag(const Json& j, std::string_view key, bool fallback) {
  const Json& v = at(j, key);
  return v.is_boolean() ? v.get<bool>() : fallback;
}
std::optional<Time> time(const Json& j, std::string_view key) {
  const Json& v = at(j, key);
  return v.is_string() ? parse_rfc3339(v.get_ref<const std::string&>()) : std::nullopt;
}
Labels labels(const Json& j) {
  Labels out;
  if (j.is_object())
    for (const auto& [k, v] : j.items())
      out[k] = text(j, k);
  return out;
}
std::vector<std::string> strings(const Json& j) {
  std::vector<std::string> out;
  if (j.is_array())
    for (const auto& v : j)
      if (v.is_string())
        out.push_back(v.get<std::string>());
  return out;
}

Meta meta(const Json& object) {
  const Json& m = at(object, "metadata");
  Meta out;
  out.ns = text(m, "namespace");
  out.name = text(m, "name");
  out.uid = text(m, "uid");
  out.labels = labels(at(m, "labels"));
  out.annotations = labels(at(m, "annotations"));
  out.created = time(m, "creationTimestamp");
  out.deleted = time(m, "deletionTimestamp");
  const Json& owners = at(m, "ownerReferences");
  if (owners.is_array() && !owners.empty()) {
    const Json* owner = &owners.front();
    for (const auto& o : owners)
      if (flag(o, "controller"))
        owner = &o;
    out.owner_kind = text(*owner, "kind");
    out.owner_name = text(*owner, "name");
    out.owner_uid = text(*owner, "uid");
  }
  if (const Json& fields = at(m, "managedFields"); fields.is_array())
    for (const auto& f : fields)
      out.managed_fields.push_back({text(f, "manager"), text(f, "operation"), time(f, "time")});
  return out;
}

namespace {

ContainerState state(const Json& j) {
  ContainerState s;
  const std::pair<const char*, StateKind> kinds[] = {{"running", StateKind::running},
                                                     {"waiting", StateKind::waiting},
                                                     {"terminated", StateKind::terminated}};
  for (const auto& [key, kind] : kinds) {
    const Json& v = at(j, key);
    if (!v.is_object())
      continue;
    s.kind = kind;
    s.reason = text(v, "reason");
    s.message = text(v, "message");
    s.exit_code = static_cast<int>(number(v, "exitCode"));
    s.started = time(v, "startedAt");
    s.finished = time(v, "finishedAt");
  }
  return s;
}

std::vector<Container> containers(const Json& specs, const Json& statuses) {
  std::vector<Container> out;
  if (specs.is_array()) {
    for (const auto& spec : specs) {
      Container c;
      c.name = text(spec, "name");
      c.image = text(spec, "image");
      c.image_pull_policy = text(spec, "imagePullPolicy");
      c.command = strings(at(spec, "command"));
      c.args = strings(at(spec, "args"));
      if (const Json& env = at(spec, "env"); env.is_array()) {
        for (const auto& e : env) {
          EnvVar v{text(e, "name"), std::nullopt, {}};
          const Json& from = at(e, "valueFrom");
          if (const Json& ref = at(from, "configMapKeyRef"); ref.is_object())
            v.from = "configMap " + text(ref, "name") + "/" + text(ref, "key");
          else if (const Json& field = at(from, "fieldRef"); field.is_object())
            v.from = "fieldRef " + text(field, "fieldPath");
          else if (from.is_object())
            v.from = "reference";
          else
            v.value = text(e, "value");
          c.env.push_back(std::move(v));
        }
      }
      if (const Json& ports = at(spec, "ports"); ports.is_array())
        for (const auto& p : ports)
          c.ports.push_back({static_cast<int>(number(p, "containerPort")),
                             static_cast<int>(number(p, "hostPort")),
                             text(p, "protocol"),
                             text(p, "hostIP")});
      out.push_back(std::move(c));
    }
  }
  if (statuses.is_array()) {
    for (const auto& status : statuses) {
      const std::string name = text(status, "name");
      auto found = std::find_if(out.begin(), out.end(), [&](const Container& c) {
        return c.name == name;
      });
      if (found == out.end()) {
        out.emplace_back();
        found = out.end() - 1;
        found->name = name;
        found->image = text(status, "image");
      }
      found->ready = flag(status, "ready");
      found->restarts = static_cast<int>(number(status, "restartCount"));
      found->image_id = text(status, "imageID");
      found->state = state(at(status, "state"));
      found->last = state(at(status, "lastState"));
    }
  }
  return out;
}

std::vector<Condition> conditions(const Json& j) {
  std::vector<Condition> out;
  if (j.is_array())
    for (const auto& c : j)
      out.push_back({text(c, "type"),
                     text(c, "status"),
                     text(c, "reason"),
                     text(c, "message"),
                     time(c, "lastTransitionTime")});
  return out;
}

}  // namespace

namespace {

void add_requirements(const Json& expressions, Selector& into) {
  if (!expressions.is_array())
    return;
  for (const auto& e : expressions)
    into.requirements.push_back({text(e, "key"), text(e, "operator"), strings(at(e, "values"))});
}

Selector exactly(const Labels& wanted) {
  Selector made;
  for (const auto& [key, value] : wanted)
    made.requirements.push_back({key, "In", {value}});
  return made;
}

}  // namespace

Selector selector(const Json& object) {
  Selector made = exactly(labels(at(object, "matchLabels")));
  add_requirements(at(object, "matchExpressions"), made);
  add_requirements(at(object, "matchFields"), made);
  return made;
}

namespace {

Placement placement(const Json& pod_spec) {
  Placement made;
  made.node_selector = exactly(labels(at(pod_spec, "nodeSelector")));
  const Json& required = at(at(at(pod_spec, "affinity"), "nodeAffinity"),
                            "requiredDuringSchedulingIgnoredDuringExecution");
  if (const Json& terms = at(required, "nodeSelectorTerms"); terms.is_array())
    for (const auto& term : terms)
      made.node_affinity.push_back(selector(term));
  if (const Json& tolerations = at(pod_spec, "tolerations"); tolerations.is_array())
    for (const auto& t : tolerations)
      made.tolerations.push_back(
          {text(t, "key"), text(t, "operator"), text(t, "value"), text(t, "effect")});
  return made;
}

}  // namespace

Pod pod(const Json& object) {
  Pod p;
  static_cast<Meta&>(p) = meta(object);
  const Json& spec = at(object, "spec");
  const Json& status = at(object, "status");
  p.node = text(spec, "nodeName");
  p.host_network = flag(spec, "hostNetwork");
  p.runtime_class = text(spec, "runtimeClassName");
  p.node_selector = exactly(labels(at(spec, "nodeSelector")));
  if (const Json& secrets = at(spec, "imagePullSecrets"); secrets.is_array())
    for (const auto& s : secrets)
      p.image_pull_secrets.push_back(text(s, "name"));
  p.phase = text(status, "phase");
  p.reason = text(status, "reason");
  p.message = text(status, "message");
  p.pod_ip = text(status, "podIP");
  if (const Json& ips = at(status, "podIPs"); ips.is_array())
    for (const auto& ip : ips)
      p.pod_ips.push_back(text(ip, "ip"));
  if (p.pod_ips.empty() && !p.pod_ip.empty())
    p.pod_ips.push_back(p.pod_ip);
  p.host_ip = text(status, "hostIP");
  p.started = time(status, "startTime");
  p.conditions = conditions(at(status, "conditions"));
  if (const Condition* c = p.condition("PodScheduled"); c != nullptr && c->status == "False")
    p.scheduler_message = c->message;
  p.init_containers = containers(at(spec, "initContainers"), at(status, "initContainerStatuses"));
  p.containers = containers(at(spec, "containers"), at(status, "containerStatuses"));
  return p;
}

Node node(const Json& object) {
  Node n;
  static_cast<Meta&>(n) = meta(object);
  const Json& spec = at(object, "spec");
  const Json& status = at(object, "status");
  const Json& info = at(status, "nodeInfo");
  n.kernel = text(info, "kernelVersion");
  n.os_image = text(info, "osImage");
  n.os = text(info, "operatingSystem");
  n.arch = text(info, "architecture");
  n.runtime = text(info, "containerRuntimeVersion");
  n.kubelet = text(info, "kubeletVersion");
  if (const auto os = n.labels.find("kubernetes.io/os"); n.os.empty() && os != n.labels.end())
    n.os = os->second;
  n.provider_id = text(spec, "providerID");
  n.unschedulable = flag(spec, "unschedulable");
  n.pod_cidrs = strings(at(spec, "podCIDRs"));
  if (n.pod_cidrs.empty() && !text(spec, "podCIDR").empty())
    n.pod_cidrs.push_back(text(spec, "podCIDR"));
  if (const Json& taints = at(spec, "taints"); taints.is_array())
    for (const auto& t : taints)
      n.taints.push_back({text(t, "key"), text(t, "value"), text(t, "effect")});
  if (const Json& addresses = at(status, "addresses"); addresses.is_array())
    for (const auto& a : addresses)
      n.addresses.push_back({text(a, "type"), text(a, "address")});
  n.conditions = conditions(at(status, "conditions"));
  if (const Json& images = at(status, "images"); images.is_array())
    for (const auto& i : images)
      n.images.push_back({strings(at(i, "names")), number(i, "sizeBytes")});
  return n;
}

Workload workload(const Json& object, std::string kind) {
  Workload w;
  static_cast<Meta&>(w) = meta(object);
  w.kind = std::move(kind);
  const Json& spec = at(object, "spec");
  const Json& status = at(object, "status");
  const Json& tmpl = at(spec, "template");
  const Json& pod_spec = at(tmpl, "spec");
  w.selector = labels(at(at(spec, "selector"), "matchLabels"));
  w.template_labels = labels(at(at(tmpl, "metadata"), "labels"));
  w.template_annotations = labels(at(at(tmpl, "metadata"), "annotations"));
  w.placement = placement(pod_spec);
  w.host_network = flag(pod_spec, "hostNetwork");
  w.update_strategy = text(at(spec, w.kind == "DaemonSet" ? "updateStrategy" : "strategy"), "type");
  w.init_containers = containers(at(pod_spec, "initContainers"), {});
  w.containers = containers(at(pod_spec, "containers"), {});
  w.generation = number(at(object, "metadata"), "generation");
  w.observed_generation = number(status, "observedGeneration");
  w.has_status = status.is_object() && !status.empty();
  if (w.kind == "DaemonSet") {
    w.desired = static_cast<int>(number(status, "desiredNumberScheduled"));
    w.ready = static_cast<int>(number(status, "numberReady"));
    w.updated = static_cast<int>(number(status, "updatedNumberScheduled"));
    w.available = static_cast<int>(number(status, "numberAvailable"));
    w.unavailable = static_cast<int>(number(status, "numberUnavailable"));
  } else {
    w.desired = static_cast<int>(number(spec, "replicas", 1));
    w.ready = static_cast<int>(number(status, "readyReplicas"));
    w.updated = static_cast<int>(number(status, "updatedReplicas"));
    w.available = static_cast<int>(number(status, "availableReplicas"));
    w.unavailable = static_cast<int>(number(status, "unavailableReplicas"));
  }
  return w;
}

Service service(const Json& object) {
  Service s;
  static_cast<Meta&>(s) = meta(object);
  const Json& spec = at(object, "spec");
  s.type = text(spec, "type");
  if (s.type.empty())
    s.type = "ClusterIP";
  s.cluster_ips = strings(at(spec, "clusterIPs"));
  if (s.cluster_ips.empty() && !text(spec, "clusterIP").empty())
    s.cluster_ips.push_back(text(spec, "clusterIP"));
  s.external_ips = strings(at(spec, "externalIPs"));
  s.ip_families = strings(at(spec, "ipFamilies"));
  s.lb_source_ranges = strings(at(spec, "loadBalancerSourceRanges"));
  s.selector = labels(at(spec, "selector"));
  s.internal_traffic_policy = text(spec, "internalTrafficPolicy");
  s.external_traffic_policy = text(spec, "externalTrafficPolicy");
  s.session_affinity = text(spec, "sessionAffinity");
  s.affinity_seconds = static_cast<int>(
      number(at(at(spec, "sessionAffinityConfig"), "clientIP"), "timeoutSeconds", 10800));
  s.traffic_distribution = text(spec, "trafficDistribution");
  s.lb_class = text(spec, "loadBalancerClass");
  s.health_check_node_port = static_cast<int>(number(spec, "healthCheckNodePort"));
  s.conditions = conditions(at(at(object, "status"), "conditions"));
  if (const Json& ports = at(spec, "ports"); ports.is_array()) {
    for (const auto& p : ports) {
      std::string protocol = text(p, "protocol");
      s.ports.push_back({text(p, "name"),
                         protocol.empty() ? "TCP" : protocol,
                         static_cast<int>(number(p, "port")),
                         static_cast<int>(number(p, "nodePort")),
                         text(p, "targetPort")});
    }
  }
  if (const Json& ingress = at(at(at(object, "status"), "loadBalancer"), "ingress");
      ingress.is_array()) {
    for (const auto& i : ingress) {
      if (!text(i, "ip").empty())
        (text(i, "ipMode") == "Proxy" ? s.lb_proxy_ips : s.lb_ips).push_back(text(i, "ip"));
      if (!text(i, "hostname").empty())
        s.lb_hostnames.push_back(text(i, "hostname"));
    }
  }
  return s;
}

namespace {
std::vector<ServicePort> slice_ports(const Json& ports) {
  std::vector<ServicePort> out;
  if (ports.is_array())
    for (const auto& p : ports) {
      std::string protocol = text(p, "protocol");
      out.push_back({text(p, "name"),
                     protocol.empty() ? "TCP" : protocol,
                     static_cast<int>(number(p, "port")),
                     0,
                     {}});
    }
  return out;
}
}  // namespace

EndpointSlice slice(const Json& object) {
  EndpointSlice s;
  static_cast<Meta&>(s) = meta(object);
  if (const auto label = s.labels.find("kubernetes.io/service-name"); label != s.labels.end())
    s.service = label->second;
  s.address_type = text(object, "addressType");
  s.ports = slice_ports(at(object, "ports"));
  if (const Json& endpoints = at(object, "endpoints"); endpoints.is_array()) {
    for (const auto& e : endpoints) {
      const Json& c = at(e, "conditions");
      Endpoint out;
      out.addresses = strings(at(e, "addresses"));
      out.ready = flag(c, "ready", true);
      out.serving = flag(c, "serving", out.ready);
      out.terminating = flag(c, "terminating");
      out.node = text(e, "nodeName");
      out.zone = text(e, "zone");
      out.target_kind = text(at(e, "targetRef"), "kind");
      out.target_ns = text(at(e, "targetRef"), "namespace");
      out.target_name = text(at(e, "targetRef"), "name");
      if (const Json& zones = at(at(e, "hints"), "forZones"); zones.is_array())
        for (const auto& zone : zones)
          out.for_zones.push_back(text(zone, "name"));
      s.endpoints.push_back(std::move(out));
    }
  }
  return s;
}

std::vector<EndpointSlice> endpoints(const Json& object) {
  std::vector<EndpointSlice> out;
  const Json& subsets = at(object, "subsets");
  if (!subsets.is_array() || subsets.empty()) {
    EndpointSlice s;
    static_cast<Meta&>(s) = meta(object);
    s.service = s.name;
    out.push_back(std::move(s));
    return out;
  }
  for (const auto& subset : subsets) {
    EndpointSlice s;
    static_cast<Meta&>(s) = meta(object);
    s.service = s.name;
    s.ports = slice_ports(at(subset, "ports"));
    for (const bool ready : {true, false}) {
      const Json& addresses = at(subset, ready ? "addresses" : "notReadyAddresses");
      if (!addresses.is_array())
        continue;
      for (const auto& a : addresses) {
        Endpoint e;
        e.addresses = {text(a, "ip")};
        e.ready = e.serving = ready;
        e.node = text(a, "nodeName");
        e.target_kind = text(at(a, "targetRef"), "kind");
        e.target_ns = text(at(a, "targetRef"), "namespace");
        e.target_name = text(at(a, "targetRef"), "name");
        s.endpoints.push_back(std::move(e));
      }
    }
    out.push_back(std::move(s));
  }
  return out;
}

namespace {
std::vector<ServicePort> redirect_ports(const Json& ports) {
  std::vector<ServicePort> out;
  if (ports.is_array())
    for (const auto& p : ports) {
      int port = 0;  // text in the object
      const std::string digits = text(p, "port");
      std::from_chars(digits.data(), digits.data() + digits.size(), port);
      out.push_back({text(p, "name"), text(p, "protocol"), port, 0, {}});
    }
  return out;
}
}  // namespace

LocalRedirect local_redirect(const Json& object) {
  LocalRedirect r;
  static_cast<Meta&>(r) = meta(object);
  const Json& frontend = at(at(object, "spec"), "redirectFrontend");
  const Json& backend = at(at(object, "spec"), "redirectBackend");
  const Json& address = at(frontend, "addressMatcher");
  const Json& service = at(frontend, "serviceMatcher");
  r.ip = text(address, "ip");
  r.service_ns = text(service, "namespace");
  r.service_name = text(service, "serviceName");
  r.ports = redirect_ports(at(address.is_object() ? address : service, "toPorts"));
  r.backend_labels = labels(at(at(backend, "localEndpointSelector"), "matchLabels"));
  r.backend_ports = redirect_ports(at(backend, "toPorts"));
  return r;
}

ConfigMap config_map(const Json& object) {
  ConfigMap m;
  static_cast<Meta&>(m) = meta(object);
  m.data = labels(at(object, "data"));
  return m;
}

CiliumNodeConfig node_config(const Json& object) {
  CiliumNodeConfig c;
  static_cast<Meta&>(c) = meta(object);
  c.api_version = text(object, "apiVersion");
  const Json& spec = at(object, "spec");
  c.node_selector = selector(at(spec, "nodeSelector"));
  c.defaults = labels(at(spec, "defaults"));
  return c;
}

CiliumNode cilium_node(const Json& object) {
  CiliumNode n;
  static_cast<Meta&>(n) = meta(object);
  const Json& spec = at(object, "spec");
  if (const Json& addresses = at(spec, "addresses"); addresses.is_array())
    for (const auto& a : addresses)
      if (text(a, "type") == "InternalIP")
        n.internal_ips.push_back(text(a, "ip"));
  n.pod_cidrs = strings(at(at(spec, "ipam"), "podCIDRs"));
  return n;
}

}  // namespace kpr::facts::read
