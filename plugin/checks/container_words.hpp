// What the containers of Cilium's pods said last, where they do not run or are not ready.
#pragma once
#include "checks/check.hpp"
#include "checks/last_words.hpp"

namespace kpr::checks {

struct ContainerWord {
  const facts::Pod* pod = nullptr;
  std::string container;
  bool init = false;
  std::string source;  // where it stands: a status, a log, an event
  LastWord word;
};

// An init container that runs is one that still tries; an agent has recovered when it is ready.
bool recovered(const facts::Pod& pod, const facts::Container& container);

// Of the containers that have not recovered, init ones first: the first that says something the
// table knows, else the first that says anything. Nothing where nobody said a word.
std::optional<ContainerWord> word_of(const facts::Fleet& fleet, const facts::Pod& pod);

// Whether anything was read of what these containers said, known or not.
bool has_words(const facts::Fleet& fleet, const facts::Pod& pod);

// Puts what the table says of the cause into a finding: behind its summary, its fix and its links.
void tell_cause(const ContainerWord& said, Finding& finding);

// The pods of a part of Cilium that is no agent and no operator: by label k8s-app.
std::vector<const facts::Pod*> pods_of_app(const facts::Fleet& fleet, std::string_view app);

}  // namespace kpr::checks
