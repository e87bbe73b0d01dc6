// Who writes Cilium's objects, and who makes kube-proxy: what a fix has to know, because a value
// that is set past its owner does not stay. Two questions with two answers: Argo CD may own Cilium
// on RKE2, and RKE2 still owns kube-proxy.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "facts/objects.hpp"

namespace kpr::facts {

enum class Owner {
  unknown,
  helm,                // Helm, run by people or scripts
  cilium_cli,          // cilium-cli from 0.15 on: an ordinary Helm release
  cilium_cli_classic,  // before: objects without a release
  microk8s,            // the community add-on: a Helm release that nobody touches again
  kubespray,           // from 2.28 on: cilium-cli, from Ansible
  argocd,
  flux,            // HelmRelease
  flux_manifests,  // Kustomization
  fleet,           // Rancher's
  kapp,
  helmchart,   // HelmChart of k3s, or of RKE2 with a chart of one's own
  rke2,        // RKE2's bundled chart
  rancher,     // the same in a cluster that Rancher provisions
  addon_file,  // plain manifests in k3s' or RKE2's server/manifests
  k0s,
  caren,           // Nutanix' Cluster API runtime extensions
  capi_helm,       // Cluster API: HelmChartProxy
  capi_manifests,  // Cluster API: ClusterResourceSet
  talos,           // inline or extra manifests of the machine configuration
  terraform,
  pulumi_release,
  pulumi_chart,
  manifests,  // rendered and applied with kubectl
  minikube,
  eks_addon,
  eks_anywhere,
  openshift,  // a CiliumConfig of the Operator Lifecycle Manager
  kops,
  gardener,
  deckhouse,
  canonical,  // k8sd of Canonical Kubernetes
  aks,        // Azure CNI powered by Cilium
  gke,        // Dataplane V2
  ack,        // Terway
  doks,
  scaleway,
  tke,
  ovh
};
std::string_view to_string(Owner owner);  // "Argo CD", "RKE2's bundled chart"
std::string_view id_of(Owner owner);      // "argocd": the key of the data file of steps
// Whether a manager of fields is a program in people's hands: an edit on top of another's object.
bool by_hand(std::string_view manager);

enum class Confidence { unknown, likely, decisive };

// A mark that tells the owner: "DaemonSet kube-system/cilium .metadata.labels", "a: b".
struct Sign {
  std::string object, text;
};

// A second owner, or what one has left.
struct Conflict {
  std::string sentence;
  Sign sign;
};

struct Ownership {
  Owner owner = Owner::unknown;
  Confidence confidence = Confidence::unknown;
  std::string ns, name;  // of the owner's own object: Argo CD's application, Flux' HelmRelease, the
                         // HelmChart, Helm's release
  std::vector<Sign> signs;
  std::vector<Conflict> conflicts;
  std::vector<std::string> not_seen;  // where a mark could be that could not be read
  std::string file;  // of addon_file, and of a HelmChart that is in a file on the servers: its name
                     // without .yaml
  bool enterprise = false;   // Isovalent's build: its chart is isovalent/cilium
  bool server_side = false;  // Helm applies on the server's side: a hand edit makes it fail
  bool suspended = false;    // Flux: the HelmRelease is not reconciled
  const HelmRelease* release = nullptr;  // the newest record of the release that runs
  bool known() const { return owner != Owner::unknown; }
  bool by_helm() const;  // `helm upgrade` is the way, or makes the same as the owner's own command
};

enum class KubeProxyOwner {
  none,  // nothing runs, and nothing could hide
  unknown,
  kubeadm,  // also kind, minikube, kubespray: DaemonSet and ConfigMap, made once
  cluster_api,
  eks_addon,
  eks,  // made once with the cluster
  aks,
  talos,      // before 1.13: made at boot where missing
  talos_113,  // from 1.13 on: pruned by talosctl upgrade-k8s
  k0s,
  rke2,
  kops,
  static_pod,  // of another distribution
  openshift,
  gardener,
  k3s,
  microk8s,
  canonical,
  eks_auto,
  eks_anywhere,
  daemonset  // somebody's
};
std::string_view id_of(KubeProxyOwner owner);

}  // namespace kpr::facts
