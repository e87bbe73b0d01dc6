// The settings of a node that operators compare, drawn from one status document; and what differs
// over the nodes.
#pragma once
#include <kpr/parse.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kpr::commands {

// One compared setting: its name for people, its key in JSON, its column (none when it has no
// column of its own).
struct Setting {
  std::string_view name;    // "Socket LB", as the agent prints it
  std::string_view key;     // "socket-lb"
  std::string_view column;  // "SOCKET-LB"
  bool wide;                // column shown with -o wide only
};

// In the order of the table. The values of a node stand in the same order; no value: the text does
// not say (a plain status, an old version).
const std::vector<Setting>& settings();
using Values = std::vector<std::optional<std::string>>;
Values values_of(const StatusDocument& document);

// For each setting the value that most nodes have; none where no node says. Ties go to the value
// met first.
Values majority(const std::vector<const Values*>& nodes);

}  // namespace kpr::commands
