// Which distribution or provider a cluster is of: told by its nodes. Who writes Cilium's objects is
// another question: owner.hpp.
#pragma once
#include <string_view>

namespace kpr::facts {

struct Fleet;

enum class Distribution {
  unknown,
  kubeadm,
  k3s,
  rke2,
  eks,
  gke,
  aks,
  talos,
  openshift,
  kops,
  kind,
  k0s,
  microk8s,
  canonical,  // Canonical Kubernetes: the k8s snap
  minikube,
  kubespray,  // kubeadm with kubespray's proxy in front of the API server
  eks_anywhere,
  gardener,
  deckhouse,
  doks,      // DigitalOcean
  scaleway,  // Kapsule
  tke,       // Tencent
  ack,       // Alibaba
  ovh
};

std::string_view to_string(Distribution distribution);

}  // namespace kpr::facts
