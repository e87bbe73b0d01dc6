#include "checks/workloads_common.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "checks/container_words.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

using facts::Container;
using facts::Fleet;
using facts::Pod;
using facts::StateKind;

ContainerView view_of(const Container& c, bool init, bool initialized) {
  ContainerView v;
  v.name = c.name;
  v.image = c.image;
  v.init = init;
  v.has_status = c.state.kind != StateKind::none;
  if (c.state.kind == StateKind::waiting) {
    v.waiting_reason = c.state.reason;
    v.waiting_message = c.state.message;
  }
  v.running = c.state.kind == StateKind::running;
  v.started = v.running;
  v.sidecar = init && v.running && initialized;  // runs on although the pod is initialized
  v.terminated = c.state.kind == StateKind::terminated;
  v.exit_code = c.state.exit_code;
  return v;
}

bool may_pull(const Pod& pod) {
  if (pod.phase == "Succeeded" || pod.phase == "Failed" || pod.deleted)
    return false;
  if (pod.phase == "Pending")
    return true;
  const auto waits = [](const Container& c) {
    return c.state.kind == StateKind::waiting;
  };
  return std::any_of(pod.containers.begin(), pod.containers.end(), waits) ||
         std::any_of(pod.init_containers.begin(), pod.init_containers.end(), waits);
}

std::string state_path(const Pod& pod, const Container& c, bool init, const char* field) {
  return fmt::format("{} .status.{}[{}].{}",
                     pod.path("Pod"),
                     init ? "initContainerStatuses" : "containerStatuses",
                     c.name,
                     field);
}

// The record that decides stands for the whole text of a container.
void quote_last_word(const Fleet& fleet, const Pod& pod, NotReady& out) {
  out.said = word_of(fleet, pod);
  if (!out.said)
    return;
  out.words = out.said->word.record.text;
  out.source = out.said->source;
  if (out.said->word.row != nullptr && !out.said->word.row->findings.empty())
    out.cause = out.said->word.row->findings.front();
}

bool is_image_reason(const std::string& r) {
  return r == "ErrImagePull" || r == "ImagePullBackOff" || r == "InvalidImageName" ||
         r == "ErrImageNeverPull" || r == "ImageInspectError" || r == "RegistryUnavailable" ||
         r == "SignatureValidationFailed";
}

}  // namespace

std::vector<ContainerPull> pulls_of(const Fleet& fleet, const Sink& sink) {
  PullInput in;
  if (!fleet.pods)
    return {};
  if (fleet.now_known)
    in.now = fleet.now;
  for (const Pod& pod : *fleet.pods) {
    if (!may_pull(pod) || !sink.wants_namespace(pod.ns))
      continue;
    PodView v;
    v.ns = pod.ns;
    v.name = pod.name;
    v.uid = pod.uid;
    v.node = pod.node;
    v.phase = pod.phase;
    v.reason = pod.reason;
    v.owner = pod.owner_kind.empty() ? "Pod/" + pod.name : pod.owner_kind + "/" + pod.owner_name;
    v.created = pod.created;
    if (const auto* c = pod.condition("PodScheduled"); c && c->status == "True")
      v.scheduled = c->since;
    if (const auto* c = pod.condition("PodReadyToStartContainers"))
      v.ready_to_start = c->status == "True";
    const auto* initialized = pod.condition("Initialized");
    for (const Container& c : pod.init_containers)
      v.containers.push_back(view_of(c, true, initialized && initialized->status == "True"));
    for (const Container& c : pod.containers)
      v.containers.push_back(view_of(c, false, true));
    in.pods.push_back(std::move(v));
  }
  if (in.pods.empty())
    return {};
  std::set<std::string> wanted;
  for (const PodView& p : in.pods)
    wanted.insert(p.ns + "/" + p.name);
  in.events_known = static_cast<bool>(fleet.events);
  if (const auto* raw = fleet.raw("events"); raw && raw->partial)
    in.events_known = false;
  if (fleet.events) {
    for (const facts::Event& e : *fleet.events) {
      if (e.kind != "Pod" || wanted.count(e.ns + "/" + e.name) == 0)
        continue;
      EventView v;
      v.ns = e.ns;
      v.pod = e.name;
      v.uid = e.uid;
      v.init = e.field_path.rfind("spec.initContainers{", 0) == 0;
      if (const auto open = e.field_path.find('{');
          open != std::string::npos && e.field_path.back() == '}') {
        v.container = e.field_path.substr(open + 1, e.field_path.size() - open - 2);
      }
      v.reason = e.reason;
      v.message = e.message;
      v.count = static_cast<int>(std::min<long long>(e.count, 1'000'000));
      v.first = e.first ? e.first : e.last;
      v.last = e.last ? e.last : e.first;
      in.events.push_back(std::move(v));
    }
  }
  if (fleet.nodes) {
    for (const facts::Node& node : *fleet.nodes) {
      if (const auto* ready = node.condition("Ready"); ready && ready->status == "Unknown")
        in.nodes_not_ready.insert(node.name);
    }
  }
  in.on_node = [&fleet](const std::string& name, const std::string& image) {
    const facts::Node* node = fleet.node(name);
    const std::string normal = normal_image(image);
    return node != nullptr &&
           std::any_of(
               node->images.begin(), node->images.end(), [&](const facts::NodeImage& there) {
                 return std::any_of(
                     there.names.begin(), there.names.end(), [&](const std::string& other) {
                       return normal_image(other) == normal;
                     });
               });
  };
  return find_pulls(in);
}

void fill_in(Finding& finding, const Values& values) {
  finding.values.fill(values);
}

std::string name_list(std::vector<std::string> names, std::size_t most) {
  std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) {
    return natural_less(a, b);
  });
  names.erase(std::unique(names.begin(), names.end()), names.end());
  if (names.empty())
    return {};
  if (names.size() == 1)
    return names[0];
  if (names.size() > most) {
    const std::size_t rest = names.size() - most;
    names.resize(most);
    return fmt::format("{} and {} more", join(names, ", "), rest);
  }
  const std::string last = names.back();
  names.pop_back();
  return join(names, ", ") + " and " + last;
}

void add_unique(std::vector<std::string>& list, const std::string& value) {
  if (!value.empty() && std::find(list.begin(), list.end(), value) == list.end())
    list.push_back(value);
}

std::string first_line(std::string_view text, std::size_t most) {
  text = trim(text);
  if (const auto end = text.find('\n'); end != std::string_view::npos)
    text = text.substr(0, end);
  if (text.size() <= most)
    return std::string(text);
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80)
    --most;  // not inside a character
  return std::string(text.substr(0, most)) + "…";
}

std::string ago(const Fleet& fleet, const std::optional<Time>& t) {
  const auto age = fleet.age(t);
  return age ? human_duration(*age) + " ago" : std::string("at an unknown time");
}

bool is_gone(const Pod& pod) {
  return pod.deleted || pod.phase == "Succeeded" || pod.phase == "Failed";
}

bool expects_agent(const facts::Node& node) {
  return node.is_linux() && !facts::is_virtual(node);
}

const Pod* agent_pod_on(const Fleet& fleet, std::string_view node) {
  const Pod* found = nullptr;
  for (const Pod* pod : fleet.cilium_pods) {
    if (pod->node != node || is_gone(*pod))
      continue;
    if (!found || pod->ready())
      found = pod;
  }
  return found;
}

std::optional<NotReady> why_not_ready(const Fleet& fleet,
                                      const Pod& pod,
                                      std::string_view main_container,
                                      const Thresholds& thresholds) {
  if (is_gone(pod) || pod.ready())
    return std::nullopt;
  const auto age = fleet.age(pod.created);
  const bool fresh = age && *age < thresholds.agent_settle;
  NotReady out;
  out.pod = &pod;
  if (const facts::Node* node = fleet.node(pod.node)) {
    const auto* ready = node->condition("Ready");
    out.node_down = ready && ready->status == "Unknown";
  }
  if (pod.node.empty()) {
    if (fresh)
      return std::nullopt;
    out.stopped = true;
    out.what = "is not scheduled";
    const auto* c = pod.condition("PodScheduled");
    out.words = c ? c->message : pod.scheduler_message;
    out.source = pod.path("Pod") + " .status.conditions[PodScheduled].message";
    return out;
  }
  const auto look = [&](const Container& c, bool init) {
    out.container = c.name;
    const bool waiting = c.state.kind == StateKind::waiting;
    const auto& ended = c.state.kind == StateKind::terminated ? c.state : c.last;
    const std::string whose = init ? "init container " + c.name : "container " + c.name;
    if (waiting && is_image_reason(c.state.reason)) {
      out.what = fmt::format("{} waits for its image ({})", whose, c.state.reason);
      out.words = c.state.message;
      out.source = state_path(pod, c, init, "state.waiting.message");
      out.cause = "image-pull";
      return;
    }
    if (ended.kind == StateKind::terminated) {
      out.what = fmt::format("{} ends with {} (exit code {}), {} restarts",
                             whose,
                             ended.reason.empty() ? "an error" : ended.reason,
                             ended.exit_code,
                             c.restarts);
      out.words = ended.message;
      out.source =
          state_path(pod,
                     c,
                     init,
                     c.state.kind == StateKind::terminated ? "state.terminated.message"
                                                           : "lastState.terminated.message");
      if (out.words.empty() && waiting) {
        out.words = c.state.message;
        out.source = state_path(pod, c, init, "state.waiting.message");
      }
      quote_last_word(fleet, pod, out);
      return;
    }
    if (waiting) {
      out.what = fmt::format("{} waits: {}", whose, c.state.reason);
      out.words = c.state.message;
      out.source = state_path(pod, c, init, "state.waiting.message");
      quote_last_word(fleet, pod, out);
      return;
    }
    out.what = fmt::format("{} runs since {} and does not end", whose, ago(fleet, c.state.started));
  };
  for (const Container& c : pod.init_containers) {
    if (c.state.kind == StateKind::terminated && c.state.exit_code == 0)
      continue;
    if (c.state.kind == StateKind::running && pod.condition("Initialized") &&
        pod.condition("Initialized")->status == "True")
      continue;
    const bool failed = c.restarts > 0 ||
                        (c.state.kind == StateKind::terminated && c.state.exit_code != 0) ||
                        is_image_reason(c.state.reason);
    if (fresh && !failed)
      return std::nullopt;
    out.stopped = true;
    look(c, true);
    return out;
  }
  const Container* main = pod.container(main_container);
  if (!main && !pod.containers.empty())
    main = &pod.containers.front();
  if (!main) {
    if (fresh)
      return std::nullopt;
    out.stopped = true;
    out.what = "has no container status";
    return out;
  }
  if (main->state.kind != StateKind::running) {
    if (fresh && main->restarts == 0 && !is_image_reason(main->state.reason))
      return std::nullopt;
    out.stopped = true;
    look(*main, false);
    return out;
  }
  // It runs. A container that started a moment ago is given its time.
  const auto running = fleet.age(main->state.started);
  if (main->restarts == 0 && running && *running < thresholds.agent_settle)
    return std::nullopt;
  if (main->restarts > 0 && main->last.kind == StateKind::terminated && running &&
      *running < thresholds.agent_settle) {
    look(*main, false);
    return out;
  }
  if (running && *running < thresholds.agent_settle)
    return std::nullopt;
  out.container = main->name;
  const Container* other = nullptr;
  for (const Container& c : pod.containers) {
    if (&c != main && !c.ready)
      other = &c;
  }
  if (main->ready && other) {
    look(*other, false);
    return out;
  }
  const auto* ready = pod.condition("Ready");
  out.what = ready && ready->since ? fmt::format("container {} runs but is not ready since {}",
                                                 main->name,
                                                 ago(fleet, ready->since))
                                   : fmt::format("container {} runs but is not ready", main->name);
  if (out.node_down)
    out.what = "the kubelet of its node does not report any more";
  if (ready) {
    out.words = ready->message;
    out.source = pod.path("Pod") + " .status.conditions[Ready].message";
  }
  if (fleet.events) {
    for (const facts::Event& e : *fleet.events) {
      if (e.kind == "Pod" && e.uid == pod.uid && e.reason == "Unhealthy") {
        out.words = e.message;
        out.source = "Event Unhealthy of " + pod.path("Pod");
      }
    }
  }
  if (!out.node_down)
    quote_last_word(fleet, pod, out);
  return out;
}

}  // namespace kpr::checks
