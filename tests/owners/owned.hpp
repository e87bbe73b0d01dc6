// Cilium's objects as an owner leaves them: small, written by ourselves after the marks that each
// owner's own code makes.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "facts/fleet.hpp"

namespace kpr::test {
using nlohmann::json;

// A cluster of two kubeadm nodes and Cilium without a mark of any owner.
struct Owned {
  json ds, config, op;  // DaemonSet cilium, ConfigMap cilium-config, Deployment cilium-operator
  std::vector<json> nodes, pods, daemonsets, config_maps, secrets;
  std::map<std::string, std::vector<json>> more;  // helmcharts, applications, …
  std::vector<std::string> forbidden, absent;     // resources

  Owned();
  // All three of Cilium's objects.
  void label(const std::string& key, const std::string& value);
  void annotate(const std::string& key, const std::string& value);
  void manager(const std::string& name,
               const std::string& time = "2026-03-01T10:00:00Z",
               const std::string& operation = "Update");
  void node_label(const std::string& key, const std::string& value = "");
  void node_annotation(const std::string& key, const std::string& value);
  void kubelet(const std::string& version);
  void os_image(const std::string& name);
  void provider(const std::string& id);
  void image(const std::string& image);
  // What Helm's library leaves: label, annotations and the record of a revision.
  void helm_marks(const std::string& release = "cilium", const std::string& ns = "kube-system");
  json& release(int revision,
                const std::string& status = "deployed",
                const std::string& name = "cilium",
                const std::string& ns = "kube-system",
                const std::string& version = "1.18.4");
  void tracking_id(const std::string& app);  // of each object its own
  void static_pod(const std::string& name, const std::string& image);
  json& kube_proxy(const std::string& manager = "kubeadm");

  facts::Fleet fleet();
  evidence::Evidence evidence;
};

}  // namespace kpr::test
