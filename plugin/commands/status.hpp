// `kubectl kpr status`: the kube-proxy replacement of every node, and what differs.
#pragma once
#include <optional>

#include "evidence/evidence.hpp"
#include "report/report.hpp"
#include "util/result.hpp"
#include "util/time.hpp"

namespace kpr::commands {

struct StatusOptions {
  bool cohorts = false;            // group nodes with equal settings
  bool document = true;            // make the JSON document; a table does without
  std::optional<Time> now;         // the moment ages refer to
};

// One row a node, unread ones included, with the reason. An Error (input) when not one node could be read.
// The outcome is incomplete when a node is unread, or its text is cut.
// Uses the evidence up: each text is read where it lies.
Result<report::Report> status(evidence::Evidence evidence, const StatusOptions& options);

}  // namespace kpr::commands
