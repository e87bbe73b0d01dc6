// The read-only commands that may be run in an agent's container: nothing outside this table is
// ever executed. The names are the keys of Agent::outputs; archives hold the same outputs under the
// same names.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kpr::evidence {

struct Command {
  std::string_view name;
  // argv, separated by spaces (no argument holds one). `cilium-dbg` stands for the agent's binary:
  // cilium-dbg, or cilium before 1.15.
  std::string_view argv;
  std::string_view since;    // first Cilium minor that has it, "" for all
  std::size_t max_bytes;     // of its stdout; what comes after is cut and the output is too_large
  unsigned seconds;          // time limit
  std::string_view purpose;  // for `kubectl kpr rbac` and the docs
  bool counted = false;      // of its output only the first line and the number of lines are wanted
                             // (count_lines()); the agent's shell counts
};

// The one that sends packets of its own; asked with --probe-network only.
inline constexpr std::string_view k_network_probe = "connect-kubernetes";

std::span<const Command> agent_commands();
const Command* find_command(std::string_view name);

// What a subcommand asks each agent. Unknown subcommand: empty.
std::vector<std::string> commands_of(std::string_view subcommand);

// The ConfigMaps that are read, each by its name; all others are nobody's business.
std::vector<std::string> config_maps();

// What a subcommand lists, by plural.
std::vector<std::string> resources_of(std::string_view subcommand);

}  // namespace kpr::evidence
