// agent-start-failed: why a program of Cilium does not start, by its last words.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "checks/agents.hpp"
#include "checks/container_words.hpp"
#include "checks/workloads_common.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

using facts::Fleet;
using facts::Pod;

// Pods whose words have one cause.
struct Group {
  std::vector<ContainerWord> words;
  std::string program;  // "the Cilium agent", "clustermesh-apiserver"
};

std::string subject_of(const Group& group) {
  const ContainerWord& first = group.words.front();
  std::vector<std::string> nodes;
  for (const auto& word : group.words)
    add_unique(nodes, word.pod->node);
  const std::string where = group.program + " on " + name_list(nodes);
  if (first.init)
    return "init container " + first.container + " of " + where + " fails";
  return where +
         (first.word.row->effect == Effect::ends ? " does not start" : " does not get ready");
}

// The CiliumNodeConfig that sets a key for a node; null where cilium-config's value holds.
const facts::CiliumNodeConfig*
sets(const Fleet& fleet, const std::string& key, std::string_view node_name) {
  const facts::Node* node = fleet.node(node_name);
  if (node == nullptr || !fleet.node_configs)
    return nullptr;
  const auto found =
      std::find_if(fleet.node_configs->begin(), fleet.node_configs->end(), [&](const auto& c) {
        return c.ns == fleet.cilium_ns && c.defaults.count(key) > 0 &&
               c.node_selector.selects(node->labels);
      });
  return found == fleet.node_configs->end() ? nullptr : &*found;
}

// Where the keys that the words are about are set, and to what.
void add_settings(const Fleet& fleet, const ContainerWord& said, Finding& f) {
  std::vector<std::string> keys = said.word.row->keys;
  if (const auto key = said.word.caught.find("key"); key != said.word.caught.end())
    add_unique(keys, key->second);
  for (const auto& key : keys) {
    if (const auto* c = sets(fleet, key, said.pod->node)) {
      f.evidence.push_back({c->path("CiliumNodeConfig") + " .spec.defaults",
                            key + ": \"" + c->defaults.at(key) + "\""});
      add_unique(f.objects, c->path("CiliumNodeConfig"));
    } else if (fleet.cilium_config && has_key(fleet, key)) {
      f.evidence.push_back(config_evidence(fleet, key));
    }
  }
}

bool declares(const Pod& pod, int port) {
  return std::any_of(pod.containers.begin(), pod.containers.end(), [&](const auto& c) {
    return std::any_of(c.ports.begin(), c.ports.end(), [&](const auto& p) {
      return p.container_port == port || p.host_port == port;
    });
  });
}

// Pods in the node's network that could hold a port: those that declare it, else all.
void add_holders(const Fleet& fleet, const ContainerWord& said, Finding& f) {
  const auto port = said.word.caught.find("port");
  if (port == said.word.caught.end() || port->second.empty() || !fleet.pods)
    return;
  const int number = std::atoi(port->second.c_str());
  std::vector<std::string> declared, others;
  for (const Pod& pod : *fleet.pods) {
    if (pod.node != said.pod->node || !pod.host_network || &pod == said.pod || is_gone(pod))
      continue;
    (declares(pod, number) ? declared : others).push_back(pod.ns + "/" + pod.name);
  }
  const bool known = !declared.empty();
  if (!known && others.empty())
    return;
  f.evidence.push_back({"Pods of " + said.pod->node + " with hostNetwork",
                        known ? list_of(declared) +
                                    (declared.size() == 1 ? " declares" : " declare") + " port " +
                                    port->second
                              : "none declares port " + port->second +
                                    "; any of them could hold it: " + list_of(others, 8)});
  for (const auto& name : declared)
    add_unique(f.objects, "Pod " + name);
}

Finding finding_of(const Fleet& fleet, const Sink& sink, const Group& group) {
  const ContainerWord& first = group.words.front();
  Finding f = sink.make(subject_of(group));
  tell_cause(first, f);
  std::set<std::string> quoted;
  for (const auto& said : group.words) {
    f.nodes.push_back(said.pod->node);
    f.objects.push_back(said.pod->path("Pod"));
    if (quoted.size() < 3 && quoted.insert(said.word.record.text).second)
      f.evidence.push_back({said.source, said.word.record.text});
  }
  add_settings(fleet, first, f);
  add_holders(fleet, first, f);
  f.also_told_by = first.word.row->findings;
  return f;
}

// Groups of known words, in the order of the pods; how many pods said what nobody knows.
struct Said {
  std::vector<Group> groups;
  std::vector<std::string> unknown, silent;  // nodes
};

void take(const Fleet& fleet, const Pod& pod, const std::string& program, Said& said) {
  auto word = word_of(fleet, pod);
  if (!word || word->word.row == nullptr)
    return add_unique(has_words(fleet, pod) ? said.unknown : said.silent, pod.node);
  const auto same = std::find_if(said.groups.begin(), said.groups.end(), [&](const Group& g) {
    return g.words.front().word.row == word->word.row &&
           g.words.front().container == word->container && g.program == program;
  });
  if (same != said.groups.end())
    same->words.push_back(std::move(*word));
  else
    said.groups.push_back({{std::move(*word)}, program});
}

void start_failed(const Fleet& fleet, Sink& sink) {
  if (fleet.cilium_ds == nullptr && fleet.cilium_pods.empty())
    return sink.not_applicable("no Cilium DaemonSet found");
  Said agents, others;
  for (const Pod* pod : fleet.cilium_pods) {
    const auto why = why_not_ready(fleet, *pod, "cilium-agent", sink.thresholds());
    if (why && !pod->node.empty() && why->cause != "image-pull")
      take(fleet, *pod, "the Cilium agent", agents);
  }
  for (const Pod* pod : pods_of_app(fleet, "clustermesh-apiserver"))
    if (why_not_ready(fleet, *pod, "apiserver", sink.thresholds()))
      take(fleet, *pod, "clustermesh-apiserver", others);
  for (const Group& group : agents.groups)
    sink.add(finding_of(fleet, sink, group));
  for (const Group& group : others.groups) {
    Finding f = finding_of(fleet, sink, group);
    f.severity = Severity::error;
    sink.add(std::move(f));
  }
  if (!agents.silent.empty())
    sink.skip("what the agent on " + name_list(agents.silent) + " said last could not be read");
  if (!agents.unknown.empty())
    sink.cannot_judge("the last words of the agent on " + name_list(agents.unknown) +
                      " are none of those known");
}

}  // namespace

Checks agent_start_checks() {
  return {{"agent-start-failed", {Need::pods}, start_failed}};
}

}  // namespace kpr::checks
