// Clusters that look wrong and are not, and faults in words that one would not look for.
#include <boost/test/unit_test.hpp>

#include "cluster.hpp"

namespace kpr::test {
namespace {

struct Oddity {
  const char* name;
  const char* id;
  bool fires;
  std::function<void(Cluster&)> change;
};

void host_port_without_replacement(Cluster& c, const std::string& chaining) {
  c.config["kube-proxy-replacement"] = "false";
  c.config["cni-chaining-mode"] = chaining;
  for (const char* n : {"n1", "n2", "n3"})
    c.mode(n, "False");
  c.kube_proxy();
  c.pod("shop", "statsd", "n2", json::parse(R"({"spec":{"containers":[{"name":"main",
      "ports":[{"containerPort":8125,"hostPort":8125,"protocol":"UDP"}]}]}})"));
}

void balancer_of(Cluster& c, const char* provider_id, json annotations = json::object()) {
  for (auto& [name, node] : c.nodes)
    node["spec"]["providerID"] = provider_id;
  auto& service = c.service("shop", "web", "10.96.1.1", 80, "LoadBalancer", 30080);
  service["metadata"]["annotations"] = std::move(annotations);
}

void nfs_on_a_service(Cluster& c, const char* kernel) {
  for (auto& [name, node] : c.nodes)
    node["status"]["nodeInfo"]["kernelVersion"] = kernel;
  c.more["persistentvolumes"].push_back(
      {{"metadata", {{"name", "pv"}}}, {"spec", {{"nfs", {{"server", "10.96.0.1"}}}}}});
}

void xdp_words(Cluster& c, const char* words) {
  c.config["bpf-lb-acceleration"] = "native";
  c.words("n2", "cilium-agent", words);
}

// In the table that agents up to 1.16 print: the reporter misses `target`.
void misses(Cluster& c, const std::string& reporter, const std::string& target) {
  json& health = c.status[reporter]["cluster-health"];
  health["reachable"] = health.value("reachable", 3) - 1;
  health["total"] = 3;
  health["timestamp"] = "2026-11-24T11:59:00Z";
  health["nodes"].push_back(
      {{"name", target}, {"host-status", "reachable"}, {"endpoint-status", "unreachable"}});
}

const Oddity k_oddities[] = {
    {"1.15 takes strict for what it says",
     "kpr-mode-off-no-kube-proxy",
     false,
     [](Cluster& c) {
       c.version("1.15.7"), c.config["kube-proxy-replacement"] = "strict";
       for (const char* n : {"n1", "n2", "n3"})
         c.mode(n, "Strict");
     }},
    {"Partial with all its parts on",
     "kpr-mode-off-no-kube-proxy",
     false,
     [](Cluster& c) {
       c.version("1.13.4"), c.config["kube-proxy-replacement"] = "partial";
       for (const char* n : {"n1", "n2", "n3"})
         c.mode(n, "Partial");
     }},
    {"kube-proxy on some nodes only",
     "kpr-mode-off-no-kube-proxy",
     true,
     [](Cluster& c) {
       c.config["kube-proxy-replacement"] = "false";
       for (const char* n : {"n1", "n2", "n3"})
         c.mode(n, "False");
       c.kube_proxy();
       c.pods.pop_back();  // n3 has none
     }},
    {"a rollout explains that modes differ",
     "kpr-nodes-differ",
     true,
     [](Cluster& c) {
       c.mode("n1", "False");
     }},
    {"the table of old agents names who is missed",
     "cluster-health-unreachable",
     true,
     [](Cluster& c) {
       misses(c, "n1", "n3"), misses(c, "n2", "n3");
     }},
    {"a node that is gone does not answer",
     "cluster-health-unreachable",
     false,
     [](Cluster& c) {
       misses(c, "n1", "spot-7"), misses(c, "n2", "spot-7");
     }},
    {"a node that joins does not answer yet",
     "cluster-health-unreachable",
     false,
     [](Cluster& c) {
       c.nodes["n3"]["metadata"]["creationTimestamp"] = "2026-11-24T11:58:10Z";
       misses(c, "n1", "n3"), misses(c, "n2", "n3");
     }},
    {"a node that is down has a finding of its own",
     "cluster-health-unreachable",
     false,
     [](Cluster& c) {
       c.nodes["n3"]["status"]["conditions"][0]["status"] = "Unknown";
       misses(c, "n1", "n3"), misses(c, "n2", "n3");
     }},
    {"the uplink is point-to-point",
     "node-internal-ip-wrong",
     false,
     [](Cluster& c) {
       c.out["n2"]["ip-a"] =
           "2: enp0s31f6: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq state UP\n"
           "    inet 10.0.0.2 peer 10.0.0.254/32 scope global enp0s31f6\n";
     }},
    {"the InternalIP is on no interface",
     "node-internal-ip-wrong",
     true,
     [](Cluster& c) {
       c.out["n2"]["ip-a"] =
           "2: eth0: <BROADCAST,UP> mtu 1500 state UP\n    inet 10.9.9.9/24 scope global eth0\n";
     }},
    {"a chained CNI may have portmap",
     "hostport-not-working",
     false,
     [](Cluster& c) {
       host_port_without_replacement(c, "aws-cni");
     }},
    {"Cilium's own conflist has no portmap",
     "hostport-not-working",
     true,
     [](Cluster& c) {
       host_port_without_replacement(c, "none");
     }},
    {"somebody else's conflist may stand first",
     "hostport-not-working",
     false,
     [](Cluster& c) {
       host_port_without_replacement(c, "none"), c.config["cni-exclusive"] = "false";
     }},
    {"Hetzner probes the NodePort",
     "kpr-healthz-10256-off",
     false,
     [](Cluster& c) {
       balancer_of(c, "hcloud://41234569");
     }},
    {"an annotation asks for 10256",
     "kpr-healthz-10256-off",
     true,
     [](Cluster& c) {
       balancer_of(c,
                   "aws:///eu-west-1a/i-0a",
                   {{"service.beta.kubernetes.io/aws-load-balancer-healthcheck-port", "10256"}});
     }},
    {"Amazon Linux has the fix",
     "kernel-nfs-smb-socketlb-hang",
     false,
     [](Cluster& c) {
       nfs_on_a_service(c, "6.1.147-172.266.amzn2023.x86_64");
     }},
    {"Debian 12 has the fix",
     "kernel-nfs-smb-socketlb-hang",
     false,
     [](Cluster& c) {
       nfs_on_a_service(c, "6.1.0-40-amd64");
     }},
    {"RHEL 8.10 has the fix",
     "kernel-nfs-smb-socketlb-hang",
     false,
     [](Cluster& c) {
       nfs_on_a_service(c, "4.18.0-553.8.1.el8_10.x86_64");
     }},
    {"RHEL 8.10 as released has not",
     "kernel-nfs-smb-socketlb-hang",
     true,
     [](Cluster& c) {
       nfs_on_a_service(c, "4.18.0-553.el8_10.x86_64");
     }},
    {"RHEL 9.4 before the fix",
     "kernel-nfs-smb-socketlb-hang",
     true,
     [](Cluster& c) {
       nfs_on_a_service(c, "5.14.0-427.13.1.el9_4.x86_64");
     }},
    {"an old stable kernel",
     "kernel-nfs-smb-socketlb-hang",
     true,
     [](Cluster& c) {
       nfs_on_a_service(c, "5.15.81-talos");
     }},
    {"a vendor's kernel is not judged",
     "kernel-nfs-smb-socketlb-hang",
     false,
     [](Cluster& c) {
       nfs_on_a_service(c, "5.15.0-1051-azure");
     }},
    {"XDP by bpf_link",
     "xdp-acceleration-unsupported",
     true,
     [](Cluster& c) {
       xdp_words(c,
                 "level=error msg=\"Failed to initialize datapath, retrying later\" "
                 "error=\"failed to load XDP program: interface eth0: attaching program "
                 "cil_xdp_entry using bpf_link: create link: operation not supported\"");
     }},
    {"XDP by netlink",
     "xdp-acceleration-unsupported",
     true,
     [](Cluster& c) {
       xdp_words(c,
                 "level=fatal msg=\"attaching XDP program cil_xdp_entry to interface bond0.7 using "
                 "netlink: operation not supported\"");
     }},
    {"drops of half a year",
     "bond-vlan-device",
     false,
     [](Cluster& c) {
       c.out["n2"]["metrics"] =
           "cilium_forward_count_total direction=INGRESS 912345678.000000\n"
           "cilium_drop_count_total direction=INGRESS reason=VLAN traffic disallowed by VLAN "
           "filter 12.000000\n";
     }},
    {"VLAN traffic is dropped now",
     "bond-vlan-device",
     true,
     [](Cluster& c) {
       c.out["n2"]["metrics"] =
           "cilium_forward_count_total direction=INGRESS 5000.000000\n"
           "cilium_drop_count_total direction=INGRESS reason=VLAN traffic disallowed by VLAN "
           "filter 1200.000000\n";
     }},
    {"drops alone",
     "ct-nat-map-pressure",
     false,
     [](Cluster& c) {
       c.out["n2"]["metrics"] =
           "cilium_drop_count_total direction=EGRESS reason=CT: Map insertion failed 3.000000\n";
     }},
    {"the agent says iptables in small letters",
     "masquerade-iptables-with-bpf-nodeport",
     true,
     [](Cluster& c) {
       c.status["n2"]["masquerading"]["mode"] = "iptables";
     }},
};

}  // namespace

BOOST_AUTO_TEST_CASE(oddities_are_told_from_faults) {
  for (const Oddity& oddity : k_oddities) {
    Cluster cluster;
    oddity.change(cluster);
    BOOST_TEST(has(cluster.run(), oddity.id) == oddity.fires, oddity.id << ": " << oddity.name);
  }
}

BOOST_AUTO_TEST_CASE(who_misses_all_others_is_the_one_that_is_cut_off) {
  Cluster cluster;
  misses(cluster, "n2", "n1"), misses(cluster, "n2", "n3");
  checks::Selection only;
  only.only = {"cluster-health-unreachable"};
  const auto result = cluster.run(only);
  BOOST_REQUIRE_EQUAL(result.findings.size(), 1u);
  BOOST_TEST(result.findings[0].nodes == std::vector<std::string>{"n2"});
  BOOST_TEST(result.findings[0].summary ==
             "not reachable from other nodes: n2 (it reaches no other node)");
}

BOOST_AUTO_TEST_CASE(a_warning_of_kubernetes_is_no_lost_api_server) {
  Cluster cluster;
  cluster.status["n2"]["kubernetes"] = {{"state", "Warning"}, {"msg", "1.31 is not tested"}};
  const auto result = cluster.run();
  for (const auto& finding : result.findings) {
    if (finding.id != "status-stale")
      continue;
    BOOST_TEST((finding.severity < checks::Severity::error));
    BOOST_TEST(finding.summary == "the agents of 1 node warn about Kubernetes");
    return;
  }
  BOOST_TEST(false, "nothing is said of the warning");
}

}  // namespace kpr::test
