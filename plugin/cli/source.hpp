// Where the evidence comes from: saved texts (-f), an archive (--from), or the cluster of the kubeconfig. Commands cannot tell which.
#pragma once
#include <string>
#include <vector>

#include "cli/flags.hpp"
#include "cli/run.hpp"
#include "evidence/evidence.hpp"
#include "util/result.hpp"

namespace kpr::cli {

struct Wants {
  std::string subcommand;               // decides commands and resources
  std::vector<std::string> commands;    // names of evidence/commands.hpp
  std::vector<std::string> resources;   // plurals
};

bool is_live(const FlagValues& flags);
Result<evidence::Evidence> open_source(const FlagValues& flags, const Wants& wants, const Environment& environment);

}  // namespace kpr::cli
