#include <boost/test/unit_test.hpp>
#include <functional>

#include "checks/api_host.hpp"
#include "owned.hpp"

using namespace kpr::test;
using namespace kpr::facts;
using kpr::checks::judge_api_host;
using kpr::checks::suggest_api_host;

namespace {

json config_map(const std::string& ns, const std::string& name, json data) {
  return {{"metadata", {{"namespace", ns}, {"name", name}}}, {"data", std::move(data)}};
}
json service(const std::string& name, json spec, json status = json::object()) {
  return {{"metadata", {{"namespace", "kube-system"}, {"name", name}}},
          {"spec", std::move(spec)},
          {"status", std::move(status)}};
}
void endpoints(Owned& c, std::vector<std::string> addresses, int port = 6443) {
  json list = json::array();
  for (const std::string& a : addresses)
    list.push_back({{"addresses", json::array({a})}});
  c.more["endpointslices"] = {{{"metadata",
                                {{"namespace", "default"},
                                 {"name", "kubernetes"},
                                 {"labels", {{"kubernetes.io/service-name", "kubernetes"}}}}},
                               {"ports", json::array({{{"name", "https"}, {"port", port}}})},
                               {"endpoints", list}}};
}
void host(Owned& c, const std::string& name, const std::string& port) {
  const json env = json::array({{{"name", "KUBERNETES_SERVICE_HOST"}, {"value", name}},
                                {{"name", "KUBERNETES_SERVICE_PORT"}, {"value", port}}});
  json& spec = c.ds["spec"]["template"]["spec"];
  spec["containers"][0]["env"] = spec["initContainers"][0]["env"] = env;
}

struct Case {
  const char* what;
  std::function<void(Owned&)> make;
  const char* address;  // "host:port", or the command that tells
};
const Case k_cases[] = {
    {"Talos",
     [](Owned& c) {
       c.os_image("Talos (v1.11.5)");
     },
     "localhost:7445"},
    {"k3s",
     [](Owned& c) {
       c.kubelet("v1.33.1+k3s1");
     },
     "127.0.0.1:6444"},
    {"k3s with another port of its balancer",
     [](Owned& c) {
       c.kubelet("v1.33.1+k3s1");
       c.node_annotation("k3s.io/node-args", R"(["agent","--lb-server-port","7000"])");
       endpoints(c, {"10.0.0.1"});
     },
     "10.0.0.1:6443"},
    {"RKE2",
     [](Owned& c) {
       c.kubelet("v1.33.1+rke2r1");
     },
     "localhost:6443"},
    {"k0s with its balancer",
     [](Owned& c) {
       c.kubelet("v1.33.1+k0s");
       c.static_pod("nllb-n1", "quay.io/k0sproject/envoy-distroless:v1.31");
       c.pods.back()["metadata"]["labels"] = {{"app.kubernetes.io/component", "nllb"}};
     },
     "localhost:7443"},
    {"k0s without",
     [](Owned& c) {
       c.kubelet("v1.33.1+k0s");
       endpoints(c, {"10.0.0.9"});
     },
     "10.0.0.9:6443"},
    {"MicroK8s",
     [](Owned& c) {
       c.node_label("microk8s.io/cluster", "true");
     },
     "127.0.0.1:16443"},
    {"Canonical Kubernetes",
     [](Owned& c) {
       c.node_label("k8sd.io/role", "worker");
     },
     "127.0.0.1:6443"},
    {"Deckhouse",
     [](Owned& c) {
       c.node_label("node.deckhouse.io/group", "worker");
     },
     "127.0.0.1:6445"},
    {"kubespray",
     [](Owned& c) {
       c.node_annotation("kubeadm.alpha.kubernetes.io/cri-socket", "unix:///run/containerd.sock");
       c.static_pod("nginx-proxy-n2", "docker.io/library/nginx:1.28");
     },
     "localhost:6443"},
    {"kOps",
     [](Owned& c) {
       c.node_label("kops.k8s.io/instancegroup", "nodes");
       c.static_pod("kube-apiserver-n1", "registry.k8s.io/kube-apiserver:v1.33.1");
       c.pods.back()["spec"]["containers"][0]["args"] =
           json::array({"--service-account-issuer=https://api.internal.prod.example.com"});
     },
     "api.internal.prod.example.com:443"},
    {"kind",
     [](Owned& c) {
       c.provider("kind://docker/lab/");
     },
     "lab-control-plane:6443"},
    {"minikube",
     [](Owned& c) {
       c.node_label("minikube.k8s.io/name", "minikube");
     },
     "control-plane.minikube.internal:8443"},
    {"Gardener",
     [](Owned& c) {
       c.node_label("worker.gardener.cloud/pool", "w1");
       c.config_maps = {config_map("kube-system", "shoot-info", {{"domain", "s.p.example.com"}})};
     },
     "api.s.p.example.com:443"},
    {"EKS with kube-proxy's ConfigMap",
     [](Owned& c) {
       c.kubelet("v1.33.1-eks-473151a");
       c.config_maps = {
           config_map("kube-system",
                      "kube-proxy",
                      {{"kubeconfig",
                        "clusters:\n- cluster:\n    server: "
                        "https://0123456789ABCDEF.gr7.eu-west-1.eks.amazonaws.com\n"}})};
     },
     "0123456789ABCDEF.gr7.eu-west-1.eks.amazonaws.com:443"},
    {"EKS, whose addresses change",
     [](Owned& c) {
       c.kubelet("v1.33.1-eks-473151a");
       endpoints(c, {"10.0.3.7"}, 443);
     },
     "aws eks describe-cluster --name CLUSTER --query cluster.endpoint"},
    {"AKS",
     [](Owned& c) {
       c.node_label("kubernetes.azure.com/cluster", "MC_g_c_westeurope");
     },
     "az aks show -g GROUP -n CLUSTER --query fqdn -o tsv"},
    {"kubeadm's endpoint",
     [](Owned& c) {
       c.config_maps = {
           config_map("kube-system",
                      "kubeadm-config",
                      {{"ClusterConfiguration", "controlPlaneEndpoint: api.example.com:6443\n"}})};
       endpoints(c, {"10.0.0.1"});
     },
     "api.example.com:6443"},
    {"cluster-info",
     [](Owned& c) {
       c.config_maps = {config_map(
           "kube-public",
           "cluster-info",
           {{"kubeconfig", "clusters:\n- cluster:\n    server: https://10.0.0.100:6443\n"}})};
       endpoints(c, {"10.0.0.1"});
     },
     "10.0.0.100:6443"},
    {"only the endpoints",
     [](Owned& c) {
       c.provider("qcloud:///100003/");
       endpoints(c, {"169.254.128.7"}, 60002);
     },
     "169.254.128.7:60002"},
};

struct Judged {
  const char* what;
  std::function<void(Owned&)> make;
  const char* why;  // "" where nothing is wrong
};
const Judged k_judged[] = {
    {"an endpoint",
     [](Owned& c) {
       endpoints(c, {"10.0.0.1"});
       host(c, "10.0.0.1", "6443");
     },
     ""},
    {"with a scheme",
     [](Owned& c) {
       host(c, "https://10.0.0.1:6443", "");
     },
     "it must be a bare host, without scheme and port"},
    {"KubePrism",
     [](Owned& c) {
       c.os_image("Talos (v1.11.5)");
       host(c, "localhost", "7445");
     },
     ""},
    {"Talos with another port",
     [](Owned& c) {
       c.os_image("Talos (v1.11.5)");
       host(c, "localhost", "6443");
     },
     "KubePrism listens on port 7445, not on 6443"},
    {"the server itself on k3s",
     [](Owned& c) {
       c.kubelet("v1.33.1+k3s1");
       host(c, "127.0.0.1", "6443");
     },
     ""},
    {"loopback on kubeadm",
     [](Owned& c) {
       host(c, "127.0.0.1", "6443");
     },
     "on workers nothing serves the API there"},
    {"loopback on kubespray",
     [](Owned& c) {
       c.static_pod("nginx-proxy-n2", "docker.io/library/nginx:1.28");
       host(c, "localhost", "6443");
     },
     ""},
    {"the address of a Service that Cilium serves",
     [](Owned& c) {
       endpoints(c, {"169.254.128.7"}, 60002);
       c.config["data"]["kube-proxy-replacement"] = "true";
       c.more["services"] = {
           service("kubernetes-intranet",
                   {{"type", "LoadBalancer"}, {"clusterIP", "10.96.3.4"}},
                   {{"loadBalancer", {{"ingress", json::array({{{"ip", "10.15.1.8"}}})}}}})};
       host(c, "10.15.1.8", "443");
     },
     "Cilium itself serves that address, of Service kube-system/kubernetes-intranet, and needs the "
     "API server for it"},
    {"the same where kube-proxy serves it",
     [](Owned& c) {
       endpoints(c, {"169.254.128.7"}, 60002);
       c.more["services"] = {
           service("kubernetes-intranet",
                   {{"type", "LoadBalancer"}, {"clusterIP", "10.96.3.4"}},
                   {{"loadBalancer", {{"ingress", json::array({{{"ip", "10.15.1.8"}}})}}}})};
       host(c, "10.15.1.8", "443");
     },
     ""},
    {"a worker",
     [](Owned& c) {
       endpoints(c, {"10.0.0.9"});
       host(c, "10.0.0.2", "6443");
     },
     "that is a worker, where no API server runs"},
    {"a virtual IP",
     [](Owned& c) {
       endpoints(c, {"10.0.0.1"});
       host(c, "10.0.0.50", "6443");
     },
     ""},
    {"a name",
     [](Owned& c) {
       endpoints(c, {"10.0.0.1"});
       host(c, "api-int.lab.example.com", "6443");
     },
     ""},
};

}  // namespace

BOOST_AUTO_TEST_CASE(each_distribution_has_its_address_of_the_api_server) {
  for (const Case& c : k_cases) {
    Owned cluster;
    c.make(cluster);
    const auto api = suggest_api_host(cluster.fleet());
    BOOST_TEST((api.ask.empty() ? api.host + ":" + api.port : api.ask) == c.address, c.what);
  }
}

BOOST_AUTO_TEST_CASE(a_host_is_judged_by_what_it_is_here) {
  for (const Judged& c : k_judged) {
    Owned cluster;
    c.make(cluster);
    const Fleet fleet = cluster.fleet();
    BOOST_TEST(judge_api_host(fleet, agent_api_server(fleet)).why == c.why, c.what);
  }
}
