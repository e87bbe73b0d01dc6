// The report of `kubectl kpr doctor`, neutral of its form, and its renderers.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "finding/finding.hpp"
#include "report/report.hpp"

namespace kpr::report {

using finding::Finding;
using finding::Proof;
using finding::Severity;
using finding::to_string;

struct CheckResult {
  std::string id;
  std::string title;
  std::string reason;  // of a skipped check
};

struct NodeFacts {
  std::string node;
  bool read = false;
  std::string reason;               // why not read
  std::vector<std::string> values;  // beside DoctorReport::node_columns; empty: not known
};

struct DoctorReport {
  std::string tool_version;
  std::string source;           // "context prod-eu", "cilium-sysdump-….zip"
  std::string now;              // RFC 3339, the moment ages refer to
  std::string cilium_versions;  // "1.18.3", "1.17.8, 1.18.3"
  std::size_t agents = 0;       // that there are
  std::size_t agents_read = 0;
  std::vector<Finding> findings;            // worst first, then by id
  std::vector<CheckResult> passed;          // looked and found nothing
  std::vector<CheckResult> skipped;         // could not look, with the reason
  std::vector<CheckResult> not_judged;      // nothing here can tell, with the reason; no gap
  std::vector<CheckResult> not_applicable;  // of another version or set-up
  std::size_t waived = 0;
  std::vector<std::string> node_columns;
  std::vector<NodeFacts> nodes;
  std::vector<std::string> notes;
  // Whether all that was asked for was read: every agent, every answer, every selected check.
  // Findings do not change it.
  bool complete = true;
  std::vector<std::string> gaps;  // what is missing beside unread agents and skipped checks:
                                  // "iptables-nft-save of 1 agent: timed out"
  Outcome outcome = Outcome::ok;
};

// "8/8 agents, 112 checks: 108 ok, 2 findings, 2 skipped (no right to list secrets)"; gaps follow:
// "; not all was read: …"
std::string inspected_line(const DoctorReport& report);

nlohmann::ordered_json doctor_document(const DoctorReport& report);

struct DoctorTextOptions {
  bool colour = false;
  bool explain = false;  // also why, all evidence, verify, links
  std::size_t width = 80;
  std::string explain_command = "kubectl kpr explain";
};
std::string render_doctor_text(const DoctorReport& report, const DoctorTextOptions& options);
std::string render_doctor_short(const DoctorReport& report, bool colour);  // a line a finding
std::string render_doctor_markdown(const DoctorReport& report);
std::string render_doctor_junit(const DoctorReport& report);
std::string render_doctor_sarif(const DoctorReport& report);
std::string render_doctor_html(const DoctorReport& report);
std::string render_doctor_prometheus(const DoctorReport& report);

}  // namespace kpr::report
