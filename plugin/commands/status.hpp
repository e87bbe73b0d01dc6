// `kubectl kpr status`: the kube-proxy replacement of every node, and what differs.
#pragma once
#include <memory>
#include <optional>

#include "evidence/intake.hpp"
#include "report/report.hpp"
#include "util/result.hpp"
#include "util/time.hpp"

namespace kpr::commands {

struct StatusOptions {
  bool cohorts = false;     // group nodes with equal settings
  bool document = true;     // make the JSON document; a table does without
  std::optional<Time> now;  // the moment ages refer to
};

// Rows of agents, made as each of them arrives while others are still being asked: the texts of a
// large cluster are never in memory at once. For a table only: the document needs the server's
// time, which is known when all have answered.
class StatusIntake final : public evidence::Intake {
 public:
  StatusIntake();
  ~StatusIntake() override;
  void on_agent(std::size_t place, evidence::Agent& agent) override;  // uses its texts up

 private:
  friend Result<report::Report>
  status(evidence::Evidence evidence, const StatusOptions& options, StatusIntake* intake);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// One row a node, unread ones included, with the reason. An Error (input) when not one node could
// be read. The outcome is incomplete when a node is unread, or its text is cut. Uses the evidence
// up: each text is read where it lies.
Result<report::Report>
status(evidence::Evidence evidence, const StatusOptions& options, StatusIntake* intake = nullptr);

}  // namespace kpr::commands
