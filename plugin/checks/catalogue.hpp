// The catalogue: title, severity, what, why, fix of every id. Compiled in from catalogue.json and
// catalogue_workloads.json.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "finding/finding.hpp"

namespace kpr::checks {

using finding::Finding;
using finding::parse_severity;
using finding::Proof;
using finding::Severity;
using finding::Step;
using finding::Steps;
using finding::to_string;
using finding::Values;

struct Entry {
  std::string id, title;
  Severity severity = Severity::info;  // the usual one; a finding may have another
  std::string phase;                   // "D" doctor, "P" plan, "B" both
  std::string applies_to, what, why;
  Steps fix, verify;
  // What a finding says, with placeholders, by variant: "" where there is one only. A check that
  // writes its own sentence has none.
  std::map<std::string, std::string> summaries;
  std::vector<std::string> evidence, versions, links;
  std::string confidence;  // "" or "gk": parts of it are general knowledge that no source confirms
  int section = 0;
  bool judged = true;  // false: no check decides it; docs/checks-not-judged.md says why
};

const std::vector<Entry>& catalogue();         // by section, in the files' order
const Entry* find_entry(std::string_view id);  // null when unknown
std::string_view catalogue_problem();          // "" ; a test asserts that
}  // namespace kpr::checks
