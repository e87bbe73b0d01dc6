// Runs the checks over a fleet, joins symptoms to causes, applies waivers.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "checks/check.hpp"
#include "util/result.hpp"

namespace kpr::checks {

struct Waiver {
  std::string id;  // of the check; may hold * and ?
  std::vector<std::string>
      nodes;  // globs; all of a finding's nodes must match one of them. Empty: any
  std::vector<std::string> objects;  // the same for objects
  std::string reason;
  std::optional<Time> expires;  // a bare date ends with that day, in UTC
  std::string where;            // "waivers.yaml, entry 2"
};
// JSON: {"waivers":[{"id":…,"nodes":[…],"objects":[…],"reason":…,"expires":"2026-12-31"}]} or the
// bare list; also that as block YAML.
Result<std::vector<Waiver>> parse_waivers(std::string_view text, std::string_view file_name);

struct Selection {
  std::vector<std::string> only, skip;  // ids or globs
  std::optional<Severity> min_severity;
  Thresholds thresholds;
  std::vector<Waiver> waivers;
};

enum class Outcome { ok, findings, skipped, not_judged, not_applicable };
struct CheckResult {
  std::string id;
  Outcome outcome = Outcome::ok;
  std::string reason;  // of skipped, not judged and not applicable; with findings: why there may be
                       // more of them
};

struct RunResult {
  std::vector<Finding> findings;    // worst first, then by id; causes only
  std::vector<Finding> explained;   // symptoms, each with explained_by
  std::vector<Finding> waived;      // with their waiver's reason in `why`
  std::vector<CheckResult> checks;  // every selected check, in the catalogue's order
  std::size_t count(Outcome outcome) const;
};

RunResult run(const facts::Fleet& fleet, const Selection& selection = {});
bool glob_match(std::string_view pattern, std::string_view text);

}  // namespace kpr::checks
