// The kube-proxy replacement of a parsed status, as JSON.
#include <algorithm>

#include "json_parts.hpp"

namespace kpr::det {
namespace {

Json feature(const Enabled& enabled) {
  Json out = Json::object();
  put_true(out, "enabled", enabled.value_or(false));
  return out;
}

Json node_port(const NodePort& n) {
  Json out = feature(n.enabled);
  put(out, "mode", n.mode);
  put(out, "dsrMode", n.dsr_mode);
  put(out, "algorithm", n.algorithm);
  put_number(out, "lutSize", n.lut_size);
  put(out, "acceleration", n.acceleration);
  put_number(out, "portMin", n.port_min);
  put_number(out, "portMax", n.port_max);
  return out;
}

Json features(const KprFeatures& f) {
  Json out = Json::object();
  out["nodePort"] = node_port(f.node_port);
  const auto put_feature = [&](const char* key, const Enabled& e) {
    if (e)
      out[key] = feature(e);
  };
  put_feature("hostPort", f.host_port);
  put_feature("externalIPs", f.external_ips);
  put_feature("sessionAffinity", f.session_affinity);
  put_feature("socketLB", f.socket_lb);
  put_feature("socketLBTracing", f.socket_lb_tracing);
  put_feature("gracefulTermination", f.graceful_termination);
  if (!f.socket_protocols.empty())
    out["hostReachableServices"] = Json{{"enabled", true}, {"protocols", list(f.socket_protocols)}};
  if (f.socket_lb_coverage == "Hostns-only")
    out["bpfSocketLBHostnsOnly"] = true;
  if (f.nat46x64) {
    Json nat = Json::object();
    put_true(nat, "enabled", *f.nat46x64);
    if (f.nat46x64_service)
      nat["service"] = feature(f.nat46x64_service);
    if (f.nat46x64_gateway || !f.nat46x64_prefixes.empty()) {
      nat["gateway"] = feature(f.nat46x64_gateway);
      if (!f.nat46x64_prefixes.empty())
        nat["gateway"]["prefixes"] = list(f.nat46x64_prefixes);
    }
    out["nat46X64"] = std::move(nat);
  }
  if (f.annotations)
    out["annotations"] = list(*f.annotations);
  return out;
}

}  // namespace

// Does the version that printed this list devices with their addresses (1.10+)? Lines that came
// with 1.10 and later tell best; where none of them is there to tell, the version of the Cilium
// line does.
bool prints_addresses(const AgentStatus& s, const StatusDocument& document) {
  if (s.encryption || s.host_firewall || s.cni_chaining || s.identity_range || s.routing ||
      s.ipv6_big_tcp)
    return true;
  if (s.masquerading)
    return s.masquerading->ipv4.has_value() ||
           (!s.masquerading->enabled && !document.verbose && document.minor_low >= 10);
  return document.minor_low == 10;  // 1.11 and later would have printed Host firewall
}

Json kube_proxy_replacement(const KubeProxyReplacement& k, bool from_1_10) {
  Json out = Json::object();
  put(out, "mode", k.mode.text);
  Json names = Json::array();
  Json devices = Json::array();
  for (const Device& d : k.devices) {
    names.push_back(std::string(d.name));
    devices.push_back(Json{{"name", std::string(d.name)}, {"ip", list(d.ips)}});
    if (d.direct_routing)
      out["directRoutingDevice"] = std::string(d.name);
  }
  if (!k.devices.empty()) {
    out["devices"] = std::move(names);
    // 1.8 and 1.9 print names only, from the list of names; the list with addresses came with 1.10.
    const bool addresses = std::any_of(k.devices.begin(), k.devices.end(), [](const Device& d) {
      return !d.ips.empty();
    });
    if (addresses || from_1_10)
      out["deviceList"] = std::move(devices);
  }
  if (k.features)
    out["features"] = features(*k.features);
  return out;
}

}  // namespace kpr::det
