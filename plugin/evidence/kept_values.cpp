#include "evidence/kept_values.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "util/json.hpp"
#include "util/strings.hpp"

namespace kpr::evidence {
namespace {

using Json = nlohmann::json;

constexpr std::size_t k_longest_value = 512;
constexpr int k_deepest = 24;

// "bpf-*": whatever begins so. Another star stands for any text too, a lone one for every key.
bool matches(std::string_view pattern, std::string_view text) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos)
    return pattern == text;
  return text.size() + 1 >= pattern.size() && text.starts_with(pattern.substr(0, star)) &&
         text.ends_with(pattern.substr(star + 1));
}
template <std::size_t N>
bool listed(const std::string_view (&patterns)[N], std::string_view text) {
  return std::any_of(std::begin(patterns), std::end(patterns), [text](std::string_view pattern) {
    return matches(pattern, text);
  });
}

// A number, a word, a path, an address, a list of them. What a URL with a password, a script or a
// document needs is not among the letters.
bool is_plain(std::string_view value) {
  return value.size() <= k_longest_value && std::all_of(value.begin(), value.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  std::string_view(" ._:/,+*-[]").find(c) != std::string_view::npos;
         });
}
// true, 12, 0.0025, 5m0s: says nothing of anybody.
bool is_harmless(std::string_view value) {
  return value.empty() || value == "true" || value == "false" ||
         (value.size() <= 12 && value[0] >= '0' && value[0] <= '9' &&
          std::all_of(value.begin(), value.end(), [](char c) {
            return (c >= '0' && c <= '9') || c == '.' || c == 's' || c == 'm' || c == 'h';
          }));
}

template <class Keep>
void erase_unless(Json& map, Keep keep) {
  if (!map.is_object())
    return;
  for (auto it = map.begin(); it != map.end();)
    it = keep(it.key(), it.value()) ? std::next(it) : map.erase(it);
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

// --- annotations

// Who manages it: reference of owners; the rest by the checks that name them.
constexpr std::string_view k_annotations[] = {
    "addons.k8s.io/*",
    "argocd.argoproj.io/*",
    "caren.nutanix.com/*",
    "cilium.io/*",
    "cluster.x-k8s.io/*",
    "config.k8s.io/owning-inventory",
    "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation",
    "endpoints.kubernetes.io/last-change-trigger-time",
    "helm.toolkit.fluxcd.io/*",
    "helmcharts.helm.cattle.io/*",
    "io.cilium/*",
    "io.cilium.*",
    "k3s.io/node-args",
    "kapp.k14s.io/*",
    "kubeadm.alpha.kubernetes.io/cri-socket",
    "kubectl.kubernetes.io/last-applied-configuration",
    "kubectl.kubernetes.io/restartedAt",
    "kubernetes.io/config.mirror",
    "kubernetes.io/config.source",
    "kustomize.toolkit.fluxcd.io/*",
    "lbipam.cilium.io/*",
    "meta.helm.sh/*",
    "network.cilium.io/*",
    "node.cilium.io/*",
    "objectset.rio.cattle.io/*",
    "resources.gardener.cloud/*",
    "rke2.io/node-args",
    "service.cilium.io/*",
    "service.kubernetes.io/*",
};

// --- arguments and variables

// By the container's name or the image's: "…/kube-proxy:v1.34.1".
constexpr std::string_view k_programs[] = {
    "*cloud-controller-manager",
    "anetd",
    "aws-node",
    "calico-node",
    "cilium*",
    "clean-cilium-state",
    "clustermesh-apiserver",
    "config",
    "controller",
    "coredns",
    "discovery",
    "hubble-relay",
    "hyperkube",
    "install-cni",
    "istio-cni",
    "istio-proxy",
    "k8s-dns-node-cache",
    "kpng",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-flannel",
    "kube-proxy*",
    "kube-router",
    "kube-vip",
    "linkerd-cni",
    "linkerd-proxy",
    "mount-cgroup",
    "node-cache",
    "node-local-dns",
    "nodelocaldns",
    "operator*",
    "pilot",
    "proxyv2",
    "speaker",
    "terway*",
    "ztunnel",
};
// What is no option in their command lines.
constexpr std::string_view k_commands[] = {"agent",
                                           "ambient",
                                           "bash",
                                           "build-config",
                                           "cilium*",
                                           "kube-proxy",
                                           "kube-router",
                                           "manager",
                                           "node-cache",
                                           "operator*",
                                           "proxy",
                                           "server",
                                           "sh",
                                           "speaker",
                                           "ztunnel"};
// Of Cilium's own programs every setting of Cilium counts besides these.
constexpr std::string_view k_flags[] = {
    "advertise-*",
    "allocate-node-cidrs",
    "bind-address",
    "cleanup",
    "cleanup-iptables",
    "cloud-config",
    "cloud-provider",
    "cluster-cidr",
    "cluster-name",
    "cni",
    "conf",
    "config",
    "config-dir",
    "configure-cloud-routes",
    "conntrack-*",
    "controllers",
    "detect-local-mode",
    "enable-*",
    "feature-gates",
    "healthz-bind-address",
    "hostname-override",
    "iface",
    "iface-regex",
    "interfacename",
    "ip-masq",
    "iptables-*",
    "ipvs-*",
    "kube-subnet-mgr",
    "kubeconfig",
    "lb-class",
    "leader-elect*",
    "localip",
    "masquerade-all",
    "master",
    "metrics-bind-address",
    "node-cidr-mask-size*",
    "nodeport-*",
    "proxy-mode",
    "route-reconciliation-period",
    "run-*",
    "secure-port",
    "service-cluster-ip-range",
    "service-node-port-range",
    "setupiptables",
    "skipteardown",
    "upstreamsvc",
    "v",
};
constexpr std::string_view k_variables[] = {
    "AMBIENT_ENABLED",
    "AWS_VPC_K8S_*",
    "CALICO_NETWORKING_BACKEND",
    "CILIUM_K8S_NAMESPACE",
    "CLUSTER_TYPE",
    "FELIX_BPF*",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "IP_AUTODETECTION_METHOD",
    "K8S_NODE_NAME",
    "KUBERNETES_SERVICE_HOST",
    "KUBERNETES_SERVICE_PORT",
    "address",
    "cp_enable",
    "http_proxy",
    "https_proxy",
    "k8s_config_file",
    "lb_enable",
    "lb_fwdmethod",
    "lb_port",
    "port",
    "svc_enable",
    "vip_*",
};
// k3s' and RKE2's own, in an annotation of the node.
constexpr std::string_view k_server_flags[] = {"cluster-cidr",
                                               "cni",
                                               "disable",
                                               "disable-agent",
                                               "disable-apiserver",
                                               "disable-kube-proxy",
                                               "disable-network-policy",
                                               "flannel-backend",
                                               "https-listen-port",
                                               "lb-server-port",
                                               "service-cidr",
                                               "service-node-port-range",
                                               "snapshotter",
                                               "supervisor-port"};

// --- settings

// Cilium's settings, by how they begin (install/kubernetes/cilium/templates/cilium-configmap.yaml
// of 1.11 - 1.20). None of them is a credential; etcd-config, kvstore-opt and log-opt hold
// documents.
constexpr std::string_view k_settings[] = {
    "agent-*",
    "allocator-*",
    "annotate-*",
    "api-rate-limit",
    "arping-*",
    "auto-*",
    "bgp-*",
    "bpf-*",
    "cgroup-*",
    "cilium-*",
    "clean-*",
    "cluster-*",
    "clustermesh-*",
    "cni-*",
    "cnp-*",
    "config-sources*",
    "conntrack-*",
    "container-*",
    "custom-cni-conf",
    "datapath-mode",
    "debug*",
    "default-*",
    "devices",
    "direct-routing-*",
    "disable-*",
    "dns-*",
    "dnsproxy-*",
    "egress-*",
    "enable-*",
    "encrypt-*",
    "encryption-strict-*",
    "endpoint-*",
    "eni-first-*",
    "envoy-*",
    "exclude-local-*",
    "external-envoy-proxy",
    "force-*",
    "gateway-api-*",
    "gops-port",
    "health-*",
    "host-*",
    "http-*",
    "hubble-*",
    "identity-*",
    "ingress-*",
    "install-*",
    "ip-*",
    "ipam*",
    "ipsec-*",
    "iptables-*",
    "ipv4-*",
    "ipv6-*",
    "k8s-*",
    "keep-*",
    "kube-proxy-*",
    "kvstore",
    "l2-*",
    "labels",
    "lb-*",
    "loadbalancer-*",
    "local-*",
    "log-driver",
    "lrp-*",
    "masquerade*",
    "max-*",
    "mesh-auth-enabled",
    "mesh-auth-*-*",
    "metrics*",
    "monitor-*",
    "mtu",
    "nat-*",
    "native-routing-cidr",
    "node-*",
    "nodeport-*",
    "nodes-gc-interval",
    "operator-*",
    "policy-*",
    "pprof*",
    "preallocate-*",
    "procfs",
    "prometheus-*",
    "proxy-*",
    "read-cni-conf",
    "remove-*",
    "restore",
    "route-*",
    "routing-mode",
    "service-*",
    "set-cilium-*",
    "sidecar-*",
    "skip-*",
    "socket-path",
    "srv6-*",
    "state-dir",
    "synchronize-*",
    "tofqdns-*",
    "trace-*",
    "tunnel*",
    "underlay-protocol",
    "unmanaged-*",
    "use-*",
    "vlan-*",
    "vtep-*",
    "wireguard-*",
    "write-cni-*",
};

struct Lines {
  std::string_view map, key;
  std::string_view fields;  // of its YAML, separated by blanks
};
// kubeadm's ClusterConfiguration v1beta2 - 4, KubeProxyConfiguration v1alpha1, kubeconfigs.
constexpr Lines k_lines[] = {
    {"kube-proxy",
     "config.conf",
     "apiVersion kind bindAddress clusterCIDR conntrack detectLocalMode enableProfiling "
     "featureGates healthzBindAddress hostnameOverride iptables ipvs localhostNodePorts "
     "masqueradeAll masqueradeBit metricsBindAddress minSyncPeriod mode nftables nodePortAddresses "
     "scheduler strictARP syncPeriod"},
    {"kubeadm-config",
     "ClusterConfiguration",
     "apiVersion kind kubernetesVersion controlPlaneEndpoint clusterName imageRepository "
     "networking "
     "dnsDomain podSubnet serviceSubnet proxy disabled apiServer controllerManager certSANs "
     "extraArgs allocate-node-cidrs cluster-cidr service-cluster-ip-range service-node-port-range"},
    {"cluster-info", "kubeconfig", "apiVersion kind clusters cluster server"},
};
constexpr std::string_view k_inventories[] = {"talos-bootstrap-manifests-inventory"};

// --- Helm

// Cilium's values (install/kubernetes/cilium/values.yaml), as far as they have to do with how
// Services are served, how nodes reach the API server, and what runs.
constexpr std::string_view k_helm_values[] = {
    "MTU",
    "agent",
    "aksbyocni.*",
    "alibabacloud.enabled",
    "autoDirectNodeRoutes",
    "azure.enabled",
    "bandwidthManager.*",
    "bgpControlPlane.enabled",
    "bpf.*",
    "bpfClockProbe",
    "cgroup.*",
    "cluster.id",
    "cluster.name",
    "clustermesh.enableEndpointSliceSynchronization",
    "clustermesh.useAPIServer",
    "cni.*",
    "containerRuntime.*",
    "datapathMode",
    "devices",
    "devices.*",
    "directRoutingSkipUnreachable",
    "egressGateway.enabled",
    "egressMasqueradeInterfaces",
    "enable*",
    "encryption.enabled",
    "encryption.nodeEncryption",
    "encryption.type",
    "endpointHealthChecking.enabled",
    "endpointRoutes.enabled",
    "endpointStatus.enabled",
    "eni.enabled",
    "envoy.enabled",
    "etcd.enabled",
    "externalIPs.*",
    "externalWorkloads.enabled",
    "gatewayAPI.enabled",
    "gke.enabled",
    "global.*",
    "healthChecking",
    "healthPort",
    "hostFirewall.enabled",
    "hostPort.*",
    "hostServices.*",
    "hubble.enabled",
    "hubble.relay.enabled",
    "hubble.relay.image.*",
    "hubble.ui.enabled",
    "identityAllocationMode",
    "image.*",
    "ingressController.enabled",
    "installNoConntrackIptablesRules",
    "ipMasqAgent.enabled",
    "ipam.*",
    "ipv4.enabled",
    "ipv4NativeRoutingCIDR",
    "ipv6.enabled",
    "ipv6NativeRoutingCIDR",
    "k8s.*",
    "k8sClientRateLimit.*",
    "k8sNetworkPolicy.enabled",
    "k8sServiceHost",
    "k8sServiceHostRef.*",
    "k8sServicePort",
    "keepDeprecatedLabels",
    "kubeConfigPath",
    "kubeProxyReplacement",
    "kubeProxyReplacementHealthzBindAddr",
    "l2NeighDiscovery.*",
    "l2announcements.enabled",
    "l7Proxy",
    "loadBalancer.*",
    "localRedirectPolicies.enabled",
    "localRedirectPolicy",
    "maglev.tableSize",
    "monitor.enabled",
    "nat46x64Gateway.enabled",
    "nativeRoutingCIDR",
    "nodePort.*",
    "nodeinit.enabled",
    "operator.enabled",
    "operator.image.*",
    "operator.replicas",
    "operator.rollOutPods",
    "policyEnforcementMode",
    "preflight.enabled",
    "remoteNodeIdentity",
    "rollOutCiliumPods",
    "routingMode",
    "sctp.enabled",
    "serviceNoBackendResponse",
    "sessionAffinity",
    "socketLB.*",
    "svcSourceRangeCheck",
    "tunnel",
    "tunnelPort",
    "tunnelProtocol",
    "underlayProtocol",
    "updateStrategy.type",
    "upgradeCompatibility",
    "vtep.enabled",
    "wellKnownIdentities.enabled",
};

bool kept_scalar(const Json& value) {
  return value.is_null() || value.is_boolean() || value.is_number() ||
         (value.is_string() && is_plain(value.get_ref<const std::string&>()));
}

// --- lines

// Settings of the kernel. kernel.random.* and names tell whose machine it is.
constexpr std::string_view k_sysctls[] = {"fs.inotify.*",
                                          "kernel.osrelease",
                                          "kernel.pid_max",
                                          "kernel.threads-max",
                                          "kernel.unprivileged_bpf_disabled",
                                          "kernel.version",
                                          "net.*",
                                          "user.max_*",
                                          "vm.max_map_count"};

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

void keep_flags(Json& words, bool (*known)(std::string_view flag)) {
  if (!words.is_array())
    return;
  Json kept = Json::array();
  bool value_may_follow = false;
  for (const Json& word : words) {
    const std::string text = text_of(word);
    const bool flag = text.starts_with('-');
    const std::size_t equals = std::min(text.find('='), text.size());
    const std::string_view name = std::string_view(text).substr(0, equals);
    const std::string_view value = std::string_view(text).substr(std::min(equals + 1, text.size()));
    const bool stays = flag ? known(name.substr(std::min(name.find_first_not_of('-'), name.size())))
                            : value_may_follow || listed(k_commands, base_name(text));
    if (stays && is_plain(name) && is_plain(value))
      kept.push_back(word);
    value_may_follow = flag && stays && equals == text.size();
  }
  words = std::move(kept);
}

bool is_flag(std::string_view flag) {
  return listed(k_flags, flag) || listed(k_settings, flag);
}
bool is_server_flag(std::string_view flag) {
  return listed(k_server_flags, flag);
}

// The name of an image without registry, tag and digest.
std::string_view image_name(std::string_view image) {
  image = base_name(image.substr(0, image.find('@')));
  return image.substr(0, image.find(':'));
}

void keep_environment(Json& env) {
  if (!env.is_array())
    return;
  Json kept = Json::array();
  for (Json& variable : env)
    if (listed(k_variables, text_at(variable, "name")))
      kept.push_back(std::move(variable));
  env = std::move(kept);
}

// The lines of a YAML text whose field is listed, and that hold nothing but a plain value.
std::string lines_of(std::string_view text, std::string_view fields) {
  const std::vector<std::string_view> known = split(fields, ' ');
  std::string out;
  for (const std::string_view line : split(text, '\n')) {
    std::string_view field = trim(line);
    if (field.starts_with("- "))
      field = trim(field.substr(2));
    const std::size_t colon = field.find(':');
    const std::string_view name = field.substr(0, colon);
    if (colon == std::string_view::npos ||
        std::find(known.begin(), known.end(), name) == known.end())
      continue;
    std::string value(trim(field.substr(colon + 1)));
    value.erase(std::remove_if(value.begin(),
                               value.end(),
                               [](char c) {
                                 return c == '"' || c == '\'' || c == '{' || c == '}';
                               }),
                value.end());
    if (is_plain(value))
      out.append(line) += '\n';
  }
  return out;
}

void keep_helm_value(Json& value, const std::string& path, int depth) {
  if (value.is_object() && !value.empty() && depth < k_deepest) {
    for (auto& [key, child] : value.items())
      keep_helm_value(child, path.empty() ? key : path + "." + key, depth + 1);
    return;
  }
  const bool scalars = kept_scalar(value) ||
                       (value.is_array() && std::all_of(value.begin(), value.end(), kept_scalar)) ||
                       (value.is_object() && value.empty());
  if (!scalars || !listed(k_helm_values, path))
    value = k_left_out;
}

}  // namespace

void keep_annotations(Json& annotations) {
  erase_unless(annotations, [](const std::string& key, Json& value) {
    if (!listed(k_annotations, key) || !value.is_string())
      return false;
    if (key.ends_with("/last-applied-configuration")) {
      value = "";  // that somebody applied it is told; what, is the object itself
    } else if (key.ends_with("/node-args")) {
      Json words = json_or_null(value.get_ref<const std::string&>());
      keep_flags(words, is_server_flag);
      value = words.is_array() ? json_text(words) : "";
    }
    return value.get_ref<const std::string&>().size() <= 4096;
  });
}

void keep_container(Json& container) {
  if (!container.is_object())
    return;
  const bool known = listed(k_programs, text_at(container, "name")) ||
                     listed(k_programs, image_name(text_at(container, "image")));
  if (!known) {
    for (const char* key : {"command", "args", "env"})
      container.erase(key);
    return;
  }
  for (const char* key : {"command", "args"})
    if (const auto words = container.find(key); words != container.end())
      keep_flags(*words, is_flag);
  if (const auto env = container.find("env"); env != container.end())
    keep_environment(*env);
}

void keep_settings(Json& data) {
  if (!data.is_object())
    return;
  for (auto& [key, value] : data.items()) {
    const std::string text = text_of(value);
    if (!value.is_string() || !(is_harmless(text) || (listed(k_settings, key) && is_plain(text))))
      value = k_left_out;
  }
}

void keep_config_map(Json& object) {
  if (!object.is_object())
    return;
  const auto data = object.find("data");
  if (data == object.end())
    return;
  const std::string name = text_at(at(object, "metadata"), "name");
  if (name == "cilium-config")
    return keep_settings(*data);
  Json kept = Json::object();
  for (const Lines& lines : k_lines)
    if (lines.map == name && at(*data, lines.key).is_string())
      kept[std::string(lines.key)] = lines_of(text_at(*data, lines.key), lines.fields);
  if (listed(k_inventories, name) && data->is_object())
    for (const auto& [key, value] : data->items())
      kept[key] = "";
  *data = std::move(kept);
}

void keep_helm_values(Json& values) {
  keep_helm_value(values, "", 0);
}

std::string keep_lines(std::string_view command, std::string&& output) {
  if (command != "sysctl")
    return std::move(output);
  std::string kept;
  for (const std::string_view line : split(output, '\n'))
    if (listed(k_sysctls, trim(line.substr(0, line.find('=')))))
      kept.append(line) += '\n';
  return kept;
}

}  // namespace kpr::evidence
