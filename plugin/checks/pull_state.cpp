#include "checks/pull_state.hpp"

#include <algorithm>

#include "util/strings.hpp"

namespace kpr::checks {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;

bool is_pull_failure_reason(const std::string& r) {
  return r == "ErrImagePull" || r == "ImagePullBackOff" || r == "InvalidImageName" ||
         r == "ErrImageNeverPull" || r == "ImageInspectError" || r == "RegistryUnavailable" ||
         r == "SignatureValidationFailed";
}

bool is_starting_reason(const std::string& r) {
  return r == "ContainerCreating" || r == "PodInitializing";
}

std::string key_of(const std::string& uid, const std::string& ns, const std::string& name) {
  return uid.empty() ? ns + "/" + name : uid;
}

// Events of one pod, oldest first by their last time.
using PodEvents = std::map<std::string, std::vector<const EventView*>>;

PodEvents by_pod(const std::vector<EventView>& events) {
  PodEvents out;
  for (const EventView& e : events) {
    out[key_of(e.uid, e.ns, e.pod)].push_back(&e);
    if (!e.uid.empty())
      out[e.ns + "/" + e.pod].push_back(&e);  // for pods whose uid was not kept
  }
  for (auto& [key, list] : out) {
    std::stable_sort(list.begin(), list.end(), [](const EventView* a, const EventView* b) {
      return a->last < b->last;
    });
  }
  return out;
}

bool concerns(const EventView& e, const ContainerView& c, std::size_t containers) {
  if (!e.container.empty())
    return e.container == c.name && e.init == c.init;
  // Old or merged events may lack the field path: the image in the message, or a single container,
  // decides.
  return containers == 1 || e.message.find("\"" + c.image + "\"") != std::string::npos;
}

bool is_pull_error_event(const EventView& e) {
  return (e.reason == "Failed" && (e.message.find("Failed to pull image") != std::string::npos ||
                                   e.message.find("ErrImagePull") != std::string::npos)) ||
         e.reason == "InspectFailed" || e.reason == "ErrImageNeverPull" || e.reason == "BackOff";
}

// A pod whose start is held up by something that says so, again and again: not by a silent pull.
bool is_other_obstacle(const EventView& e) {
  return e.reason == "FailedCreatePodSandBox" || e.reason == "FailedMount" ||
         e.reason == "FailedAttachVolume" || e.reason == "NetworkNotReady" ||
         e.reason == "FailedMapVolume" || e.reason == "FailedCreatePodContainer" ||
         e.reason == "FailedSync";
}

// The container that holds up the pod: the first init container that is not done, else each
// container that waits.
std::vector<const ContainerView*> active(const PodView& pod) {
  std::vector<const ContainerView*> out;
  for (const ContainerView& c : pod.containers) {
    if (!c.init)
      continue;
    const bool done = (c.terminated && c.exit_code == 0) || (c.sidecar && c.running && c.started);
    if (!done) {
      if (c.running)
        return out;  // it runs: nothing is being pulled
      out.push_back(&c);
      return out;
    }
  }
  for (const ContainerView& c : pod.containers) {
    if (!c.init && !c.running && !c.terminated)
      out.push_back(&c);
  }
  return out;
}

seconds age_of(std::optional<Time> since, std::optional<Time> now) {
  if (!since || !now || *now < *since)
    return seconds{0};
  return duration_cast<seconds>(*now - *since);
}

ContainerPull base(const PodView& pod, const ContainerView& c, const PullInput& input) {
  ContainerPull p;
  p.ns = pod.ns;
  p.pod = pod.name;
  p.node = pod.node;
  p.owner = pod.owner;
  p.container = c.name;
  p.image = c.image;
  p.init = c.init;
  p.reason = c.waiting_reason;
  p.events_known = input.events_known;
  return p;
}

std::optional<ContainerPull> failing(const PodView& pod,
                                     const ContainerView& c,
                                     const std::vector<const EventView*>& events,
                                     const PullInput& input) {
  ContainerPull p = base(pod, c, input);
  p.phase = PullPhase::failing;
  for (const EventView* e : events) {
    if (!concerns(*e, c, pod.containers.size()))
      continue;
    if (e->reason == "Pulling")
      p.attempts += std::max(e->count, 1);
    if (is_pull_error_event(*e)) {
      p.event_left = true;
      if (e->first && (!p.since || *e->first < *p.since))
        p.since = e->first;
    }
  }
  // The newest text that carries an error; the container's own message is the present one (since
  // Kubernetes 1.32 also while it backs off).
  if (carries_pull_error(c.waiting_message)) {
    p.text = c.waiting_message;
    p.source = "waiting.message";
  }
  // An event newer than the message cannot be told apart from an older one, so events only fill the
  // gap.
  for (auto it = events.rbegin(); it != events.rend() && p.text.empty(); ++it) {
    const EventView& e = **it;
    if (!concerns(e, c, pod.containers.size()) || !is_pull_error_event(e) ||
        e.reason == "BackOff" || !carries_pull_error(e.message))
      continue;
    p.text = e.message;
    p.source = "event " + e.reason;
  }
  if (!p.since)
    p.since = pod.scheduled ? pod.scheduled : pod.created;
  p.age = age_of(p.since, input.now);
  p.cause = classify_pull_error(c.waiting_reason, p.text);
  return p;
}

std::optional<ContainerPull> pulling(const PodView& pod,
                                     const ContainerView& c,
                                     const std::vector<const EventView*>& events,
                                     const PullInput& input) {
  std::optional<Time> done;  // the newest end of a pull
  for (const EventView* e : events) {
    if (concerns(*e, c, pod.containers.size()) &&
        (e->reason == "Pulled" || is_pull_error_event(*e)) && e->last)
      done = e->last;
  }
  ContainerPull p = base(pod, c, input);
  bool obstacle_after = false;
  bool any_event = false;
  for (const EventView* e : events) {
    any_event = any_event || e->reason != "Scheduled";
    if (is_other_obstacle(*e))
      obstacle_after = true;
    if (e->reason != "Pulling" || !concerns(*e, c, pod.containers.size()) || !e->last)
      continue;
    p.attempts += std::max(e->count, 1);
    if (done && *e->last < *done)
      continue;
    obstacle_after = false;  // a pull begins only when the sandbox exists
    p.event_left = true;
    p.text = e->message;
    p.source = "event Pulling";
    // After a restart of the kubelet the same pull is announced again: the first announcement
    // counts, unless a pull ended in between.
    const std::optional<Time> start =
        (e->first && (!done || *e->first > *done)) ? e->first : e->last;
    if (!p.since || *start < *p.since)
      p.since = start;
  }
  if (p.event_left) {
    if (obstacle_after)
      return std::nullopt;
    p.age = age_of(p.since, input.now);
    return p;
  }
  if (done)
    return std::nullopt;  // pulled, or failed: the container waits for something else
  // No event names a pull. Judged by age and state alone, and only when nothing else can be the
  // reason.
  p.since = pod.scheduled ? pod.scheduled : pod.created;
  p.age = age_of(p.since, input.now);
  if (obstacle_after)
    return std::nullopt;
  if (input.on_node && input.on_node(pod.node, c.image))
    return std::nullopt;
  if (input.events_known) {
    if (any_event || p.age < input.event_ttl)
      return std::nullopt;  // events of that time would still be there
  } else if (pod.ready_to_start != true) {
    return std::nullopt;  // without events a missing volume or CNI looks the same
  }
  return p;
}

}  // namespace

std::string normal_image(std::string_view image) {
  const ImageReference r = parse_image_reference(image);
  std::string out = r.registry + "/" + r.repository;
  if (!r.digest.empty())
    return out + "@" + r.digest;
  return out + ":" + r.tag;
}

std::vector<ContainerPull> find_pulls(const PullInput& input) {
  std::vector<ContainerPull> out;
  const PodEvents events = by_pod(input.events);
  static const std::vector<const EventView*> none;
  for (const PodView& pod : input.pods) {
    if (pod.deleting || pod.node.empty() || pod.phase == "Succeeded" || pod.phase == "Failed")
      continue;
    if (input.nodes_not_ready.count(pod.node) != 0)
      continue;
    const auto found = events.find(key_of(pod.uid, pod.ns, pod.name));
    const auto& list = found == events.end() ? none : found->second;
    for (const ContainerView* c : active(pod)) {
      std::optional<ContainerPull> pull;
      if (is_pull_failure_reason(c->waiting_reason)) {
        pull = failing(pod, *c, list, input);
      } else if (pod.phase == "Pending" &&
                 (is_starting_reason(c->waiting_reason) || (c->init && !c->has_status))) {
        pull = pulling(pod, *c, list, input);
      } else if (pod.phase == "Running" && is_starting_reason(c->waiting_reason)) {
        pull = pulling(pod, *c, list, input);  // another container of the pod runs already
      }
      if (pull)
        out.push_back(std::move(*pull));
    }
  }
  return out;
}

std::vector<PullGroup> group_stuck(const std::vector<ContainerPull>& pulls,
                                   std::chrono::seconds min_age,
                                   std::size_t cluster_nodes) {
  std::vector<const ContainerPull*> stuck;
  std::set<std::string> nodes, registries;
  std::map<std::string, std::set<std::string>> registries_of_node;
  for (const ContainerPull& p : pulls) {
    if (p.phase != PullPhase::pulling || p.age < min_age)
      continue;
    stuck.push_back(&p);
  }
  // A node on which pulls of several registries, or of several images while other nodes are fine,
  // hang is the common cause; a registry is one when several nodes wait for it.
  std::map<std::string, std::set<std::string>> nodes_of_registry;
  for (const ContainerPull* p : stuck) {
    const std::string registry = parse_image_reference(p->image).registry;
    nodes_of_registry[registry].insert(p->node);
    registries_of_node[p->node].insert(registry);
  }
  std::map<std::string, std::vector<const ContainerPull*>> parts;
  for (const ContainerPull* p : stuck) {
    const std::string registry = parse_image_reference(p->image).registry;
    const bool shared = nodes_of_registry[registry].size() > 1;
    parts[shared ? "r " + registry : "n " + p->node].push_back(p);
  }
  std::vector<PullGroup> out;
  for (auto& [key, list] : parts) {
    PullGroup g;
    std::stable_sort(list.begin(), list.end(), [](const ContainerPull* a, const ContainerPull* b) {
      return a->age > b->age;
    });
    std::set<std::string> images, group_nodes, group_registries, pods;
    for (const ContainerPull* p : list) {
      g.pulls.push_back(*p);
      images.insert(p->image);
      group_nodes.insert(p->node);
      group_registries.insert(parse_image_reference(p->image).registry);
      pods.insert(p->ns + "/" + p->pod);
    }
    g.nodes.assign(group_nodes.begin(), group_nodes.end());
    std::sort(g.nodes.begin(), g.nodes.end(), [](const auto& a, const auto& b) {
      return natural_less(a, b);
    });
    g.images.assign(images.begin(), images.end());
    g.registries.assign(group_registries.begin(), group_registries.end());
    g.oldest = list.front()->age;
    g.all_nodes = cluster_nodes > 1 && g.nodes.size() == cluster_nodes;
    if (pods.size() == 1) {
      g.common = PullCommon::one_pod;
    } else if (g.nodes.size() == 1) {
      g.common = images.size() > 1 && group_registries.size() == 1 ? PullCommon::serial_queue
                                                                   : PullCommon::one_node;
      // Younger pulls behind an older one on a node whose kubelet pulls one image at a time look
      // just like this.
      if (images.size() > 1 && list.front()->age > list.back()->age + std::chrono::seconds{30})
        g.common = PullCommon::serial_queue;
    } else {
      g.common = images.size() == 1 ? PullCommon::one_image : PullCommon::one_registry;
    }
    out.push_back(std::move(g));
  }
  std::stable_sort(out.begin(), out.end(), [](const PullGroup& a, const PullGroup& b) {
    return a.oldest > b.oldest;
  });
  return out;
}

}  // namespace kpr::checks
