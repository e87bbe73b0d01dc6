// `cilium status -o json` and `cilium service list -o json` into the models. Decoded strings live
// in an arena that the document's text pointer keeps alive beside the text itself.
#include "json_in.hpp"

#include <algorithm>
#include <deque>
#include <nlohmann/json.hpp>

#include "scan.hpp"
#include "status_parser.hpp"

namespace kpr::det {
namespace {

using Json = nlohmann::json;

// The text and the decoded strings, owned together.
struct Arena {
  std::string text;
  std::deque<std::string> strings;
};

class Reader {
 public:
  explicit Reader(std::shared_ptr<Arena> arena) : arena_(std::move(arena)) {}

  std::string_view keep(std::string s) const { return arena_->strings.emplace_back(std::move(s)); }
  static const Json& at(const Json& object, const char* key) {
    static const Json k_null;
    if (!object.is_object())
      return k_null;
    const auto it = object.find(key);
    return it == object.end() ? k_null : *it;
  }
  std::string_view text(const Json& object, const char* key) const {
    const Json& v = at(object, key);
    return v.is_string() ? keep(v.get<std::string>()) : std::string_view{};
  }
  static std::uint64_t number(const Json& object, const char* key) {
    const Json& v = at(object, key);
    if (v.is_number_unsigned())
      return v.get<std::uint64_t>();
    return 0;  // absent, negative or not a number
  }
  static std::uint32_t number32(const Json& object, const char* key) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(number(object, key), UINT32_MAX));
  }
  static bool flag(const Json& object, const char* key) {
    const Json& v = at(object, key);
    return v.is_boolean() && v.get<bool>();
  }
  std::vector<std::string_view> list(const Json& object, const char* key) const {
    std::vector<std::string_view> out;
    const Json& v = at(object, key);
    if (!v.is_array())
      return out;
    for (const Json& item : v) {
      if (item.is_string() && !item.get_ref<const std::string&>().empty())
        out.push_back(keep(item.get<std::string>()));
    }
    return out;
  }
  std::optional<Component> component(const Json& object, const char* key) const {
    const Json& v = at(object, key);
    if (!v.is_object())
      return std::nullopt;
    Component out;
    out.state = state_of(text(v, "state"));
    out.msg = text(v, "msg");
    return out;
  }
  static Enabled feature(const Json& features, const char* key) {
    const Json& v = at(features, key);
    if (!v.is_object())
      return std::nullopt;
    return flag(v, "enabled");
  }

 private:
  std::shared_ptr<Arena> arena_;
};

// Deepest nesting of brackets outside strings. Cilium's own JSON has less than ten; what prints or
// frees deeper ones recurses.
constexpr std::size_t k_max_depth = 64;

std::size_t depth_of(std::string_view text) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

std::optional<bool> tri_state(const Json& object, const char* key) {
  const Json& v = Reader::at(object, key);
  return v.is_boolean() ? std::optional<bool>(v.get<bool>()) : std::nullopt;
}

void read_mesh(const Reader& r, const Json& mesh, ClusterMesh& out) {
  if (mesh.contains("num-global-services"))
    out.global_services = Reader::number(mesh, "num-global-services");
  const Json& list = Reader::at(mesh, "clusters");
  if (!list.is_array())
    return;
  for (const Json& c : list) {
    RemoteCluster& o = out.clusters.emplace_back();
    o.name = r.text(c, "name");
    o.ready = Reader::flag(c, "ready");
    o.status = r.text(c, "status");
    o.nodes = Reader::number(c, "num-nodes");
    o.identities = Reader::number(c, "num-identities");
    o.services = Reader::number(c, "num-shared-services");
    o.failures = Reader::number(c, "num-failures");
    if (c.contains("num-endpoints"))
      o.endpoints = Reader::number(c, "num-endpoints");
    if (c.contains("num-endpoint-slices"))
      o.endpoint_slices = Reader::number(c, "num-endpoint-slices");
    if (c.contains("num-service-exports"))
      o.service_exports = Reader::number(c, "num-service-exports");
    if (const Json& config = Reader::at(c, "config"); config.is_object()) {
      o.has_config = true;
      o.config_required = Reader::flag(config, "required");
      o.config_retrieved = Reader::flag(config, "retrieved");
      o.cluster_id = Reader::number32(config, "cluster-id");
      o.kvstoremesh = Reader::flag(config, "kvstoremesh");
      o.sync_canaries = Reader::flag(config, "sync-canaries");
      if (const auto exports = tri_state(config, "service-exports-enabled"))
        o.service_exports_mode = *exports ? "enabled" : "disabled";
      o.endpoint_slice_export_mode = r.text(config, "endpoint-slices-export-mode");
    }
    if (const Json& synced = Reader::at(c, "synced"); synced.is_object()) {
      o.has_synced = true;
      o.synced_nodes = Reader::flag(synced, "nodes");
      o.synced_endpoints = Reader::flag(synced, "endpoints");
      o.synced_identities = Reader::flag(synced, "identities");
      o.synced_services = Reader::flag(synced, "services");
      o.synced_service_exports = tri_state(synced, "service-exports");
      o.synced_endpoint_slices = tri_state(synced, "endpoint-slices");
    }
    out.ready += o.ready ? 1 : 0;
    out.total += 1;
  }
}

KubeProxyReplacement read_kpr(const Reader& r, const Json& j) {
  KubeProxyReplacement out;
  const std::string_view mode = r.text(j, "mode");
  constexpr std::pair<std::string_view, KprMode> k_modes[] = {{"Strict", KprMode::strict},
                                                              {"Partial", KprMode::partial},
                                                              {"Probe", KprMode::probe},
                                                              {"Disabled", KprMode::disabled},
                                                              {"True", KprMode::true_},
                                                              {"False", KprMode::false_}};
  out.mode = {mode.empty() ? KprMode::none : KprMode::other, mode};
  for (const auto& [text, value] : k_modes) {
    if (mode == text)
      out.mode.value = value;
  }
  const std::string_view direct = r.text(j, "directRoutingDevice");
  const Json& devices = Reader::at(j, "deviceList");
  if (devices.is_array()) {
    for (const Json& d : devices) {
      Device device;
      device.name = r.text(d, "name");
      device.ips = r.list(d, "ip");
      device.direct_routing = !direct.empty() && device.name == direct;
      out.devices.push_back(std::move(device));
    }
  }
  if (out.devices.empty()) {
    for (const std::string_view name : r.list(j, "devices"))
      out.devices.push_back({name, {}, name == direct});
  }
  const Json& f = Reader::at(j, "features");
  if (f.is_object()) {
    KprFeatures& o = out.features.emplace();
    o.socket_lb = Reader::feature(f, "socketLB");
    o.socket_lb_tracing = Reader::feature(f, "socketLBTracing");
    if (o.socket_lb)
      o.socket_lb_coverage = Reader::flag(f, "bpfSocketLBHostnsOnly") ? "Hostns-only" : "Full";
    if (Reader::feature(f, "hostReachableServices").value_or(false))
      o.socket_protocols = r.list(Reader::at(f, "hostReachableServices"), "protocols");
    const Json& n = Reader::at(f, "nodePort");
    o.node_port.enabled = Reader::feature(f, "nodePort");
    if (o.node_port.enabled.value_or(false)) {
      o.node_port.mode = r.text(n, "mode");
      o.node_port.dsr_mode = r.text(n, "dsrMode");
      o.node_port.algorithm = r.text(n, "algorithm");
      o.node_port.lut_size = Reader::number32(n, "lutSize");
      o.node_port.acceleration = r.text(n, "acceleration");
      o.node_port.port_min = Reader::number32(n, "portMin");
      o.node_port.port_max = Reader::number32(n, "portMax");
    }
    o.cluster_ip = true;  // constant in the text too
    o.load_balancer = o.node_port.enabled;
    o.external_ips = Reader::feature(f, "externalIPs");
    o.host_port = Reader::feature(f, "hostPort");
    o.session_affinity = Reader::feature(f, "sessionAffinity");
    o.graceful_termination = Reader::feature(f, "gracefulTermination");
    o.nat46x64 = Reader::feature(f, "nat46X64");
    o.nat46x64_service = Reader::feature(Reader::at(f, "nat46X64"), "service");
    o.nat46x64_gateway = Reader::feature(Reader::at(f, "nat46X64"), "gateway");
    o.nat46x64_prefixes = r.list(Reader::at(Reader::at(f, "nat46X64"), "gateway"), "prefixes");
    if (f.contains("annotations"))
      o.annotations = r.list(f, "annotations");
  }
  return out;
}

}  // namespace

void read_status_json(StatusDocument& document) {
  auto arena = std::make_shared<Arena>();
  arena->text = *document.text;
  // Lines of kubectl before and after the object are not JSON.
  const std::size_t open = std::min(arena->text.find('{'), arena->text.size());
  const std::size_t close = arena->text.rfind('}');
  const std::string_view object =
      std::string_view(arena->text)
          .substr(open, close == npos || close < open ? npos : close + 1 - open);
  const Json j = depth_of(object) <= k_max_depth ? Json::parse(object, nullptr, false)
                                                 : Json(Json::value_t::discarded);
  document.text = std::shared_ptr<const std::string>(arena, &arena->text);
  const bool known = j.is_object() &&
                     (j.contains("kube-proxy-replacement") ||
                      (j.contains("cilium") &&
                       (j.contains("kubernetes") || j.contains("ipam") || j.contains("kvstore"))));
  if (!known) {
    document.diagnostics.push_back(
        {Severity::error,
         j.is_discarded() ? "bad-json" : "not-a-status",
         j.is_discarded() ? "the text begins like JSON and is not; it may be cut"
                          : "this JSON is not the one of an agent's `cilium status -o json`",
         "Save it again: kubectl -n kube-system exec ds/cilium -- cilium-dbg status -o json",
         0});
    document.kind = InputKind::unknown;
    return;
  }
  const Reader r(arena);
  AgentStatus& s = document.status;
  s.kvstore = r.component(j, "kvstore");
  s.container_runtime = r.component(j, "container-runtime");
  s.kubernetes = r.component(j, "kubernetes");
  s.cilium = r.component(j, "cilium");
  s.cni_file = r.component(j, "cni-file");
  s.cilium_health = r.component(Reader::at(j, "cluster"), "ciliumHealth");
  if (s.kubernetes)
    s.k8s_api_versions = r.list(Reader::at(j, "kubernetes"), "k8s-api-versions");
  if (Reader::at(j, "kube-proxy-replacement").is_object())
    s.kube_proxy_replacement = read_kpr(r, j["kube-proxy-replacement"]);
  if (const Json& f = Reader::at(j, "host-firewall"); f.is_object())
    s.host_firewall = HostFirewall{r.text(f, "mode"), r.list(f, "devices"), 0};
  if (const Json& c = Reader::at(j, "cni-chaining"); c.is_object())
    s.cni_chaining = r.text(c, "mode");
  if (const Json& h = Reader::at(j, "host-routing"); h.is_object())
    s.host_routing = r.text(h, "mode");
  if (const Json& o = Reader::at(j, "routing"); o.is_object()) {
    s.routing = Routing{r.text(o, "inter-host-routing-mode"),
                        r.text(o, "intra-host-routing-mode"),
                        r.text(o, "tunnel-protocol"),
                        0};
  }
  if (j.contains("attach-mode"))
    s.attach_mode = r.text(j, "attach-mode") == "tcx" ? "TCX" : "Legacy TC";
  if (j.contains("datapath-mode"))
    s.device_mode = r.text(j, "datapath-mode");
  s.configured_device_mode = r.text(j, "configured-datapath-mode");
  if (const Json& v = Reader::at(j, "srv6"); v.is_object())
    s.srv6 = Srv6{Reader::flag(v, "enabled"), r.text(v, "srv6EncapMode"), 0};
  if (const Json& v = Reader::at(j, "nodeMonitor"); v.is_object()) {
    s.node_monitor = NodeMonitor{true,
                                 Reader::number(v, "cpus"),
                                 Reader::number(v, "npages"),
                                 Reader::number(v, "pagesize"),
                                 Reader::number(v, "lost"),
                                 Reader::number(v, "unknown"),
                                 0};
  }
  const auto big_tcp = [&](const char* key, std::optional<BigTcp>& out) {
    const Json& v = Reader::at(j, key);
    if (v.is_object())
      out = BigTcp{
          Reader::flag(v, "enabled"), Reader::number(v, "maxGRO"), Reader::number(v, "maxGSO"), 0};
  };
  big_tcp("ipv4-big-tcp", s.ipv4_big_tcp);
  big_tcp("ipv6-big-tcp", s.ipv6_big_tcp);
  if (const Json& v = Reader::at(j, "bandwidth-manager"); v.is_object()) {
    s.bandwidth_manager = BandwidthManager{
        Reader::flag(v, "enabled"), r.text(v, "congestionControl"), r.list(v, "devices"), 0};
  }
  if (const Json& v = Reader::at(j, "clock-source"); v.is_object())
    s.clock_source = ClockSource{r.text(v, "mode"), Reader::number32(v, "hertz"), 0};
  if (const Json& v = Reader::at(j, "identity-range"); v.is_object()) {
    s.identity_range =
        IdentityRange{Reader::number(v, "min-identity"), Reader::number(v, "max-identity"), 0};
  }
  if (const Json& v = Reader::at(j, "cluster-mesh"); v.is_object())
    read_mesh(r, v, s.cluster_mesh.emplace());
  if (const Json& v = Reader::at(j, "proxy"); v.is_object()) {
    Proxy& o = s.proxy.emplace();
    o.managed = true;
    o.ip = r.text(v, "ip");
    o.port_range = r.text(v, "port-range");
    o.envoy = r.text(v, "envoy-deployment-mode");
    o.total_redirects = Reader::number(v, "total-redirects");
    if (const Json& rows = Reader::at(v, "redirects"); rows.is_array()) {
      for (const Json& row : rows)
        o.redirects.push_back(
            {r.text(row, "proxy"), r.text(row, "name"), Reader::number32(row, "proxy-port"), 0});
    }
  }
  if (const Json& m = Reader::at(j, "masquerading"); m.is_object()) {
    Masquerading& o = s.masquerading.emplace();
    o.enabled = Reader::flag(m, "enabled");
    o.mode = r.text(m, "mode") == "iptables" ? std::string_view("IPTables") : r.text(m, "mode");
    o.ip_masq_agent = Reader::flag(m, "ip-masq-agent");
    o.snat_exclusion_v4 = r.text(
        m, m.contains("snat-exclusion-cidr-v4") ? "snat-exclusion-cidr-v4" : "snat-exclusion-cidr");
    o.snat_exclusion_v6 = r.text(m, "snat-exclusion-cidr-v6");
    if (m.contains("enabledProtocols")) {
      o.ipv4 = Reader::flag(m["enabledProtocols"], "ipv4");
      o.ipv6 = Reader::flag(m["enabledProtocols"], "ipv6");
    }
  }
  if (const Json& list = Reader::at(j, "controllers"); list.is_array()) {
    Controllers& o = s.controllers.emplace();
    for (const Json& item : list) {
      Controller c;
      c.name = r.text(item, "name");
      const Json& status = Reader::at(item, "status");
      c.consecutive_failures = Reader::number(status, "consecutive-failure-count");
      c.last_failure_msg = r.text(status, "last-failure-msg");
      c.last_success_timestamp = r.text(status, "last-success-timestamp");
      c.last_failure_timestamp = r.text(status, "last-failure-timestamp");
      o.total += 1;
      o.healthy += c.consecutive_failures == 0 ? 1 : 0;
      o.rows.push_back(c);
    }
  }
  if (const Json& maps = Reader::at(j, "bpf-maps"); maps.is_object()) {
    BpfMaps& o = s.bpf_maps.emplace();
    if (maps.contains("dynamic-size-ratio"))
      o.dynamic_size_ratio = r.keep(maps["dynamic-size-ratio"].dump());
    if (const Json& rows = Reader::at(maps, "maps"); rows.is_array()) {
      for (const Json& row : rows)
        o.maps.push_back({r.text(row, "name"), Reader::number(row, "size"), 0});
    }
  }
  if (const Json& ipam = Reader::at(j, "ipam"); ipam.is_object()) {
    Ipam& o = s.ipam.emplace();
    o.status = r.text(ipam, "status");
    if (const Json& all = Reader::at(ipam, "allocations"); all.is_object()) {
      o.allocations.emplace();
      for (const auto& [ip, owner] : all.items()) {
        if (owner.is_string())
          o.allocations->push_back({r.keep(ip), r.keep(owner.get<std::string>()), 0});
      }
    }
  }
  if (const Json& stale = Reader::at(j, "stale"); stale.is_object()) {
    for (const auto& [probe, since] : stale.items()) {
      if (since.is_string())
        s.stale.push_back({r.keep(probe), r.keep(since.get<std::string>())});
    }
  }
  if (const Json& h = Reader::at(j, "hubble"); h.is_object()) {
    Hubble& o = s.hubble.emplace();
    o.state = state_of(r.text(h, "state"));
    o.msg = r.text(h, "msg");
    const Json& observer = Reader::at(h, "observer");
    if (observer.is_object()) {
      o.current_flows = Reader::number(observer, "current-flows");
      o.max_flows = Reader::number(observer, "max-flows");
    }
    const Json& metrics =
        j.contains("hubble-metrics") ? Reader::at(j, "hubble-metrics") : Reader::at(h, "metrics");
    o.metrics_state = r.text(metrics, "state");
    o.metrics_msg = r.text(metrics, "msg");
  }
  if (const Json& e = Reader::at(j, "encryption"); e.is_object()) {
    Encryption& o = s.encryption.emplace();
    o.mode = r.text(e, "mode");
    o.msg = r.text(e, "msg");
    const Json& wireguard = Reader::at(e, "wireguard");
    o.wireguard = wireguard.is_object();
    o.node_encryption = r.text(wireguard, "node-encryption");
    if (const Json& list = Reader::at(wireguard, "interfaces"); list.is_array()) {
      for (const Json& i : list)
        o.interfaces.push_back({r.text(i, "name"),
                                r.text(i, "public-key"),
                                Reader::number(i, "listen-port"),
                                Reader::number(i, "peer-count")});
    }
  }
  if (s.cilium)
    s.cilium_version = version_of(s.cilium->msg);
  if (!s.cilium_version.empty()) {
    document.cilium_version = s.cilium_version;
    document.version_evidence = "Cilium line";
    std::string_view rest = s.cilium_version;
    if (take(rest, "1.") && take_number(rest, document.minor_low))
      document.minor_high = document.minor_low;
  }
  document.recognized = true;
  document.verbose = true;
}

void read_service_list_json(ServiceListDocument& document) {
  auto arena = std::make_shared<Arena>();
  arena->text = *document.text;
  const Json j = depth_of(arena->text) <= k_max_depth ? Json::parse(arena->text, nullptr, false)
                                                      : Json(Json::value_t::discarded);
  document.text = std::shared_ptr<const std::string>(arena, &arena->text);
  if (!j.is_array() && !j.is_null()) {
    document.diagnostics.push_back(
        {Severity::error,
         "bad-json",
         "the text begins like JSON and is not; it may be cut",
         "Save it again: kubectl -n kube-system exec ds/cilium -- cilium-dbg service list -o json",
         0});
    return;
  }
  const Reader r(arena);
  const auto address = [&](const Json& a) {
    ServiceAddress out;
    out.ip = r.text(a, "ip");
    out.port = Reader::number32(a, "port");
    out.protocol = r.text(a, "protocol");
    out.internal_scope = r.text(a, "scope") == "internal";
    return out;
  };
  for (const Json& item : j.is_array() ? j : Json::array()) {
    const Json& realized = Reader::at(Reader::at(item, "status"), "realized");
    const Json& spec = realized.is_object() ? realized : Reader::at(item, "spec");
    Service service;
    service.id = Reader::number(spec, "id");
    service.frontend = address(Reader::at(spec, "frontend-address"));
    service.type = r.text(Reader::at(spec, "flags"), "type");
    service.remote = !r.text(Reader::at(spec, "flags"), "cluster").empty();
    if (const Json& backends = Reader::at(spec, "backend-addresses"); backends.is_array()) {
      for (const Json& b : backends) {
        Backend backend;
        backend.id = service.backends.size() + 1;
        backend.address = address(b);
        backend.state = r.text(b, "state");
        backend.preferred = Reader::flag(b, "preferred");
        backend.weight = Reader::number32(b, "weight");
        service.backends.push_back(backend);
      }
    }
    document.services.push_back(std::move(service));
  }
  document.kind = InputKind::service_list;
  document.recognized = true;
}

}  // namespace kpr::det
