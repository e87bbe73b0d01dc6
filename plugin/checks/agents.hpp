// Small helpers that several families share.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checks/check.hpp"

namespace kpr::checks {

// "a, b, c" or "a, b, c and 9 more".
std::string list_of(const std::vector<std::string>& names, std::size_t most = 4);
// "1 node", "3 nodes".
std::string nodes_of(std::size_t n);
// The last words of the agent's containers (init ones too) and the tails of their logs: where,
// container, text.
struct Words {
  std::string node, pod, container, source, text;
  bool running = false;  // the container has recovered: the words are of a run before
};
std::vector<Words> last_words(const facts::Fleet& fleet);
// The line of `text` that holds `what`, trimmed and at most 400 bytes.
std::string line_with(std::string_view text, std::string_view what);
std::string shorten(std::string_view text, std::size_t most = 400);
Proof config_evidence(const facts::Fleet& fleet, const std::string& key);
std::string mode_line(const facts::AgentStatus& status);  // "KubeProxyReplacement: True"
// No agent told what a check asks these commands for: skipped, but not judged where no agent's
// image has such a program.
void nothing_told(const facts::Fleet& fleet,
                  Sink& sink,
                  std::initializer_list<const char*> commands,
                  const std::string& what);
// Whether Cilium replaces kube-proxy: an agent says so, or else cilium-config.
bool replacement_on(const facts::Fleet& fleet);
// Adds nodes and lines of containers whose last words hold one of the needles; those of a container
// that has recovered only when asked for.
bool words_say(const facts::Fleet& fleet,
               Finding& finding,
               std::initializer_list<std::string_view> needles,
               bool also_recovered = false);
// Packets that an agent's datapath dropped for a reason, since its metrics map was made: the map
// outlives restarts of the agent. What was dropped in months is no fault; a share of the traffic
// is.
struct Drops {
  double count = 0, share = 0;  // share: of all packets dropped for it or forwarded; 0 when unknown
  std::string line;             // the largest one, as evidence
  bool are_many() const { return count > 0 && share >= 0.001; }
};
std::optional<Drops> drops_of(const facts::Agent& agent, std::string_view reason);
// When an agent's container started; nothing where no pod tells.
std::optional<Time> started_at(const facts::Fleet& fleet, const facts::Agent& agent);
// Agents in their first minutes are not judged.
bool settled(const facts::Fleet& fleet, const facts::Agent& agent, std::chrono::seconds least);
// Adds a step for each of the finding's nodes (the first few): its agent is deleted, to start anew.
void delete_agents(const facts::Fleet& fleet, Finding& finding);
bool has_key(const facts::Fleet& fleet, const std::string& key);

}  // namespace kpr::checks
