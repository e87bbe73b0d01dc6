// Sections 5 to 7: for each check a cluster in which it fires and one that only looks like it.
#include "cluster.hpp"

namespace kpr::test {
namespace {

void chaining_host_port(Cluster& c, int port) {
  c.pod("shop",
        "web",
        "n2",
        {{"spec",
          {{"containers",
            {{{"name", "web"}, {"ports", {{{"containerPort", 80}, {"hostPort", port}}}}}}}}}});
}
json path(const char* icmp, const char* http) {
  return {{"ip", "10.0.0.3"}, {"icmp", {{"status", icmp}}}, {"http", {{"status", http}}}};
}
void health(Cluster& c, const json& host, const json& endpoint) {
  c.status["n1"]["cluster-health"]["nodes"] = {
      {{"name", "default/n3"},
       {"host", {{"primary-address", host}}},
       {"health-endpoint", {{"primary-address", endpoint}}}}};
}
void rows(Cluster& c, const std::string& node, int n) {
  for (int i = 0; i < n; ++i)
    c.out[node]["bpf-lb-list"] += "10.96.1." + std::to_string(i % 250) + ":80 (" +
                                  std::to_string(i) + ") 10.1.0.5:8080 (1) (1)\n";
}
void cloud(Cluster& c, const char* id) {
  for (auto& [n, node] : c.nodes)
    node["spec"]["providerID"] = id;
}
void no_backend(Cluster& c) {
  c.service("shop", "web", "10.96.1.1", 80);
  c.slices.back()["endpoints"] = json::array();
  c.served("10.96.1.1", 80, {});
}

// One Service, served by all agents; what the kernel of n2 has of it stands in these rows.
void kernel_of_n2(Cluster& c, const std::string& rows) {
  c.service("shop", "web", "10.96.1.1", 80), c.served("10.96.1.1", 80, {"10.1.0.5:8080"});
  c.service_list["n2"] = {c.service_list["n2"].back()};
  c.out["n2"]["bpf-lb-list"] =
      "SERVICE ADDRESS        BACKEND ADDRESS (REVNAT_ID) (SLOT)\n"
      "10.96.1.1:0/ANY (0)    0.0.0.0:0 (0) (0) [ClusterIP, non-routable]   \n" +
      rows;
}
// The pod that an endpoint names.
void target(Cluster& c, const char* name) {
  c.service("shop", "web", "10.96.1.1", 80), c.served("10.96.1.1", 80, {"10.1.0.5:8080"});
  c.slices.back()["endpoints"][0]["targetRef"] = {{"kind", "Pod"}, {"name", name}};
}

}  // namespace

std::vector<Case> datapath_cases() {
  return {
      {"device-none-or-wrong",
       [](Cluster& c) {
         c.status["n2"]["kube-proxy-replacement"]["deviceList"][0]["ip"] = {"192.168.9.2"};
       },
       [](Cluster& c) {
         c.status["n2"]["kube-proxy-replacement"]["deviceList"].push_back(
             {{"name", "eth1"}, {"ip", {"192.168.9.2"}}});
       }},
      {"direct-routing-device-undetermined",
       [](Cluster& c) {
         c.words("n2",
                 "cilium-agent",
                 "failed to start: daemon creation failed: unable to determine direct routing "
                 "device. Use --direct-routing-device to specify it");
       },
       [](Cluster& c) {
         c.words("n2", "cilium-agent", "failed to start: something else about direct routing");
       }},
      {"node-internal-ip-wrong",
       [](Cluster& c) {
         c.nodes["n3"]["status"]["addresses"][0]["address"] = "10.0.0.2";
       },
       [](Cluster& c) {
         c.nodes["n3"]["status"]["addresses"].push_back(
             {{"type", "ExternalIP"}, {"address", "10.0.0.2"}});
       }},
      {"devices-differ-across-nodes",
       [](Cluster& c) {
         c.config["devices"] = "eth7";
       },
       [](Cluster& c) {
         c.config["devices"] = "eth+ eth0";
       }},
      {"bond-vlan-device",
       [](Cluster& c) {
         c.out["n2"]["ip-a"] =
             "2: eth0: <BROADCAST,SLAVE,UP> mtu 1500 master bond0 state UP\n    inet 10.0.0.2/24\n";
       },
       [](Cluster& c) {
         c.out["n2"]["ip-a"] += "7: eth9: <BROADCAST,SLAVE,UP> mtu 1500 master bond0 state UP\n";
       }},
      {"nodeport-addresses-limited",
       [](Cluster& c) {
         c.service("shop", "web", "10.96.1.1", 80, "NodePort", 30080),
             c.status["n2"]["kube-proxy-replacement"]["deviceList"][0]["ip"] = {"10.0.0.2",
                                                                                "10.0.0.200"};
       },
       [](Cluster& c) {
         c.service("shop", "web", "10.96.1.1", 80, "NodePort", 30080),
             c.status["n2"]["kube-proxy-replacement"]["deviceList"][0]["ip"] = {"10.0.0.2",
                                                                                "fe80::1"};
       }},
      {"host-routing-legacy",
       [](Cluster& c) {
         c.status["n2"]["routing"]["intra-host-routing-mode"] = "Legacy";
       },
       [](Cluster& c) {
         c.mode("n2", "False"), c.status["n2"]["routing"]["intra-host-routing-mode"] = "Legacy";
       }},
      {"masquerade-iptables-with-bpf-nodeport",
       [](Cluster& c) {
         c.status["n2"]["masquerading"]["mode"] = "IPTables";
       },
       [](Cluster& c) {
         c.mode("n2", "False"), c.status["n2"]["masquerading"]["mode"] = "IPTables";
       }},
      {"native-routing-without-cidr-or-routes",
       [](Cluster& c) {
         c.config["routing-mode"] = "native";
       },
       [](Cluster& c) {
         c.config["routing-mode"] = "native", c.config["ipv4-native-routing-cidr"] = "10.0.0.0/8";
       }},
      {"overlay-checksum-offload",
       [](Cluster& c) {
         health(c, path("", ""), path("", "Get: context deadline exceeded"));
       },
       [](Cluster& c) {
         health(c, path("", "connection timed out"), path("timeout", "timeout"));
       }},
      {"rp-filter",
       [](Cluster& c) {
         c.words("n2",
                 "cilium-agent",
                 "level=warning msg=\"DSR might not work for requests sent to other than eth0 "
                 "device\"");
       },
       [](Cluster& c) {
         c.words("n2", "cilium-agent", "DSR is on");
       }},
      {"ipfamily-mismatch",
       [](Cluster& c) {
         c.services[0]["spec"]["ipFamilies"] = {"IPv4", "IPv6"};
       },
       [](Cluster& c) {
         c.services[0]["spec"]["ipFamilies"] = {"IPv4", "IPv6"}, c.config["enable-ipv6"] = "true";
       }},
      {"no-conntrack-rules-precondition",
       [](Cluster& c) {
         c.config["install-no-conntrack-iptables-rules"] = "true";
       },
       [](Cluster& c) {
         c.config["install-no-conntrack-iptables-rules"] = "true",
         c.config["routing-mode"] = "native";
       }},

      {"dsr-tunnel-incompatible",
       [](Cluster& c) {
         c.config["bpf-lb-mode"] = "dsr";
       },
       [](Cluster& c) {
         c.config["bpf-lb-mode"] = "dsr", c.config["tunnel-protocol"] = "geneve",
         c.config["bpf-lb-dsr-dispatch"] = "geneve";
       }},
      {"dsr-cloud-unsupported",
       [](Cluster& c) {
         c.config["bpf-lb-mode"] = "hybrid", cloud(c, "aws:///eu-1a/i-1");
       },
       [](Cluster& c) {
         c.config["bpf-lb-mode"] = "hybrid", cloud(c, "kind://docker/kind/n");
       }},
      {"xdp-acceleration-unsupported",
       [](Cluster& c) {
         c.config["bpf-lb-acceleration"] = "native",
         c.words("n2",
                 "cilium-agent",
                 "attaching XDP program to interface bond0.7: operation not supported");
       },
       [](Cluster& c) {
         c.config["bpf-lb-acceleration"] = "native", c.every_agent([](json& s) {
           s["kube-proxy-replacement"]["features"]["nodePort"]["acceleration"] = "Native";
         });
       }},
      {"maglev-config",
       [](Cluster& c) {
         c.config["bpf-lb-algorithm"] = "maglev", c.config["bpf-lb-maglev-table-size"] = "16384";
       },
       [](Cluster& c) {
         c.config["bpf-lb-algorithm"] = "maglev", c.config["bpf-lb-maglev-table-size"] = "16381";
       }},
      {"socketlb-breaks-pod-proxies",
       [](Cluster& c) {
         c.pod("shop", "web", "n2", {{"spec", {{"containers", {{{"name", "istio-proxy"}}}}}}});
       },
       [](Cluster& c) {
         c.pod("shop", "web", "n2", {{"spec", {{"containers", {{{"name", "istio-proxy"}}}}}}});
         c.every_agent([](json& s) {
           s["kube-proxy-replacement"]["features"]["bpfSocketLBHostnsOnly"] = true;
         });
       }},
      {"cgroup-root-wrong",
       [](Cluster& c) {
         c.out["n2"]["bpftool-cgroup"] =
             "CgroupPath\nID AttachType AttachFlags Name\n/sys/fs/cgroup\n    7 cgroup_device "
             "multi\n/sys/fs/cgroup/kubepods\n    9 cgroup_inet4_connect multi cil_sock4_connect\n";
       },
       [](Cluster& c) {
         c.out["n2"]["bpftool-cgroup"] += "/sys/fs/cgroup/kubepods\n    9 cgroup_device multi\n";
       }},
      {"kubernetes-service-unreachable",
       [](Cluster& c) {
         c.exits["n2"]["connect-kubernetes"] = {"10.96.0.1:443\n",
                                                "bash: connect: Connection refused\nbash: line 1: "
                                                "/dev/tcp/10.96.0.1/443: Connection refused\n",
                                                1};
       },
       [](Cluster& c) {
         c.exits["n1"]["connect-kubernetes"] =
             c.exits["n2"]["connect-kubernetes"] = {"10.96.0.1:443\n", "", 0};
       }},
      {"hostport-not-working",
       [](Cluster& c) {
         c.config["kube-proxy-replacement"] = "false";
         for (const char* n : {"n1", "n2", "n3"})
           c.mode(n, "False");
         chaining_host_port(c, 8080);
       },
       [](Cluster& c) {
         c.config["kube-proxy-replacement"] = "false", c.config["cni-chaining-mode"] = "portmap";
         for (const char* n : {"n1", "n2", "n3"})
           c.mode(n, "False");
         chaining_host_port(c, 8080);
       }},
      {"nodeport-range-mismatch",
       [](Cluster& c) {
         c.service("shop", "web", "10.96.1.1", 80, "NodePort", 29999);
       },
       [](Cluster& c) {
         c.service("shop", "web", "10.96.1.1", 80, "NodePort", 32767);
       }},
      {"nodeport-range-clashes-ephemeral",
       [](Cluster& c) {
         c.words("n2",
                 "cilium-agent",
                 "NodePort port range (30000-40000) must not clash with ephemeral port range "
                 "(32768-60999)");
       },
       [](Cluster& c) {
         c.words("n2", "cilium-agent", "NodePort port range (30000-32767) is fine");
       }},
      {"nodeport-bind-protection",
       [](Cluster& c) {
         c.pod("shop",
               "h",
               "n2",
               {{"spec",
                 {{"hostNetwork", true},
                  {"containers", {{{"name", "h"}, {"ports", {{{"containerPort", 31000}}}}}}}}}});
       },
       [](Cluster& c) {
         c.pod("shop",
               "h",
               "n2",
               {{"spec",
                 {{"containers", {{{"name", "h"}, {"ports", {{{"containerPort", 31000}}}}}}}}}});
       }},
      {"kpr-healthz-10256-off",
       [](Cluster& c) {
         cloud(c, "gce://p/z/n"), c.service("shop", "web", "10.96.1.1", 80, "LoadBalancer", 30080);
       },
       [](Cluster& c) {
         cloud(c, "gce://p/z/n"), c.service("shop", "web", "10.96.1.1", 80, "LoadBalancer", 30080),
             c.config["kube-proxy-replacement-healthz-bind-address"] = "0.0.0.0:10256";
       }},
      {"etp-local-healthcheck",
       [](Cluster& c) {
         c.config["enable-health-check-nodeport"] = "false";
         auto& s = c.service("shop", "web", "10.96.1.1", 80, "LoadBalancer", 30080);
         s["spec"]["externalTrafficPolicy"] = "Local", s["spec"]["healthCheckNodePort"] = 30500;
       },
       [](Cluster& c) {
         c.config["enable-health-check-nodeport"] = "false";
         auto& s = c.service("shop", "web", "10.96.1.1", 80, "LoadBalancer", 30080);
         s["spec"]["externalTrafficPolicy"] = "Cluster";
       }},
      {"topology-hints-ignored",
       [](Cluster& c) {
         c.service("shop", "web", "10.96.1.1", 80)["spec"]["trafficDistribution"] = "PreferClose";
       },
       [](Cluster& c) {
         c.service("shop", "web", "10.96.1.1", 80)["metadata"]["annotations"] = {
             {"service.kubernetes.io/topology-mode", "Disabled"}};
       }},
      {"localredirect-nodelocaldns",
       [](Cluster& c) {
         c.pod("kube-system",
               "node-local-dns-1",
               "n2",
               {{"metadata", {{"labels", {{"k8s-app", "node-local-dns"}}}}},
                {"spec", {{"hostNetwork", true}}}});
       },
       [](Cluster& c) {
         c.pod("kube-system",
               "node-local-dns-1",
               "n2",
               {{"metadata", {{"labels", {{"k8s-app", "node-local-dns"}}}}}});
       }},

      {"lb-map-full",
       [](Cluster& c) {
         c.config["bpf-lb-map-max"] = "256", rows(c, "n2", 256);
       },
       [](Cluster& c) {
         c.config["bpf-lb-map-max"] = "1024", rows(c, "n2", 256);
       }},
      {"ct-nat-map-pressure",
       [](Cluster& c) {
         c.out["n2"]["metrics"] +=
             "cilium_forward_count_total direction=\"EGRESS\" 1200.000000\n"
             "cilium_drop_count_total reason=\"CT: Map insertion failed\" 12.000000\n";
       },
       [](Cluster& c) {
         c.out["n2"]["metrics"] +=
             "cilium_bpf_map_pressure map_name=\"ct4_global\" 0.210000\n"
             "cilium_forward_count_total direction=\"EGRESS\" 81250000.000000\n"
             "cilium_drop_count_total reason=\"CT: Map insertion failed\" 12.000000\n";
       }},
      {"backends-stale",
       [](Cluster& c) {
         c.service("shop", "web", "10.96.1.1", 80), c.served("10.96.1.1", 80, {"10.1.0.5:8080"}),
             c.service_list["n2"].back()["spec"]["backend-addresses"].push_back(
                 {{"ip", "10.1.9.9"}, {"port", 8080}, {"state", "active"}});
       },
       [](Cluster& c) {
         c.service("shop", "web", "10.96.1.1", 80), c.served("10.96.1.1", 80, {"10.1.0.5:8080"}),
             c.service_list["n2"].back()["spec"]["backend-addresses"].push_back(
                 {{"ip", "10.1.9.9"}, {"port", 8080}, {"state", "terminating"}});
       }},
      {"services-missing-on-node",
       [](Cluster& c) {
         c.service("shop", "web", "10.96.1.1", 80);
       },
       [](Cluster& c) {
         c.service("shop", "web", "10.96.1.1", 80)["metadata"]["labels"] =
             {{"service.kubernetes.io/service-proxy-name", "other"}},
                                               c.service("shop", "headless", "None", 80),
                                               c.service("shop", "name", "", 80, "ExternalName");
       }},
      {"service-maps-disagree",
       [](Cluster& c) {
         kernel_of_n2(c, "");
       },
       [](Cluster& c) {
         kernel_of_n2(c,
                      "10.96.1.1:80/TCP (0)   0.0.0.0:0 (7) (0) [ClusterIP, non-routable]   \n"
                      "10.96.1.1:80/TCP (1)   10.1.0.5:8080/TCP (7) (1)                     \n");
       }},
      {"endpoints-without-pod",
       [](Cluster& c) {
         target(c, "web-1");
       },
       [](Cluster& c) {
         target(c, "web-1");
         c.pod("shop", "web-1", "n2", {{"status", {{"podIP", "10.1.0.5"}}}});
       }},
      {"service-without-endpoints",
       no_backend,
       [](Cluster& c) {
         no_backend(c), c.services.back()["spec"].erase("selector");
       }},
      {"controllers-failing",
       [](Cluster& c) {
         c.status["n2"]["controllers"] = {
             {{"name", "k8s-heartbeat"},
              {"status", {{"consecutive-failure-count", 7}, {"last-failure-msg", "refused"}}}}};
       },
       [](Cluster& c) {
         c.status["n2"]["controllers"] = {{{"name", "k8s-heartbeat"},
                                           {"status",
                                            {{"consecutive-failure-count", 0},
                                             {"failure-count", 9},
                                             {"last-failure-msg", "refused"}}}}};
       }},
      {"cluster-health-unreachable",
       [](Cluster& c) {
         health(c, path("timeout", "timeout"), path("timeout", "timeout"));
       },
       [](Cluster& c) {
         c.every_agent([](json& s) {
           s["cluster-health"] = {{"reachable", 0}, {"total", 0}, {"nodes", json::array()}};
         }),
             c.status["n1"]["cluster-health"] = {{"reachable", 3}, {"total", 3}};
       }},
      {"drops-nonzero",
       [](Cluster& c) {
         c.out["n2"]["metrics"] += "cilium_drop_count_total reason=\"FIB lookup failed\" 4\n";
       },
       [](Cluster& c) {
         c.out["n2"]["metrics"] += "cilium_drop_count_total reason=\"FIB lookup failed\" 0\n";
       }},
      {"status-stale",
       [](Cluster& c) {
         c.status["n2"]["kubernetes"] = {{"state", "Failure"}, {"msg", "connection refused"}};
       },
       [](Cluster& c) {
         c.status["n2"]["stale"] = json::object();
       }},
  };
}

}  // namespace kpr::test
