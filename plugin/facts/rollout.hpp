// A change that a DaemonSet or Deployment carries to its pods, and how far it has come.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "facts/fleet.hpp"

namespace kpr::facts {

struct Rollout {
  const Workload* workload = nullptr;
  int desired = 0, updated = 0, ready = 0;
  bool on_delete = false;  // waits for somebody to delete the pods
  std::vector<const Pod*> old_pods, new_pods;
  std::optional<std::chrono::seconds> since;      // the first new pod's age; nothing: no time known
  std::optional<std::chrono::seconds> last_step;  // the age of the newest pod
  std::string progress;  // "DaemonSet kube-system/cilium: 5 of 12 pods are new"

  // It goes on: not one that waits for a person, and not one without a step for longer than a pod
  // may take to start.
  bool moves(std::chrono::seconds start_deadline = std::chrono::minutes(10)) const;
  // Whether the pod of this node is new.
  bool has_reached(std::string_view node) const;
};

// Nothing where no rollout is under way: all pods are new and ready, or the workload's status was
// not read. New pods are those with the newest `controller-revision-hash` or `pod-template-hash`.
std::optional<Rollout>
rollout_of(const Fleet& fleet, const Workload& workload, const std::vector<const Pod*>& pods);
std::optional<Rollout> agents_rollout(const Fleet& fleet);

}  // namespace kpr::facts
