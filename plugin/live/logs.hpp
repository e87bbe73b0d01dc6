// What Cilium's own containers said last, where they do not run: the log, and the one before. Only
// for the cluster collector.
#pragma once
#include "evidence/evidence.hpp"
#include "kube/client.hpp"

namespace kpr::live {

// An agent or an operator with a container that is not running or not ready.
bool has_last_words(const nlohmann::json& pod);

// The logs of such containers of these pods, into evidence.logs. A few requests at most; what
// cannot be read for want of a right is said once in the notes.
void read_logs(kube::Client& client,
               const std::vector<nlohmann::json>& pods,
               evidence::Evidence& evidence);

}  // namespace kpr::live
