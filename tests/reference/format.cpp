// The text of a generated status: the formats of pkg/client/client.go and pkg/health/client as
// described for each minor release.
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <ctime>

#include "generator.hpp"

namespace kpr::reference {
namespace {

using nlohmann::json;

const json k_none = json::object();
const json& at(const json& o, const char* key) {
  return o.is_object() && o.contains(key) && !o[key].is_null() ? o[key] : k_none;
}
std::string str(const json& o, const char* key) {
  return at(o, key).is_string() ? o[key].get<std::string>() : "";
}
std::string num(const json& o, const char* key) {
  return std::to_string(at(o, key).is_number() ? o[key].get<long long>() : 0);
}
bool yes(const json& o, const char* key) {
  return at(o, key).is_boolean() && o[key].get<bool>();
}
std::string on(bool value) {
  return value ? "Enabled" : "Disabled";
}
std::string truth(bool value) {
  return value ? "true" : "false";
}
std::string joined(const json& list, const char* separator) {
  std::string out;
  for (const auto& v : list)
    out += (out.empty() ? "" : separator) + v.get<std::string>();
  return out;
}

std::string since(const std::string& stamp, bool ago = true) {
  if (stamp.empty() || stamp.starts_with("0001"))
    return "never";
  std::tm t{};
  std::sscanf(stamp.c_str(),
              "%d-%d-%dT%d:%d:%d",
              &t.tm_year,
              &t.tm_mon,
              &t.tm_mday,
              &t.tm_hour,
              &t.tm_min,
              &t.tm_sec);
  t.tm_year -= 1900, t.tm_mon -= 1;
  const long long seconds =
      1767225600LL - static_cast<long long>(timegm(&t)) - 1;  // the stamps end in .250
  std::string out;
  if (seconds >= 3600)
    out += std::to_string(seconds / 3600) + "h";
  if (seconds >= 60)
    out += std::to_string(seconds / 60 % 60) + "m";
  return out + std::to_string(seconds % 60) + "s" + (ago ? " ago" : "");
}

struct Printer {
  const json& s;
  int minor;
  bool verbose;
  std::string out;

  void line(const std::string& text) { out += text + "\n"; }
  void state(const char* label, const json& c) {
    if (!c.empty())
      line(std::string(label) + ":\t" + str(c, "state") + "\t" + str(c, "msg"));
  }

  std::string device_list() const {
    const auto& k = at(s, "kube-proxy-replacement");
    const auto direct = str(k, "directRoutingDevice"),
               mark = std::string(minor == 8 ? " (DR)" : " (Direct Routing)");
    std::string text;
    const auto& list = minor >= 10 ? at(k, "deviceList") : at(k, "devices");
    for (const auto& d : list) {
      const auto name = d.is_object() ? str(d, "name") : d.get<std::string>();
      text += (text.empty() ? "" : ", ") + name;
      if (minor >= 10)
        text += " " + [&] {
          std::string ips;
          bool first = true;
          for (const auto& ip : at(d, "ip"))
            ips += (first ? "" : " ") + ip.get<std::string>(), first = false;
          return ips;
        }();
      if (name == direct)
        text += mark;
    }
    return text;
  }

  bool devices_hidden() const {
    const auto mode = str(at(s, "kube-proxy-replacement"), "mode");
    return minor >= 16 ? mode == "False" : minor >= 9 && mode == "Disabled";
  }

  void replacement() {
    const auto& k = at(s, "kube-proxy-replacement");
    if (k.empty() || (minor <= 9 && !s.contains("kubernetes")))
      return;
    std::string value = str(k, "mode");
    if (minor <= 8) {
      const auto& f = at(k, "features");
      std::vector<std::string> list;
      const auto& np = at(f, "nodePort");
      if (yes(np, "enabled"))
        list.push_back("NodePort (" + str(np, "mode") + ", " + num(np, "portMin") + "-" +
                       num(np, "portMax") +
                       (minor == 8 ? ", XDP: " + str(np, "acceleration") : "") + ")");
      if (yes(at(f, "hostPort"), "enabled"))
        list.push_back("HostPort");
      if (yes(at(f, "externalIPs"), "enabled"))
        list.push_back("ExternalIPs");
      if (yes(at(f, "hostReachableServices"), "enabled"))
        list.push_back("HostReachableServices (" +
                       joined(f["hostReachableServices"]["protocols"], ", ") + ")");
      if (yes(at(f, "sessionAffinity"), "enabled"))
        list.push_back("SessionAffinity");
      line("KubeProxyReplacement:\t" + value + (minor == 8 ? "\t[" + device_list() + "]" : "") +
           "\t[" + joined(json(list), ", ") + "]");
    } else {
      const bool none = at(k, minor >= 10 ? "deviceList" : "devices").empty();
      line("KubeProxyReplacement:\t" + value + "\t" +
           (devices_hidden() || none ? "" : "[" + device_list() + "]"));
    }
  }

  void head() {
    state("KVStore", at(s, "kvstore"));
    state("ContainerRuntime", at(s, "container-runtime"));
    state("Kubernetes", at(s, "kubernetes"));
    if (s.contains("kubernetes")) {
      auto apis = at(s["kubernetes"], "k8s-api-versions").get<std::vector<std::string>>();
      std::sort(apis.begin(), apis.end());
      line("Kubernetes APIs:\t[\"" + joined(json(apis), "\", \"") + "\"]");
    }
    replacement();
    if (const auto& f = at(s, "host-firewall"); !f.empty())
      line("Host firewall:\t" + str(f, "mode") +
           (str(f, "mode") == "Disabled" ? "" : "\t[" + joined(at(f, "devices"), ", ") + "]"));
    if (s.contains("srv6"))
      line(std::string("SRv6:\t") +
           (yes(s["srv6"], "enabled")
                ? "Enabled\t[encap-mode: " + str(s["srv6"], "srv6EncapMode") + "]"
                : "Disabled"));
    if (s.contains("cni-chaining"))
      line("CNI Chaining:\t" + str(s["cni-chaining"], "mode"));
    if (s.contains("cni-file"))
      line("CNI Config file:\t" + str(s["cni-file"], "msg"));
    const auto& c = at(s, "cilium");
    line("Cilium:\t" + str(c, "state") + (minor <= 8 && minor != 8 ? "\t" : "   ") + str(c, "msg"));
    if (s.contains("stale")) {
      std::string list;
      for (const auto& [probe, when] : s["stale"].items())
        list +=
            (list.empty() ? "" : ", ") + json(probe).dump() + " since " + when.get<std::string>();
      line("Stale status:\t" + list);
    }
    if (const auto& n = at(s, "nodeMonitor"); n.empty())
      line("NodeMonitor:\tDisabled");
    else {
      line("NodeMonitor:\tListening for events on " + num(n, "cpus") + " CPUs with " +
           num(n, "npages") + "x" + num(n, "pagesize") + " of shared memory");
      if (n.contains("lost"))
        line("\t" + num(n, "lost") + " events lost, " + num(n, "unknown") +
             " unknown notifications");
    }
    state("Cilium health daemon", at(at(s, "cluster"), "ciliumHealth"));
    line("IPAM:\t" + str(at(s, "ipam"), "status"));
    if (verbose) {
      line("Allocated addresses:");
      std::vector<std::string> rows;
      for (const auto& [ip, owner] : at(s["ipam"], "allocations").items())
        rows.push_back("  " + ip + " (" + owner.get<std::string>() + ")");
      std::sort(rows.begin(), rows.end());
      for (const auto& row : rows)
        line(row);
    }
    mesh();
    for (const char* family : {"ipv4-big-tcp", "ipv6-big-tcp"})
      if (s.contains(family)) {
        const auto& b = s[family];
        std::string text = on(yes(b, "enabled"));
        if (b.contains("maxGSO"))
          text += b["maxGRO"] == b["maxGSO"]
                      ? "\t[" + num(b, "maxGSO") + "]"
                      : "\t[" + num(b, "maxGRO") + ", " + num(b, "maxGSO") + "]";
        line(std::string("IPv") + family[3] + " BIG TCP:\t" + text);
      }
    if (s.contains("bandwidth-manager")) {
      const auto& b = s["bandwidth-manager"];
      std::string cc = str(b, "congestionControl");
      for (auto& ch : cc)
        ch = static_cast<char>(std::toupper(static_cast<unsigned char>(ch)));
      line("BandwidthManager:\t" +
           (!yes(b, "enabled") ? "Disabled"
            : minor >= 12 ? "EDT with BPF [" + cc + "] [" + joined(at(b, "devices"), ", ") + "]"
                          : "EDT with BPF\t[" + joined(at(b, "devices"), ", ") + "]"));
    }
    if (s.contains("host-routing"))
      line("Host Routing:\t" + str(s["host-routing"], "mode"));
    if (const auto& r = at(s, "routing"); !r.empty())
      line("Routing:\tNetwork: " + str(r, "inter-host-routing-mode") +
           (str(r, "inter-host-routing-mode") == "Tunnel" ? " [" + str(r, "tunnel-protocol") + "]"
                                                          : "") +
           "\tHost: " + str(r, "intra-host-routing-mode"));
    if (s.contains("attach-mode"))
      line(std::string("Attach Mode:\t") + (s["attach-mode"] == "tcx" ? "TCX" : "Legacy TC"));
    if (s.contains("datapath-mode"))
      line("Device Mode:\t" + str(s, "datapath-mode") +
           (s.contains("configured-datapath-mode") &&
                    s["configured-datapath-mode"] != s["datapath-mode"]
                ? " [Configured: " + str(s, "configured-datapath-mode") + "]"
                : ""));
    masquerading();
    if (verbose && s.contains("clock-source"))
      line("Clock Source for BPF:\t" +
           (str(s["clock-source"], "mode") == "ktime"
                ? "ktime"
                : "jiffies\t[" + num(s["clock-source"], "hertz") + " Hz]"));
  }

  void mesh() {
    if (!s.contains("cluster-mesh"))
      return;
    const auto& m = s["cluster-mesh"];
    long long ready = 0;
    for (const auto& c : m["clusters"])
      ready += yes(c, "ready");
    line("ClusterMesh:\t" + std::to_string(ready) + "/" + std::to_string(m["clusters"].size()) +
         (minor >= 15 ? " remote" : "") + " clusters ready" +
         (minor <= 18 ? ", " + num(m, "num-global-services") + " global-services" : ""));
    for (const auto& c : m["clusters"]) {
      if (!verbose && yes(c, "ready"))
        continue;
      line("   " + str(c, "name") + ": " + (yes(c, "ready") ? "ready" : "not-ready") + ", " +
           num(c, "num-nodes") + " nodes, " +
           (minor >= 14 ? num(c, "num-endpoints") + " endpoints, " : "") +
           num(c, "num-identities") + " identities, " + num(c, "num-shared-services") +
           " services, " +
           (minor >= 20 ? num(c, "num-endpoint-slices") + " endpoint slices, " : "") +
           (minor >= 17 ? num(c, "num-service-exports") + " MCS-API service exports, " : "") +
           num(c, "num-failures") + (minor >= 15 ? " reconnections" : " failures") +
           " (last: " + since(str(c, "last-failure")) + ")");
      line("   └  " + str(c, "status"));
      if (minor < 14)
        continue;
      if (const auto& config = at(c, "config"); config.empty())
        line("   └  remote configuration: expected=unknown, retrieved=unknown");
      else {
        std::string text =
            "   └  remote configuration: expected=" + truth(yes(config, "required")) +
            ", retrieved=" + truth(yes(config, "retrieved"));
        if (yes(config, "retrieved")) {
          text += ", cluster-id=" + num(config, "cluster-id") +
                  ", kvstoremesh=" + truth(yes(config, "kvstoremesh")) +
                  ", sync-canaries=" + truth(yes(config, "sync-canaries"));
          if (minor >= 17)
            text += std::string(", service-exports=") +
                    (!config.contains("service-exports-enabled") ? "unsupported"
                     : yes(config, "service-exports-enabled")    ? "enabled"
                                                                 : "disabled");
          if (minor >= 20)
            text += ", endpoint-slice-export-mode=" + str(config, "endpoint-slices-export-mode");
        }
        line(text);
      }
      if (const auto& y = at(c, "synced"); !y.empty())
        line("   └  synchronization status: nodes=" + truth(yes(y, "nodes")) + ", endpoints=" +
             truth(yes(y, "endpoints")) + ", identities=" + truth(yes(y, "identities")) +
             ", services=" + truth(yes(y, "services")) +
             (y.contains("service-exports")
                  ? ", service-exports=" + truth(yes(y, "service-exports"))
                  : ""));
    }
  }

  void masquerading() {
    if (!s.contains("masquerading"))
      return;
    const auto& m = s["masquerading"];
    const auto& p = at(m, "enabledProtocols");
    if (!yes(m, "enabled"))
      return line("Masquerading:\tDisabled");
    std::string text = str(m, "mode") == "BPF" ? "BPF" : "IPTables";
    if (text == "BPF") {
      if (yes(m, "ip-masq-agent"))
        text += " (ip-masq-agent)";
      if (s.contains("kube-proxy-replacement")) {
        std::string names = joined(at(s["kube-proxy-replacement"], "devices"), ", ");
        text += "\t[" + names + "]\t" +
                (minor <= 9 ? str(m, "snat-exclusion-cidr") : str(m, "snat-exclusion-cidr-v4")) +
                (minor >= 18 ? " " + str(m, "snat-exclusion-cidr-v6") : "");
      }
    }
    if (minor >= 10)
      text += " [IPv4: " + on(yes(p, "ipv4")) + ", IPv6: " + on(yes(p, "ipv6")) + "]";
    line("Masquerading:\t" + text);
  }

  void tables() {
    long long healthy = 0;
    std::vector<std::string> rows;
    for (const auto& c : s["controllers"]) {
      const auto& st = at(c, "status");
      const bool failing = st.contains("consecutive-failure-count");
      healthy += !failing;
      if (st.empty() || (!verbose && !failing))
        continue;
      rows.push_back("  " + str(c, "name") + "\t" + since(str(st, "last-success-timestamp")) +
                     "\t" + since(str(st, "last-failure-timestamp")) + "\t" +
                     num(st, "consecutive-failure-count") + "\t" +
                     (failing ? str(st, "last-failure-msg") : "no error") + "\t");
    }
    line("Controller Status:\t" + std::to_string(healthy) + "/" +
         std::to_string(s["controllers"].size()) + " healthy");
    if (!rows.empty()) {
      rows.emplace_back("  Name\tLast success\tLast error\tCount\tMessage");
      std::sort(rows.begin(), rows.end());
      line(tabwriter(joined(json(rows), "\n"), 0));
    }
    if (const auto& p = at(s, "proxy"); p.empty())
      line("Proxy Status:\tNo managed proxy redirect");
    else {
      line("Proxy Status:\tOK, ip " + str(p, "ip") +
           (minor == 6 ? ", port-range "
                       : ", " + num(p, "total-redirects") + " redirects active on ports ") +
           str(p, "port-range") +
           (minor >= 14 ? ", Envoy: " + str(p, "envoy-deployment-mode") : ""));
      if (verbose && p.contains("redirects")) {
        std::vector<std::string> lines;
        for (const auto& r : p["redirects"])
          lines.push_back("  " + str(r, "proxy") + "\t" + str(r, "name") + "\t" +
                          num(r, "proxy-port"));
        std::sort(lines.begin(), lines.end());
        lines.insert(lines.begin(), "  Protocol\tRedirect\tProxy Port");
        line(tabwriter(joined(json(lines), "\n"), 0));
      }
    }
    if (s.contains("identity-range"))
      line("Global Identity Range:\tmin " + num(s["identity-range"], "min-identity") + ", max " +
           num(s["identity-range"], "max-identity"));
    if (const auto& h = at(s, "hubble"); !h.empty()) {
      std::string text = str(h, "state") + (h.contains("msg") ? " " + str(h, "msg") : "");
      if (const auto& o = at(h, "observer"); !o.empty()) {
        char buffer[120];
        std::snprintf(buffer,
                      sizeof buffer,
                      "\tCurrent/Max Flows: %s/%s (%.2f%%), Flows/s: %.2f",
                      num(o, "current-flows").c_str(),
                      num(o, "max-flows").c_str(),
                      100.0 * o["current-flows"].get<double>() / o["max-flows"].get<double>(),
                      o["seen-flows"].get<double>() / 7384.0);
        text += buffer;
      }
      const auto& metrics = minor >= 18 ? at(s, "hubble-metrics") : at(h, "metrics");
      if (!metrics.empty())
        text += "\tMetrics: " + str(metrics, "state");
      line("Hubble:\t" + text);
    }
    details();
    if (verbose && s.contains("bpf-maps")) {
      const auto& b = s["bpf-maps"];
      line(std::string("BPF Maps:\tdynamic sizing: ") +
           (b.contains("dynamic-size-ratio") ? "on (ratio: 0.002500)" : "off"));
      std::string table = "  Name\tSize";
      for (const auto& m : b["maps"])
        table += "\n  " + str(m, "name") + "\t" + num(m, "size");
      line(tabwriter(table, 0));
    }
    if (const auto& e = at(s, "encryption"); !e.empty()) {
      std::string list;
      if (e.contains("wireguard")) {
        for (const auto& i : e["wireguard"]["interfaces"])
          list += str(i, "name") + " (Pubkey: " + str(i, "public-key") +
                  ", Port: " + num(i, "listen-port") + ", Peers: " + num(i, "peer-count") + ")";
        list = minor >= 14 ? "[NodeEncryption: " + str(e["wireguard"], "node-encryption") + ", " +
                                 list + "]"
                           : "[" + list + "]";
      }
      line("Encryption:\t" + str(e, "mode") + (minor >= 14 || !list.empty() ? "\t" + list : ""));
    }
  }

  void details() {
    const auto& k = at(s, "kube-proxy-replacement");
    if (!verbose || minor < 9 || k.empty() || !s.contains("kubernetes"))
      return;
    const auto& f = at(k, "features");
    const auto& np = at(f, "nodePort");
    const bool node_port = yes(np, "enabled");
    const auto enabled = [&](const char* name) {
      return on(yes(at(f, name), "enabled"));
    };
    std::string t = "  Status:\t" + str(k, "mode") + "\n";
    const bool reachable = yes(at(f, "hostReachableServices"), "enabled");
    if (minor == 9 && reachable)
      t += "  Protocols:\tTCP, UDP\n";
    if (minor >= 12)
      t += "  Socket LB:\t" + enabled("socketLB") + "\n";
    if (minor >= 13)
      t += "  Socket LB Tracing:\t" + enabled("socketLBTracing") + "\n";
    if (minor >= 12)
      t += std::string("  Socket LB Coverage:\t") +
           (yes(f, "bpfSocketLBHostnsOnly") ? "Hostns-only" : "Full") + "\n";
    if (minor >= 10 && minor <= 12 && reachable)
      t += "  Socket LB Protocols:\tTCP, UDP\n";
    if (!devices_hidden() && !device_list().empty())
      t += "  Devices:\t" + device_list() + "\n";
    if (node_port) {
      t += "  Mode:\t" + str(np, "mode") + "\n";
      if (minor >= 15 && str(np, "mode") != "SNAT")
        t += "    DSR Dispatch Mode:\t" + str(np, "dsrMode") + "\n";
      t += "  Backend Selection:\t" + str(np, "algorithm") +
           (np.contains("lutSize") ? " (Table Size: " + num(np, "lutSize") + ")" : "") + "\n";
    }
    t += "  Session Affinity:\t" + enabled("sessionAffinity") + "\n";
    if (minor >= 11 && minor <= 17)
      t += "  Graceful Termination:\t" + enabled("gracefulTermination") + "\n";
    if (minor >= 12) {
      const auto& nat = at(f, "nat46X64");
      if (minor == 12 || !yes(nat, "enabled"))
        t += "  NAT46/64 Support:\t" + on(yes(nat, "enabled")) + "\n";
      else {
        t += "  NAT46/64 Support:\n  - Services:\t" + on(yes(at(nat, "service"), "enabled")) +
             "\n  - Gateway:\t" + on(yes(at(nat, "gateway"), "enabled")) + "\n";
        if (at(nat, "gateway").contains("prefixes"))
          t += "    Prefixes:\t" + joined(nat["gateway"]["prefixes"], ", ") + "\n";
      }
    }
    if (node_port)
      t += "  XDP Acceleration:\t" + str(np, "acceleration") + "\n";
    t += "  Services:\n  - ClusterIP:\tEnabled\n  - NodePort:\t" +
         (node_port ? "Enabled (Range: " + num(np, "portMin") + "-" + num(np, "portMax") + ") "
                    : std::string("Disabled ")) +
         "\n  - LoadBalancer:\t" + on(node_port) + " \n  - externalIPs:\t" +
         enabled("externalIPs") + " \n  - HostPort:\t" + enabled("hostPort") + "\n";
    if (minor >= 17) {
      t += std::string("  Annotations:") + (at(f, "annotations").empty() ? "\t(n/a)" : "") + "\n";
      for (const auto& a : at(f, "annotations"))
        t += "  - " + a.get<std::string>() + "\n";
    }
    t.pop_back();
    line("KubeProxyReplacement Details:");
    line(tabwriter(t, 0));
  }

  void health() {
    if (!s.contains("health"))
      return;
    const auto& nodes = s["health"];
    long long good = 0;
    for (const auto& n : nodes)
      good += yes(n, "ok") && yes(n, "endpoint-ok");
    const std::string probed = minor >= 18 ? "\t(Last probed: 2025-12-31T23:59:30Z)" : "";
    line("Cluster health:\t" + std::to_string(good) + "/" + std::to_string(nodes.size()) +
         " reachable\t(2025-12-31T23:59:59Z)" +
         (minor >= 18 ? "\t(Probe interval: 1m36.566274746s)" : ""));
    const bool rows = verbose || good < static_cast<long long>(nodes.size());
    if (minor >= 17)
      line("Name\tIP\tNode\tEndpoints");
    else if (rows)
      line(minor <= 7 ? "  Name\tIP\tReachable\tEndpoints reachable"
                      : "  Name\tIP\tNode\tEndpoints");
    bool local = true;
    for (const auto& n : nodes) {
      const auto name = str(n, "name") + (local ? " (localhost)" : "");
      local = false;
      const bool both = yes(n, "ok") && yes(n, "endpoint-ok");
      if (minor >= 17 && verbose) {
        const auto probe = [&](bool ok, const char* what, const char* rtt) {
          line(std::string("      ") + what + ":\t" +
               (ok ? std::string("OK, RTT=") + rtt
                   : "Get \"http://192.0.2.1:4240/hello\": context deadline exceeded "
                     "(Client.Timeout exceeded)") +
               probed);
        };
        line("  " + name + ":");
        line("    Host connectivity to " + str(n, "ip") + ":");
        probe(yes(n, "ok"), "ICMP to stack", "130.845µs"),
            probe(yes(n, "ok"), "HTTP to agent", "1.268091ms");
        line("    Endpoint connectivity to " + str(n, "endpoint") + ":");
        probe(yes(n, "endpoint-ok"), "ICMP to stack", "90.1µs"),
            probe(yes(n, "endpoint-ok"), "HTTP to agent", "2.5ms");
      } else if (verbose || !both) {
        const auto word = [&](bool ok) -> std::string {
          return minor >= 17  ? (ok ? "1/1" : "0/1")
                 : minor <= 7 ? truth(ok)
                 : ok         ? "reachable"
                              : "unreachable";
        };
        line("  " + name + "\t" + str(n, "ip") + "\t" + word(yes(n, "ok")) + "\t" +
             word(yes(n, "endpoint-ok")));
      }
    }
    if (s.contains("modules"))
      modules();
  }

  void modules() {
    if (!verbose || minor >= 20)
      line(std::string("Modules Health:\tStopped(1) Degraded(0) OK(2)"));
    if (!verbose)
      return;
    static const char* const tree[] = {
        "agent",
        "├── controlplane",
        "│   ├── envoy-proxy",
        "│   │   └── timer-job-version-check          [OK] Primed (60s, x1)",
        "│   └── node-manager (lab/node-1)",
        "│       └── nodes-add                     [OK] OK (30.458µs) [7] (2m59s, x3)",
        "└── datapath",
        "    └── job-reconcile                     [STOPPED]  (3h, x12)"};
    if (minor == 15 || (minor >= 16 && minor <= 17))
      line("Modules Health:");
    bool first = true;
    for (const auto* row : tree) {
      const std::string text = row;
      if (minor == 15)
        line(text);
      else if (minor >= 20)
        line("  " + text);
      else
        line((minor >= 18 && first ? "Modules Health:" : "") + ("\t\t" + text));
      first = false;
    }
    if (minor <= 19)
      line("");
  }
};

}  // namespace

std::string format_status(const json& status, int minor, bool verbose) {
  Printer printer{status, minor, verbose, {}};
  printer.head();
  printer.tables();
  printer.health();
  return tabwriter(printer.out, 2);
}

std::string generate_service_list(Random& r, int minor) {
  std::string out =
      minor == 6 ? "ID\tFrontend\tBackend\t\n" : "ID\tFrontend\tService Type\tBackend\t\n";
  const std::string protocol = minor >= 17 ? "/TCP" : "";
  for (unsigned id = 1; id <= 1 + r.below(6); ++id) {
    std::string row =
        std::to_string(id) + "\t" +
        (r.chance(20) ? "[fd00::" + std::to_string(id) + "]" : "10.96.0." + std::to_string(id)) +
        ":" + std::to_string(80 + r.below(8000)) + protocol +
        (minor >= 9 && r.chance(20) ? "/i" : "") + "\t";
    if (minor >= 7)
      row +=
          r.pick(std::vector<std::string>{"ClusterIP", "NodePort", "LoadBalancer", "ExternalIPs"}) +
          "\t";
    const auto backends = r.below(4);
    for (unsigned b = 1; b <= backends; ++b)
      row += (b == 1       ? ""
              : minor >= 7 ? "\n\t\t\t"
                           : "\n\t\t") +
             std::to_string(b) + " => 10.9.1." + std::to_string(b) + ":8080" + protocol +
             (minor >= 12 ? (r.chance(80) ? " (active)" : " (terminating)") : "") + "\t";
    if (backends == 0)
      row += "\t";
    out += row + "\n";
  }
  return tabwriter(out, 5);
}

}  // namespace kpr::reference
