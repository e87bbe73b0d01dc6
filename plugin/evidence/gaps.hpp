// What a run asked for and did not get: the difference between "nothing is wrong" and "nothing is
// known to be wrong".
#pragma once
#include <string>
#include <vector>

#include "evidence/evidence.hpp"

namespace kpr::evidence {

// False for what was not asked, and for what this cluster, image or version simply does not have: a
// better right or a second try gives no more.
bool is_gap(Reason reason);

// "no right: secrets is forbidden: …"
std::string reason_text(const Missing& missing);

// Lists of objects that could not be read, or in part only: "secrets: no right: …", "pods in part:
// namespace kube-system only: …".
std::vector<std::string> missing_lists(const Evidence& evidence, bool gaps_only);

// Answers that agents which did answer owe us, the same reason of many agents joined:
// "iptables-nft-save of 3 agents: timed out: …". A command that failed or printed nothing has said
// what it has to say, and is no gap.
std::vector<std::string> missing_answers(const Evidence& evidence, bool gaps_only);

}  // namespace kpr::evidence
