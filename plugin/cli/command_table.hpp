// The subcommands: names, texts and flags. Help, man pages and completion are made from this table.
#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "cli/flags.hpp"

namespace kpr::cli {

struct Example {
  std::string_view comment;
  std::string_view command;  // {} stands for the program's name as the user types it
};

struct Command {
  std::string_view name;
  std::string_view arguments;  // as in the usage line: "[flags]", "FILE [flags]"
  std::string_view summary;    // begins with a verb, no full stop
  std::string_view text;       // the long description
  std::vector<Example> examples;
  std::vector<std::span<const Flag>> flag_groups;
  Complete complete_argument = Complete::none;
  std::string_view argument_words = {};
};

const std::vector<Command>& commands();
const Command* find_command(std::string_view name);

// Every flag of a command, global ones included.
std::vector<Flag> flags_of(const Command& command);
// The union over all commands: enough to tell flags, values and the subcommand apart before it is
// known.
const std::vector<Flag>& all_flags();

// `program` is "kubectl kpr" when started as a plugin, else "kubectl-kpr".
std::string help_text(const Command& command, std::string_view program);
std::string overview_text(std::string_view program);
std::string man_page(const Command* command,
                     std::string_view version,
                     std::string_view date);  // nullptr: the program's own page

}  // namespace kpr::cli
