// Objects without credentials: what stays is a list.
#define BOOST_TEST_MODULE privacy_redact
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "evidence/helm_release.hpp"
#include "privacy/redact.hpp"

using kpr::privacy::redact;
using nlohmann::json;

namespace {

json of(const char* text) {
  return json::parse(text);
}

json release_of(json release) {
  const json secret{
      {"type", "helm.sh/release.v1"},
      {"metadata", {{"name", "sh.helm.release.v1.cilium.v1"}}},
      {"data", {{"release", kpr::evidence::encode_helm_release(release)}, {"more", "x"}}}};
  const json kept = redact("secrets", secret);
  BOOST_TEST(kept["data"].size() == 1u);
  BOOST_TEST(redact("secrets", kept) == kept);
  return *kpr::evidence::decode_helm_release(kept["data"]["release"].get<std::string>());
}

}  // namespace

BOOST_AUTO_TEST_CASE(of_foreign_containers_only_what_is_pulled_stays) {
  const json pod = of(R"({"spec":{"containers":[{"name":"app","image":"registry/app:1",
    "command":["sh","-c","x --password=p"],"args":["--v=2"],"env":[{"name":"A","value":"p"}],
    "livenessProbe":{"exec":{"command":["redis-cli","-a","p"]}},"lifecycle":{"x":"p"},
    "resources":{"limits":{"cpu":1}},"ports":[{"containerPort":80,"x":"p"}]}],
    "volumes":[{"name":"p"}]},"status":{"phase":"Running","x":"p"}})");
  const json kept = of(R"({"spec":{"containers":[{"name":"app","image":"registry/app:1",
    "ports":[{"containerPort":80}]}]},"status":{"phase":"Running"}})");
  BOOST_TEST(redact("pods", pod) == kept);
  BOOST_TEST(redact("pods", kept) == kept);
}

BOOST_AUTO_TEST_CASE(of_known_programs_known_arguments_stay) {
  const json pod = of(R"js({"spec":{"containers":[
    {"name":"cilium-agent","command":["cilium-agent"],
     "args":["--config-dir=/tmp/cilium/config-map","--kube-proxy-replacement=true","--token","p","--etcd-opt=password=p"],
     "env":[{"name":"KUBERNETES_SERVICE_HOST","value":"10.0.0.1"},{"name":"DB_PASSWORD","value":"p"},
            {"name":"HTTPS_PROXY","value":"http://u:p@proxy:3128"},
            {"name":"K8S_NODE_NAME","valueFrom":{"fieldRef":{"fieldPath":"spec.nodeName"}}}]},
    {"name":"router","image":"docker.io/cloudnativelabs/kube-router:v2","args":["--run-service-proxy=false","--unknown=p","p"]},
    {"name":"kube-proxy","command":["/usr/local/bin/kube-proxy","--proxy-mode","ipvs","--hostname-override=$(NODE)"]}]}})js");
  const json containers = redact("pods", pod)["spec"]["containers"];
  BOOST_TEST(containers[0]["args"] ==
             of(R"(["--config-dir=/tmp/cilium/config-map","--kube-proxy-replacement=true"])"));
  BOOST_TEST(containers[0]["command"] == of(R"(["cilium-agent"])"));
  BOOST_TEST(containers[0]["env"] == of(R"([{"name":"KUBERNETES_SERVICE_HOST","value":"10.0.0.1"},
    {"name":"HTTPS_PROXY","value":"http://<redacted>@proxy:3128"},
    {"name":"K8S_NODE_NAME","valueFrom":{"fieldRef":{"fieldPath":"spec.nodeName"}}}])"));
  BOOST_TEST(containers[1]["args"] == of(R"(["--run-service-proxy=false"])"));
  BOOST_TEST(containers[2]["command"] ==
             of(R"(["/usr/local/bin/kube-proxy","--proxy-mode","ipvs"])"));
}

BOOST_AUTO_TEST_CASE(annotations_and_templates_are_cut_to_known_ones) {
  const json workload = of(R"({"metadata":{"name":"x","generation":3,
      "annotations":{"meta.helm.sh/release-name":"cilium","a/password":"p","note":"p",
        "kubectl.kubernetes.io/last-applied-configuration":"{p}","k3s.io/node-args":"[\"server\",\"--token\",\"p\",\"--disable-kube-proxy\",\"true\",\"--datastore-endpoint=p\"]"},
      "managedFields":[{"manager":"helm","operation":"Update","time":"2026-11-24T12:00:00Z","fieldsV1":{"f:spec":{"f:p":{}}}}]},
    "spec":{"template":{"metadata":{"annotations":{"cfg":"p","cilium.io/cilium-configmap-checksum":"c"}},
      "spec":{"hostNetwork":true,"volumes":["p"],"containers":[{"name":"app","args":["p"]}]}}}})");
  const json kept = redact("daemonsets", workload);
  BOOST_TEST(kept["metadata"]["annotations"] ==
             json({{"meta.helm.sh/release-name", "cilium"},
                   {"kubectl.kubernetes.io/last-applied-configuration", ""},
                   {"k3s.io/node-args", R"(["server","--disable-kube-proxy","true"])"}}));
  BOOST_TEST(kept["metadata"]["managedFields"][0].size() == 3u);
  BOOST_TEST(kept["spec"]["template"] ==
             of(R"({"metadata":{"annotations":{"cilium.io/cilium-configmap-checksum":"c"}},
    "spec":{"hostNetwork":true,"containers":[{"name":"app"}]}})"));
  BOOST_TEST(redact("daemonsets", kept) == kept);
}

BOOST_AUTO_TEST_CASE(config_maps_are_cut_to_known_settings) {
  const auto config_map = [](const char* name, json data) {
    return redact("configmaps",
                  json{{"metadata", {{"name", name}}},
                       {"data", std::move(data)},
                       {"binaryData", {{"x", "cA=="}}}});
  };
  const json cilium = config_map("cilium-config",
                                 {{"kube-proxy-replacement", "true"},
                                  {"bpf-lb-map-max", "65536"},
                                  {"k8s-api-server", "https://u:p1@h:6443"},
                                  {"ipsec-key-file", "/etc/ipsec/keys"},
                                  {"ipsec-key", "S3cr3tV4lue001"},
                                  {"enable-k8s-token", "true"},
                                  {"my-own", "p2"},
                                  {"number", "12"},
                                  {"kvstore-password", "123456"},
                                  {"etcd-config", "endpoints: [a]\npassword: p3"}});
  BOOST_TEST(cilium["data"] == json({{"kube-proxy-replacement", "true"},
                                     {"bpf-lb-map-max", "65536"},
                                     {"k8s-api-server", "<redacted>"},
                                     {"ipsec-key-file", "/etc/ipsec/keys"},
                                     {"ipsec-key", "<redacted>"},
                                     {"enable-k8s-token", "true"},
                                     {"my-own", "<redacted>"},
                                     {"number", "12"},
                                     {"kvstore-password", "<redacted>"},
                                     {"etcd-config", "<redacted>"}}));
  BOOST_TEST(!cilium.contains("binaryData"));
  BOOST_TEST(redact("configmaps", cilium) == cilium);
  BOOST_TEST(config_map("kube-proxy",
                        {{"config.conf", "mode: \"ipvs\"\ntoken: p\n  strictARP: true\n"},
                         {"kubeconfig.conf", "password: p"}})["data"] ==
             json({{"config.conf", "mode: \"ipvs\"\n  strictARP: true\n"}}));
  BOOST_TEST(config_map("cluster-info",
                        {{"kubeconfig",
                          "clusters:\n- cluster:\n    certificate-authority-data: p\n    server: "
                          "https://h:6443\n"},
                         {"jws-kubeconfig-abc", "p"}})["data"] ==
             json({{"kubeconfig", "clusters:\n- cluster:\n    server: https://h:6443\n"}}));
  BOOST_TEST(config_map("shop", {{"a", "true"}})["data"] == json::object());
  BOOST_TEST(
      config_map("talos-bootstrap-manifests-inventory", {{"kube-system_cilium", "p"}})["data"] ==
      json({{"kube-system_cilium", ""}}));
}

BOOST_AUTO_TEST_CASE(of_a_release_the_known_values_stay) {
  const json release = release_of(
      {{"name", "cilium"},
       {"version", 3},
       {"manifest", "p"},
       {"info",
        {{"status", "failed"}, {"notes", "p"}, {"description", "https://u:p@repo password=p1"}}},
       {"chart", {{"metadata", {{"version", "1.18.3"}, {"x", "p"}}}, {"values", {{"x", "p"}}}}},
       {"config",
        {{"kubeProxyReplacement", true},
         {"k8sServiceHost", "10.0.0.1"},
         {"devices", {"eth0", "eth1"}},
         {"extraEnv", {{{"name", "P"}, {"value", "p"}}}},
         {"ipam",
          {{"mode", "kubernetes"}, {"operator", {{"clusterPoolIPv4PodCIDRList", {"10.0.0.0/8"}}}}}},
         {"image",
          {{"repository", "quay.io/cilium/cilium"},
           {"tag", "v1.18.3"},
           {"pullSecrets", {{{"name", "p"}}}}}},
         {"auth", {{"psk", "p"}, {"nested", {{"x", 1}}}}},
         {"k8s", {{"apiServerURLs", "https://u:p@h"}}}}}});
  BOOST_TEST(release ==
             json({{"name", "cilium"},
                   {"version", 3},
                   {"info",
                    {{"status", "failed"},
                     {"description", "https://<redacted>@repo password=<redacted>"}}},
                   {"chart", {{"metadata", {{"version", "1.18.3"}}}}},
                   {"config",
                    {{"kubeProxyReplacement", true},
                     {"k8sServiceHost", "10.0.0.1"},
                     {"devices", {"eth0", "eth1"}},
                     {"extraEnv", "<redacted>"},
                     {"ipam",
                      {{"mode", "kubernetes"},
                       {"operator", {{"clusterPoolIPv4PodCIDRList", {"10.0.0.0/8"}}}}}},
                     {"image",
                      {{"repository", "quay.io/cilium/cilium"},
                       {"tag", "v1.18.3"},
                       {"pullSecrets", "<redacted>"}}},
                     {"auth", {{"psk", "<redacted>"}, {"nested", {{"x", "<redacted>"}}}}},
                     {"k8s", {{"apiServerURLs", "<redacted>"}}}}}}));
  BOOST_TEST(redact("helm-values", {{"password", "p"}, {"tunnel", "vxlan"}}) ==
             json({{"password", "<redacted>"}, {"tunnel", "vxlan"}}));
}

BOOST_AUTO_TEST_CASE(other_secrets_are_not_kept) {
  BOOST_TEST(redact("secrets", of(R"({"type":"Opaque","data":{"password":"cA=="}})")).is_null());
  for (const char* release : {"%%%", "", "SDRzSQ=="})
    BOOST_TEST(redact("secrets",
                      {{"type", "helm.sh/release.v1"}, {"data", {{"release", release}}}})["data"] ==
               json::object());
}

BOOST_AUTO_TEST_CASE(of_unknown_resources_only_that_they_are_there) {
  BOOST_TEST(redact("widgets", of(R"({"metadata":{"name":"w"},"spec":{"x":"p"},"status":"p"})")) ==
             of(R"({"metadata":{"name":"w"}})"));
  BOOST_TEST(redact("pods", of(R"({"spec":{"containers":["p",{"name":"a"}]},"status":"p"})")) ==
             of(R"({"spec":{"containers":[null,{"name":"a"}]},"status":null})"));
}

// Keys are anybody's in labels too.
BOOST_AUTO_TEST_CASE(a_name_tells_in_labels_too) {
  BOOST_TEST(
      redact("namespaces", of(R"({"metadata":{"labels":{"db-password":"hunter","app":"x"}}})")) ==
      of(R"({"metadata":{"labels":{"db-password":"<redacted>","app":"x"}}})"));
}

BOOST_AUTO_TEST_CASE(outputs_are_cut_to_known_lines) {
  BOOST_TEST(kpr::privacy::redact_output("sysctl",
                                         "kernel.random.boot_id = 1\nnet.ipv4.ip_forward = 1\n"
                                         "kernel.hostname = n1\n") == "net.ipv4.ip_forward = 1\n");
  BOOST_TEST(kpr::privacy::redact_output("uname", "Linux n1 token=abc\n") ==
             "Linux n1 token=<redacted>\n");
}
