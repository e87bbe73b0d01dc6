// What the families of workloads, helm and Cilium's own health share: pulls of a fleet, agents that
// do not run, words of containers.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "checks/check.hpp"
#include "checks/container_words.hpp"
#include "checks/pull_state.hpp"

namespace kpr::checks {

Checks pull_checks();     // image-pull-*, sandbox-image-pull
Checks sandbox_checks();  // cni-*
Checks helm_checks();
Checks agent_health_checks();    // agents, operator, taints
Checks agent_start_checks();     // why agents do not start
Checks envoy_checks();           // Envoy as a DaemonSet
Checks cluster_health_checks();  // other CNIs and proxies, unmanaged pods

// Pulls that fail or are under way, of the namespaces that the user wants.
std::vector<ContainerPull> pulls_of(const facts::Fleet& fleet, const Sink& sink);

void fill_in(Finding& finding, const Values& values);  // what is set already stays

// "n1", "n1 and n2", "n1, n2 and 5 more".
std::string name_list(std::vector<std::string> names, std::size_t most = 3);
void add_unique(std::vector<std::string>& list, const std::string& value);
std::string first_line(std::string_view text, std::size_t most = 300);
std::string ago(const facts::Fleet& fleet, const std::optional<Time>& t);  // "12m ago"

// A pod that does not count any more: finished, being deleted, or rejected by a node and replaced.
bool is_gone(const facts::Pod& pod);

// Why an agent (or operator) pod is not ready.
struct NotReady {
  const facts::Pod* pod = nullptr;
  std::string
      what;  // "init container config fails (exit code 1)", "CrashLoopBackOff", "not ready for 12m"
  std::string container;
  std::string words;   // last words, as found
  std::string source;  // object path of the words
  std::string cause;   // id of the finding that explains it, as far as the words tell
  std::optional<ContainerWord> said;  // what decided, where a container said it
  bool stopped = false;               // the main container does not run
  bool node_down = false;
};
std::optional<NotReady> why_not_ready(const facts::Fleet& fleet,
                                      const facts::Pod& pod,
                                      std::string_view main_container,
                                      const Thresholds& thresholds);

// Nodes on which an agent ought to run: Linux, not virtual.
bool expects_agent(const facts::Node& node);
const facts::Pod* agent_pod_on(const facts::Fleet& fleet, std::string_view node);

}  // namespace kpr::checks
