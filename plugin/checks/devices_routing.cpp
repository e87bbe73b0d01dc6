// Section 5: devices, routing, masquerading.
#include <algorithm>
#include <map>
#include <set>

#include "checks/agents.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

using facts::KprMode;

std::set<std::string> device_ips(const facts::AgentStatus& s) {
  std::set<std::string> out;
  for (const auto& d : s.devices)
    for (const auto& ip : d.ips)
      if (facts::is_ip(ip))
        out.insert(ip);
  return out;
}

void device_none_or_wrong(const facts::Fleet& fleet, Sink& sink) {
  Finding none = sink.make(""), wrong = sink.make(""), virtual_device = sink.make("");
  std::size_t judged = 0;
  for (const auto& a : fleet.agents) {
    if (!a.status || a.status->mode != KprMode::on || !a.status->devices_known)
      continue;
    ++judged;
    // Before 1.10 the line names devices without addresses, or none at all in some modes.
    const bool has_list = !a.version || a.version->at_least(1, 10);
    if (a.status->devices.empty()) {
      if (!has_list || !a.status->devices_known)
        continue;
      none.nodes.push_back(a.node);
      if (none.evidence.size() < 4)
        none.evidence.push_back({a.status->source, mode_line(*a.status) + " (no device)"});
      continue;
    }
    for (const auto& d : a.status->devices) {
      if (d.name.rfind("docker", 0) != 0 && d.name.rfind("virbr", 0) != 0 &&
          d.name.rfind("cni0", 0) != 0 && d.name.rfind("lxc", 0) != 0)
        continue;
      virtual_device.nodes.push_back(a.node);
      if (virtual_device.evidence.size() < 4)
        virtual_device.evidence.push_back({a.status->source, "device " + d.name});
    }
    const facts::Node* node = fleet.node(a.node);
    const auto ips = device_ips(*a.status);
    if (node == nullptr || ips.empty())
      continue;
    const auto internal = node->ips("InternalIP");
    if (internal.empty() || std::any_of(internal.begin(), internal.end(), [&](const auto& ip) {
          return ips.count(ip) > 0;
        }))
      continue;
    wrong.nodes.push_back(a.node);
    if (wrong.evidence.size() < 4) {
      std::vector<std::string> names;
      for (const auto& d : a.status->devices)
        names.push_back(d.name + " " + join(d.ips, " "));
      wrong.evidence.push_back({a.status->source,
                                "devices: " + join(names, ", ") + "; InternalIP of " + a.node +
                                    ": " + join(internal, ", ")});
    }
  }
  if (judged == 0)
    return sink.not_applicable("no agent with the replacement on tells its devices");
  if (!none.nodes.empty()) {
    none.severity = Severity::critical;
    none.summary = "Cilium selected no device on " + nodes_of(none.nodes.size()) +
                   ": NodePort and LoadBalancer Services do not answer there";
    sink.add(std::move(none));
  }
  if (!wrong.nodes.empty()) {
    wrong.severity = Severity::error;
    wrong.summary = "the device with the node's InternalIP is not among Cilium's devices on " +
                    nodes_of(wrong.nodes.size());
    sink.add(std::move(wrong));
  }
  if (!virtual_device.nodes.empty()) {
    virtual_device.severity = Severity::warn;
    virtual_device.summary =
        "Cilium uses a bridge or another virtual device for Services on " +
        nodes_of(
            std::set<std::string>(virtual_device.nodes.begin(), virtual_device.nodes.end()).size());
    sink.add(std::move(virtual_device));
  }
}

// Findings that are nothing but a message of an agent that does not start.
void from_words(const facts::Fleet& fleet,
                Sink& sink,
                std::initializer_list<std::string_view> needles,
                const char* what,
                bool also_recovered = false) {
  Finding f = sink.make("");
  for (const auto& w : last_words(fleet)) {
    if (w.running && !also_recovered)
      continue;
    for (const auto needle : needles) {
      const auto line = line_with(w.text, needle);
      if (line.empty())
        continue;
      f.nodes.push_back(w.node);
      if (f.evidence.size() < 6)
        f.evidence.push_back({w.source, line});
      break;
    }
  }
  if (f.nodes.empty())
    return;
  f.summary = std::string(what) + " on " +
              nodes_of(std::set<std::string>(f.nodes.begin(), f.nodes.end()).size());
  sink.add(std::move(f));
}

void direct_routing_device(const facts::Fleet& fleet, Sink& sink) {
  from_words(fleet,
             sink,
             {"unable to determine direct routing device",
              "direct routing device, use --direct-routing-device",
              "--direct-routing-device to specify it"},
             "the agent does not start: it cannot tell which device to route on");
}

// A text that was cut, or `ip link`.
bool no_addresses(const std::vector<facts::Interface>& interfaces) {
  return std::all_of(interfaces.begin(), interfaces.end(), [](const auto& i) {
    return i.addresses.empty();
  });
}

void internal_ip_wrong(const facts::Fleet& fleet, Sink& sink) {
  std::map<std::string, std::vector<std::string>> by_ip;
  for (const auto& n : *fleet.nodes)
    for (const auto& ip : n.ips("InternalIP"))
      by_ip[ip].push_back(n.name);
  Finding f = sink.make("");
  std::string what;
  for (const auto& [ip, names] : by_ip) {
    const bool doubled = std::set<std::string>(names.begin(), names.end()).size() > 1;
    const bool vagrant = ip == "10.0.2.15" && fleet.nodes->size() > 1;
    if (!doubled && !vagrant)
      continue;
    what = doubled ? "nodes have the same InternalIP " + ip
                   : "a node has VirtualBox's NAT address 10.0.2.15 as its InternalIP";
    f.nodes.insert(f.nodes.end(), names.begin(), names.end());
    f.evidence.push_back({"Nodes .status.addresses", ip + ": " + join(names, ", ")});
  }
  // An InternalIP that the node's own interfaces do not have.
  for (const auto& a : fleet.agents) {
    const auto* n = fleet.node(a.node);
    if (n == nullptr || !a.interfaces || no_addresses(*a.interfaces))
      continue;
    for (const auto& ip : n->ips("InternalIP")) {
      if (facts::interface_with_ip(*a.interfaces, ip) != nullptr ||
          ip.find(':') != std::string::npos)
        continue;
      what = "the InternalIP of a node is on none of its interfaces";
      f.nodes.push_back(a.node);
      f.evidence.push_back({"`ip a` of " + a.node, "has no " + ip});
    }
  }
  if (f.nodes.empty())
    return;
  f.summary = what;
  sink.add(std::move(f));
}

std::vector<std::string> named_devices(const facts::Fleet& fleet) {
  std::vector<std::string> out;
  for (const char* key : {"devices", "direct-routing-device"}) {
    const auto value = fleet.config(key);
    if (!value)
      continue;
    std::string text = *value;
    std::replace(text.begin(), text.end(), ',', ' ');
    for (const auto word : split(text, ' '))
      if (!trim(word).empty() && word.front() != '!' && word.back() != '+')
        out.emplace_back(trim(word));
  }
  return out;
}

void devices_differ(const facts::Fleet& fleet, Sink& sink) {
  const auto wanted = named_devices(fleet);
  if (wanted.empty())
    return sink.not_applicable("no device is named in cilium-config");
  Finding f = sink.make("");
  std::size_t judged = 0;
  for (const auto& a : fleet.agents) {
    if (!a.interfaces)
      continue;
    ++judged;
    std::vector<std::string> missing;
    for (const auto& d : wanted)
      if (facts::find_interface(*a.interfaces, d) == nullptr)
        missing.push_back(d);
    if (missing.empty())
      continue;
    // `devices` may list names of several kinds of nodes on purpose: only a node with none of them
    // is wrong.
    if (missing.size() < wanted.size() &&
        fleet.config("direct-routing-device").value_or("").empty())
      continue;
    f.nodes.push_back(a.node);
    if (f.evidence.size() < 4)
      f.evidence.push_back({"`ip a` of " + a.node, "no " + join(missing, ", ")});
  }
  if (judged == 0)
    return nothing_told(fleet, sink, {"ip-a"}, "the interfaces of no node could be read");
  if (f.nodes.empty())
    return;
  f.evidence.insert(
      f.evidence.begin(),
      config_evidence(fleet, has_key(fleet, "devices") ? "devices" : "direct-routing-device"));
  f.summary = "a device that cilium-config names does not exist on " + nodes_of(f.nodes.size());
  sink.add(std::move(f));
}

void bond_vlan(const facts::Fleet& fleet, Sink& sink) {
  Finding f = sink.make("");
  std::size_t judged = 0;
  for (const auto& a : fleet.agents) {
    const auto dropped = drops_of(a, "VLAN traffic disallowed by VLAN filter");
    if (dropped)
      ++judged;
    if (dropped && dropped->are_many()) {
      f.nodes.push_back(a.node);
      if (f.evidence.size() < 4)
        f.evidence.push_back({a.metrics_source, dropped->line});
    }
    // A selected device that is a slave of a bond (its `ip a` line says master).
    if (!a.status || a.status->mode != KprMode::on || !a.interfaces)
      continue;
    ++judged;
    for (const auto& d : a.status->devices) {
      const auto* link = facts::find_interface(*a.interfaces, d.name);
      if (link == nullptr || !link->master.starts_with("bond"))
        continue;
      f.nodes.push_back(a.node);
      if (f.evidence.size() < 4)
        f.evidence.push_back({"`ip a` of " + a.node, link->line});
    }
  }
  if (judged == 0)
    return nothing_told(fleet,
                        sink,
                        {"metrics", "ip-a"},
                        "neither metrics nor interfaces of any node could be read");
  if (f.nodes.empty())
    return;
  f.summary = "Cilium uses the slave of a bond, or drops VLAN traffic, on " +
              nodes_of(std::set<std::string>(f.nodes.begin(), f.nodes.end()).size());
  sink.add(std::move(f));
}

void nodeport_addresses(const facts::Fleet& fleet, Sink& sink) {
  if (!fleet.version->at_least(1, 16))
    return sink.not_applicable("since 1.16 NodePort answers on selected addresses only");
  if (fleet.configured_mode() != KprMode::on)
    return sink.not_applicable("the replacement is not on");
  if (const auto value = fleet.config("nodeport-addresses"); value && !value->empty())
    return sink.not_applicable("nodeport-addresses is set");
  // Services with a NodePort, and a node with several addresses of one family on its devices: one
  // of them does not answer.
  const bool any = std::any_of(fleet.services->begin(), fleet.services->end(), [](const auto& s) {
    return std::any_of(s.ports.begin(), s.ports.end(), [](const auto& p) {
      return p.node_port > 0;
    });
  });
  if (!any)
    return sink.not_applicable("no Service has a NodePort");
  Finding f = sink.make("");
  for (const auto& a : fleet.agents) {
    if (!a.status || a.status->mode != KprMode::on)
      continue;
    for (const auto& d : a.status->devices) {
      std::vector<std::string> v4;
      for (const auto& ip : d.ips)
        if (facts::is_ip(ip) && ip.find(':') == std::string::npos)
          v4.push_back(ip);
      if (v4.size() < 2)
        continue;
      f.nodes.push_back(a.node);
      if (f.evidence.size() < 4)
        f.evidence.push_back({a.status->source, d.name + ": " + join(v4, " ")});
    }
  }
  if (f.nodes.empty())
    return;
  f.severity = Severity::info;
  f.evidence.push_back(config_evidence(fleet, "nodeport-addresses"));
  f.summary = "NodePort answers on one address a device only; devices of " +
              nodes_of(std::set<std::string>(f.nodes.begin(), f.nodes.end()).size()) +
              " have several";
  sink.add(std::move(f));
}

void host_routing_legacy(const facts::Fleet& fleet, Sink& sink) {
  Finding f = sink.make("");
  bool judged = false;
  for (const auto& a : fleet.agents) {
    if (!a.status || a.status->mode != KprMode::on || a.status->host_routing.empty())
      continue;
    judged = true;
    if (a.status->host_routing != "Legacy")
      continue;
    f.nodes.push_back(a.node);
    if (f.evidence.size() < 3)
      f.evidence.push_back({a.status->source, "Host: Legacy"});
  }
  if (!judged)
    return sink.not_applicable("no agent with the replacement on tells its host routing");
  if (f.nodes.empty())
    return;
  std::string why;
  for (const auto& w : last_words(fleet)) {
    const auto line = line_with(w.text, "BPF host routing ");
    if (line.empty())
      continue;
    f.evidence.push_back({w.source, line});
    break;
  }
  if (fleet.config_true("enable-host-legacy-routing")) {
    f.severity = Severity::info;
    why = ": it was asked for";
    f.evidence.push_back(config_evidence(fleet, "enable-host-legacy-routing"));
  } else if (fleet.cilium_config && !fleet.config_true("enable-bpf-masquerade")) {
    why = ": masquerading is not done by BPF";
    f.evidence.push_back(config_evidence(fleet, "enable-bpf-masquerade"));
  } else if (const auto chaining = fleet.config("cni-chaining-mode");
             chaining && *chaining != "none" && !chaining->empty()) {
    f.severity = Severity::info;
    why = ": CNI chaining (" + *chaining + ") needs it";
  } else if (fleet.config_true("enable-ipsec")) {
    f.severity = Severity::info;
    why = ": IPsec is on";
  }
  f.summary =
      "pod traffic of " + nodes_of(f.nodes.size()) + " takes the slower legacy host routing" + why;
  sink.add(std::move(f));
}

void masquerade_iptables(const facts::Fleet& fleet, Sink& sink) {
  Finding f = sink.make("");
  for (const auto& a : fleet.agents) {
    if (!a.status || a.status->mode != KprMode::on ||
        lower(a.status->masquerade_mode) != "iptables" ||
        !a.status->masquerade_enabled.value_or(true))
      continue;
    f.nodes.push_back(a.node);
    if (f.evidence.size() < 3)
      f.evidence.push_back({a.status->source, "Masquerading: " + a.status->masquerade_mode});
  }
  if (f.nodes.empty())
    return;
  if (fleet.cilium_config)
    f.evidence.push_back(config_evidence(fleet, "enable-bpf-masquerade"));
  f.summary = "iptables masquerades pods on " + nodes_of(f.nodes.size()) +
              " while BPF translates NodePorts: the two do not know each other's ports";
  sink.add(std::move(f));
}

void native_routing(const facts::Fleet& fleet, Sink& sink) {
  const bool native = fleet.config("routing-mode") == "native" ||
                      (!has_key(fleet, "routing-mode") && fleet.config("tunnel") == "disabled");
  if (!native)
    return sink.not_applicable("traffic between nodes is tunnelled");
  Finding f = sink.make("");
  for (const auto& a : fleet.agents) {
    if (!a.status)
      continue;
    for (const auto& c : a.status->failing_controllers) {
      if (c.message.find("contains gateway") == std::string::npos)
        continue;
      f.nodes.push_back(a.node);
      if (f.evidence.size() < 4)
        f.evidence.push_back({a.status->source, c.name + ": " + shorten(c.message, 240)});
    }
  }
  for (const auto& w : last_words(fleet)) {
    const auto line = line_with(w.text, "contains gateway");
    if (line.empty() || line.find("route to destination") == std::string::npos)
      continue;
    f.nodes.push_back(w.node);
    if (f.evidence.size() < 4)
      f.evidence.push_back({w.source, line});
  }
  if (!f.nodes.empty()) {
    f.evidence.push_back(config_evidence(fleet, "auto-direct-node-routes"));
    f.summary = "auto-direct-node-routes is on, but nodes are not in one layer 2 network: routes "
                "are missing on " +
                nodes_of(std::set<std::string>(f.nodes.begin(), f.nodes.end()).size());
    return sink.add(std::move(f));
  }
  const auto cidr = fleet.config("ipv4-native-routing-cidr");
  const bool ipv4 = fleet.config("enable-ipv4").value_or("true") == "true";
  const bool masquerade = fleet.config("enable-ipv4-masquerade").value_or("true") == "true";
  const auto ipam = fleet.config("ipam").value_or("");
  const bool own_network = ipam == "eni" || ipam == "azure" || ipam == "alibabacloud" ||
                           !fleet.config("cni-chaining-mode").value_or("none").starts_with("none");
  if (!ipv4 || !masquerade || own_network || (cidr && !cidr->empty()) ||
      !fleet.config("native-routing-cidr").value_or("").empty())
    return;
  if (fleet.config_true("enable-ip-masq-agent"))
    return;
  f.severity = Severity::warn;
  f.evidence.push_back(config_evidence(fleet, "routing-mode"));
  f.evidence.push_back(config_evidence(fleet, "ipv4-native-routing-cidr"));
  f.summary =
      "native routing without ipv4-native-routing-cidr: traffic between pods is masqueraded";
  sink.add(std::move(f));
}

void checksum_offload(const facts::Fleet& fleet, Sink& sink) {
  bool tunnel = false, judged = false;
  Finding f = sink.make("");
  for (const auto& a : fleet.agents) {
    if (!a.status)
      continue;
    if (a.status->network_routing.find("Tunnel") != std::string::npos ||
        fleet.config("tunnel") == "vxlan" || fleet.config("tunnel-protocol") == "vxlan")
      tunnel = true;
    judged = judged || a.status->health_named > 0;
    for (const auto& n : a.status->health_nodes) {
      // ICMP passes, TCP to the endpoint over the overlay does not.
      bool endpoint_tcp_fails = false, icmp_fine = n.host_ok();
      for (const auto& p : n.endpoint) {
        if (!p.icmp_ok)
          icmp_fine = false;
        if (!p.http_ok)
          endpoint_tcp_fails = true;
      }
      if (!endpoint_tcp_fails || !icmp_fine)
        continue;
      f.nodes.push_back(n.name.substr(n.name.rfind('/') + 1));
      if (f.evidence.size() < 4)
        f.evidence.push_back(
            {a.status->source,
             n.name + ": endpoint ICMP OK, HTTP " + shorten(n.endpoint.front().http, 120)});
    }
  }
  if (!tunnel)
    return sink.not_applicable("no vxlan tunnel");
  if (!judged && fleet.config("enable-health-checking") == "false")
    return sink.not_applicable("health checking is off");
  if (!judged)
    return sink.skip("no agent told its cluster health by node");
  if (f.nodes.empty())
    return;
  f.severity = Severity::warn;
  f.summary = "over the tunnel ICMP passes and TCP does not, to " +
              nodes_of(std::set<std::string>(f.nodes.begin(), f.nodes.end()).size()) +
              ": checksum offload of the network card may be at fault";
  sink.add(std::move(f));
}

void rp_filter(const facts::Fleet& fleet, Sink& sink) {
  from_words(fleet,
             sink,
             {"DSR might not work for requests sent to other than"},
             "reverse path filtering stands in the way of DSR",
             true);
}

void ipfamily(const facts::Fleet& fleet, Sink& sink) {
  Finding f = sink.make("");
  for (const auto& [family, key, standard] :
       {std::tuple{"IPv6", "enable-ipv6", "false"}, std::tuple{"IPv4", "enable-ipv4", "true"}}) {
    if (fleet.config(key).value_or(standard) == "true")
      continue;
    for (const auto& s : *fleet.services) {
      if (s.type == "ExternalName" || s.headless() ||
          std::find(s.ip_families.begin(), s.ip_families.end(), family) == s.ip_families.end())
        continue;
      f.objects.push_back(s.path("Service"));
      if (f.evidence.size() < 4)
        f.evidence.push_back({s.path("Service") + " .spec.ipFamilies", join(s.ip_families, ", ")});
    }
    if (!f.objects.empty() && f.summary.empty()) {
      f.evidence.push_back(config_evidence(fleet, key));
      f.summary = count_of(f.objects.size(), "Service") + " ask" +
                  (f.objects.size() == 1 ? "s" : "") + " for " + family +
                  ", which Cilium does not serve";
    }
  }
  if (f.objects.empty())
    return;
  sink.add(std::move(f));
}

void no_conntrack(const facts::Fleet& fleet, Sink& sink) {
  if (!fleet.config_true("install-no-conntrack-iptables-rules"))
    return sink.not_applicable("install-no-conntrack-iptables-rules is off");
  std::vector<std::string> lacking;
  Finding f = sink.make("");
  if (fleet.configured_mode() != KprMode::on)
    lacking.emplace_back("kube-proxy-replacement"),
        f.evidence.push_back(config_evidence(fleet, "kube-proxy-replacement"));
  if (!fleet.config_true("enable-bpf-masquerade") &&
      fleet.config("enable-ipv4-masquerade").value_or("true") == "true")
    lacking.emplace_back("enable-bpf-masquerade"),
        f.evidence.push_back(config_evidence(fleet, "enable-bpf-masquerade"));
  if (fleet.config("routing-mode") != "native" && fleet.config("tunnel") != "disabled")
    lacking.emplace_back("routing-mode=native"),
        f.evidence.push_back(config_evidence(fleet, "routing-mode"));
  if (lacking.empty())
    return;
  f.evidence.push_back(config_evidence(fleet, "install-no-conntrack-iptables-rules"));
  f.summary = "install-no-conntrack-iptables-rules needs " + join(lacking, ", ");
  sink.add(std::move(f));
}

}  // namespace

Checks devices_routing_checks() {
  return {
      {"device-none-or-wrong", {Need::agents}, device_none_or_wrong},
      {"direct-routing-device-undetermined", {Need::pods}, direct_routing_device},
      {"node-internal-ip-wrong", {Need::nodes}, internal_ip_wrong},
      {"devices-differ-across-nodes", {Need::cilium_config}, devices_differ},
      {"bond-vlan-device", {}, bond_vlan},
      {"nodeport-addresses-limited",
       {Need::version, Need::services, Need::cilium_config},
       nodeport_addresses},
      {"host-routing-legacy", {Need::agents}, host_routing_legacy},
      {"masquerade-iptables-with-bpf-nodeport", {Need::agents}, masquerade_iptables},
      {"native-routing-without-cidr-or-routes", {Need::cilium_config}, native_routing},
      {"overlay-checksum-offload", {Need::agents}, checksum_offload},
      {"rp-filter", {Need::pods}, rp_filter},
      {"ipfamily-mismatch", {Need::services, Need::cilium_config}, ipfamily},
      {"no-conntrack-rules-precondition", {Need::cilium_config}, no_conntrack},
  };
}

}  // namespace kpr::checks
