// Nodes, addresses of LoadBalancer Services, and where Cilium's datapath meets the host's.
#include "cluster.hpp"

namespace kpr::test {
namespace {

void add_ready(json& node, const char* status, const char* reason, const char* message) {
  node["status"]["conditions"] = {
      {{"type", "Ready"}, {"status", status}, {"reason", reason}, {"message", message}}};
}

// The agent of n2 was made anew a minute ago, the others wait for their turn.
void roll_out(Cluster& c, const char* created) {
  for (auto& [name, pod] : c.agent_pods) {
    pod["metadata"]["labels"]["controller-revision-hash"] = name == "n2" ? "new" : "old";
    pod["metadata"]["creationTimestamp"] = name == "n2" ? created : "2026-11-01T00:00:00Z";
  }
  c.ds["status"]["updatedNumberScheduled"] = 1;
}

json& balancer(Cluster& c, const char* load_balancer_class) {
  auto& service = c.service("shop", "web", "10.96.1.1", 80, "LoadBalancer", 30080);
  service["metadata"]["creationTimestamp"] = "2026-11-24T11:00:00Z";
  service["spec"]["loadBalancerClass"] = load_balancer_class;
  return service;
}

void exclude(Cluster& c, std::initializer_list<const char*> nodes) {
  c.config["enable-node-ipam"] = "true";
  for (const char* n : nodes)
    c.nodes[n]["metadata"]["labels"]["node.kubernetes.io/exclude-from-external-load-balancers"] =
        "";
}

// A Service with an address of LB-IPAM, a policy for it, and the lease of the node that answers.
void announced(Cluster& c, const char* interfaces, bool lease) {
  c.config["enable-l2-announcements"] = "true";
  auto& service = balancer(c, "io.cilium/l2-announcer");
  service["status"] = json::parse(R"({"loadBalancer":{"ingress":[{"ip":"192.0.2.10"}]},
      "conditions":[{"type":"cilium.io/IPAMRequestSatisfied","status":"True"}]})");
  c.more["ciliuml2announcementpolicies"] = {
      {{"metadata", {{"name", "l2"}}}, {"spec", {{"interfaces", {interfaces}}}}}};
  c.more["leases"];
  if (lease)
    c.more["leases"].push_back(
        {{"metadata", {{"name", "cilium-l2announce-shop-web"}, {"namespace", "kube-system"}}}});
}

// A policy for node-local DNS, its pod on n2, and what the agent of n2 made of it.
void redirect(Cluster& c, const char* backends) {
  c.more["ciliumlocalredirectpolicies"] = {json::parse(
      R"({"metadata":{"name":"nodelocaldns","namespace":"kube-system"},"spec":{"redirectBackend":
         {"localEndpointSelector":{"matchLabels":{"k8s-app":"node-local-dns"}}}}})")};
  c.pod("kube-system",
        "node-local-dns-7xq2p",
        "n2",
        {{"metadata", {{"labels", {{"k8s-app", "node-local-dns"}}}}}});
  c.out["n2"]["lrp-list"] =
      "LRP namespace   LRP name       FrontendType                Matching Service\n"
      "kube-system     nodelocaldns   addr+named-ports            \n"
      "                |              169.254.20.10:53/UDP -> " +
      std::string(backends) + "\n";
}

void bpf_host_routing(Cluster& c, const char* mode) {
  c.every_agent([&](json& s) {
    s["routing"]["intra-host-routing-mode"] = mode;
  });
  c.more["namespaces"] = {json::parse(
      R"({"metadata":{"name":"shop","labels":{"istio.io/dataplane-mode":"ambient"}}})")};
}

void rules(Cluster& c, const char* node, bool of_endpoints) {
  c.out[node]["ip-rule"] = std::string("9:\tfrom all fwmark 0x200/0xf00 lookup 2004 proto kernel\n"
                                       "100:\tfrom all lookup local proto kernel\n") +
                           (of_endpoints ? "111:\tfrom 10.1.0.7 to 10.0.0.0/16 lookup 11\n" : "") +
                           "32766:\tfrom all lookup main proto kernel\n";
  c.pod("shop", std::string("web-") + node, node, {{"status", {{"podIP", "10.1.0.7"}}}});
}

}  // namespace

std::vector<Case> node_cases() {
  return {
      {"node-not-ready",
       [](Cluster& c) {
         add_ready(
             c.nodes["n2"], "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.");
       },
       [](Cluster& c) {  // one that joins, and one that leaves
         add_ready(c.nodes["n2"], "False", "KubeletNotReady", "cni plugin not initialized");
         c.nodes["n2"]["metadata"]["creationTimestamp"] = "2026-11-24T11:59:10Z";
         add_ready(
             c.nodes["n3"], "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.");
         c.nodes["n3"]["spec"]["taints"] = {
             {{"key", "ToBeDeletedByClusterAutoscaler"}, {"effect", "NoSchedule"}}};
       }},
      {"kubelet-unreachable",
       [](Cluster& c) {
         c.unreachable["n2"] =
             "error dialing backend: dial tcp 10.0.0.2:10250: connect: connection refused";
       },
       [](Cluster& c) {  // the container is down, the kubelet answers
         c.unreachable["n2"] = "container not found (\"cilium-agent\")";
       }},
      {"rollout-under-way",
       [](Cluster& c) {
         roll_out(c, "2026-11-24T11:59:00Z");
       },
       [](Cluster& c) {
         roll_out(c, "2026-11-20T11:59:00Z");
       }},  // nothing has moved for days
      {"endpoints-not-ready",
       [](Cluster& c) {
         c.status["n2"]["controllers"] = {json::parse(
             R"({"name":"endpoint-1013-regeneration-recovery","status":{"consecutive-failure-count":5,
                "last-failure-msg":"regeneration recovery failed"}})")};
       },
       [](Cluster& c) {
         c.status["n2"]["controllers"] = {json::parse(
             R"({"name":"endpoint-1013-regeneration-recovery","status":{"consecutive-failure-count":0}})")};
       }},
      {"pod-cidr-overlap",
       [](Cluster& c) {
         c.more["ciliumnodes"] = {json::parse(
             R"({"metadata":{"name":"n1"},"spec":{"ipam":{"podCIDRs":["10.0.0.0/24"]}}})")};
       },
       [](Cluster& c) {  // the pool overlaps, what was given out does not
         c.config["cluster-pool-ipv4-cidr"] = "10.0.0.0/8";
         c.more["ciliumnodes"] = {json::parse(
             R"({"metadata":{"name":"n1"},"spec":{"ipam":{"podCIDRs":["10.1.0.0/24"]}}})")};
       }},
      {"loadbalancer-no-address",
       [](Cluster& c) {
         balancer(c, "io.cilium/node"), exclude(c, {"n1", "n2", "n3"});
       },
       [](Cluster& c) {
         exclude(c, {"n1"});
       }},
      {"loadbalancer-not-announced",
       [](Cluster& c) {
         announced(c, "^ens[0-9]+", false), announced(c, "^eth7$", false);
       },
       [](Cluster& c) {
         announced(c, "^eth7$", true);
       }},
      {"localredirect-no-backends",
       [](Cluster& c) {
         redirect(c, "");
       },
       [](Cluster& c) {
         redirect(c, "10.1.0.9:53(kube-system/node-local-dns-7xq2p), ");
       }},
      {"host-routing-link-local",
       [](Cluster& c) {
         bpf_host_routing(c, "BPF");
       },
       [](Cluster& c) {
         bpf_host_routing(c, "Legacy");
       }},
      {"routing-rules-missing",
       [](Cluster& c) {
         rules(c, "n1", true), rules(c, "n2", false), rules(c, "n3", true);
       },
       [](Cluster& c) {
         rules(c, "n1", true), rules(c, "n2", true), rules(c, "n3", true);
       }},
      {"bpf-programs-detached",
       [](Cluster& c) {
         c.out["n2"]["bpftool-net"] =
             "xdp:\n\ntc:\ncilium_host(3) tcx/ingress cil_to_host prog_id 4021 link_id 31\n"
             "lxc8a(9) tcx/ingress cil_from_container prog_id 4077 link_id 40\n\nflow_dissector:\n";
       },
       [](Cluster& c) {
         c.out["n2"]["bpftool-net"] =
             "xdp:\n\ntc:\neth0(2) tcx/ingress cil_from_netdev prog_id 4021 link_id 31\n"
             "lxc8a(9) tcx/ingress cil_from_container prog_id 4077 link_id 40\n\nflow_dissector:\n";
       }},
      {"gateway-api-crds",
       [](Cluster& c) {
         c.config["enable-gateway-api"] = "true";
         c.logs.push_back(
             {"kube-system",
              "cilium-operator-1",
              "cilium-operator",
              false,
              "time=2026-11-24T06:11:36.011Z level=error msg=\"Required GatewayAPI resources are "
              "not "
              "found, please refer to docs for installation instructions\" error=\"CRD "
              "\\\"tlsroutes.gateway.networking.k8s.io\\\" does not have version \\\"v1\\\"\"\n",
              "log of cilium-operator-1"});
       },
       [](Cluster& c) {
         c.config["enable-gateway-api"] = "true";
       }},
  };
}

}  // namespace kpr::test
