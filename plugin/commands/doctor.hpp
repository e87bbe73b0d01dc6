// `kubectl kpr doctor`, `checks`, `explain`: the checks' results as reports.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "checks/run.hpp"
#include "evidence/intake.hpp"
#include "report/doctor.hpp"
#include "util/result.hpp"
#include "util/time.hpp"

namespace kpr::commands {

struct DoctorOptions {
  checks::Selection selection;
  std::optional<checks::Severity> fail_on =
      checks::Severity::error;  // none: findings never change the exit code
  std::optional<Time> now;
  std::string tool_version;
};

// Facts of agents and objects, made as each of them arrives: the texts and objects of a large
// cluster are never in memory at once.
class DoctorIntake final : public evidence::Intake {
 public:
  DoctorIntake();
  ~DoctorIntake() override;
  void on_agent(std::size_t place, evidence::Agent& agent) override;  // uses its texts up
  bool on_object(const std::string& resource, nlohmann::json& object) override;
  void on_restart(const std::string& resource) override;

 private:
  friend report::DoctorReport
  doctor(evidence::Evidence& evidence, const DoctorOptions& options, DoctorIntake* intake);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What the evidence says. Incomplete (exit 2) when an agent is unread or a check could not look,
// unless a finding already decides (exit 1). It uses the evidence up: objects and long texts in it
// are gone afterwards.
report::DoctorReport
doctor(evidence::Evidence& evidence, const DoctorOptions& options, DoctorIntake* intake = nullptr);

// The catalogue as a table and a document.
report::Report list_checks();

// One entry of the catalogue as text and document; an Error (usage) for an unknown id, with the
// ones that look like it.
struct Explanation {
  std::string text;
  nlohmann::ordered_json document;
};
Result<Explanation> explain(const std::string& id);

}  // namespace kpr::commands
