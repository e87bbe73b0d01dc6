// kube-proxy in all its forms: DaemonSet, static pod, pod of a DaemonSet we cannot see, and inside
// the k3s process.
#include <algorithm>
#include <array>
#include <map>

#include "facts/make.hpp"
#include "facts/read.hpp"
#include "util/json.hpp"

namespace kpr::facts {
namespace {

bool label_is(const Labels& labels, const char* key, std::string_view value) {
  const auto found = labels.find(key);
  return found != labels.end() && found->second == value;
}

bool for_windows(const Selector& node_selector, std::string_view name) {
  return name.find("windows") != std::string_view::npos ||
         std::any_of(node_selector.requirements.begin(),
                     node_selector.requirements.end(),
                     [](const Requirement& r) {
                       return r.op == "In" && r.values == std::vector<std::string>{"windows"} &&
                              r.key.ends_with("kubernetes.io/os");
                     });
}

bool runs_kube_proxy(const std::vector<Container>& containers) {
  return std::any_of(containers.begin(), containers.end(), [](const Container& c) {
    return c.name == "kube-proxy" || c.image.find("kube-proxy") != std::string::npos;
  });
}

// k3s.io/node-args of a server: "--disable-kube-proxy", "--disable-kube-proxy=true", or the option
// and "true" as two elements.
std::optional<bool> k3s_disables(const Node& node) {
  const auto found = node.annotations.find("k3s.io/node-args");
  if (found == node.annotations.end())
    return std::nullopt;
  const auto args = json_or_null(found->second);
  if (!args.is_array() || args.empty() || !args.front().is_string() || args.front() != "server")
    return std::nullopt;
  bool disabled = false;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (!args[i].is_string())
      continue;
    const auto& a = args[i].get_ref<const std::string&>();
    if (a == "--disable-kube-proxy")
      disabled = !(i + 1 < args.size() && args[i + 1].is_string() && args[i + 1] == "false");
    else if (a.rfind("--disable-kube-proxy=", 0) == 0)
      disabled = a.substr(21) == "true" || a.substr(21) == "1";
  }
  return disabled;
}

}  // namespace

// OpenShift's has a namespace and a label of its own (cluster-network-operator
// bindata/kube-proxy).
bool is_kube_proxy(const Workload& ds) {
  const bool labelled = label_is(ds.labels, "k8s-app", "kube-proxy") ||
                        label_is(ds.selector, "k8s-app", "kube-proxy") ||
                        label_is(ds.selector, "component", "kube-proxy") ||
                        ds.ns == "openshift-kube-proxy";
  return (labelled || ds.name.starts_with("kube-proxy")) &&
         !for_windows(ds.placement.node_selector, ds.name) && runs_kube_proxy(ds.containers);
}

bool looks_like_kube_proxy(const Pod& pod) {
  if (pod.owner_kind == "Job" || pod.owner_kind == "ReplicaSet")
    return false;
  const bool labelled = label_is(pod.labels, "k8s-app", "kube-proxy") ||
                        label_is(pod.labels, "component", "kube-proxy");
  const bool named = pod.name.starts_with("kube-proxy") || pod.ns == "openshift-kube-proxy";
  return (labelled || named) && (pod.containers.empty() || runs_kube_proxy(pod.containers));
}

std::optional<bool> Fleet::kube_proxy_serves(std::string_view node_name) const {
  if (!kube_proxies)
    return std::nullopt;
  for (const auto& k : *kube_proxies)
    if (k.form == KubeProxy::Form::in_process &&
        std::find(k.nodes.begin(), k.nodes.end(), node_name) != k.nodes.end())
      return true;
  if (distribution == Distribution::microk8s || distribution == Distribution::k0s)
    return std::nullopt;  // kubelite and k0s may hold it inside, which the API does not tell
  if (!pods)
    return runs_kube_proxy() ? std::nullopt : std::optional(false);
  return std::any_of(pods->begin(), pods->end(), [&](const Pod& pod) {
    const Container* main = pod.containers.empty() ? nullptr : &pod.containers.front();
    const bool runs =
        pod.phase == "Running" && (main == nullptr || main->state.kind != StateKind::waiting);
    return pod.node == node_name && !pod.deleted && runs && looks_like_kube_proxy(pod) &&
           !for_windows(pod.node_selector, pod.name);
  });
}

Piece<std::vector<KubeProxy>> find_kube_proxies(const Fleet& fleet) {
  if (!fleet.pods && !(fleet.daemonsets && fleet.daemonsets_complete))
    return fleet.pods.missing();
  std::map<std::string, KubeProxy> by_owner;
  if (fleet.daemonsets) {
    for (const auto& ds : *fleet.daemonsets) {
      if (!is_kube_proxy(ds))
        continue;
      KubeProxy k;
      k.object = ds.path("DaemonSet");
      k.desired = ds.desired;
      k.created = ds.created;
      k.text = "desiredNumberScheduled: " + std::to_string(ds.desired);
      by_owner.emplace(ds.ns + "/" + ds.name, std::move(k));
    }
  }
  if (fleet.pods) {
    for (const auto& pod : *fleet.pods) {
      if (!looks_like_kube_proxy(pod) || for_windows(pod.node_selector, pod.name))
        continue;
      if (pod.phase == "Succeeded" || pod.phase == "Failed" || pod.deleted)
        continue;
      const Node* node = fleet.node(pod.node);
      if (node != nullptr && !node->is_linux())
        continue;
      std::string key = pod.ns + "/" + pod.name;
      KubeProxy::Form form = pod.is_static() ? KubeProxy::Form::static_pod : KubeProxy::Form::pod;
      if (pod.owner_kind == "DaemonSet") {
        key = pod.ns + "/" + pod.owner_name;
        form = KubeProxy::Form::daemonset;
        if (pod.owner_name.find("windows") != std::string::npos)
          continue;
      } else if (pod.is_static()) {
        key = "static";
      }
      auto& k = by_owner[key];
      if (k.object.empty()) {
        k.form = form;
        k.object = form == KubeProxy::Form::daemonset ? "DaemonSet " + key : pod.path("Pod");
        k.text = pod.path("Pod") + " phase " + pod.phase;
        k.created = pod.created;
      }
      k.nodes.push_back(pod.node);
      if (k.desired < static_cast<int>(k.nodes.size()))
        k.desired = static_cast<int>(k.nodes.size());
    }
  }
  std::vector<KubeProxy> out;
  for (auto& [key, k] : by_owner)
    out.push_back(std::move(k));
  if (fleet.nodes) {
    KubeProxy in_process;
    in_process.form = KubeProxy::Form::in_process;
    bool off_somewhere = false;
    std::vector<std::string> k3s_nodes;
    for (const auto& node : *fleet.nodes) {
      if (node.kubelet.find("+k3s") == std::string::npos)
        continue;
      k3s_nodes.push_back(node.name);
      const auto disabled = k3s_disables(node);
      if (!disabled)
        continue;
      if (*disabled) {
        off_somewhere = true;
      } else {
        if (in_process.object.empty()) {
          in_process.object = node.path("Node");
          in_process.text = "k3s.io/node-args: " + node.annotations.at("k3s.io/node-args");
        }
        in_process.nodes.push_back(node.name);
      }
    }
    if (!in_process.object.empty()) {
      if (!off_somewhere)
        in_process.nodes = k3s_nodes;  // agents inherit from the server
      out.push_back(std::move(in_process));
    }
  }
  return out;
}

namespace {

const Workload* kube_proxy_daemonset(const Fleet& fleet) {
  if (fleet.daemonsets)
    for (const Workload& w : *fleet.daemonsets)
      if (is_kube_proxy(w))
        return &w;
  return nullptr;
}

// Talos 1.13 and later keep an inventory, and prune what left the configuration.
bool talos_prunes(const Fleet& fleet) {
  for (const Node& node : *fleet.nodes)
    if (const std::size_t at = node.os_image.find("(v"); at != std::string::npos)
      if (const auto version = parse_version(std::string_view(node.os_image).substr(at + 1)))
        return version->at_least(1, 13);
  return false;
}

bool any_node(const Fleet& fleet, std::string_view prefix, std::string_view word = {}) {
  const auto bears = [&](const Labels& labels) {
    const auto found = labels.lower_bound(std::string(prefix));
    return found != labels.end() && found->first.starts_with(prefix) &&
           found->second.starts_with(word);
  };
  return fleet.nodes &&
         std::any_of(fleet.nodes->begin(), fleet.nodes->end(), [&](const Node& node) {
           return bears(node.labels) || bears(node.annotations);
         });
}

KubeProxyOwner on_eks(const Fleet& fleet, const Workload* ds) {
  if (ds == nullptr)
    return any_node(fleet, "eks.amazonaws.com/compute-type", "auto") ? KubeProxyOwner::eks_auto
                                                                     : KubeProxyOwner::eks;
  const auto by_eks = [](const Meta::ManagedField& f) {
    return f.manager == "eks";
  };
  return std::any_of(ds->managed_fields.begin(), ds->managed_fields.end(), by_eks)
             ? KubeProxyOwner::eks_addon
             : KubeProxyOwner::eks;
}

KubeProxyOwner by_form(const Fleet& fleet, const KubeProxy& proxy, const Workload* ds) {
  if (proxy.form == KubeProxy::Form::static_pod)
    return KubeProxyOwner::static_pod;
  if (proxy.form == KubeProxy::Form::in_process)
    return KubeProxyOwner::k3s;
  if (any_node(fleet, "cluster.x-k8s.io/"))
    return KubeProxyOwner::cluster_api;
  const bool plain = ds == nullptr || (ds->ns == "kube-system" && ds->name == "kube-proxy");
  return plain ? KubeProxyOwner::kubeadm : KubeProxyOwner::daemonset;
}

}  // namespace

KubeProxyOwner find_kube_proxy_owner(const Fleet& fleet) {
  const Workload* ds = kube_proxy_daemonset(fleet);
  switch (fleet.distribution) {
  case Distribution::eks:
    return on_eks(fleet, ds);
  case Distribution::aks:
    return KubeProxyOwner::aks;
  case Distribution::talos:
    return talos_prunes(fleet) ? KubeProxyOwner::talos_113 : KubeProxyOwner::talos;
  case Distribution::k0s:
    return KubeProxyOwner::k0s;
  case Distribution::rke2:
    return KubeProxyOwner::rke2;
  case Distribution::kops:
    return KubeProxyOwner::kops;
  case Distribution::openshift:
    return KubeProxyOwner::openshift;
  case Distribution::gardener:
    return KubeProxyOwner::gardener;
  case Distribution::k3s:
    return KubeProxyOwner::k3s;
  case Distribution::microk8s:
    return KubeProxyOwner::microk8s;
  case Distribution::canonical:
    return KubeProxyOwner::canonical;
  case Distribution::eks_anywhere:
    return KubeProxyOwner::eks_anywhere;
  default:
    break;
  }
  if (!fleet.kube_proxies)
    return KubeProxyOwner::unknown;
  return fleet.kube_proxies->empty() ? KubeProxyOwner::none
                                     : by_form(fleet, fleet.kube_proxies->front(), ds);
}

std::string_view id_of(KubeProxyOwner owner) {
  static constexpr std::array k_ids{
      "none",       "unknown",      "kubeadm",    "cluster-api", "eks-addon", "eks",
      "aks",        "talos",        "talos-1.13", "k0s",         "rke2",      "kops",
      "static-pod", "openshift",    "gardener",   "k3s",         "microk8s",  "canonical",
      "eks-auto",   "eks-anywhere", "daemonset"};
  return k_ids[static_cast<std::size_t>(owner)];
}

}  // namespace kpr::facts
