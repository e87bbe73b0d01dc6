#include "report/doctor.hpp"

namespace kpr::report {

using Json = nlohmann::ordered_json;

std::string_view to_string(Severity severity) {
  switch (severity) {
  case Severity::info:
    return "info";
  case Severity::warn:
    return "warn";
  case Severity::error:
    return "error";
  case Severity::critical:
    return "critical";
  }
  return "info";
}

std::optional<Severity> parse_severity(std::string_view text) {
  for (const Severity s : {Severity::info, Severity::warn, Severity::error, Severity::critical}) {
    if (to_string(s) == text)
      return s;
  }
  return std::nullopt;
}

Json doctor_document(const DoctorReport& report) {
  Json findings = Json::array();
  for (const Finding& f : report.findings) {
    Json evidence = Json::array();
    for (const EvidenceLine& line : f.evidence) {
      Json item{{"source", line.source}, {"text", line.text}};
      if (!line.where.empty())
        item["where"] = line.where;
      evidence.push_back(std::move(item));
    }
    findings.push_back(Json{{"id", f.id},
                            {"severity", to_string(f.severity)},
                            {"title", f.title},
                            {"summary", f.summary},
                            {"nodes", f.nodes},
                            {"objects", f.objects},
                            {"evidence", std::move(evidence)},
                            {"why", f.why},
                            {"fix", Json{{"text", f.fix}, {"commands", f.commands}}},
                            {"verify", f.verify},
                            {"links", f.links},
                            {"explains", f.explains},
                            {"confirmed", f.confirmed}});
  }
  Json skipped = Json::array();
  for (const CheckResult& check : report.skipped)
    skipped.push_back(Json{{"id", check.id}, {"reason", check.reason}});
  Json not_judged = Json::array();
  for (const CheckResult& check : report.not_judged)
    not_judged.push_back(Json{{"id", check.id}, {"reason", check.reason}});
  Json unread = Json::array();
  for (const NodeFacts& node : report.nodes) {
    if (!node.read)
      unread.push_back(Json{{"node", node.node}, {"reason", node.reason}});
  }
  return Json{{"apiVersion", "kpr.dev/v1"},
              {"kind", "DoctorReport"},
              {"findings", std::move(findings)},
              {"checks",
               {{"total", report.findings.size() + report.passed.size() + report.skipped.size()},
                {"ok", report.passed.size()},
                {"findings", report.findings.size()},
                {"waived", report.waived},
                {"notApplicable", report.not_applicable.size()},
                {"notJudged", std::move(not_judged)},
                {"skipped", std::move(skipped)}}},
              {"inspected",
               {{"source", report.source},
                {"now", report.now},
                {"ciliumVersions", report.cilium_versions},
                {"agents", report.agents},
                {"agentsRead", report.agents_read},
                {"unread", std::move(unread)},
                {"complete", report.complete},
                {"gaps", report.gaps},
                {"summary", inspected_line(report)},
                {"notes", report.notes},
                {"toolVersion", report.tool_version}}}};
}

}  // namespace kpr::report
