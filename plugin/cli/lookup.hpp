// What completion offers that only a kubeconfig, a cluster or the catalogue knows.
#pragma once
#include <string>
#include <vector>

#include "cli/completion.hpp"
#include "cli/dispatch.hpp"

namespace kpr::cli {

// Reads the kubeconfig, context and other connection flags among the words typed so far. A cluster
// that does not answer within three seconds gives no names; no credential plugin may ask the user.
// Errors are silent: a shell is in the middle of a line.
Lookup lookup_for(const std::vector<std::string>& words, const Environment& environment);

}  // namespace kpr::cli
