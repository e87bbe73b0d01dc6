#include "unprinted.hpp"

namespace kpr::compare {
namespace {

using nlohmann::json;

bool has(const json& object, const char* key) {
  return object.is_object() && object.contains(key) && !object[key].is_null();
}
bool flag(const json& object, const char* key) {
  return has(object, key) && object[key].is_boolean() && object[key].get<bool>();
}
std::string text(const json& object, const char* key) {
  return has(object, key) && object[key].is_string() ? object[key].get<std::string>() : "";
}
const json& at(const json& object, const char* key) {
  static const json nothing = json::object();
  return has(object, key) ? object[key] : nothing;
}
bool plain(const Where& w) {
  return !w.form.verbose;
}
bool off(const Where& w) {
  return !flag(w.parent, "enabled");
}
bool without_replacement(const Where& w) {
  return !has(w.root, "kube-proxy-replacement");
}
bool without_details(const Where& w) {
  return plain(w) || !has(w.root, "kubernetes");
}
const json& node_port(const Where& w) {
  return at(at(at(w.root, "kube-proxy-replacement"), "features"), "nodePort");
}
bool node_port_off(const Where& w) {
  return !flag(node_port(w), "enabled");
}
const json& masquerading(const Where& w) {
  return at(w.root, "masquerading");
}
bool no_mode_printed(const Where& w) {
  return !flag(masquerading(w), "enabled") ||
         (w.form.version.minor >= 10 && !has(masquerading(w), "enabledProtocols"));
}
bool no_cidr_printed(const Where& w) {
  return no_mode_printed(w) || text(masquerading(w), "mode") != "BPF" || without_replacement(w);
}
bool no_remote_config(const Where& w) {
  return !flag(w.parent, "retrieved");
}

}  // namespace

const std::vector<Rule>& unprinted_rules() {
  // clang-format off
  static const std::vector<Rule> rules = {
    // No line of the text has these, in any version.
    {"client-id", 0, 99, nullptr, "never printed"},
    {"auth-certificate-provider*", 0, 99, nullptr, "never printed"},
    {"cluster.self", 0, 99, nullptr, "never printed"},
    {"cluster.nodes*", 0, 99, nullptr, "never printed"},
    {"ipam.ipv4*", 0, 99, nullptr, "never printed: the addresses stand in allocations"},
    {"ipam.ipv6*", 0, 99, nullptr, "never printed: the addresses stand in allocations"},
    {"cni-file.state", 0, 99, nullptr, "only the message is printed"},
    {"controllers[].uuid", 0, 99, nullptr, "never printed"},
    {"controllers[].configuration*", 0, 99, nullptr, "never printed"},
    {"controllers[].status.success-count", 0, 99, nullptr, "never printed"},
    {"controllers[].status.failure-count", 0, 99, nullptr, "only consecutive failures are printed"},
    {"proxy.total-ports", 0, 99, nullptr, "never printed"},
    {"hubble.observer.seen-flows", 0, 99, nullptr, "printed as Flows/s, checked as flows-per-second"},
    {"hubble.observer.uptime", 0, 99, nullptr, "printed as Flows/s, checked as flows-per-second"},
    {"cluster-mesh.clusters[].connected", 0, 99, nullptr, "never printed"},
    {"encryption.wireguard.interfaces[].peers*", 0, 99, nullptr, "never printed"},
    {"encryption.wireguard.node-encrypt-opt-out-labels", 0, 99, nullptr, "never printed"},
    {"encryption.ipsec*", 0, 99, nullptr, "never printed"},
    // Versions whose text no longer, or not yet, has the line.
    {"container-runtime*", 20, 99, nullptr, "line removed in 1.20"},
    {"host-routing*", 16, 99, nullptr, "replaced by Routing in 1.16"},
    {"cluster-mesh.num-global-services", 19, 99, nullptr, "not printed from 1.19"},
    {"kube-proxy-replacement.devices*", 10, 99, nullptr, "printed from deviceList from 1.10"},
    {"kube-proxy-replacement.features.gracefulTermination*", 18, 99, nullptr, "line removed in 1.18"},
    {"kube-proxy-replacement.features.hostReachableServices*", 13, 99, nullptr, "line removed in 1.13"},
    {"kube-proxy-replacement.features.hostReachableServices.enabled", 9, 12, [](const Where& w) { return at(w.parent, "protocols").empty(); }, "told by its protocols"},
    {"masquerading.snat-exclusion-cidr", 10, 99, nullptr, "-v4 is printed from 1.10"},
    {"masquerading.snat-exclusion-cidr-v6", 10, 17, nullptr, "printed from 1.18"},
    // Only --verbose prints these.
    {"ipam.allocations*", 0, 99, plain, "verbose only"},
    {"proxy.redirects*", 0, 99, plain, "verbose only"},
    {"clock-source*", 0, 99, plain, "verbose only"},
    {"bpf-maps*", 0, 99, plain, "verbose only"},
    {"kube-proxy-replacement.features*", 9, 99, without_details, "verbose only, and only beside Kubernetes"},
    {"controllers[]", 0, 99, [](const Where& w) { return plain(w) && !has(at(w.value, "status"), "consecutive-failure-count"); }, "plain: only failing controllers"},
    {"cluster-mesh.clusters[]", 0, 99, [](const Where& w) { return plain(w) && flag(w.value, "ready"); }, "plain: only clusters that are not ready"},
    // The line is there, but another value decides whether this one is on it.
    {"controllers[]", 0, 99, [](const Where& w) { return !has(w.value, "status"); }, "a controller that has not run has no row"},
    {"kubernetes.k8s-api-versions*", 0, 99, [](const Where& w) { return text(w.parent, "state") == "Disabled"; }, "not printed when Kubernetes is Disabled"},
    {"kube-proxy-replacement*", 0, 9, [](const Where& w) { return !has(w.root, "kubernetes"); }, "up to 1.9 only beside Kubernetes"},
    {"kube-proxy-replacement.devices*", 0, 7, nullptr, "printed from 1.8"},
    {"kube-proxy-replacement.devices*", 9, 9, [](const Where& w) { return text(w.parent, "mode") == "Disabled"; }, "hidden when Disabled"},
    {"kube-proxy-replacement.deviceList*", 10, 15, [](const Where& w) { return text(w.parent, "mode") == "Disabled"; }, "hidden when Disabled"},
    {"kube-proxy-replacement.deviceList*", 16, 99, [](const Where& w) { return text(w.parent, "mode") == "False"; }, "hidden when False"},
    {"kube-proxy-replacement.directRoutingDevice", 0, 99, [](const Where& w) {
        const auto& list = w.form.version.minor >= 10 ? at(w.parent, "deviceList") : at(w.parent, "devices");
        const auto device = text(w.parent, "directRoutingDevice"), mode = text(w.parent, "mode");
        bool listed = false;
        for (const auto& d : list) listed = listed || (d.is_object() ? text(d, "name") : d.get<std::string>()) == device;
        const bool hidden = (w.form.version.minor >= 9 && w.form.version.minor <= 15 && mode == "Disabled") || (w.form.version.minor >= 16 && mode == "False");
        return !listed || hidden || w.form.version.minor < 8;
      }, "a mark on a listed device"},
    {"kube-proxy-replacement.features.nodePort.*", 0, 99, node_port_off, "printed when NodePort is on"},
    {"kube-proxy-replacement.features.nodePort.lutSize", 0, 99, [](const Where& w) { return text(w.parent, "algorithm") != "Maglev"; }, "printed for Maglev"},
    {"kube-proxy-replacement.features.nodePort.dsrMode", 0, 99, [](const Where& w) { return text(w.parent, "mode") == "SNAT"; }, "printed for DSR and Hybrid"},
    {"kube-proxy-replacement.features", 0, 8, [](const Where& w) {
        for (const auto& feature : w.value) if (flag(feature, "enabled")) return false;
        return true; }, "up to 1.8 only features that are on"},
    {"kube-proxy-replacement.features.*", 0, 8, [](const Where& w) { return w.value.is_object() && !flag(w.value, "enabled"); }, "up to 1.8 only features that are on"},
    {"kube-proxy-replacement.features.hostReachableServices*", 9, 12, [](const Where& w) {
        return !flag(at(at(at(w.root, "kube-proxy-replacement"), "features"), "hostReachableServices"), "enabled"); }, "protocols are printed when on"},
    {"kube-proxy-replacement.features.nat46X64.service*", 13, 99, [](const Where& w) { return !flag(at(at(at(w.root, "kube-proxy-replacement"), "features"), "nat46X64"), "enabled"); }, "printed when NAT46/64 is on"},
    {"kube-proxy-replacement.features.nat46X64.gateway*", 13, 99, [](const Where& w) { return !flag(at(at(at(w.root, "kube-proxy-replacement"), "features"), "nat46X64"), "enabled"); }, "printed when NAT46/64 is on"},
    {"kube-proxy-replacement.features.nat46X64.gateway.prefixes*", 13, 99, off, "printed when the gateway is on"},
    {"host-firewall.devices*", 0, 99, [](const Where& w) { return text(w.parent, "mode") == "Disabled"; }, "printed when on"},
    {"bandwidth-manager.*", 0, 99, off, "printed when on"},
    {"ipv4-big-tcp.*", 0, 99, off, "printed when on"},
    {"ipv6-big-tcp.*", 0, 99, off, "printed when on"},
    {"ipv4-big-tcp.maxGRO", 0, 99, [](const Where& w) { return w.value == at(w.parent, "maxGSO"); }, "one number when both are equal"},
    {"ipv6-big-tcp.maxGRO", 0, 99, [](const Where& w) { return w.value == at(w.parent, "maxGSO"); }, "one number when both are equal"},
    {"srv6.*", 0, 99, off, "printed when on"},
    {"clock-source.hertz", 0, 99, [](const Where& w) { return text(w.parent, "mode") != "jiffies"; }, "printed for jiffies"},
    {"routing.tunnel-protocol", 0, 99, [](const Where& w) { return text(w.parent, "inter-host-routing-mode") != "Tunnel"; }, "printed for Tunnel"},
    {"datapath-mode", 0, 99, [](const Where& w) { return text(w.root, "datapath-mode") == "?"; }, "printed as ?"},
    {"configured-datapath-mode", 0, 99, [](const Where& w) { return text(w.root, "configured-datapath-mode") == text(w.root, "datapath-mode"); }, "printed when it differs"},
    {"masquerading.mode", 0, 99, no_mode_printed, "printed when on and the protocols are known"},
    {"masquerading.enabledProtocols*", 0, 99, [](const Where& w) { return !flag(masquerading(w), "enabled"); }, "printed when on"},
    {"masquerading.ip-masq-agent", 0, 99, [](const Where& w) { return no_mode_printed(w) || text(w.parent, "mode") != "BPF"; }, "printed for BPF"},
    {"masquerading.snat-exclusion-cidr*", 0, 99, no_cidr_printed, "printed for BPF beside the replacement's devices"},
    {"hubble-metrics*", 18, 99, [](const Where& w) { return !has(w.root, "hubble"); }, "printed on the Hubble line"},
    {"hubble.observer.*", 0, 99, [](const Where& w) { return !has(w.parent, "current-flows") || !has(w.parent, "max-flows"); }, "flows are printed when both numbers are set"},
    {"proxy.redirects*", 0, 99, [](const Where& w) { return !has(at(w.root, "proxy"), "total-redirects"); }, "printed when the total is not zero"},
    {"encryption.wireguard*", 0, 99, [](const Where& w) { return has(at(w.root, "encryption"), "msg") || text(at(w.root, "encryption"), "mode") != "Wireguard"; }, "a message stands in its place"},
    {"cluster-mesh.clusters[].config.cluster-id", 0, 99, no_remote_config, "printed when retrieved"},
    {"cluster-mesh.clusters[].config.kvstoremesh", 0, 99, no_remote_config, "printed when retrieved"},
    {"cluster-mesh.clusters[].config.sync-canaries", 0, 99, no_remote_config, "printed when retrieved"},
    {"cluster-mesh.clusters[].config.service-exports-enabled", 0, 99, no_remote_config, "printed when retrieved"},
    {"cluster-mesh.clusters[].config.endpoint-slices-export-mode", 0, 99, no_remote_config, "printed when retrieved"},
  };
  // clang-format on
  return rules;
}

bool path_matches(const char* pattern, const std::string& path) {
  std::size_t i = 0;
  for (const char* p = pattern; *p != '\0'; ++p) {
    if (*p == '*')
      return true;
    if (i >= path.size())
      return false;
    if (p[0] == '[' && p[1] == ']') {
      if (path[i] != '[')
        return false;
      i = path.find(']', i) + 1;
      ++p;
      continue;
    }
    if (path[i++] != *p)
      return false;
  }
  return i == path.size();
}

}  // namespace kpr::compare
