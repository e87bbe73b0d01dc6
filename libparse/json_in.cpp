// `cilium status -o json` and `cilium service list -o json` into the models. Decoded strings live in an arena that the document's text
// pointer keeps alive beside the text itself.
#include "json_in.hpp"

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
    if (!object.is_object()) return k_null;
    const auto it = object.find(key);
    return it == object.end() ? k_null : *it;
  }
  std::string_view text(const Json& object, const char* key) const {
    const Json& v = at(object, key);
    return v.is_string() ? keep(v.get<std::string>()) : std::string_view{};
  }
  static std::uint64_t number(const Json& object, const char* key) {
    const Json& v = at(object, key);
    if (v.is_number_unsigned()) return v.get<std::uint64_t>();
    return 0;  // absent, negative or not a number
  }
  static std::uint32_t number32(const Json& object, const char* key) { return static_cast<std::uint32_t>(std::min<std::uint64_t>(number(object, key), UINT32_MAX)); }
  static bool flag(const Json& object, const char* key) {
    const Json& v = at(object, key);
    return v.is_boolean() && v.get<bool>();
  }
  std::vector<std::string_view> list(const Json& object, const char* key) const {
    std::vector<std::string_view> out;
    const Json& v = at(object, key);
    if (!v.is_array()) return out;
    for (const Json& item : v) {
      if (item.is_string() && !item.get_ref<const std::string&>().empty()) out.push_back(keep(item.get<std::string>()));
    }
    return out;
  }
  std::optional<Component> component(const Json& object, const char* key) const {
    const Json& v = at(object, key);
    if (!v.is_object()) return std::nullopt;
    Component out;
    out.state = state_of(text(v, "state"));
    out.msg = text(v, "msg");
    return out;
  }
  static Enabled feature(const Json& features, const char* key) {
    const Json& v = at(features, key);
    if (!v.is_object()) return std::nullopt;
    return flag(v, "enabled");
  }

 private:
  std::shared_ptr<Arena> arena_;
};

KubeProxyReplacement read_kpr(const Reader& r, const Json& j) {
  KubeProxyReplacement out;
  const std::string_view mode = r.text(j, "mode");
  constexpr std::pair<std::string_view, KprMode> k_modes[] = {{"Strict", KprMode::strict}, {"Partial", KprMode::partial}, {"Probe", KprMode::probe},
                                                              {"Disabled", KprMode::disabled}, {"True", KprMode::true_}, {"False", KprMode::false_}};
  out.mode = {mode.empty() ? KprMode::none : KprMode::other, mode};
  for (const auto& [text, value] : k_modes) {
    if (mode == text) out.mode.value = value;
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
    for (const std::string_view name : r.list(j, "devices")) out.devices.push_back({name, {}, name == direct});
  }
  const Json& f = Reader::at(j, "features");
  if (f.is_object()) {
    KprFeatures& o = out.features.emplace();
    o.socket_lb = Reader::feature(f, "socketLB");
    o.socket_lb_tracing = Reader::feature(f, "socketLBTracing");
    if (o.socket_lb) o.socket_lb_coverage = Reader::flag(f, "bpfSocketLBHostnsOnly") ? "Hostns-only" : "Full";
    if (Reader::feature(f, "hostReachableServices").value_or(false)) o.socket_protocols = r.list(Reader::at(f, "hostReachableServices"), "protocols");
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
    if (f.contains("annotations")) o.annotations = r.list(f, "annotations");
  }
  return out;
}

}  // namespace

void read_status_json(StatusDocument& document) {
  auto arena = std::make_shared<Arena>();
  arena->text = *document.text;
  const Json j = Json::parse(arena->text, nullptr, false);
  document.text = std::shared_ptr<const std::string>(arena, &arena->text);
  const bool known = j.is_object() && (j.contains("kube-proxy-replacement") || (j.contains("cilium") && (j.contains("kubernetes") || j.contains("ipam") || j.contains("kvstore"))));
  if (!known) {
    document.diagnostics.push_back({Severity::error, j.is_discarded() ? "bad-json" : "not-a-status",
                                    j.is_discarded() ? "the text begins like JSON and is not; it may be cut" : "this JSON is not the one of an agent's `cilium status -o json`",
                                    "Save it again: kubectl -n kube-system exec ds/cilium -- cilium-dbg status -o json", 0});
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
  if (s.kubernetes) s.k8s_api_versions = r.list(Reader::at(j, "kubernetes"), "k8s-api-versions");
  if (Reader::at(j, "kube-proxy-replacement").is_object()) s.kube_proxy_replacement = read_kpr(r, j["kube-proxy-replacement"]);
  if (const Json& f = Reader::at(j, "host-firewall"); f.is_object()) s.host_firewall = AgentStatus::HostFirewall{r.text(f, "mode"), r.list(f, "devices"), 0};
  if (const Json& c = Reader::at(j, "cni-chaining"); c.is_object()) s.cni_chaining = r.text(c, "mode");
  if (const Json& h = Reader::at(j, "host-routing"); h.is_object()) s.host_routing = r.text(h, "mode");
  if (const Json& o = Reader::at(j, "routing"); o.is_object()) {
    s.routing = AgentStatus::Routing{r.text(o, "inter-host-routing-mode"), r.text(o, "intra-host-routing-mode"), r.text(o, "tunnel-protocol"), 0};
  }
  if (j.contains("attach-mode")) s.attach_mode = r.text(j, "attach-mode") == "tcx" ? "TCX" : "Legacy TC";
  if (j.contains("datapath-mode")) s.device_mode = r.text(j, "datapath-mode");
  if (const Json& m = Reader::at(j, "masquerading"); m.is_object()) {
    Masquerading& o = s.masquerading.emplace();
    o.enabled = Reader::flag(m, "enabled");
    o.mode = r.text(m, "mode") == "iptables" ? std::string_view("IPTables") : r.text(m, "mode");
    o.ip_masq_agent = Reader::flag(m, "ip-masq-agent");
    o.snat_exclusion_v4 = r.text(m, m.contains("snat-exclusion-cidr-v4") ? "snat-exclusion-cidr-v4" : "snat-exclusion-cidr");
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
      o.total += 1;
      o.healthy += c.consecutive_failures == 0 ? 1 : 0;
      o.rows.push_back(c);
    }
  }
  if (const Json& maps = Reader::at(j, "bpf-maps"); maps.is_object()) {
    BpfMaps& o = s.bpf_maps.emplace();
    if (maps.contains("dynamic-size-ratio")) o.dynamic_size_ratio = r.keep(maps["dynamic-size-ratio"].dump());
    if (const Json& rows = Reader::at(maps, "maps"); rows.is_array()) {
      for (const Json& row : rows) o.maps.push_back({r.text(row, "name"), Reader::number(row, "size"), 0});
    }
  }
  if (const Json& ipam = Reader::at(j, "ipam"); ipam.is_object()) {
    Ipam& o = s.ipam.emplace();
    o.status = r.text(ipam, "status");
    if (const Json& all = Reader::at(ipam, "allocations"); all.is_object()) {
      o.allocations.emplace();
      for (const auto& [ip, owner] : all.items()) {
        if (owner.is_string()) o.allocations->push_back({r.keep(ip), r.keep(owner.get<std::string>()), 0});
      }
    }
  }
  if (const Json& stale = Reader::at(j, "stale"); stale.is_object()) {
    for (const auto& [probe, since] : stale.items()) {
      if (since.is_string()) s.stale.push_back({r.keep(probe), r.keep(since.get<std::string>())});
    }
  }
  if (const Json& h = Reader::at(j, "hubble"); h.is_object()) {
    Hubble& o = s.hubble.emplace();
    o.state = state_of(r.text(h, "state"));
    o.msg = r.text(h, "msg");
  }
  if (const Json& e = Reader::at(j, "encryption"); e.is_object()) {
    Encryption& o = s.encryption.emplace();
    o.mode = r.text(e, "mode");
    o.msg = r.text(e, "msg");
    o.node_encryption = r.text(Reader::at(e, "wireguard"), "node-encryption");
  }
  if (s.cilium) {
    const std::size_t open = s.cilium->msg.find(" (v");
    if (open != npos && open > 0 && is_digit(s.cilium->msg[0])) {
      s.cilium_version = s.cilium->msg.substr(0, open);
      document.cilium_version = s.cilium_version;
      document.version_evidence = "Cilium line";
    }
  }
  document.recognized = true;
  document.verbose = true;
}

void read_service_list_json(ServiceListDocument& document) {
  auto arena = std::make_shared<Arena>();
  arena->text = *document.text;
  const Json j = Json::parse(arena->text, nullptr, false);
  document.text = std::shared_ptr<const std::string>(arena, &arena->text);
  if (!j.is_array() && !j.is_null()) {
    document.diagnostics.push_back({Severity::error, "bad-json", "the text begins like JSON and is not; it may be cut",
                                    "Save it again: kubectl -n kube-system exec ds/cilium -- cilium-dbg service list -o json", 0});
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
