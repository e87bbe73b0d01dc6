// What the image pulls of the pods are doing, from container states and events. Pure: the views
// below are made from facts.
//
// A pull in progress has no reason of its own: the container says ContainerCreating (or
// PodInitializing), and only an event says Pulling. Events expire after an hour, arrive twice after
// a restart of the kubelet, are merged (count) or dropped. So the decision is made from the pod's
// age and state; events name the container and the cause.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "checks/pull_causes.hpp"
#include "util/time.hpp"

namespace kpr::checks {

struct ContainerView {
  std::string name, image;
  bool init = false;
  bool sidecar = false;  // an init container with restartPolicy Always
  bool has_status = false;
  std::string waiting_reason, waiting_message;  // empty when it does not wait
  bool running = false;
  bool started = false;
  bool terminated = false;
  int exit_code = 0;
};

struct PodView {
  std::string ns, name, uid, node, phase, reason, owner;
  std::optional<Time> created, scheduled;  // PodScheduled=True since
  std::optional<bool> ready_to_start;  // condition PodReadyToStartContainers, if the kubelet has it
  bool deleting = false;
  std::vector<ContainerView> containers;  // init containers first, in the order of the spec
};

struct EventView {
  std::string ns, pod, uid,
      container;  // container: from involvedObject.fieldPath; empty when it names none
  bool init = false;
  std::string reason, message;
  int count = 1;
  std::optional<Time> first, last;
};

enum class PullPhase { pulling, failing };

struct ContainerPull {
  std::string ns, pod, node, container, image, owner;
  bool init = false;
  PullPhase phase = PullPhase::pulling;
  bool event_left = false;    // an event proves it; else it follows from age and state
  bool events_known = true;   // false: events could not be read
  std::optional<Time> since;  // start of this pull, or of the first failure
  std::chrono::seconds age{0};
  std::string reason;  // waiting reason
  std::string text;    // failing: the newest error; pulling: the event's message
  std::string source;  // where the text was: "waiting.message", "event Failed", "event Pulling"
  PullError cause;     // failing only
  int attempts = 0;    // Pulling events counted
};

struct PullInput {
  std::vector<PodView> pods;
  std::vector<EventView> events;
  bool events_known = true;
  std::optional<Time> now;
  std::chrono::seconds event_ttl{3600};
  std::set<std::string>
      nodes_not_ready;  // a kubelet that is gone reports nothing: its pods are not judged
  std::function<bool(const std::string& node, const std::string& image)>
      on_node;  // it is there: nothing to pull. Asked for few; none: not known
};

std::vector<ContainerPull> find_pulls(const PullInput& input);

// What stuck pulls have in common.
enum class PullCommon { one_pod, one_node, serial_queue, one_image, one_registry };

struct PullGroup {
  PullCommon common = PullCommon::one_pod;
  std::vector<ContainerPull> pulls;  // oldest first
  std::vector<std::string> nodes, images, registries;
  std::chrono::seconds oldest{0};
  bool all_nodes = false;  // every node of the cluster has one
};

// Groups pulls that hang: `min_age` filters those that merely take a while.
std::vector<PullGroup> group_stuck(const std::vector<ContainerPull>& pulls,
                                   std::chrono::seconds min_age,
                                   std::size_t cluster_nodes);

// "docker.io/library/nginx:latest" for "nginx": the form in which node.status.images lists it.
std::string normal_image(std::string_view image);

}  // namespace kpr::checks
