// A finding: what is wrong, where, how we know, and what fixes it. Checks make it, plans and
// reports use it. Texts are as they came; whoever prints one escapes it.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "finding/step.hpp"

namespace kpr::finding {

enum class Severity { info, warn, error, critical };  // in order: worse is greater
std::string_view to_string(Severity severity);        // "critical", "error", "warn", "info"
std::optional<Severity> parse_severity(std::string_view text);  // the same words, or "warning"

// How we know.
struct Proof {
  std::string source;  // "kubectl -n kube-system exec cilium-x -- …", a file of the archive,
                       // "ConfigMap kube-system/cilium-config .data.x"
  std::string text;    // the very text
};

struct Finding {
  std::string id;  // of the check
  Severity severity = Severity::info;
  std::string title;                 // of the check
  std::string summary;               // one sentence: what is wrong here
  std::vector<std::string> nodes;    // in natural order, without doubles
  std::vector<std::string> objects;  // "Pod ns/name", "Service ns/name", …
  std::vector<Proof> evidence;
  std::string why;  // the catalogue's, unless the check says more
  Steps fix, verify;
  Values values;  // what the placeholders of its steps stand for
  std::vector<std::string> links;
  std::string explained_by;               // id of the finding that causes this one
  std::vector<std::string> explains;      // the other way round
  std::vector<std::string> also_told_by;  // ids; a finding of one of them that names all of this
                                          // one's nodes says more, and takes its place
  bool from_memory = false;  // rests on a fact that no source confirms: worded with care
};

// Each text once, with how often it was found, distinct texts first; the first few of them.
void tidy_evidence(std::vector<Proof>& evidence);

// Nodes and objects in natural order and once each, and all that is known filled into the steps:
// the finding's own values before `cluster`'s.
void complete(Finding& finding, const Values& cluster);

}  // namespace kpr::finding
