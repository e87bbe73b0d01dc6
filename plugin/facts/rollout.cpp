#include "facts/rollout.hpp"

#include <algorithm>

namespace kpr::facts {
namespace {

std::string revision_of(const Pod& pod) {
  for (const char* key : {"controller-revision-hash", "pod-template-hash"})
    if (const auto label = pod.labels.find(key); label != pod.labels.end())
      return label->second;
  return {};
}

bool older(const Pod* a, const Pod* b) {
  return a->created < b->created;
}

bool is_live(const Pod* pod) {
  return !pod->deleted && pod->phase != "Succeeded" && pod->phase != "Failed";
}

}  // namespace

bool Rollout::moves(std::chrono::seconds start_deadline) const {
  return !on_delete && last_step && *last_step <= start_deadline;
}

bool Rollout::has_reached(std::string_view node) const {
  return std::any_of(new_pods.begin(), new_pods.end(), [node](const Pod* pod) {
    return pod->node == node;
  });
}

std::optional<Rollout>
rollout_of(const Fleet& fleet, const Workload& workload, const std::vector<const Pod*>& pods) {
  if (!workload.has_status)
    return std::nullopt;
  std::vector<const Pod*> live;
  std::copy_if(pods.begin(), pods.end(), std::back_inserter(live), is_live);
  if (live.empty())
    return std::nullopt;
  const Pod* newest = *std::max_element(live.begin(), live.end(), older);
  Rollout rollout;
  rollout.workload = &workload;
  rollout.desired = workload.desired;
  rollout.updated = workload.updated;
  rollout.ready = workload.ready;
  rollout.on_delete = workload.update_strategy == "OnDelete";
  for (const Pod* pod : live)
    (revision_of(*pod) == revision_of(*newest) ? rollout.new_pods : rollout.old_pods)
        .push_back(pod);
  const bool unseen =
      workload.generation > workload.observed_generation && workload.observed_generation > 0;
  const bool some_old = workload.updated < workload.desired || !rollout.old_pods.empty();
  if (workload.updated == 0 && rollout.old_pods.empty())  // all pods have one revision: the old one
    rollout.old_pods.swap(rollout.new_pods);
  if (!rollout.new_pods.empty()) {
    const Pod* first = *std::min_element(rollout.new_pods.begin(), rollout.new_pods.end(), older);
    rollout.since = fleet.age(first->created);
  }
  rollout.last_step = fleet.age(newest->created);
  // All are new, and the last ones start. A lone pod that is young among old ones of its own
  // revision is no rollout.
  const bool starting = workload.ready < workload.desired && rollout.moves() && rollout.since &&
                        *rollout.since <= std::chrono::hours(1);
  if (!unseen && !some_old && !starting)
    return std::nullopt;
  rollout.progress = workload.path(workload.kind) + ": " + std::to_string(workload.updated) +
                     " of " + std::to_string(workload.desired) + " pods are new, " +
                     std::to_string(workload.ready) + " are ready";
  return rollout;
}

std::optional<Rollout> agents_rollout(const Fleet& fleet) {
  if (fleet.cilium_ds == nullptr)
    return std::nullopt;
  return rollout_of(fleet, *fleet.cilium_ds, fleet.cilium_pods);
}

}  // namespace kpr::facts
