#include <array>
#include <cstdio>
#include <ctime>

#include "generator.hpp"

namespace kpr::reference {

using nlohmann::json;

std::uint64_t Random::next() {
  state_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

int patch_of(int minor) {
  static constexpr std::array<int, 15> patches = {
      12, 16, 13, 18, 20, 20, 19, 4, 2, 7, 0, 8, 3, 0, 0};
  return patches[static_cast<std::size_t>(minor - k_first_minor)];
}

namespace {

constexpr long long k_now =
    1767225600;  // the moment the texts are printed at: 2026-01-01T00:00:00Z

std::string stamp(long long seconds) {
  const auto t = static_cast<std::time_t>(seconds);
  std::tm tm{};
  gmtime_r(&t, &tm);
  char buffer[48];
  std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%S.250Z", &tm);
  return buffer;
}

struct Maker {
  Random& r;
  int minor;
  json s = json::object();

  std::string past() {
    return r.chance(30) ? "0001-01-01T00:00:00.000Z"
                        : stamp(k_now - 1 - static_cast<long long>(r.below(400000)));
  }
  std::string v4() {
    return std::to_string(1 + r.below(223)) + "." + std::to_string(r.below(256)) + "." +
           std::to_string(r.below(256)) + "." + std::to_string(1 + r.below(254));
  }
  std::string v6() {
    char b[32];
    std::snprintf(b,
                  sizeof b,
                  "fd00:%x::%x",
                  static_cast<unsigned>(r.below(0xFFFF)),
                  static_cast<unsigned>(1 + r.below(0xFFFE)));
    return b;
  }
  json switch_(unsigned percent = 50) {
    return r.chance(percent) ? json{{"enabled", true}} : json::object();
  }
  json component(const std::vector<std::string>& messages) {
    static const std::vector<std::string> states = {"Ok", "Ok", "Ok", "Warning", "Failure"};
    json c = {{"state", r.pick(states)}};
    if (const auto& m = r.pick(messages); !m.empty())
      c["msg"] = m;
    return c;
  }
  std::vector<std::string> devices() {
    static const std::vector<std::string> names = {
        "eth0", "ens5", "bond0.120", "wlan-lab", "enp7s0f1np1", "vlan@if9", "lo"};
    std::vector<std::string> out;
    for (const auto& n : names)
      if (r.chance(30))
        out.push_back(n);
    return out;
  }

  void head() {
    if (r.chance(90)) {
      s["kvstore"] =
          r.chance(50)
              ? (minor >= 17 ? json{{"state", "Disabled"}}
                             : json{{"state", "Ok"}, {"msg", "Disabled"}})
              : component({"etcd: 1/1 connected, lease-ID=29c6732d5d580cb5, lock "
                           "lease-ID=29c6732d5d580cb7, has-quorum=true: https://etcd.lab:2379 - "
                           "3.4.13 (Leader)",
                           "Err: quorum check failed 8 times in a row: context deadline exceeded"});
    }
    if (minor == 6)
      s["container-runtime"] =
          component({"containerD events watcher: Ok; cri-containerd client: Ok - cri daemon: Ok"});
    if (r.chance(92)) {
      s["kubernetes"] =
          component({"1.28 (v1.28.3) [linux/amd64]",
                     "1.31+ (v1.31.4-lab-7) [linux/arm64]",
                     "Get \"https://api.lab:6443/version\": dial tcp 192.0.2.7:6443: i/o timeout",
                     ""});
      json apis = json::array();
      for (const auto* api : {"core/v1::Node",
                              "core/v1::Service",
                              "cilium/v2::CiliumNode",
                              "discovery/v1::EndpointSlice"})
        if (r.chance(70))
          apis.push_back(api);
      s["kubernetes"]["k8s-api-versions"] = apis;
    }
    s["cilium"] =
        minor <= 8 ? component({"OK", "Stale status data"})
                   : component({"1." + std::to_string(minor) + "." +
                                std::to_string(patch_of(minor)) + " (v1." + std::to_string(minor) +
                                "." + std::to_string(patch_of(minor)) + "-0badcafe)"});
    if (r.chance(20))
      s["stale"] = {{"check-clocks", stamp(k_now - 300)}, {"kv \"store\"", stamp(k_now - 70)}};
    if (r.chance(85)) {
      s["nodeMonitor"] = {{"cpus", 1 + r.below(256)}, {"npages", 64}, {"pagesize", 4096}};
      if (r.chance(25))
        s["nodeMonitor"]["lost"] = 1 + r.below(90000), s["nodeMonitor"]["unknown"] = r.below(3);
    }
    s["cluster"] = {{"nodes", nullptr}};
    if (r.chance(90))
      s["cluster"]["ciliumHealth"] = component({"", "unable to reach agent: connection refused"});
    json allocations = json::object();
    for (auto n = r.below(6); n > 0; --n)
      allocations[r.chance(80) ? v4() : v6()] = r.pick(std::vector<std::string>{
          "router", "health", "lab/web-5d9 [restored]", "kube-system/dns-7", ""});
    s["ipam"] = {
        {"status",
         r.pick(std::vector<std::string>{"IPv4: 5/254 allocated from 10.9.1.0/24, ",
                                         "IPv4: 3/62 allocated from 10.9.2.0/26, IPv6: "
                                         "3/18446744073709551614 allocated from fd00:9::/64",
                                         ", IPv6: 2/65534 allocated from fd00:8::/112",
                                         "IPv4: 7/16 allocated, "})},
        {"ipv4", nullptr},
        {"ipv6", nullptr},
        {"allocations", allocations}};
    if (minor >= 11) {
      s["host-firewall"] = {{"mode", "Disabled"}};
      if (r.chance(40))
        s["host-firewall"] = {{"mode", "Enabled"}, {"devices", devices()}};
    }
    if (minor >= 12)
      s["cni-chaining"] = {
          {"mode", r.pick(std::vector<std::string>{"none", "aws-cni", "portmap"})}};
    if (minor >= 13 && minor != 14)
      s["cni-file"] = {
          {"state", "Ok"},
          {"msg",
           "successfully wrote CNI configuration file to /host/etc/cni/net.d/05-cilium.conflist"}};
    if (minor >= 15)
      s["srv6"] =
          r.chance(30) ? json{{"enabled", true}, {"srv6EncapMode", "reduced"}} : json::object();
    if (minor >= 14)
      s["ipv4-big-tcp"] = r.chance(30)
                              ? json{{"enabled", true}, {"maxGRO", 131072}, {"maxGSO", 65000}}
                              : json::object();
    if (minor >= 13)
      s["ipv6-big-tcp"] =
          r.chance(30)
              ? (minor == 13 ? json{{"enabled", true}}
                             : json{{"enabled", true}, {"maxGRO", 131072}, {"maxGSO", 131072}})
              : json::object();
    if (minor >= 9) {
      s["bandwidth-manager"] =
          r.chance(40) ? json{{"enabled", true}, {"devices", devices()}} : json::object();
      if (minor >= 12 && s["bandwidth-manager"].contains("enabled"))
        s["bandwidth-manager"]["congestionControl"] = r.chance(50) ? "bbr" : "cubic";
      if (minor <= 15)
        s["host-routing"] = {{"mode", r.chance(50) ? "BPF" : "Legacy"}};
    }
    if (minor >= 16) {
      s["routing"] = {{"intra-host-routing-mode", r.chance(50) ? "BPF" : "Legacy"},
                      {"inter-host-routing-mode", "Native"}};
      if (r.chance(60))
        s["routing"]["inter-host-routing-mode"] = "Tunnel",
        s["routing"]["tunnel-protocol"] = r.chance(50) ? "vxlan" : "geneve";
      s["attach-mode"] = r.chance(50) ? "tcx" : "tc";
      s["datapath-mode"] = r.pick(std::vector<std::string>{"veth", "netkit", "netkit-l2"});
      if (minor >= 20)
        s["configured-datapath-mode"] = r.pick(std::vector<std::string>{"veth", "auto"});
    }
    if (minor >= 9)
      s["clock-source"] =
          r.chance(60) ? json{{"mode", "ktime"}} : json{{"mode", "jiffies"}, {"hertz", 250}};
    if (minor >= 12)
      s["identity-range"] = {{"min-identity", 256}, {"max-identity", 65535}};
  }

  void replacement() {
    if (minor < 7)
      return;
    static const std::vector<std::string> old_modes = {"Strict", "Partial", "Disabled", "Probe"},
                                          new_modes = {"True", "False"};
    json k = {{"mode", r.pick(minor >= 14 ? new_modes : old_modes)}};
    const auto names = devices();
    if (minor >= 8) {
      k["devices"] = names;
      if (!names.empty() && r.chance(80))
        k["directRoutingDevice"] = names[r.below(names.size())];
    }
    if (minor >= 10) {
      k["deviceList"] = json::array();
      for (const auto& n : names) {
        json ips = json::array();
        for (auto c = r.below(4); c > 0; --c)
          ips.push_back(c == 1 ? v4() : v6());
        if (minor >= 15)
          ips.insert(ips.begin(), ips.size(), "");  // the agent's own quirk
        k["deviceList"].push_back({{"name", n}, {"ip", ips}});
      }
    }
    json f;
    f["nodePort"] = json::object();
    if (r.chance(70)) {
      f["nodePort"] = {{"enabled", true},
                       {"mode", r.chance(60) ? "SNAT" : "DSR"},
                       {"portMin", 30000},
                       {"portMax", 32767}};
      if (minor == 8)
        f["nodePort"]["acceleration"] = "DISABLED";
      if (minor >= 9) {
        f["nodePort"]["acceleration"] = r.pick(std::vector<std::string>{"Disabled", "Native"});
        f["nodePort"]["algorithm"] = "Random";
        if (r.chance(40))
          f["nodePort"]["algorithm"] = "Maglev", f["nodePort"]["lutSize"] = 16381;
      }
      if (minor >= 15)
        f["nodePort"]["dsrMode"] = "IP Option/Extension";
    }
    f["externalIPs"] = switch_();
    if (minor >= 8)
      f["hostPort"] = switch_(), f["sessionAffinity"] = switch_();
    if (minor <= 12)
      f["hostReachableServices"] =
          r.chance(60) ? json{{"enabled", true}, {"protocols", {"TCP", "UDP"}}} : json::object();
    if (minor >= 11 && minor <= 17)
      f["gracefulTermination"] = switch_();
    if (minor >= 12) {
      f["socketLB"] = switch_();
      if (r.chance(30))
        f["bpfSocketLBHostnsOnly"] = true;
      f["nat46X64"] = switch_(30);
      if (minor >= 13) {
        f["nat46X64"]["service"] = switch_(), f["nat46X64"]["gateway"] = switch_();
        if (f["nat46X64"]["gateway"].contains("enabled") && r.chance(60))
          f["nat46X64"]["gateway"]["prefixes"] = {"64:ff9b::/96"};
      }
    }
    if (minor >= 13)
      f["socketLBTracing"] = switch_();
    if (minor >= 17)
      f["annotations"] =
          r.chance(50) ? json{"service.cilium.io/node", "service.cilium.io/type"} : json::array();
    k["features"] = f;
    s["kube-proxy-replacement"] = k;
  }

  void mesh() {
    if (minor < 7 || r.chance(40))
      return;
    json m = {{"clusters", json::array()}};
    for (auto n = r.below(3); n > 0; --n) {
      json c = {{"name", "mesh-" + std::to_string(n)},
                {"status",
                 r.chance(50) ? "etcd: 1/1 connected, has-quorum=true: endpoint status checks are "
                                "disabled, ID: 9f3c1d20ab"
                              : "Waiting for initial connection to be established"},
                {"num-nodes", r.below(90)},
                {"num-identities", r.below(400)},
                {"num-shared-services", r.below(50)},
                {"num-failures", r.below(7)},
                {"last-failure", past()}};
      if (r.chance(50))
        c["ready"] = true;
      if (minor >= 14) {
        c["num-endpoints"] = r.below(4000);
        if (r.chance(70)) {
          c["config"] = {{"required", true}};
          if (r.chance(70)) {
            c["config"].update(
                {{"retrieved", true}, {"cluster-id", 1 + r.below(255)}, {"kvstoremesh", true}});
            if (minor >= 17 && r.chance(60))
              c["config"]["service-exports-enabled"] = r.chance(50);
            if (minor >= 20)
              c["config"]["endpoint-slices-export-mode"] = "services-only";
          }
        }
        if (r.chance(70)) {
          c["synced"] = {{"nodes", true},
                         {"endpoints", r.chance(50)},
                         {"identities", true},
                         {"services", r.chance(50)}};
          if (minor >= 17 && r.chance(50))
            c["synced"]["service-exports"] = r.chance(50);
        }
      }
      if (minor >= 17)
        c["num-service-exports"] = r.below(9);
      if (minor >= 20)
        c["num-endpoint-slices"] = r.below(90);
      m["clusters"].push_back(c);
    }
    if (minor <= 18)
      m["num-global-services"] = r.below(20);
    s["cluster-mesh"] = m;
  }

  void masquerading() {
    if (minor < 8)
      return;
    json m = json::object();
    if (r.chance(80)) {
      m = {{"enabled", true}, {"mode", r.chance(50) ? "BPF" : "iptables"}};
      if (m["mode"] == "BPF" && r.chance(30))
        m["ip-masq-agent"] = true;
      if (minor <= 9)
        m["snat-exclusion-cidr"] = "10.9.0.0/16";
      else {
        m["enabledProtocols"] = {{"ipv4", true}};
        if (r.chance(40))
          m["enabledProtocols"]["ipv6"] = true;
        if (r.chance(80))
          m["snat-exclusion-cidr-v4"] = "10.9.0.0/16";
        if (minor >= 18 && r.chance(50))
          m["snat-exclusion-cidr-v6"] = "fd00:9::/56";
      }
    }
    s["masquerading"] = m;
  }

  void tables() {
    static const std::vector<std::string> names = {"cilium-health-ep",
                                                   "dns-garbage-collector-job",
                                                   "resolve-labels-lab/web-5d9",
                                                   "sync-to-k8s-ciliumendpoint (1234)",
                                                   "template-dir-watcher",
                                                   "endpoint-77-regeneration-recovery"};
    static const std::vector<std::string> errors = {
        "context deadline exceeded",
        "unable to list:  two  blanks",
        "Get \"http://192.0.2.9:4240/hello\": EOF",
        "exit status 1\nstderr: RTNETLINK answers: Invalid argument"};
    s["controllers"] = json::array();
    for (auto n = 1 + r.below(8); n > 0; --n) {
      json c = {{"name", r.pick(names)}, {"uuid", "u-" + std::to_string(n)}};
      if (r.chance(92)) {
        c["status"] = {{"success-count", r.below(900)},
                       {"last-success-timestamp", past()},
                       {"last-failure-timestamp", past()}};
        if (r.chance(25))
          c["status"].update({{"consecutive-failure-count", 1 + r.below(200)},
                              {"failure-count", 300},
                              {"last-failure-msg", r.pick(errors)}});
      }
      s["controllers"].push_back(c);
    }
    if (r.chance(85)) {
      s["proxy"] = {{"ip", v4()}, {"port-range", "10000-20000"}};
      if (minor >= 14)
        s["proxy"]["envoy-deployment-mode"] = r.chance(50) ? "embedded" : "external";
      if (minor >= 7 && r.chance(40)) {
        s["proxy"]["total-redirects"] = 2;
        s["proxy"]["redirects"] = {
            {{"name", "77:egress:TCP:80"}, {"proxy", "http"}, {"proxy-port", 14804}},
            {{"name", "cilium-dns-egress"}, {"proxy", "dns"}, {"proxy-port", 38411}}};
      }
    }
    if (minor >= 8 && r.chance(85)) {
      s["hubble"] = component({"", "Server not initialized"});
      if (r.chance(70))
        s["hubble"]["observer"] = {{"current-flows", 1 + r.below(4095)},
                                   {"max-flows", 4095},
                                   {"seen-flows", 1 + r.below(900000)},
                                   {"uptime", "2h3m4s"}};
      if (minor >= 18)
        s["hubble-metrics"] = {{"state", r.chance(50) ? "Ok" : "Disabled"}};
      else if (r.chance(60))
        s["hubble"]["metrics"] = {{"state", "Disabled"}};
    }
    if (minor >= 9) {
      s["bpf-maps"] = {{"maps", json::array()}};
      if (r.chance(50))
        s["bpf-maps"]["dynamic-size-ratio"] = 0.0025;
      for (const auto* name :
           {"Non-TCP connection tracking", "NAT", "IPv6 service reverse NAT", "Tunnel"})
        if (r.chance(70))
          s["bpf-maps"]["maps"].push_back({{"name", name}, {"size", 1024 << r.below(8)}});
    }
    if (minor >= 10) {
      s["encryption"] = {
          {"mode", r.pick(std::vector<std::string>{"Disabled", "IPsec", "Wireguard"})}};
      if (s["encryption"]["mode"] == "Wireguard") {
        s["encryption"]["wireguard"]["interfaces"] = {
            {{"name", "cilium_wg0"},
             {"public-key", "kX/+3d0pQ1u8yqkYw2Zt5bC7nE4rV6sA9hJ0lM1oP2g="},
             {"listen-port", 51871},
             {"peer-count", r.below(9)}}};
        if (minor >= 14)
          s["encryption"]["wireguard"]["node-encryption"] = "Enabled";
      }
    }
  }

  // Not in the agent's JSON: what the health daemon and the module tree add to the text.
  void health() {
    if (s["cilium"]["state"] != "Ok")
      return;
    json nodes = json::array();
    for (auto n = 1 + r.below(3); n > 0; --n)
      nodes.push_back({{"name", "lab/node-" + std::to_string(n)},
                       {"ip", v4()},
                       {"ok", r.chance(70)},
                       {"endpoint", v4()},
                       {"endpoint-ok", r.chance(70)}});
    s["health"] = nodes;
    if (minor >= 15)
      s["modules"] = true;
  }
};

}  // namespace

json generate_status(Random& random, int minor) {
  Maker maker{random, minor};
  maker.head();
  maker.replacement();
  maker.mesh();
  maker.masquerading();
  maker.tables();
  maker.health();
  return maker.s;
}

}  // namespace kpr::reference
