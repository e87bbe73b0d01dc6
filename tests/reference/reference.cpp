#include "reference.hpp"

#include <functional>
#include <map>

#include "reference_lines.hpp"

namespace kpr::reference {
namespace {

using nlohmann::json;
using Groups = std::vector<std::string>;

unsigned long long number(const std::string& digits) {
  return digits.empty() || digits.size() > 19 ? 0 : std::stoull(digits);
}
bool is_on(const std::string& word) {
  return word == "Enabled";
}

// What Pattern::operator() needs at hand everywhere.
struct Reader {
  json out = json::object();
  std::string section;      // which table or list the line stands in
  json* message = nullptr;  // the controller whose message may go on in the next line
  std::map<std::size_t, json*> cluster_health_level;
  std::vector<std::pair<std::string, std::string>> module_lines;
  json* node = nullptr;
  json* path = nullptr;

  void head(const std::string& key, const std::string& value);
  void line(const std::string& text);
  void replacement(const std::string& value);
  void detail(const std::string& text);
  void cluster_mesh(const std::string& text);
  void controller(const std::string& text);
  void health(const std::string& text);
  void modules();
  void hubble(const std::string& value);
  void encryption(const std::string& value);
  void masquerading(const std::string& value);
};

json component(const std::string& value) {
  static const Pattern pattern("(\\S*)(?:\\s+(.*?))?\\s*");
  Groups g;
  if (!pattern(value, g))
    return json::object();
  return {{"state", g[1]}, {"msg", g[2]}};
}

json list_of(const std::string& text) {
  json list = json::array();
  for (auto& part : split(text, ", "))
    if (!trim(part).empty())
      list.push_back(trim(part));
  return list;
}

void device_list(json& replacement, const std::string& text) {
  static const Pattern pattern("(\\S+)( *)([^()]*?) *(\\((?:DR|Direct Routing)\\))?");
  json names = json::array(), list = json::array();
  bool with_addresses = false;
  for (const auto& part : split(text, ",")) {
    const auto device = part.starts_with(" ") ? part.substr(1) : part;
    Groups g;
    if (!pattern(device, g))
      continue;
    json addresses = json::array();
    for (const auto& ip : split(g[3], " "))
      if (!ip.empty())
        addresses.push_back(ip);
    with_addresses = with_addresses || !addresses.empty() ||
                     (g[4].empty() ? device.size() > g[1].size()
                                   : device.size() > g[1].size() + 1 + g[4].size());
    names.push_back(g[1]);
    list.push_back({{"name", g[1]}, {"ip", addresses}});
    if (!g[4].empty())
      replacement["directRoutingDevice"] = g[1];
  }
  replacement["devices"] = names;
  if (with_addresses)
    replacement["deviceList"] = list;
}

void Reader::replacement(const std::string& value) {
  static const Pattern two("(\\S*)\\s+\\[(.*?)\\]\\s+\\[(.*)\\]\\s*"),
      one("(\\S*)\\s+\\[(.*)\\]\\s*"), old_one("(\\S*)\\s+\\((.*?)\\)\\s+\\[(.*)\\]\\s*"),
      bare("(\\S*)\\s*");
  static const RE2 feature(
      "(?:NodePort|HostPort|ExternalIPs|HostReachableServices|SessionAffinity)\\b.*");
  auto& k = out["kube-proxy-replacement"];
  k = json::object();
  Groups g;
  std::string devices, features;
  if (two(value, g) || old_one(value, g))
    devices = g[2], features = g[3];
  else if (one(value, g))
    (RE2::FullMatch(g[2], feature) ? features : devices) = g[2];
  else if (!bare(value, g))
    return;
  k["mode"] = g[1];
  if (!devices.empty())
    device_list(k, devices);
  static const RE2 node_port("NodePort \\((\\w+), (\\d+)-(\\d+)(?:, XDP: ([\\w-]+))?\\)"),
      reachable("HostReachableServices \\(([^)]*)\\)");
  std::string mode, low, high, xdp, protocols;
  auto& f = k["features"];
  if (RE2::PartialMatch(features, node_port, &mode, &low, &high, &xdp))
    f["nodePort"] = {{"enabled", true},
                     {"mode", mode},
                     {"portMin", number(low)},
                     {"portMax", number(high)},
                     {"acceleration", xdp}};
  if (RE2::PartialMatch(features, reachable, &protocols))
    f["hostReachableServices"] = {{"enabled", true}, {"protocols", list_of(protocols)}};
  if (RE2::PartialMatch(features, "\\bHostPort\\b"))
    f["hostPort"]["enabled"] = true;
  if (RE2::PartialMatch(features, "\\bExternalIPs\\b"))
    f["externalIPs"]["enabled"] = true;
  if (RE2::PartialMatch(features, "\\bSessionAffinity\\b"))
    f["sessionAffinity"]["enabled"] = true;
}

void Reader::detail(const std::string& text) {
  static const Pattern key_value("\\s*(- )?([A-Za-z0-9/ ]+?):(?:\\s+(.*?))?\\s*"),
      annotation("  - (\\S+)\\s*");
  static const RE2 table("Maglev \\(Table Size: (\\d+)\\)"),
      range("Enabled \\(Range: (\\d+)-(\\d+)\\)");
  auto& k = out["kube-proxy-replacement"];
  auto& f = k["features"];
  Groups g;
  if (section == "annotations" && annotation(text, g)) {
    f["annotations"].push_back(g[1]);
    return;
  }
  if (!key_value(text, g))
    return;
  const auto& key = g[2];
  const auto& value = g[3];
  const bool item = !g[1].empty();
  if (item) {
    if (key == "Services")
      f["nat46X64"]["service"]["enabled"] = is_on(value);
    else if (key == "Gateway")
      f["nat46X64"]["gateway"]["enabled"] = is_on(value);
    else if (key == "NodePort") {
      f["nodePort"]["enabled"] = value.starts_with("Enabled");
      std::string low, high;
      if (RE2::PartialMatch(value, range, &low, &high))
        f["nodePort"]["portMin"] = number(low), f["nodePort"]["portMax"] = number(high);
    } else if (key == "externalIPs")
      f["externalIPs"]["enabled"] = is_on(value);
    else if (key == "HostPort")
      f["hostPort"]["enabled"] = is_on(value);
    return;
  }
  if (key == "Status")
    k["mode"] = value;
  else if (key == "Protocols" || key == "Socket LB Protocols")
    f["hostReachableServices"] = {{"enabled", true}, {"protocols", list_of(value)}};
  else if (key == "Socket LB")
    f["socketLB"]["enabled"] = is_on(value);
  else if (key == "Socket LB Tracing")
    f["socketLBTracing"]["enabled"] = is_on(value);
  else if (key == "Socket LB Coverage")
    f["bpfSocketLBHostnsOnly"] = value == "Hostns-only";
  else if (key == "Devices") {
    if (!k.contains("devices"))
      device_list(k, value);
  } else if (key == "Mode")
    f["nodePort"]["mode"] = value;
  else if (key == "DSR Dispatch Mode")
    f["nodePort"]["dsrMode"] = value;
  else if (key == "Backend Selection") {
    std::string size;
    f["nodePort"]["algorithm"] = value.starts_with("Maglev") ? "Maglev" : value;
    if (RE2::PartialMatch(value, table, &size))
      f["nodePort"]["lutSize"] = number(size);
  } else if (key == "Session Affinity")
    f["sessionAffinity"]["enabled"] = is_on(value);
  else if (key == "Graceful Termination")
    f["gracefulTermination"]["enabled"] = is_on(value);
  else if (key == "NAT46/64 Support")
    f["nat46X64"]["enabled"] = value.empty() || is_on(value);
  else if (key == "Prefixes")
    f["nat46X64"]["gateway"]["prefixes"] = list_of(value);
  else if (key == "XDP Acceleration")
    f["nodePort"]["acceleration"] = value;
  else if (key == "Annotations")
    section = "annotations";
}

void Reader::cluster_mesh(const std::string& text) {
  static const Pattern cluster(
      "   (\\S+): (ready|not-ready), (\\d+) nodes(?:, (\\d+) endpoints)?, (\\d+) identities, "
      "(\\d+) services(?:, (\\d+) endpoint slices)?"
      "(?:, (\\d+) MCS-API service exports)?(?:, (\\d+) (?:failures|reconnections|reconnects) "
      "\\(last: (never|\\S+?)(?: ago)?\\))?\\s*");
  static const Pattern config(
      "   └  remote configuration: expected=(\\w+), retrieved=(\\w+)(?:, cluster-id=(\\d+), "
      "kvstoremesh=(\\w+), sync-canaries=(\\w+))?"
      "(?:, service-exports=(\\w+))?(?:, endpoint-slice-export-mode=(\\S+))?\\s*");
  static const Pattern synced("   └  synchronization status: nodes=(\\w+), endpoints=(\\w+), "
                              "identities=(\\w+), services=(\\w+)(.*)");
  static const Pattern status("   └  ?(.*?)\\s*");
  auto& clusters = out["cluster-mesh"]["clusters"];
  Groups g;
  if (cluster(text, g)) {
    json c = {{"name", g[1]},
              {"ready", g[2] == "ready"},
              {"num-nodes", number(g[3])},
              {"num-endpoints", number(g[4])},
              {"num-identities", number(g[5])},
              {"num-shared-services", number(g[6])},
              {"num-endpoint-slices", number(g[7])},
              {"num-service-exports", number(g[8])},
              {"num-failures", number(g[9])},
              {"last-failure-ago", g[10]}};
    clusters.push_back(c);
  } else if (clusters.empty()) {
    return;
  } else if (config(text, g)) {
    auto& c = clusters.back();
    if (g[1] == "unknown")
      return;
    c["config"] = {{"required", g[1] == "true"},
                   {"retrieved", g[2] == "true"},
                   {"cluster-id", number(g[3])},
                   {"kvstoremesh", g[4] == "true"},
                   {"sync-canaries", g[5] == "true"}};
    if (g[6] == "enabled" || g[6] == "disabled")
      c["config"]["service-exports-enabled"] = g[6] == "enabled";
    if (!g[7].empty())
      c["config"]["endpoint-slices-export-mode"] = g[7];
  } else if (synced(text, g)) {
    auto& s = clusters.back()["synced"];
    s = {{"nodes", g[1] == "true"},
         {"endpoints", g[2] == "true"},
         {"identities", g[3] == "true"},
         {"services", g[4] == "true"}};
    std::string value;
    if (RE2::PartialMatch(g[5], "service-exports=(\\w+)", &value))
      s["service-exports"] = value == "true";
    if (RE2::PartialMatch(g[5], "endpoint-slices=(\\w+)", &value))
      s["endpoint-slices"] = value == "true";
  } else if (status(text, g) && !clusters.back().contains("status")) {
    clusters.back()["status"] = g[1];
  }
}

void Reader::controller(const std::string& text) {
  static const Pattern row("  (\\S.*?)\\s{3,}(never|\\S+) ?(?:ago)?\\s{3,}(never|\\S+) "
                           "?(?:ago)?\\s{3,}(\\d+)\\s{3,}(.*)"),
      header("  Name\\s+Last success\\s+Last error\\s+Count\\s+Message\\s*");
  Groups g;
  if (header(text, g))
    return;
  if (row(text, g)) {
    const auto msg = trim_right(g[5]);
    json c = {{"name", g[1]},
              {"status",
               {{"last-success-ago", g[2]},
                {"last-failure-ago", g[3]},
                {"consecutive-failure-count", number(g[4])}}}};
    if (msg != "no error")
      c["status"]["last-failure-msg"] = msg;
    out["controllers"].push_back(c);
    message = &out["controllers"].back();
  } else if (message != nullptr && !trim(text).empty()) {
    auto& status = (*message)["status"];
    status["last-failure-msg"] = status.value("last-failure-msg", "") + "\n" + trim_right(text);
  }
}

json path_status(const std::string& text) {
  static const Pattern with_time("(.*?)\\s+\\(Last probed: ?(.*?)\\)\\s*"), ok("OK, RTT=(\\S+)");
  json result;
  Groups g;
  std::string status = trim(text);
  if (with_time(status, g)) {
    status = g[1];
    result["last-probed"] = g[2];
  }
  if (ok(status, g))
    result["status"] = "OK", result["rtt"] = g[1];
  else
    result["status"] = status;
  return result;
}

void Reader::health(const std::string& text) {
  static const Pattern counts(
      "  (\\S.*?)( \\(localhost\\))?\\s{3,}(\\S+)\\s{3,}(\\d+)/(\\d+)(?: \\((\\d+) "
      "unknown\\))?\\s{3,}(\\d+)/(\\d+)(?: \\((\\d+) unknown\\))?\\s*");
  static const Pattern words(
      "  (\\S.*?)( "
      "\\(localhost\\))?\\s{3,}(\\S+)\\s{3,}(true|false|reachable|unreachable|unknown)\\s{3,}(true|"
      "false|reachable|unreachable|unknown)\\s*");
  static const Pattern node_name("  (\\S.*?)( \\(localhost\\))?:\\s*"),
      place("    (Secondary )?(Host|Endpoint) connectivity to (\\S+?):\\s*"),
      probe("      (ICMP to stack|HTTP to agent):(?:\\s+(.*))?");
  auto& h = out["cluster-health"];
  Groups g;
  if (trim(text) == "...") {
    h["more"] = true;
  } else if (counts(text, g) || words(text, g)) {
    const bool counted = g.size() > 6;
    json n = {{"name", g[1]}, {"local", !g[2].empty()}, {"host", json::array()}};
    bool secondary = false;
    for (const auto& ip : split(g[3], ",")) {
      n["host"].push_back({{"ip", ip}, {"secondary", secondary}});
      secondary = true;
    }
    const auto status = [](const std::string& a, const std::string& b, const std::string& c) {
      return a + "/" + b + (c.empty() ? "" : " (" + c + " unknown)");
    };
    n["host-status"] = counted ? status(g[4], g[5], g[6]) : g[4];
    n["endpoint-status"] = counted ? status(g[7], g[8], g[9]) : g[5];
    if (counted) {
      n["host"][0].update(
          {{"reachable", number(g[4])}, {"total", number(g[5])}, {"unknown", number(g[6])}});
      n["endpoint"] = json::array(
          {{{"reachable", number(g[7])}, {"total", number(g[8])}, {"unknown", number(g[9])}}});
    }
    h["nodes"].push_back(n);
  } else if (node_name(text, g)) {
    h["nodes"].push_back({{"name", g[1]}, {"local", !g[2].empty()}});
    node = &h["nodes"].back();
    path = nullptr;
  } else if (node != nullptr && place(text, g)) {
    auto& list = (*node)[g[2] == "Host" ? "host" : "endpoint"];
    list.push_back({{"ip", g[3]}, {"secondary", !g[1].empty()}});
    path = &list.back();
  } else if (path != nullptr && probe(text, g)) {
    (*path)[g[1].starts_with("ICMP") ? "icmp" : "http"] = path_status(g[2]);
  }
}

std::size_t runes(const std::string& text) {
  std::size_t n = 0;
  for (const char c : text)
    n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return n;
}

// The depth of a tree line is where its ├── or └── stands; the roots have neither.
void Reader::modules() {
  static const Pattern branch("((?:[ \\t]|│)*)(?:├──|└──) ?(.*?)\\s*"),
      leaf("(.*?)\\s*\\[(OK|DEGRADED|STOPPED)\\] ?(.*?)\\s*\\((\\S+), x(\\d+)\\)");
  if (module_lines.empty())
    return;
  struct Row {
    std::size_t column;
    std::string name;
    bool root;
  };
  std::vector<Row> rows;
  std::size_t least = std::string::npos;
  for (const auto& [text, rest] : module_lines) {
    Groups g;
    if (branch(text, g)) {
      rows.push_back({runes(g[1]), g[2], false});
      least = std::min(least, rows.back().column);
    } else if (!trim(text).empty()) {
      rows.push_back({0, trim(text), true});
    }
  }
  json tree = json::array();
  std::vector<json*> open;
  unsigned counts[3] = {0, 0, 0};
  for (const auto& row : rows) {
    const std::size_t depth = row.root ? 0 : (row.column - least) / 4 + 1;
    json node_json = {{"name", row.name}};
    Groups g;
    if (leaf(row.name, g)) {
      node_json = {{"name", g[1]},
                   {"level", g[2]},
                   {"message", g[3]},
                   {"age", g[4]},
                   {"count", number(g[5])}};
      ++counts[g[2] == "OK" ? 0 : g[2] == "DEGRADED" ? 1 : 2];
    }
    open.resize(std::min(open.size(), depth));
    auto& list = open.empty() ? tree : (*open.back())["children"];
    list.push_back(node_json);
    open.push_back(&list.back());
  }
  auto& m = out["modules-health"];
  m["tree"] = tree;
  if (!m.contains("ok"))
    m["ok"] = counts[0], m["degraded"] = counts[1], m["stopped"] = counts[2];
}

void Reader::hubble(const std::string& value) {
  static const RE2 flows("Current/Max Flows: (\\d+)/(\\d+) \\("), rate("Flows/s: ([0-9.]+)"),
      metrics("Metrics: (\\w+)(?: \\((.*)\\))?\\s*$"),
      first("^(\\w*)(?: (\\S.*?))?(?:\\s{3,}.*|\\s*)$");
  auto& h = out["hubble"];
  h = json::object();
  std::string state, msg, a, b;
  if (RE2::FullMatch(value, first, &state, &msg))
    h["state"] = state, h["msg"] = trim(msg);
  if (RE2::PartialMatch(value, flows, &a, &b))
    h["observer"]["current-flows"] = number(a), h["observer"]["max-flows"] = number(b);
  if (RE2::PartialMatch(value, rate, &a))
    h["observer"]["flows-per-second"] = std::stod(a);
  if (RE2::PartialMatch(value, metrics, &a, &b))
    out["hubble-metrics"] = {{"state", a}, {"msg", b}};
}

void Reader::encryption(const std::string& value) {
  static const Pattern pattern("(\\S*)(?:\\s+(.*?))?\\s*"),
      list("\\[(?:NodeEncryption: (\\w+), )?(.*)\\]");
  static const RE2 interface("(\\S+) \\(Pubkey: ([^,]*), Port: (\\d+), Peers: (\\d+)\\)");
  Groups g, w;
  if (!pattern(value, g))
    return;
  auto& e = out["encryption"];
  e = {{"mode", g[1]}};
  if (g[2].empty())
    return;
  if (!list(g[2], w)) {
    e["msg"] = g[2];
    return;
  }
  e["wireguard"] = {{"node-encryption", w[1]}};
  re2::StringPiece rest(w[2]);
  std::string name, key, port, peers;
  while (RE2::FindAndConsume(&rest, interface, &name, &key, &port, &peers))
    e["wireguard"]["interfaces"].push_back({{"name", name},
                                            {"public-key", key},
                                            {"listen-port", number(port)},
                                            {"peer-count", number(peers)}});
}

void Reader::masquerading(const std::string& value) {
  static const Pattern pattern(
      "(BPF|IPTables)( \\(ip-masq-agent\\))?(?:\\s+\\[([^\\]:]*)\\]\\s{1,3}([^\\[]*?))?( \\[IPv4: "
      "(\\w+), IPv6: (\\w+)\\])?\\s*");
  auto& m = out["masquerading"];
  m = json::object();
  Groups g;
  if (!pattern(value, g)) {
    m["enabled"] = trim(value) == "Enabled";
    return;
  }
  m = {{"enabled", true},
       {"mode", g[1] == "BPF" ? "BPF" : "iptables"},
       {"ip-masq-agent", !g[2].empty()},
       {"devices", list_of(g[3])}};
  if (g[5].empty())
    m["snat-exclusion-cidr"] = trim(g[4]);
  else {
    for (const auto& cidr : split(g[4], " "))
      if (!cidr.empty())
        m[cidr.find(':') == std::string::npos ? "snat-exclusion-cidr-v4"
                                              : "snat-exclusion-cidr-v6"] = cidr;
    m["enabledProtocols"] = {{"ipv4", is_on(g[6])}, {"ipv6", is_on(g[7])}};
  }
}

void Reader::head(const std::string& key, const std::string& value) {
  Groups g;
  section = key;
  static const std::map<std::string, std::string> components = {
      {"KVStore", "kvstore"},
      {"ContainerRuntime", "container-runtime"},
      {"Kubernetes", "kubernetes"},
      {"Cilium", "cilium"}};
  if (const auto it = components.find(key); it != components.end())
    out[it->second].update(component(value));
  else if (key == "Cilium health daemon")
    out["cluster"]["ciliumHealth"] = component(value);
  else if (key == "Kubernetes APIs") {
    static const Pattern list("\\[\"(.*)\"\\]\\s*");
    if (list(value, g))
      out["kubernetes"]["k8s-api-versions"] = split(g[1], "\", \"");
  } else if (key == "KubeProxyReplacement")
    replacement(value);
  else if (key == "Host firewall") {
    static const Pattern p("(\\w*)(?:\\s+\\[(.*)\\])?\\s*");
    if (p(value, g))
      out["host-firewall"] = {{"mode", g[1]}, {"devices", list_of(g[2])}};
  } else if (key == "SRv6") {
    static const Pattern p("(\\w*)(?:\\s+\\[encap-mode: (.*)\\])?\\s*");
    if (p(value, g))
      out["srv6"] = {{"enabled", is_on(g[1])}, {"srv6EncapMode", g[2]}};
  } else if (key == "CNI Chaining")
    out["cni-chaining"]["mode"] = trim(value);
  else if (key == "CNI Config file")
    out["cni-file"]["msg"] = trim(value);
  else if (key == "Stale status") {
    static const RE2 p("\"((?:[^\"\\\\]|\\\\.)*)\" since ([^,\\s]+)");
    re2::StringPiece rest(value);
    std::string name, since;
    while (RE2::FindAndConsume(&rest, p, &name, &since)) {
      RE2::GlobalReplace(&name, R"(\\(.))", R"(\1)");  // Go printed it with %q
      out["stale"][name] = since;
    }
  } else if (key == "NodeMonitor") {
    static const Pattern p(
        "Listening for events on (\\d+) CPUs with (\\d+)x(\\d+) of shared memory\\s*");
    if (p(value, g))
      out["nodeMonitor"] = {
          {"cpus", number(g[1])}, {"npages", number(g[2])}, {"pagesize", number(g[3])}};
  } else if (key == "IPAM") {
    auto status = trim_right(value);
    if (status.ends_with(","))
      status += " ";
    out["ipam"]["status"] = status;
  } else if (key == "ClusterMesh") {
    static const Pattern p(
        "(\\d+)/(\\d+) (?:remote )?clusters ready(?:, (\\d+) global-services)?\\s*");
    if (p(value, g))
      out["cluster-mesh"] = {{"clusters-ready", number(g[1])},
                             {"clusters-total", number(g[2])},
                             {"num-global-services", number(g[3])},
                             {"clusters", json::array()}};
  } else if (key == "IPv4 BIG TCP" || key == "IPv6 BIG TCP") {
    static const Pattern p("(\\w+)(?:\\s+\\[(?:(\\d+), )?(\\d+)\\])?\\s*");
    if (p(value, g))
      out[key[3] == '4' ? "ipv4-big-tcp" : "ipv6-big-tcp"] = {
          {"enabled", is_on(g[1])}, {"maxGRO", number(g[2])}, {"maxGSO", number(g[3])}};
  } else if (key == "BandwidthManager") {
    static const Pattern p("EDT with BPF(?: \\[(\\w*)\\])?\\s+\\[(.*)\\]\\s*");
    out["bandwidth-manager"] = json::object();
    if (p(value, g)) {
      std::string cc = g[1];
      for (auto& c : cc)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      out["bandwidth-manager"] = {
          {"enabled", true}, {"congestionControl", cc}, {"devices", list_of(g[2])}};
    }
  } else if (key == "Host Routing")
    out["host-routing"]["mode"] = trim(value);
  else if (key == "Routing") {
    static const Pattern p("Network: (\\w+)(?: \\[(\\w+)\\])?\\s+Host: (\\w+)\\s*");
    if (p(value, g))
      out["routing"] = {{"inter-host-routing-mode", g[1]},
                        {"tunnel-protocol", g[2]},
                        {"intra-host-routing-mode", g[3]}};
  } else if (key == "Attach Mode")
    out["attach-mode"] = trim(value) == "TCX" ? "tcx" : "tc";
  else if (key == "Device Mode") {
    static const Pattern p("(\\S+)(?: \\[Configured: (\\S+)\\])?\\s*");
    if (p(value, g)) {
      if (g[1] != "?")
        out["datapath-mode"] = g[1];
      if (g[2] != "?")
        out["configured-datapath-mode"] = g[2];
    }
  } else if (key == "Masquerading")
    masquerading(value);
  else if (key == "Clock Source for BPF") {
    static const Pattern p("(\\w+)(?:\\s+\\[(\\d+) Hz\\])?\\s*");
    if (p(value, g))
      out["clock-source"] = {{"mode", g[1]}, {"hertz", number(g[2])}};
  } else if (key == "Controller Status") {
    static const Pattern p("(\\d+)/(\\d+) healthy\\s*");
    if (p(value, g))
      out["controllers-summary"] = {{"healthy", number(g[1])}, {"total", number(g[2])}};
    out["controllers"] = json::array();
    message = nullptr;
  } else if (key == "Proxy Status") {
    static const Pattern p("OK, ip (\\S+?), (?:(\\d+) redirects active on ports|port-range) "
                           "(\\S+?)(?:, Envoy: (\\w+))?\\s*");
    if (p(value, g))
      out["proxy"] = {{"ip", g[1]},
                      {"total-redirects", number(g[2])},
                      {"port-range", g[3]},
                      {"envoy-deployment-mode", g[4]}};
  } else if (key == "Global Identity Range") {
    static const Pattern p("min (\\d+), max (\\d+)\\s*");
    if (p(value, g))
      out["identity-range"] = {{"min-identity", number(g[1])}, {"max-identity", number(g[2])}};
  } else if (key == "Hubble")
    hubble(value);
  else if (key == "BPF Maps") {
    static const Pattern p("dynamic sizing: on \\(ratio: ([0-9.]+)\\)\\s*");
    if (p(value, g))
      out["bpf-maps"]["dynamic-size-ratio"] = std::stod(g[1]);
  } else if (key == "Encryption")
    encryption(value);
  else if (key == "Cluster health") {
    static const Pattern p(
        "(\\d+)/(\\d+) reachable(?:\\s+\\((.*?)\\))?(?:\\s+\\(Probe interval: (.*?)\\))?\\s*"),
        error("Client error: (.*?)\\s*"), warning("(\\S+)\\s{3,}(.*?)\\s*");
    auto& h = out["cluster-health"];
    node = path = nullptr;
    if (p(value, g))
      h = {{"reachable", number(g[1])},
           {"total", number(g[2])},
           {"timestamp", g[3]},
           {"probe-interval", g[4]}};
    else if (error(value, g))
      h = {{"state", "Client error"}, {"msg", g[1]}};
    else if (warning(value, g))
      h = {{"state", g[1]}, {"msg", g[2]}};
    else
      h = {{"state", trim(value)}};
  } else if (key == "Modules Health") {
    static const Pattern p(
        "Stopped\\((\\d+)\\) Degraded\\((\\d+)\\) OK\\((\\d+)\\)(?: Unknown\\((\\d+)\\))?\\s*");
    auto& m = out["modules-health"];
    m = json::object();
    if (p(value, g))
      m = {{"stopped", number(g[1])},
           {"degraded", number(g[2])},
           {"ok", number(g[3])},
           {"unknown", number(g[4])}};
    else if (!trim(value).empty())
      module_lines.emplace_back(trim(value), "");
  }
}

void Reader::line(const std::string& text) {
  static const Pattern key_value(
      "(KVStore|ContainerRuntime|Kubernetes APIs|Kubernetes|KubeProxyReplacement "
      "Details|KubeProxyReplacement|Host firewall|SRv6|CNI Chaining|CNI Config file|Cilium health "
      "daemon|"
      "Cilium|Stale status|NodeMonitor|IPAM|Allocated addresses|ClusterMesh|IPv4 BIG TCP|IPv6 BIG "
      "TCP|BandwidthManager|Host Routing|Routing|Attach Mode|Device Mode|Masquerading|"
      "Clock Source for BPF|Controller Status|Proxy Status|Global Identity Range|Hubble|BPF "
      "Maps|Encryption|Cluster health|Modules Health):(?:\\s+(.*))?");
  static const Pattern address("  (\\S+) \\((.*)\\)\\s*"),
      redirect("  (\\S+)\\s{3,}(\\S.*?)\\s{3,}(\\d+)\\s*"), map("  (\\S.*?)\\s{3,}(\\d+)\\s*"),
      lost("\\s+(\\d+) events lost, (\\d+) unknown notifications\\s*");
  static const RE2 glued("^  \\.\\.\\.(Modules Health:.*)");
  Groups g;
  std::string rest;
  if (RE2::FullMatch(text, glued, &rest)) {
    out["cluster-health"]["more"] = true;
    line(rest);
    return;
  }
  if (key_value(text, g)) {
    message = nullptr;
    head(g[1], g[2]);
    if (g[1] == "Allocated addresses")
      out["ipam"]["allocations"] = json::object();
    return;
  }
  if (section == "NodeMonitor" && lost(text, g))
    out["nodeMonitor"]["lost"] = number(g[1]), out["nodeMonitor"]["unknown"] = number(g[2]);
  else if (section == "Allocated addresses" && address(text, g))
    out["ipam"]["allocations"][g[1]] = g[2];
  else if (section == "ClusterMesh")
    cluster_mesh(text);
  else if (section == "Controller Status")
    controller(text);
  else if (section == "Proxy Status" && redirect(text, g))
    out["proxy"]["redirects"].push_back(
        {{"proxy", g[1]}, {"name", g[2]}, {"proxy-port", number(g[3])}});
  else if (section == "KubeProxyReplacement Details" || section == "annotations")
    detail(text);
  else if (section == "BPF Maps" && map(text, g))
    out["bpf-maps"]["maps"].push_back({{"name", g[1]}, {"size", number(g[2])}});
  else if (section == "Cluster health")
    health(text);
  else if (section == "Modules Health")
    module_lines.emplace_back(text, "");
}

void difference(
    const json& a, const json& b, const std::string& path, std::string& out, int& left) {
  if (a == b || left == 0)
    return;
  if (a.is_object() && b.is_object()) {
    for (const auto& [key, value] : a.items())
      difference(value, b.contains(key) ? b[key] : json(), path + "." + key, out, left);
    for (const auto& [key, value] : b.items())
      if (!a.contains(key))
        difference(json(), value, path + "." + key, out, left);
    return;
  }
  if (a.is_array() && b.is_array()) {
    for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i)
      difference(i < a.size() ? a[i] : json(),
                 i < b.size() ? b[i] : json(),
                 path + "[" + std::to_string(i) + "]",
                 out,
                 left);
    return;
  }
  --left;
  const auto shown = [](const json& j) {
    return j.dump(-1, ' ', false, json::error_handler_t::replace).substr(0, 200);
  };
  out += path + ": reference " + shown(a) + ", library " + shown(b) + "\n";
}

bool drop_empty(json& value) {
  if (value.is_object()) {
    for (auto it = value.begin(); it != value.end();)
      it = drop_empty(it.value()) ? value.erase(it) : std::next(it);
    return value.empty();
  }
  if (value.is_array()) {
    json kept = json::array();
    for (auto& v : value) {
      drop_empty(v);
      if (!(v.is_string() && v.get_ref<const std::string&>().empty()))
        kept.push_back(v);
    }
    value = kept;
    return value.empty();
  }
  return value.is_null() || (value.is_string() && value.get_ref<const std::string&>().empty()) ||
         (value.is_boolean() && !value.get<bool>()) ||
         (value.is_number() && value.get<double>() == 0);
}

}  // namespace

json read_status(std::string text) {
  Reader reader;
  for (const auto& line : clean_lines(std::move(text)))
    reader.line(line);
  reader.modules();
  return reader.out;
}

json normal_form(json status) {
  status.erase("kpr-parse");
  if (status.contains("hubble") &&
      status["hubble"].contains(
          "metrics")) {  // its place depends on the version, the text is the same
    status["hubble-metrics"] = status["hubble"]["metrics"];
    status["hubble"].erase("metrics");
  }
  drop_empty(status);
  return status;
}

std::string difference(const json& reference, const json& fast) {
  std::string out;
  int left = 8;
  difference(normal_form(reference), normal_form(fast), "", out, left);
  return out;
}

}  // namespace kpr::reference
