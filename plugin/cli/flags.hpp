// kubectl's flag habits: flags before or after the subcommand, -o=json, -ojson, --output json, the
// last one wins, `--` ends flags. The tables here are the one source of parsing, help, completion
// and man pages.
#pragma once
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "util/result.hpp"

namespace kpr::cli {

// How a shell may complete the value of a flag or argument.
enum class Complete {
  none,
  file,
  directory,
  contexts,
  namespaces,
  nodes,
  checks,
  outputs,
  severities,
  words
};

struct Flag {
  std::string_view name;  // without dashes
  char letter = 0;        // short form, 0 for none
  std::string_view value =
      {};  // what stands after '=' in help ("json", "duration"); empty for a switch
  std::string_view fallback = {};  // default as printed in help
  std::string_view help;           // begins upper case, ends without a full stop when one sentence
  bool repeatable = false;         // all values count; otherwise the last one wins
  Complete complete = Complete::none;
  std::string_view words = {};  // for Complete::words and outputs: separated by '|'
};

// Flags by name with every value in the order given; switches hold "true" or "false".
class FlagValues {
 public:
  bool has(std::string_view name) const { return values_.count(std::string(name)) != 0; }
  std::string get(std::string_view name, std::string_view fallback = {}) const;
  std::vector<std::string> all(std::string_view name) const;
  bool on(std::string_view name) const { return get(name) == "true"; }
  const std::vector<std::string>& arguments() const { return arguments_; }
  void add(std::string_view name, std::string value) {
    values_[std::string(name)].push_back(std::move(value));
  }
  void add_argument(std::string value) { arguments_.push_back(std::move(value)); }

 private:
  std::map<std::string, std::vector<std::string>> values_;
  std::vector<std::string> arguments_;
};

// argv without the program's name, in one canonical form: "--name=value" for each flag, everything
// else after "--". `flags` must hold every flag that may appear. Errors are pflag's: "unknown flag:
// --x", "flag needs an argument: --output".
Result<std::vector<std::string>> normalize(std::span<const std::string> argv,
                                           std::span<const Flag> flags);

// Parses normalized tokens. A switch takes true, false, 1 and 0 only.
Result<FlagValues> parse(std::span<const std::string> argv, std::span<const Flag> flags);

}  // namespace kpr::cli
