// Completion through kubectl's own mechanism: kubectl runs `kubectl_complete-kpr WORD… LASTWORD`
// and reads candidates and a directive.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "cli/command_table.hpp"
#include "util/result.hpp"

namespace kpr::cli {

// Looks up names that only a cluster, a kubeconfig or the catalogue knows. May give nothing; must
// be quick.
using Lookup = std::function<std::vector<std::string>(Complete what)>;

// The answer for the words typed after `kubectl kpr`, the last one possibly empty: a candidate a
// line ("name<TAB>description"), last line ":<directive>" (":4" no file names, ":0" the shell's
// default).
std::string complete(const std::vector<std::string>& words, const Lookup& lookup);

// A script for bash, zsh or fish that completes the name `kubectl-kpr` itself, or a usage error.
Result<std::string> completion_script(std::string_view shell);

// Makes kubectl_complete-kpr beside the program at `self`, a link to it (a copy of it where links
// are not to be had). Says where.
Result<std::string> install_completion(const std::string& self);

}  // namespace kpr::cli
