#include "facts/platform.hpp"

#include <algorithm>
#include <array>

#include "facts/make.hpp"

namespace kpr::facts {
namespace {

// A mark on a node. A word is looked for at the start of the value, or anywhere in the kubelet's
// version and the name of the operating system.
enum class On { label, kubelet, os_image, provider };
struct Mark {
  On on;
  std::string_view key;  // of a label or an annotation
  std::string_view word;
};
struct Row {
  Distribution distribution;
  Mark mark;
  Mark also = {On::label, {}, {}};  // where one mark alone is not enough
};

using D = Distribution;

// First match wins: what stands on somebody else's machines (Gardener, kOps, Deckhouse on a cloud)
// before the cloud. Sources: the distributions' own code and documentation of nodes.
constexpr Row k_rows[] = {
    {D::k3s, {On::kubelet, {}, "+k3s"}},
    {D::rke2, {On::kubelet, {}, "+rke2"}},
    {D::k0s, {On::kubelet, {}, "+k0s"}},
    {D::talos, {On::os_image, {}, "Talos"}},
    {D::gardener, {On::label, "worker.gardener.cloud/pool", {}}},
    {D::deckhouse, {On::label, "node.deckhouse.io/group", {}}},
    {D::kops, {On::label, "kops.k8s.io/instancegroup", {}}},
    {D::openshift, {On::label, "node.openshift.io/os_id", {}}},
    {D::openshift, {On::os_image, {}, "Red Hat Enterprise Linux CoreOS"}},
    {D::canonical, {On::label, "k8sd.io/role", {}}},
    {D::microk8s, {On::label, "microk8s.io/cluster", {}}},
    {D::minikube, {On::label, "minikube.k8s.io/name", {}}},
    // EKS Anywhere takes EKS' builds of Kubernetes to machines of Cluster API.
    {D::eks_anywhere, {On::kubelet, {}, "-eks-"}, {On::label, "cluster.x-k8s.io/cluster-name", {}}},
    {D::eks, {On::kubelet, {}, "-eks-"}},
    {D::eks, {On::label, "eks.amazonaws.com/nodegroup", {}}},
    {D::eks, {On::label, "eks.amazonaws.com/compute-type", {}}},
    {D::gke, {On::kubelet, {}, "-gke."}},
    {D::gke, {On::label, "cloud.google.com/gke-nodepool", {}}},
    {D::aks, {On::label, "kubernetes.azure.com/cluster", {}}},
    {D::doks, {On::label, "doks.digitalocean.com/", {}}},
    {D::scaleway, {On::label, "k8s.scaleway.com/", {}}},
    {D::tke, {On::label, "cloud.tencent.com/", {}}},
    {D::tke, {On::provider, {}, "qcloud://"}},
    {D::ack, {On::label, "alibabacloud.com/nodepool-id", {}}},
    {D::ovh, {On::label, "nodepool", {}}, {On::provider, {}, "openstack://"}},
    {D::kind, {On::provider, {}, "kind://"}},
};

bool label_like(const Labels& labels, const Mark& mark) {
  if (!mark.key.ends_with('/')) {
    const auto found = labels.find(std::string(mark.key));
    return found != labels.end() && found->second.starts_with(mark.word);
  }
  const auto found = labels.lower_bound(std::string(mark.key));
  return found != labels.end() && found->first.starts_with(mark.key);
}

bool bears(const Node& node, const Mark& mark) {
  switch (mark.on) {
  case On::label:
    return label_like(node.labels, mark) || label_like(node.annotations, mark);
  case On::kubelet:
    return node.kubelet.find(mark.word) != std::string::npos;
  case On::os_image:
    return node.os_image.find(mark.word) != std::string::npos;
  case On::provider:
    return node.provider_id.starts_with(mark.word);
  }
  return false;
}

bool matches(const Node& node, const Row& row) {
  return bears(node, row.mark) &&
         (row.also.key.empty() && row.also.word.empty() ? true : bears(node, row.also));
}

bool runs_local_proxy(const Fleet& fleet) {
  return fleet.pods && std::any_of(fleet.pods->begin(), fleet.pods->end(), is_kubespray_proxy);
}

bool is_kubeadm(const Fleet& fleet) {
  return fleet.config_map("kube-system", "kubeadm-config") != nullptr ||
         std::any_of(fleet.nodes->begin(), fleet.nodes->end(), [](const Node& n) {
           return n.annotations.count("kubeadm.alpha.kubernetes.io/cri-socket") > 0;
         });
}

}  // namespace

// Static pods nginx-proxy-<node> or haproxy-<node> (kubespray roles/kubernetes/node).
bool is_kubespray_proxy(const Pod& pod) {
  return pod.ns == "kube-system" && pod.is_static() &&
         (pod.name.starts_with("nginx-proxy-") || pod.name.starts_with("haproxy-"));
}

std::string_view to_string(Distribution distribution) {
  static constexpr std::array k_names{"unknown",
                                      "kubeadm",
                                      "k3s",
                                      "RKE2",
                                      "EKS",
                                      "GKE",
                                      "AKS",
                                      "Talos",
                                      "OpenShift",
                                      "kOps",
                                      "kind",
                                      "k0s",
                                      "MicroK8s",
                                      "Canonical Kubernetes",
                                      "minikube",
                                      "kubespray",
                                      "EKS Anywhere",
                                      "Gardener",
                                      "Deckhouse",
                                      "DigitalOcean Kubernetes",
                                      "Scaleway Kapsule",
                                      "TKE",
                                      "ACK",
                                      "OVHcloud"};
  return k_names[static_cast<std::size_t>(distribution)];
}

Distribution detect_distribution(const Fleet& fleet) {
  if (!fleet.nodes)
    return Distribution::unknown;
  for (const Row& row : k_rows)
    for (const Node& node : *fleet.nodes)
      if (node.is_linux() && matches(node, row))
        return row.distribution;
  if (!is_kubeadm(fleet))
    return Distribution::unknown;
  return runs_local_proxy(fleet) ? Distribution::kubespray : Distribution::kubeadm;
}

}  // namespace kpr::facts
