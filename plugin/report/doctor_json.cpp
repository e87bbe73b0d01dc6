#include "report/doctor.hpp"

namespace kpr::report {

using Json = nlohmann::ordered_json;

namespace {

Json step_document(const finding::Step& step) {
  if (!step.is_command())
    return Json{{"say", step.sentence().text}};
  const finding::Command command = step.command();
  Json out{{"run", command.shell()}};
  if (!command.argv.empty())
    out["argv"] = command.argv;
  if (step.where() != finding::Where::here)
    out["where"] = to_string(step.where());
  if (step.is_alternative())
    out["or"] = true;
  for (const finding::Open& word : command.open)
    out["open"].push_back(word.value.empty()
                              ? Json{{"word", word.stand_in}}
                              : Json{{"word", word.stand_in}, {"value", word.value}});
  return out;
}

Json steps_document(const finding::Steps& steps) {
  Json out = Json::array();
  for (const finding::Step& step : steps)
    out.push_back(step_document(step));
  return out;
}

// Sentences and commands apart, for readers that know no steps.
Json fix_document(const finding::Steps& steps) {
  std::string text;
  Json commands = Json::array();
  for (const finding::StepLine& line : finding::lines_of(steps))
    if (line.is_command)
      commands.push_back(line.text);
    else
      text += (text.empty() ? "" : "\n") + line.text;
  return Json{{"text", std::move(text)},
              {"commands", std::move(commands)},
              {"steps", steps_document(steps)}};
}

std::string one_line(const finding::Steps& steps) {
  std::string out;
  for (const finding::StepLine& line : finding::lines_of(steps))
    out += (out.empty() ? "" : "; ") + line.text;
  return out;
}

}  // namespace

Json doctor_document(const DoctorReport& report) {
  Json findings = Json::array();
  for (const Finding& f : report.findings) {
    Json evidence = Json::array();
    for (const Proof& proof : f.evidence)
      evidence.push_back(Json{{"source", proof.source}, {"text", proof.text}});
    findings.push_back(Json{{"id", f.id},
                            {"severity", to_string(f.severity)},
                            {"title", f.title},
                            {"summary", f.summary},
                            {"nodes", f.nodes},
                            {"objects", f.objects},
                            {"evidence", std::move(evidence)},
                            {"why", f.why},
                            {"fix", fix_document(f.fix)},
                            {"verify", one_line(f.verify)},
                            {"verifySteps", steps_document(f.verify)},
                            {"links", f.links},
                            {"explains", f.explains},
                            {"confirmed", !f.from_memory}});
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
