// `kubectl kpr doctor`, `checks`, `explain`: the checks' results as reports.
#pragma once
#include <optional>
#include <string>

#include "checks/run.hpp"
#include "evidence/evidence.hpp"
#include "report/doctor.hpp"
#include "util/result.hpp"
#include "util/time.hpp"

namespace kpr::commands {

struct DoctorOptions {
  checks::Selection selection;
  std::optional<checks::Severity> fail_on = checks::Severity::error;  // none: findings never change the exit code
  std::optional<Time> now;
  std::string tool_version;
};

// What the evidence says. Incomplete (exit 2) when an agent is unread or a check could not look, unless a finding already decides (exit 1).
// It uses the evidence up: objects and long texts in it are gone afterwards.
report::DoctorReport doctor(evidence::Evidence& evidence, const DoctorOptions& options);

// The catalogue as a table and a document.
report::Report list_checks();

// One entry of the catalogue as text and document; an Error (usage) for an unknown id, with the ones that look like it.
struct Explanation {
  std::string text;
  nlohmann::ordered_json document;
};
Result<Explanation> explain(const std::string& id);

}  // namespace kpr::commands
