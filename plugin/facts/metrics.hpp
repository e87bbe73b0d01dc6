// The table of `cilium metrics list`, parsed once for all checks.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kpr::facts {

struct Metric {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
  std::string line;  // as printed, runs of blanks as one: evidence
  std::string_view label(std::string_view key) const;  // "" where it has none
};

// Labels stand as `reason="Policy denied"` (up to 1.15) or `reason=Policy denied` (from 1.16, so
// that a value ends where the next `key=` begins), the value last. Lines of another form are passed
// over.
std::vector<Metric> parse_metrics(std::string_view text);

}  // namespace kpr::facts
