// One function a subcommand: reads its flags, opens its source, calls the command, prints its
// report.
#pragma once
#include <string>

#include "cli/dispatch.hpp"
#include "cli/flags.hpp"

namespace kpr::cli {

struct Invocation {
  FlagValues flags;
  std::vector<std::string> arguments;  // after the subcommand
  std::string program;                 // "kubectl kpr" or "kubectl-kpr"
  std::string self;                    // argv[0]
};

int handle_status(const Invocation& call, const Environment& environment);
int handle_parse(const Invocation& call, const Environment& environment);
int handle_doctor(const Invocation& call, const Environment& environment);
int handle_checks(const Invocation& call, const Environment& environment);
int handle_explain(const Invocation& call, const Environment& environment);
int handle_collect(const Invocation& call, const Environment& environment);
int handle_rbac(const Invocation& call, const Environment& environment);
int handle_version(const Invocation& call, const Environment& environment);

}  // namespace kpr::cli
