// Commands that are printed for hostile clusters, pasted into real shells.
#pragma once
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "checks/run.hpp"
#include "evidence/evidence.hpp"

namespace kpr::test {

// What someone with rights on one object, or the author of an archive, would write into a name.
const std::vector<std::string>& payloads();

// All texts of a piece of evidence that can be told apart: names, values, words of agents' outputs.
std::set<std::string> texts_of(const evidence::Evidence& evidence);

// The evidence with each of these texts replaced wherever it stands, also inside of longer ones.
evidence::Evidence with_texts(evidence::Evidence evidence,
                              const std::vector<std::pair<std::string, std::string>>& replaced);

// The commands of a run's findings, those for making sure included.
struct Pasted {
  std::set<std::string> lines;
  std::vector<std::pair<std::string, std::vector<std::string>>>
      argv;  // of those that need no shell
  void add(const checks::RunResult& result);
};

// Pastes all lines into `shell`, where every program is a stub. Says what ran that should not, what
// file came to be, and which stub was called with other words than `argv` has; "" when all is well.
std::string paste(const std::string& shell, const Pasted& pasted);

}  // namespace kpr::test
