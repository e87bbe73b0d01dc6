// Model to JSON: Cilium's keys (api/v1/models), and ours where Cilium's JSON has no place.
#include <algorithm>
#include <string>

#include "json_parts.hpp"
#include "kpr/json.hpp"
#include "scan.hpp"

namespace kpr {
namespace {

using namespace det;

Json component(const Component& c) {
  Json out = Json::object();
  put(out, "state", c.state.text);
  put(out, "msg", c.msg);
  return out;
}

// The inside of a text that Go printed with %q.
std::string unquoted(std::string_view s) {
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '\\' && i + 1 < s.size()) {
      ++i;
      out += s[i] == 'n' ? '\n' : s[i] == 't' ? '\t' : s[i];
    } else {
      out += s[i];
    }
  }
  return out;
}

// Messages that hold line breaks are one view over several lines: what an indented, quoted or CRLF
// copy put there is taken out.
void clean_messages(Json& value, const std::string& prefix) {
  if (value.is_structured()) {
    for (Json& child : value)
      clean_messages(child, prefix);
  } else if (value.is_string()) {
    auto& s = value.get_ref<std::string&>();
    for (std::size_t at = s.find('\n'); at != std::string::npos; at = s.find('\n', at + 1)) {
      if (at > 0 && s[at - 1] == '\r')
        s.erase(--at, 1);
      if (!prefix.empty() && s.compare(at + 1, prefix.size(), prefix) == 0)
        s.erase(at + 1, prefix.size());
    }
  }
}

std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

// Seconds of a Go duration such as "5h24m30s"; ages are cut to seconds when printed.
std::optional<std::int64_t> seconds_of(std::string_view age) {
  std::int64_t total = 0;
  bool any = false;
  while (!age.empty()) {
    std::int64_t n = 0;
    if (!det::take_number(age, n) || n < 0 || n > 1'000'000'000)
      return std::nullopt;
    if (det::take(age, "h"))
      total += n * 3600;
    else if (det::take(age, "m"))
      total += n * 60;
    else if (det::take(age, "s"))
      total += n;
    else
      return std::nullopt;
    any = true;
  }
  return any ? std::optional<std::int64_t>(total) : std::nullopt;
}

std::string
rfc3339(std::int64_t ms) {  // civil from days, as in the public-domain algorithm used by <chrono>
  const std::int64_t s = ms / 1000;
  std::int64_t days = s / 86400;
  std::int64_t rest = s % 86400;
  if (rest < 0)
    rest += 86400, --days;
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const auto doe = static_cast<unsigned>(days - era * 146097);
  const unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const unsigned mp = (5 * doy + 2) / 153;
  const unsigned day = doy - (153 * mp + 2) / 5 + 1;
  const unsigned month = mp < 10 ? mp + 3 : mp - 9;
  const std::int64_t year = static_cast<std::int64_t>(yoe) + era * 400 + (month <= 2 ? 1 : 0);
  const auto two = [](std::int64_t n) {
    return (n < 10 ? "0" : "") + std::to_string(n);
  };
  return std::to_string(year) + "-" + two(month) + "-" + two(day) + "T" + two(rest / 3600) + ":" +
         two(rest / 60 % 60) + ":" + two(rest % 60) + "Z";
}

void put_age(Json& object,
             const std::string& stem,
             std::string_view age,
             const JsonOptions& options) {
  if (age.empty())
    return;
  object[stem + "-ago"] = std::string(age);
  if (!options.now_ms)
    return;
  if (age == "never")
    object[stem + "-timestamp"] = "0001-01-01T00:00:00.000Z";
  else if (const auto s = seconds_of(age))
    object[stem + "-timestamp"] = rfc3339(*options.now_ms - *s * 1000);
}

Json cluster_mesh(const ClusterMesh& m, const JsonOptions& options) {
  Json out = Json::object();
  if (m.line != 0) {
    out["clusters-ready"] = m.ready;
    out["clusters-total"] = m.total;
  }
  put_number(out, "num-global-services", m.global_services);
  Json clusters = Json::array();
  for (const RemoteCluster& c : m.clusters) {
    Json item = Json::object();
    put(item, "name", c.name);
    put_true(item, "ready", c.ready);
    put(item, "status", c.status);
    put_number(item, "num-nodes", c.nodes);
    put_number(item, "num-endpoints", c.endpoints);
    put_number(item, "num-identities", c.identities);
    put_number(item, "num-shared-services", c.services);
    put_number(item, "num-endpoint-slices", c.endpoint_slices);
    put_number(item, "num-service-exports", c.service_exports);
    put_number(item, "num-failures", c.failures);
    if (!c.last_failure_ago.empty()) {
      item["last-failure-ago"] = std::string(c.last_failure_ago);
      if (options.now_ms) {
        if (c.last_failure_ago == "never")
          item["last-failure"] = "0001-01-01T00:00:00.000Z";
        else if (const auto s = seconds_of(c.last_failure_ago))
          item["last-failure"] = rfc3339(*options.now_ms - *s * 1000);
      }
    }
    if (c.has_config && (c.config_required || c.config_retrieved)) {
      Json config = Json::object();
      put_true(config, "required", c.config_required.value_or(false));
      put_true(config, "retrieved", c.config_retrieved.value_or(false));
      if (c.cluster_id && *c.cluster_id != 0)
        config["cluster-id"] = *c.cluster_id;
      put_true(config, "kvstoremesh", c.kvstoremesh.value_or(false));
      put_true(config, "sync-canaries", c.sync_canaries.value_or(false));
      if (c.service_exports_mode == "enabled" || c.service_exports_mode == "disabled")
        config["service-exports-enabled"] = c.service_exports_mode == "enabled";
      put(config, "endpoint-slices-export-mode", c.endpoint_slice_export_mode);
      item["config"] = std::move(config);
    }
    if (c.has_synced) {
      Json synced = Json::object();
      put_true(synced, "nodes", c.synced_nodes.value_or(false));
      put_true(synced, "endpoints", c.synced_endpoints.value_or(false));
      put_true(synced, "identities", c.synced_identities.value_or(false));
      put_true(synced, "services", c.synced_services.value_or(false));
      if (c.synced_service_exports)
        synced["service-exports"] = *c.synced_service_exports;
      if (c.synced_endpoint_slices)
        synced["endpoint-slices"] = *c.synced_endpoint_slices;
      item["synced"] = std::move(synced);
    }
    clusters.push_back(std::move(item));
  }
  if (!m.clusters.empty())
    out["clusters"] = std::move(clusters);
  return out;
}

Json diagnostics(const std::vector<Diagnostic>& items) {
  constexpr const char* k_names[] = {"note", "warning", "error"};
  Json out = Json::array();
  for (const Diagnostic& d : items) {
    Json item{{"severity", k_names[static_cast<std::size_t>(d.severity)]},
              {"code", d.code},
              {"message", d.message}};
    if (!d.hint.empty())
      item["hint"] = d.hint;
    if (d.line != 0)
      item["line"] = d.line;
    out.push_back(std::move(item));
  }
  return out;
}

template <class Document>
Json parse_block(const Document& document) {
  std::uint64_t total = 0;
  std::uint64_t unknown = 0;
  for (const LineUse use : document.lines) {
    total += use != LineUse::blank ? 1 : 0;
    unknown += use == LineUse::unknown ? 1 : 0;
  }
  Json out{{"recognized", document.recognized}, {"kind", std::string(to_string(document.kind))}};
  out["lines"] = Json{{"total", total}, {"understood", total - unknown}, {"unknown", unknown}};
  if (!document.unknown.empty()) {
    Json lines = Json::array();
    for (const UnknownLine& line : document.unknown)
      lines.push_back(Json{{"line", line.line}, {"text", std::string(line.text)}});
    out["unknown-lines"] = std::move(lines);
  }
  out["diagnostics"] = diagnostics(document.diagnostics);
  return out;
}

}  // namespace

Json to_json(const StatusDocument& document, const JsonOptions& options) {
  const AgentStatus& s = document.status;
  Json out = Json::object();
  out.get_ref<Json::object_t&>().reserve(
      48);  // more than it has keys: a grown object copies all it holds
  if (document.kind == InputKind::status_json && document.recognized) {
    // The same document, its own values: nothing is lost on the way through the model.
    const std::size_t open = std::min(document.text->find('{'), document.text->size());
    out = Json::parse(
        std::string_view(*document.text).substr(open, document.text->rfind('}') + 1 - open),
        nullptr,
        false);  // known to be bounded in depth
    if (!out.is_object())
      out = Json::object();
    Json parsed = parse_block(document);
    parsed["cilium-version"] = document.cilium_version;
    parsed["version-evidence"] = document.version_evidence;
    out["kpr-parse"] = std::move(parsed);
    return out;
  }
  if (s.kvstore)
    out["kvstore"] = component(*s.kvstore);
  if (s.container_runtime)
    out["container-runtime"] = component(*s.container_runtime);
  if (s.kubernetes || s.k8s_api_versions) {
    out["kubernetes"] = s.kubernetes ? component(*s.kubernetes) : Json::object();
    if (s.k8s_api_versions)
      out["kubernetes"]["k8s-api-versions"] = list(*s.k8s_api_versions);
  }
  if (s.kube_proxy_replacement)
    out["kube-proxy-replacement"] =
        kube_proxy_replacement(*s.kube_proxy_replacement, prints_addresses(s, document));
  if (s.host_firewall) {
    out["host-firewall"] = Json{{"mode", std::string(s.host_firewall->mode)}};
    if (!s.host_firewall->devices.empty())
      out["host-firewall"]["devices"] = list(s.host_firewall->devices);
  }
  if (s.srv6) {
    out["srv6"] = Json::object();
    put_true(out["srv6"], "enabled", s.srv6->enabled);
    put(out["srv6"], "srv6EncapMode", s.srv6->encap_mode);
  }
  if (s.cni_chaining)
    out["cni-chaining"] = Json{{"mode", std::string(*s.cni_chaining)}};
  if (s.cni_file)
    out["cni-file"] = component(*s.cni_file);
  if (s.cilium)
    out["cilium"] = component(*s.cilium);
  if (!s.stale.empty()) {
    out["stale"] = Json::object();
    for (const Stale& stale : s.stale)
      out["stale"][unquoted(stale.probe)] = std::string(stale.since);
  }
  if (s.node_monitor &&
      (s.node_monitor->enabled || s.node_monitor->lost != 0 || s.node_monitor->unknown != 0)) {
    Json& n = out["nodeMonitor"] = Json::object();
    put_number(n, "cpus", s.node_monitor->cpus);
    put_number(n, "npages", s.node_monitor->npages);
    put_number(n, "pagesize", s.node_monitor->pagesize);
    put_number(n, "lost", s.node_monitor->lost);
    put_number(n, "unknown", s.node_monitor->unknown);
  }
  if (s.cilium_health)
    out["cluster"] = Json{{"ciliumHealth", component(*s.cilium_health)}};
  if (s.ipam) {
    out["ipam"] = Json::object();
    put(out["ipam"], "status", s.ipam->status);
    if (s.ipam->status.ends_with(','))
      out["ipam"]["status"].get_ref<std::string&>() +=
          ' ';  // an editor stripped the blank that the agent prints
    if (s.ipam->allocations) {
      Json& all = out["ipam"]["allocations"] = Json::object();
      for (const Allocation& a : *s.ipam->allocations)
        all[std::string(a.ip)] = std::string(a.owner);
    }
  }
  if (s.cluster_mesh)
    out["cluster-mesh"] = cluster_mesh(*s.cluster_mesh, options);
  const auto big_tcp = [&](const char* key, const std::optional<BigTcp>& b) {
    if (!b)
      return;
    Json& item = out[key] = Json::object();
    put_true(item, "enabled", b->enabled);
    put_number(item, "maxGRO", b->max_gro);
    put_number(item, "maxGSO", b->max_gso);
  };
  big_tcp("ipv4-big-tcp", s.ipv4_big_tcp);
  big_tcp("ipv6-big-tcp", s.ipv6_big_tcp);
  if (s.bandwidth_manager) {
    Json& b = out["bandwidth-manager"] = Json::object();
    put_true(b, "enabled", s.bandwidth_manager->enabled);
    put(b, "congestionControl", lower(s.bandwidth_manager->congestion_control));
    if (!s.bandwidth_manager->devices.empty())
      b["devices"] = list(s.bandwidth_manager->devices);
  }
  if (s.host_routing)
    out["host-routing"] = Json{{"mode", std::string(*s.host_routing)}};
  if (s.routing) {
    Json& r = out["routing"] = Json::object();
    put(r, "inter-host-routing-mode", s.routing->inter_host);
    put(r, "intra-host-routing-mode", s.routing->intra_host);
    put(r, "tunnel-protocol", s.routing->tunnel_protocol);
  }
  if (s.attach_mode)
    out["attach-mode"] = *s.attach_mode == "TCX"         ? "tcx"
                         : *s.attach_mode == "Legacy TC" ? "tc"
                                                         : std::string(*s.attach_mode);
  if (s.device_mode && *s.device_mode != "?")
    out["datapath-mode"] = std::string(*s.device_mode);
  if (s.configured_device_mode != "?")
    put(out, "configured-datapath-mode", s.configured_device_mode);
  if (s.masquerading) {
    const Masquerading& m = *s.masquerading;
    Json& j = out["masquerading"] = Json::object();
    put_true(j, "enabled", m.enabled);
    put(j, "mode", m.mode == "IPTables" ? std::string_view("iptables") : m.mode);
    put_true(j, "ip-masq-agent", m.ip_masq_agent);
    if (m.ipv4) {
      j["enabledProtocols"] = Json::object();
      put_true(j["enabledProtocols"], "ipv4", m.ipv4.value_or(false));
      put_true(j["enabledProtocols"], "ipv6", m.ipv6.value_or(false));
    }
    put(j, m.ipv4 ? "snat-exclusion-cidr-v4" : "snat-exclusion-cidr", m.snat_exclusion_v4);
    put(j, "snat-exclusion-cidr-v6", m.snat_exclusion_v6);
    if (!m.devices.empty())
      j["devices"] = list(m.devices);
  }
  if (s.clock_source) {
    out["clock-source"] = Json{{"mode", std::string(s.clock_source->mode)}};
    put_number(out["clock-source"], "hertz", s.clock_source->hertz);
  }
  if (s.controllers) {
    if (s.controllers->line != 0)
      out["controllers-summary"] =
          Json{{"healthy", s.controllers->healthy}, {"total", s.controllers->total}};
    Json rows = Json::array();
    for (const Controller& c : s.controllers->rows) {
      Json status = Json::object();
      put_number(status, "consecutive-failure-count", c.consecutive_failures);
      put(status, "last-failure-msg", c.last_failure_msg);
      put_age(status, "last-success", c.last_success_ago, options);
      put_age(status, "last-failure", c.last_failure_ago, options);
      rows.push_back(Json{{"name", std::string(c.name)}, {"status", std::move(status)}});
    }
    if (!rows.empty())
      out["controllers"] = std::move(rows);
  }
  if (s.proxy && (s.proxy->managed || !s.proxy->redirects.empty())) {
    const Proxy& p = *s.proxy;
    Json& j = out["proxy"] = Json::object();
    if (p.ip != "<nil>" && p.ip != "n/a")
      put(j, "ip", p.ip);
    put(j, "port-range", p.port_range);
    put(j, "envoy-deployment-mode", p.envoy);
    put_number(j, "total-redirects", p.total_redirects.value_or(0));
    if (!p.redirects.empty()) {
      Json rows = Json::array();
      for (const Redirect& r : p.redirects)
        rows.push_back(Json{{"name", std::string(r.name)},
                            {"proxy", std::string(r.protocol)},
                            {"proxy-port", r.proxy_port}});
      j["redirects"] = std::move(rows);
    }
  }
  if (s.identity_range) {
    Json& r = out["identity-range"] = Json::object();
    put_number(r, "min-identity", s.identity_range->min);
    put_number(r, "max-identity", s.identity_range->max);
  }
  if (s.hubble) {
    const Hubble& h = *s.hubble;
    Json& j = out["hubble"] = Json::object();
    put(j, "state", h.state.text);
    put(j, "msg", h.msg);
    if (h.current_flows || !h.flows_per_second.empty()) {
      Json observer = Json::object();
      put_number(observer, "current-flows", h.current_flows.value_or(0));
      put_number(observer, "max-flows", h.max_flows.value_or(0));
      if (!h.flows_per_second.empty())
        observer["flows-per-second"] =
            std::strtod(std::string(h.flows_per_second).c_str(), nullptr);
      j["observer"] = std::move(observer);
    }
    if (!h.metrics_state.empty()) {
      Json metrics{{"state", std::string(h.metrics_state)}};
      put(metrics, "msg", h.metrics_msg);
      // 1.18 moved it out of hubble. Where the text does not tell which side of 1.18 it is from, it
      // stands in both places.
      if (document.minor_high == 0 || document.minor_high >= 18)
        out["hubble-metrics"] = metrics;
      if (document.minor_low < 18)
        out["hubble"]["metrics"] = std::move(metrics);
    }
  }
  if (s.bpf_maps) {
    Json& j = out["bpf-maps"] = Json::object();
    if (!s.bpf_maps->dynamic_size_ratio.empty())
      j["dynamic-size-ratio"] =
          std::strtod(std::string(s.bpf_maps->dynamic_size_ratio).c_str(), nullptr);
    Json rows = Json::array();
    for (const BpfMap& m : s.bpf_maps->maps)
      rows.push_back(Json{{"name", std::string(m.name)}, {"size", m.size}});
    j["maps"] = std::move(rows);
  }
  if (s.encryption) {
    const Encryption& e = *s.encryption;
    Json& j = out["encryption"] = Json::object();
    put(j, "mode", e.mode);
    put(j, "msg", e.msg);
    if (e.wireguard) {
      Json wireguard = Json::object();
      put(wireguard, "node-encryption", e.node_encryption);
      Json interfaces = Json::array();
      for (const WireguardInterface& i : e.interfaces) {
        Json item{{"name", std::string(i.name)}, {"public-key", std::string(i.public_key)}};
        put_number(item, "listen-port", i.port);
        put_number(item, "peer-count", i.peers);
        interfaces.push_back(std::move(item));
      }
      wireguard["interfaces"] = std::move(interfaces);
      j["wireguard"] = std::move(wireguard);
    }
  }
  if (s.cluster_health)
    out["cluster-health"] = cluster_health(*s.cluster_health);
  if (s.modules_health)
    out["modules-health"] = modules_health(*s.modules_health);
  if (!document.line_prefix.empty() || document.text->find('\r') != std::string::npos)
    clean_messages(out, document.line_prefix);
  Json parsed = parse_block(document);
  parsed["cilium-version"] = document.cilium_version;
  parsed["version-evidence"] = document.version_evidence;
  out["kpr-parse"] = std::move(parsed);
  return out;
}

namespace {
Json address(const ServiceAddress& a) {
  Json out = Json::object();
  out["ip"] = std::string(a.ip);
  put_number(out, "port", a.port);
  put(out, "protocol", a.protocol);
  if (a.cluster_id != 0)
    out["cluster-id"] = a.cluster_id;
  return out;
}
}  // namespace

Json to_json(const ServiceListDocument& document) {
  Json items = Json::array();
  for (const Service& s : document.services) {
    Json spec = Json::object();
    put_number(spec, "id", s.id);
    spec["frontend-address"] = address(s.frontend);
    if (s.frontend.internal_scope)
      spec["frontend-address"]["scope"] = "internal";
    Json backends = Json::array();
    for (const Backend& b : s.backends) {
      Json item = address(b.address);
      put(item, "state", b.state);
      put_true(item, "preferred", b.preferred);
      put_number(item, "weight", b.weight);
      backends.push_back(std::move(item));
    }
    spec["backend-addresses"] = std::move(backends);
    spec["flags"] = Json::object();
    put(spec["flags"], "type", s.type);
    put_true(spec["flags"], "remote", s.remote);
    items.push_back(Json{{"spec", std::move(spec)}});
  }
  return Json{{"services", std::move(items)}, {"kpr-parse", parse_block(document)}};
}

Json to_json(const HealthDocument& document) {
  Json out = Json::object();
  out["cluster-health"] = cluster_health(document.health);
  out["kpr-parse"] = parse_block(document);
  return out;
}

Json to_json(const BpfLbListDocument& document) {
  Json out = Json::object();
  out["frontends"] = bpf_lb_frontends(document.frontends);
  out["kpr-parse"] = parse_block(document);
  return out;
}

}  // namespace kpr
