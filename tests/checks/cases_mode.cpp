// Sections 1 to 4: for each check a cluster in which it fires and one that only looks like it.
#include "cluster.hpp"

namespace kpr::test {
namespace {

void config_map(Cluster& c, const std::string& ns, const std::string& name, json data) {
  c.config_maps.push_back(
      {{"metadata", {{"name", name}, {"namespace", ns}}}, {"data", std::move(data)}});
}
void node_config(Cluster& c,
                 const std::string& ns,
                 json labels,
                 json defaults,
                 const std::string& api = "cilium.io/v2") {
  c.more["ciliumnodeconfigs"].push_back(
      {{"apiVersion", api},
       {"metadata",
        {{"name", "kpr"}, {"namespace", ns}, {"creationTimestamp", "2026-11-21T00:00:00Z"}}},
       {"spec",
        {{"nodeSelector", {{"matchLabels", std::move(labels)}}},
         {"defaults", std::move(defaults)}}}});
}
void off(Cluster& c) {
  c.config["kube-proxy-replacement"] = "false";
  for (const char* n : {"n1", "n2", "n3"})
    c.mode(n, "False");
}
void env_host(json& workload, const json& host, const char* port) {
  for (const char* list : {"initContainers", "containers"})
    if (workload["spec"]["template"]["spec"].contains(list))
      for (auto& container : workload["spec"]["template"]["spec"][list]) {
        if (host.is_null())
          container.erase("env");
        else
          container["env"] = {{{"name", "KUBERNETES_SERVICE_HOST"}, {"value", host}},
                              {{"name", "KUBERNETES_SERVICE_PORT"}, {"value", port}}};
      }
}
void host(Cluster& c, const json& value, const char* port = "6443") {
  env_host(c.ds, value, port);
  env_host(c.operator_deploy, value, port);
}
void k3s(Cluster& c, const char* args) {
  for (auto& [n, node] : c.nodes)
    node["status"]["nodeInfo"]["kubeletVersion"] = "v1.31.4+k3s1";
  c.nodes["n1"]["metadata"]["annotations"]["k3s.io/node-args"] = args;
}
void talos(Cluster& c) {
  for (auto& [n, node] : c.nodes)
    node["status"]["nodeInfo"]["osImage"] = "Talos (v1.11.5)";
}
const char* kubeprism_refused =
    "time=2026-11-24T11:57:59.153Z level=error msg=\"Unable to contact k8s api-server\" "
    "module=k8s-client ipAddr=https://localhost:7445 error=\"Get "
    "\\\"https://localhost:7445/api/v1/namespaces/kube-system\\\": dial tcp 127.0.0.1:7445: "
    "connect: connection refused\"";
const char* left_rules = "*filter\n:KUBE-SERVICES - [0:0]\n-A KUBE-SERVICES -d 10.96.9.9/32 -p tcp "
                         "-m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable\nCOMMIT\n"
                         "*nat\n:KUBE-SVC-ABCDEFGH23456789 - [0:0]\n-A KUBE-SVC-ABCDEFGH23456789 "
                         "-j KUBE-SEP-ABCDEFGH23456789\nCOMMIT\n";
const char* api_timeout = "time=x level=error msg=\"Unable to contact k8s api-server\" "
                          "module=k8s-client ipAddr=https://10.96.0.1:443 error=\"i/o timeout\"";

}  // namespace

std::vector<Case> mode_cases() {
  return {
      {"kpr-mode-off-no-kube-proxy",
       off,
       [](Cluster& c) {
         off(c), c.kube_proxy();
       }},
      {"kpr-value-strict-silently-ignored",
       [](Cluster& c) {
         c.version("1.15.7"), c.config["kube-proxy-replacement"] = "strict";
         for (const char* n : {"n1", "n2", "n3"})
           c.mode(n, "");
       },
       [](Cluster& c) {
         c.version("1.15.7");
       }},
      {"kpr-value-invalid-for-version",
       [](Cluster& c) {
         node_config(c, "kube-system", {{"a", "b"}}, {{"kube-proxy-replacement", "strict"}});
       },
       [](Cluster& c) {
         c.version("1.14.4"), c.config["kube-proxy-replacement"] = "strict";
       }},
      {"kpr-removed-flags-in-values",
       [](Cluster& c) {
         off(c), c.config["enable-node-port"] = "true";
       },
       [](Cluster& c) {
         off(c), c.config["enable-node-port"] = "false",
                 c.config["enable-session-affinity"] = "true";
       }},
      {"kpr-running-differs-from-configured",
       [](Cluster& c) {
         c.mode("n2", "False");
       },
       [](Cluster& c) {
         off(c), c.mode("n2", "True"),
             node_config(c,
                         "kube-system",
                         {{"kubernetes.io/os", "linux"}},
                         {{"kube-proxy-replacement", "true"}});
       }},
      {"kpr-nodes-differ",
       [](Cluster& c) {
         c.mode("n3", "False");
       },
       [](Cluster& c) {
         c.status["n3"]["kube-proxy-replacement"]["deviceList"][0]["name"] = "ens5";
       }},
      {"kpr-ciliumnodeconfig-not-applied",
       [](Cluster& c) {
         node_config(c, "default", {{"a", "b"}}, {{"kube-proxy-replacement", "true"}});
       },
       [](Cluster& c) {
         node_config(c,
                     "kube-system",
                     {{"kubernetes.io/os", "linux"}},
                     {{"kube-proxy-replacement", "true"}});
       }},
      {"kpr-operator-config-stale",
       [](Cluster& c) {
         c.words("n2",
                 "cilium-agent",
                 "level=info msg=\"Still waiting for Cilium Operator to register the following "
                 "CRDs: [crd:x]\"");
       },
       [](Cluster& c) {
         c.agent_pods["n2"]["status"]["containerStatuses"][0]["lastState"] = {
             {"terminated",
              {{"exitCode", 1},
               {"message", "Still waiting for Cilium Operator to register CRDs: x"}}}};
       }},
      {"kpr-socketlb-off",
       [](Cluster& c) {
         c.status["n1"]["kube-proxy-replacement"]["features"]["socketLB"]["enabled"] = false;
       },
       [](Cluster& c) {
         c.config["bpf-lb-sock"] = "false";
       }},
      {"kpr-dependent-feature-without-kpr",
       [](Cluster& c) {
         off(c), c.config["enable-gateway-api"] = "true";
       },
       [](Cluster& c) {
         c.config["enable-gateway-api"] = "true";
       }},

      {"kube-proxy-still-running",
       [](Cluster& c) {
         c.kube_proxy();
       },
       [](Cluster& c) {
         c.kube_proxy();
         c.daemonsets[0]["status"]["desiredNumberScheduled"] = 0;
         c.pods.erase(c.pods.end() - 3, c.pods.end());
         c.daemonsets.push_back(
             {{"metadata", {{"name", "kube-proxy-windows"}, {"namespace", "kube-system"}}},
              {"spec",
               {{"selector", {{"matchLabels", {{"k8s-app", "kube-proxy-windows"}}}}},
                {"template", {{"spec", {{"containers", {{{"name", "kube-proxy"}}}}}}}}}},
              {"status", {{"desiredNumberScheduled", 2}}}});
       }},
      {"kube-proxy-invisible-in-process",
       [](Cluster& c) {
         k3s(c, R"(["server","--flannel-backend","none"])");
       },
       [](Cluster& c) {
         k3s(c, R"(["server","--disable-kube-proxy","true"])");
       }},
      {"kube-proxy-configmap-left",
       [](Cluster& c) {
         config_map(c, "kube-system", "kube-proxy", {{"config.conf", "mode: \"\""}});
       },
       [](Cluster& c) {
         config_map(c, "kube-system", "kube-proxy", {{"config.conf", "mode: \"\""}}),
             c.kube_proxy();
       }},
      {"kubeadm-will-readd-kube-proxy",
       [](Cluster& c) {
         config_map(c,
                    "kube-system",
                    "kubeadm-config",
                    {{"ClusterConfiguration", "apiVersion: kubeadm.k8s.io/v1beta4\nproxy: {}\n"}});
       },
       [](Cluster& c) {
         config_map(c,
                    "kube-system",
                    "kubeadm-config",
                    {{"ClusterConfiguration",
                      "apiVersion: kubeadm.k8s.io/v1beta4\nproxy:\n  disabled: true\n"}});
       }},
      {"kube-proxy-iptables-left",
       [](Cluster& c) {
         c.out["n2"]["ip6tables-legacy-save"] = left_rules;
       },
       [](Cluster& c) {
         c.out["n2"]["iptables-nft-save"] += ":KUBE-MARK-MASQ - [0:0]\n:KUBE-POSTROUTING - "
                                             "[0:0]\n-A KUBE-POSTROUTING -j MASQUERADE\n";
       }},
      {"kube-proxy-ipvs-left",
       [](Cluster& c) {
         c.out["n1"]["ip-a"] += "9: kube-ipvs0: <BROADCAST,NOARP> mtu 1500\n";
       },
       [](Cluster& c) {
         c.out["n1"]["ip-a"] += "9: kube-dummy: <BROADCAST,NOARP> mtu 1500\n";
       }},
      {"kube-proxy-ipvs-cilium-119-config-init-hangs",
       [](Cluster& c) {
         c.version("1.19.1"), c.kube_proxy(),
             config_map(c, "kube-system", "kube-proxy", {{"config.conf", "mode: \"ipvs\"\n"}}),
             c.words("n2", "config", "dial tcp: i/o timeout");
         c.agent_pods["n2"]["status"]["initContainerStatuses"][0]["restartCount"] = 4;
       },
       [](Cluster& c) {
         c.version("1.19.1"), c.kube_proxy(),
             config_map(c, "kube-system", "kube-proxy", {{"config.conf", "mode: \"ipvs\"\n"}});
       }},
      {"kube-proxy-nftables-left",
       [](Cluster& c) {
         c.out["n3"]["nft-tables"] = "table ip nat\ntable ip kube-proxy\n";
       },
       [](Cluster& c) {
         c.out["n3"]["nft-tables"] = "table ip nat\ntable inet filter\n";
       }},
      {"wait-for-kube-proxy-deadlock",
       [](Cluster& c) {
         c.init(
             "n2", "wait-for-kube-proxy", {{"running", {{"startedAt", "2026-11-24T10:00:00Z"}}}});
       },
       [](Cluster& c) {
         c.kube_proxy(), c.init("n2",
                                "wait-for-kube-proxy",
                                {{"running", {{"startedAt", "2026-11-24T10:00:00Z"}}}});
       }},
      {"kube-proxy-metrics-consumers",
       [](Cluster& c) {
         c.service("kube-system", "prom-kube-proxy", "10.96.0.77", 10249),
             c.slices.back()["endpoints"] = json::array();
       },
       [](Cluster& c) {
         c.service("kube-system", "prom-kube-proxy", "10.96.0.77", 10249);
       }},

      {"kernel-below-minimum",
       [](Cluster& c) {
         c.nodes["n2"]["status"]["nodeInfo"]["kernelVersion"] = "4.19.0-27-amd64";
       },
       [](Cluster& c) {
         c.nodes["n2"]["status"]["nodeInfo"]["kernelVersion"] = "4.18.0-553.el8_10.x86_64";
       }},
      {"kernel-missing-kpr-feature",
       [](Cluster& c) {
         c.words("n2",
                 "cilium-agent",
                 "level=fatal msg=\"BPF NodePort services needs kernel 4.17.0 or newer\"");
       },
       [](Cluster& c) {
         c.agent_pods["n2"]["status"]["containerStatuses"][0]["lastState"] = {
             {"terminated",
              {{"exitCode", 1},
               {"message", "BPF NodePort services needs kernel 4.17.0 or newer"}}}};
       }},
      {"kernel-nfs-smb-socketlb-hang",
       [](Cluster& c) {
         c.nodes["n2"]["status"]["nodeInfo"]["kernelVersion"] = "5.15.0-105-generic",
         c.more["persistentvolumes"].push_back(
             {{"metadata", {{"name", "pv"}}}, {"spec", {{"nfs", {{"server", "10.96.0.1"}}}}}});
       },
       [](Cluster& c) {
         c.nodes["n2"]["status"]["nodeInfo"]["kernelVersion"] = "5.15.0-113-generic",
         c.more["persistentvolumes"].push_back(
             {{"metadata", {{"name", "pv"}}}, {"spec", {{"nfs", {{"server", "10.96.0.1"}}}}}});
       }},
      {"kernel-nodes-differ",
       [](Cluster& c) {
         c.nodes["n2"]["status"]["nodeInfo"]["kernelVersion"] = "5.15.0-113-generic";
       },
       [](Cluster& c) {
         c.nodes["n2"]["status"]["nodeInfo"]["kernelVersion"] = "6.8.0-51-generic";
       }},

      {"k8s-host-missing-crashloop",
       [](Cluster& c) {
         host(c, nullptr), c.words("n2", "config", api_timeout);
       },
       [](Cluster& c) {
         c.agent_pods["n2"]["status"]["initContainerStatuses"][0]["lastState"] = {
             {"terminated", {{"exitCode", 1}, {"message", api_timeout}}}};
       }},
      {"k8s-host-missing-timebomb",
       [](Cluster& c) {
         host(c, nullptr);
       },
       [](Cluster& c) {
         host(c, nullptr), c.config["k8s-api-server-urls"] = "https://10.0.0.1:6443";
       }},
      {"k8s-host-wrong-value",
       [](Cluster& c) {
         host(c, "https://10.0.0.1:6443");
       },
       [](Cluster& c) {
         k3s(c, R"(["server","--disable-kube-proxy"])"), host(c, "127.0.0.1");
       }},
      {"api-server-host-unreachable",
       [](Cluster& c) {
         talos(c), host(c, "localhost", "7445");
         c.words("n2", "config", kubeprism_refused);
       },
       [](Cluster& c) {
         talos(c), host(c, "localhost", "7445");
       }},
      {"k8s-host-single-control-plane",
       [](Cluster& c) {
         host(c, "10.0.0.1"), c.slices[0]["endpoints"].push_back({{"addresses", {"10.0.0.9"}}});
       },
       [](Cluster& c) {
         c.slices[0]["endpoints"].push_back({{"addresses", {"10.0.0.9"}}});
       }},
      {"k8s-host-ref-missing",
       [](Cluster& c) {
         c.init("n2",
                "x",
                {{"waiting",
                  {{"reason", "CreateContainerConfigError"},
                   {"message", "configmap \"cluster-info\" not found"}}}});
       },
       [](Cluster& c) {
         c.init("n2",
                "x",
                {{"waiting",
                  {{"reason", "CreateContainerConfigError"},
                   {"message", "configmap \"other\" not found"}}}});
       }},
      {"talos-requirements",
       [](Cluster& c) {
         for (auto& [n, node] : c.nodes)
           node["status"]["nodeInfo"]["osImage"] = "Talos (v1.8.0)";
         c.config["cgroup-root"] = "/run/cilium/cgroupv2";
       },
       [](Cluster& c) {
         for (auto& [n, node] : c.nodes)
           node["status"]["nodeInfo"]["osImage"] = "Talos (v1.8.0)";
         c.config["cgroup-root"] = "/sys/fs/cgroup";
       }},
  };
}

}  // namespace kpr::test
