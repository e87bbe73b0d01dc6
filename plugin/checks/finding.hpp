// A finding: what is wrong, where, how we know, and what fixes it. Texts are ready to print but not
// escaped; renderers escape.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kpr::checks {

enum class Severity { info, warn, error, critical };
std::string_view to_string(Severity severity);  // "critical", "error", "warn", "info"
std::optional<Severity> parse_severity(std::string_view text);

struct Proof {
  std::string source;  // "kubectl -n kube-system exec cilium-x -- …", a file of the archive,
                       // "ConfigMap kube-system/cilium-config .data.x"
  std::string text;    // the very text
};

struct Finding {
  std::string id;
  Severity severity = Severity::info;
  std::string summary;               // one sentence
  std::vector<std::string> nodes;    // filled by the runner in natural order, without doubles
  std::vector<std::string> objects;  // "Pod ns/name", "Service ns/name", …
  std::vector<Proof> evidence;
  std::string why;               // the catalogue's, unless the check says more
  std::vector<std::string> fix;  // commands and sentences with this cluster's own values
  std::vector<std::string> verify;
  std::vector<std::string> links;
  std::string explained_by;  // id of the finding that causes this one; such findings are moved to
                             // RunResult::explained
  std::vector<std::string> explains;  // the other way round
  bool from_memory = false;           // rests on a fact that no source confirms: worded with care
};

}  // namespace kpr::checks
