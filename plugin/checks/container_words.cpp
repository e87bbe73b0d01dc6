#include "checks/container_words.hpp"

#include <algorithm>

namespace kpr::checks {
namespace {

using facts::Container;
using facts::ContainerState;
using facts::Fleet;
using facts::Pod;
using facts::StateKind;

std::string_view who_is(const Pod& pod, std::string_view container) {
  const auto app = pod.labels.find("k8s-app");
  if (app != pod.labels.end() && app->second == "clustermesh-apiserver")
    return "clustermesh";
  return container == "cilium-agent"      ? "agent"
         : container == "cilium-operator" ? "operator"
         : container == "cilium-envoy"    ? "envoy"
                                          : container;
}

std::optional<facts::Version> version_of(const Fleet& fleet, const Container& c) {
  auto version = facts::version_of_image(c.image);
  return version ? version : fleet.version;
}

// The runtime's words about a container that it could not start, not the container's own.
bool from_runtime(const ContainerState& state) {
  static constexpr std::string_view k_reasons[] = {"StartError",
                                                   "ContainerCannotRun",
                                                   "RunContainerError",
                                                   "CreateContainerError",
                                                   "CreateContainerConfigError",
                                                   "InvalidImageName",
                                                   "PostStartHookError",
                                                   "PreStartHookError"};
  return std::find(std::begin(k_reasons), std::end(k_reasons), state.reason) != std::end(k_reasons);
}

struct Text {
  std::string source, text;
  std::string_view who;
};

void take_state(const Pod& pod,
                const Container& c,
                const ContainerState& state,
                const char* name,
                std::vector<Text>& out) {
  const bool runtime = from_runtime(state);
  if (state.message.empty() || (state.kind == StateKind::waiting && !runtime))
    return;
  const char* field = state.kind == StateKind::waiting ? ".waiting.message" : ".terminated.message";
  const std::string source = pod.path("Pod") + " container " + c.name + " ." + name + field;
  if (runtime)
    out.push_back({source, state.message, "runtime"});
  if (runtime && state.reason == "CreateContainerConfigError")
    out.push_back({source, state.message, "kubelet"});
  if (!runtime)
    out.push_back({source, state.message, who_is(pod, c.name)});
}

// What there is to read of a container, the end of its last run first.
std::vector<Text> texts_of(const Fleet& fleet, const Pod& pod, const Container& c) {
  std::vector<Text> out;
  take_state(pod, c, c.state, "state", out);
  take_state(pod, c, c.last, "lastState", out);
  if (fleet.evidence == nullptr)
    return out;
  const bool runs = c.state.kind == StateKind::running;
  for (const bool previous : {!runs, runs})
    for (const auto& log : fleet.evidence->logs)
      if (log.pod == pod.name && log.ns == pod.ns && log.container == c.name &&
          log.previous == previous)
        out.push_back({log.source.empty() ? "log of " + pod.path("Pod") + " " + c.name : log.source,
                       log.tail,
                       who_is(pod, c.name)});
  return out;
}

// An end that says more than an exit code: killed for want of memory, by a signal.
std::optional<LastWord> word_of_exit(const ContainerState& state, const Speaker& speaker) {
  if (state.kind != StateKind::terminated || state.exit_code == 0)
    return std::nullopt;
  LastWord word = look_up(exit_record(state.reason, state.exit_code), speaker);
  return word.row == nullptr ? std::nullopt : std::optional(std::move(word));
}

std::optional<ContainerWord>
word_of(const Fleet& fleet, const Pod& pod, const Container& c, bool init) {
  std::optional<ContainerWord> unknown;
  for (const Text& text : texts_of(fleet, pod, c)) {
    auto word = last_word(text.text, {text.who, init, version_of(fleet, c)});
    if (!word)
      continue;
    const bool known = word->row != nullptr;
    ContainerWord said{&pod, c.name, init, text.source, std::move(*word)};
    if (known)
      return said;
    if (!unknown)
      unknown = std::move(said);
  }
  for (const auto* state : {&c.state, &c.last})
    if (auto word = word_of_exit(*state, {who_is(pod, c.name), init, version_of(fleet, c)}))
      return ContainerWord{
          &pod,
          c.name,
          init,
          pod.path("Pod") + " container " + c.name +
              (state == &c.state ? " .state.terminated" : " .lastState.terminated"),
          std::move(*word)};
  return unknown;
}

// The kubelet's words about a pod whose containers it cannot make.
std::optional<ContainerWord> word_of_events(const Fleet& fleet, const Pod& pod) {
  if (!fleet.events)
    return std::nullopt;
  for (auto e = fleet.events->rbegin(); e != fleet.events->rend(); ++e) {
    if (e->kind != "Pod" || e->ns != pod.ns || e->name != pod.name || e->uid != pod.uid ||
        !e->reason.starts_with("Failed"))
      continue;
    auto word = last_word(e->message, {"kubelet", false, fleet.version});
    if (word && word->row != nullptr)
      return ContainerWord{
          &pod, {}, false, "Event " + e->reason + " of " + pod.path("Pod"), std::move(*word)};
  }
  return std::nullopt;
}

}  // namespace

bool recovered(const Pod& pod, const Container& c) {
  return pod.ready() || c.ready ||
         (c.state.kind == StateKind::terminated && c.state.exit_code == 0);
}

std::optional<ContainerWord> word_of(const Fleet& fleet, const Pod& pod) {
  std::optional<ContainerWord> unknown;
  for (const bool init : {true, false}) {
    for (const Container& c : init ? pod.init_containers : pod.containers) {
      if (recovered(pod, c))
        continue;
      auto word = word_of(fleet, pod, c, init);
      if (word && word->word.row != nullptr)
        return word;
      if (word && !unknown)
        unknown = std::move(word);
    }
  }
  auto word = word_of_events(fleet, pod);
  return word ? word : unknown;
}

bool has_words(const Fleet& fleet, const Pod& pod) {
  const auto speaks = [&](const Container& c) {
    return !recovered(pod, c) && !texts_of(fleet, pod, c).empty();
  };
  return std::any_of(pod.init_containers.begin(), pod.init_containers.end(), speaks) ||
         std::any_of(pod.containers.begin(), pod.containers.end(), speaks);
}

void tell_cause(const ContainerWord& said, Finding& f) {
  const WordsRow& row = *said.word.row;
  f.summary += ": " + with_caught(row.cause, said.word.caught);
  f.fix = row.fix;
  f.values.set("pod", said.pod->name);
  f.values.set("container", said.container);
  const auto caught = [&](const char* name) {
    const auto found = said.word.caught.find(name);
    return found == said.word.caught.end() ? std::string() : found->second;
  };
  f.values.set("api", caught("api"));
  if (const std::string port = caught("port"); !port.empty())
    f.values.set("port", port);
  if (const std::string host = caught("host"); !host.empty())
    f.values.set("host", host);
  f.links.insert(f.links.end(), row.links.begin(), row.links.end());
}

std::vector<const Pod*> pods_of_app(const Fleet& fleet, std::string_view app) {
  std::vector<const Pod*> out;
  if (fleet.pods)
    for (const Pod& pod : *fleet.pods) {
      const auto label = pod.labels.find("k8s-app");
      if (label != pod.labels.end() && label->second == app)
        out.push_back(&pod);
    }
  return out;
}

}  // namespace kpr::checks
