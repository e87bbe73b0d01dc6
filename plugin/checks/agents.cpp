#include "checks/agents.hpp"

#include <algorithm>

#include "checks/container_words.hpp"
#include "util/strings.hpp"

namespace kpr::checks {

std::string list_of(const std::vector<std::string>& names, std::size_t most) {
  if (names.size() <= most + 1)
    return join(names, ", ");
  std::vector<std::string> first(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(most));
  return join(first, ", ") + " and " + std::to_string(names.size() - most) + " more";
}
std::string nodes_of(std::size_t n) {
  return count_of(n, "node");
}

std::string shorten(std::string_view text, std::size_t most) {
  text = trim(text);
  if (text.size() <= most)
    return std::string(text);
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;
  return std::string(text.substr(0, end)) + "…";
}

void nothing_told(const facts::Fleet& fleet,
                  Sink& sink,
                  std::initializer_list<const char*> commands,
                  const std::string& what) {
  std::size_t without = 0, asked = 0;
  for (const auto& a : fleet.agents) {
    if (a.raw == nullptr || a.unreachable)
      continue;
    ++asked;
    without += std::all_of(commands.begin(), commands.end(), [&](const char* command) {
      const auto output = a.raw->outputs.find(command);
      if (output == a.raw->outputs.end() || output->second)
        return false;
      const auto reason = output->second.missing().reason;
      return reason == evidence::Reason::no_such_file ||
             reason == evidence::Reason::version_too_old;
    });
  }
  if (fleet.kind == evidence::SourceKind::cluster && asked > 0 && without == asked)
    return sink.cannot_judge(what + ": the agents' image has no program that tells");
  sink.skip(what);
}

std::string line_with(std::string_view text, std::string_view what) {
  const auto at = text.find(what);
  if (at == std::string_view::npos)
    return {};
  auto begin = text.rfind('\n', at);
  begin = begin == std::string_view::npos ? 0 : begin + 1;
  const auto end = text.find('\n', at);
  return shorten(text.substr(begin, end == std::string_view::npos ? end : end - begin));
}

std::vector<Words> last_words(const facts::Fleet& fleet) {
  std::vector<Words> out;
  for (const auto* pod : fleet.cilium_pods) {
    const auto take = [&](const facts::Container& c) {
      const std::pair<const facts::ContainerState*, const char*> states[] = {
          {&c.state, "state"}, {&c.last, "lastState"}};
      for (const auto& [state, name] : states) {
        if (state->message.empty())
          continue;
        const char* kind = state->kind == facts::StateKind::terminated ? ".terminated.message"
                                                                       : ".waiting.message";
        out.push_back({pod->node,
                       pod->name,
                       c.name,
                       pod->path("Pod") + " container " + c.name + " ." + name + kind,
                       state->message,
                       recovered(*pod, c)});
      }
    };
    for (const auto& c : pod->init_containers)
      take(c);
    for (const auto& c : pod->containers)
      take(c);
  }
  if (fleet.evidence != nullptr) {
    for (const auto& log : fleet.evidence->logs) {
      const facts::Pod* pod = fleet.pod(log.ns, log.pod);
      if (pod == nullptr)
        continue;
      const facts::Container* c = pod->container(log.container);
      const bool up = c == nullptr ? pod->ready() : recovered(*pod, *c);
      out.push_back(
          {pod->node,
           log.pod,
           log.container,
           log.source.empty() ? "log of " + pod->path("Pod") + " " + log.container : log.source,
           log.tail,
           up});
    }
  }
  return out;
}

Proof config_evidence(const facts::Fleet& fleet, const std::string& key) {
  const auto value = fleet.config(key);
  return {"ConfigMap " + fleet.cilium_ns + "/cilium-config",
          value ? key + ": \"" + *value + "\"" : key + " is not set"};
}
std::string mode_line(const facts::AgentStatus& s) {
  std::string out =
      "KubeProxyReplacement: " + (s.mode_text.empty() ? std::string("(empty)") : s.mode_text);
  if (!s.devices.empty()) {
    std::vector<std::string> names;
    for (const auto& d : s.devices)
      names.push_back(d.name);
    out += " [" + join(names, ", ") + "]";
  }
  return out;
}
void delete_agents(const facts::Fleet& fleet, Finding& finding) {
  constexpr std::size_t k_most = 6;
  std::size_t deleted = 0;
  for (const facts::Pod* pod : fleet.cilium_pods) {
    const auto& nodes = finding.nodes;
    if (std::find(nodes.begin(), nodes.end(), pod->node) == nodes.end() || ++deleted > k_most)
      continue;
    finding.fix.push_back(Step::say("the agent of {node}:").with({{"node", pod->node}}));
    finding.fix.push_back(
        Step::run("kubectl -n {ns} delete pod {pod}").with({{"ns", pod->ns}, {"pod", pod->name}}));
  }
  if (deleted > k_most)
    finding.fix.push_back(Step::say("and so on for the other nodes"));
}
bool has_key(const facts::Fleet& fleet, const std::string& key) {
  return fleet.config(key).has_value();
}

bool replacement_on(const facts::Fleet& fleet) {
  for (const auto& a : fleet.agents)
    if (a.status && a.status->mode == facts::KprMode::on)
      return true;
  return fleet.configured_mode() == facts::KprMode::on;
}

bool words_say(const facts::Fleet& fleet,
               Finding& f,
               std::initializer_list<std::string_view> needles,
               bool also_recovered) {
  bool any = false;
  for (const auto& w : last_words(fleet)) {
    if (w.running && !also_recovered)
      continue;
    for (const auto needle : needles) {
      const auto line = line_with(w.text, needle);
      if (line.empty())
        continue;
      any = true;
      f.nodes.push_back(w.node);
      if (f.evidence.size() < 6)
        f.evidence.push_back({w.source, line});
      break;
    }
  }
  return any;
}

std::optional<Drops> drops_of(const facts::Agent& agent, std::string_view reason) {
  if (!agent.metrics)
    return std::nullopt;
  Drops drops;
  double forwarded = 0, largest = 0;
  for (const auto& metric : *agent.metrics) {
    if (metric.name.ends_with("_forward_count_total"))
      forwarded += metric.value;
    if (!metric.name.ends_with("_drop_count_total") || metric.label("reason") != reason)
      continue;
    drops.count += metric.value;
    if (metric.value > largest) {
      largest = metric.value;
      drops.line = metric.line;
    }
  }
  if (forwarded > 0)
    drops.share = drops.count / (drops.count + forwarded);
  return drops;
}

std::optional<Time> started_at(const facts::Fleet& fleet, const facts::Agent& agent) {
  const auto* pod = agent.pod.empty() ? nullptr : fleet.pod(agent.ns, agent.pod);
  if (pod == nullptr)
    return std::nullopt;
  const auto* container = pod->container("cilium-agent");
  return container != nullptr && container->state.started ? container->state.started : pod->started;
}

bool settled(const facts::Fleet& fleet, const facts::Agent& agent, std::chrono::seconds least) {
  const auto age = fleet.age(started_at(fleet, agent));
  return !age || *age >= least;
}

}  // namespace kpr::checks
