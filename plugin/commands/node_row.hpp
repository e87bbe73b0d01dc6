// What is kept of one agent once its status was read: a thousand parsed texts would be a lot of
// memory for one table.
#pragma once
#include <kpr/json.hpp>
#include <string>

#include "commands/settings.hpp"
#include "evidence/evidence.hpp"
#include "report/report.hpp"

namespace kpr::commands {

enum class Reading { read, incomplete, unread };

struct NodeRow {
  const evidence::Agent* agent = nullptr;  // whose row it is; the evidence outlives the rows
  Reading reading = Reading::unread;
  std::string reason;       // why it is not whole
  std::string hint;         // what to do about it
  bool recognized = false;  // its text was a status, whole or in part
  bool verbose = false;     // and held lines that only --verbose prints
  Values values;
  std::string direct_routing;    // address, or device where there is none
  report::Cell status;           // the agent's own state, and what speaks against it
  nlohmann::ordered_json facts;  // the whole status; only with `document`
};

// Takes the agent's text out of the evidence: it is read here and nowhere else. `document`: how the
// facts are written; null for none.
NodeRow read_node(evidence::Agent& agent, const JsonOptions* document);

}  // namespace kpr::commands
