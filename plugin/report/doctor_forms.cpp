// The forms that other programs read: Markdown for a comment, JUnit and SARIF for CI, Prometheus
// for a text-file collector.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "report/doctor.hpp"
#include "report/render.hpp"
#include "util/strings.hpp"

namespace kpr::report {
namespace {

using Json = nlohmann::ordered_json;

// Text for a Markdown paragraph: nothing in it can make a link, a tag, an image, a mention or a new
// block.
std::string markdown(std::string_view text) {
  std::string out;
  for (const char c : escape_terminal(text)) {
    if (std::string_view("\\`*_{}[]()#+!|<>~@").find(c) != std::string_view::npos)
      out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '@' ? "&#64;" : std::string("\\") + c;
    else
      out += c;
  }
  return out;
}

// A fenced block whose fence is longer than any run of backticks inside.
std::string fenced(const std::vector<std::string>& lines, std::string_view language) {
  std::size_t longest = 2;
  for (const std::string& line : lines) {
    std::size_t run = 0;
    for (const char c : line) {
      run = c == '`' ? run + 1 : 0;
      longest = std::max(longest, run);
    }
  }
  const std::string fence(longest + 1, '`');
  std::string out = fmt::format("{}{}\n", fence, language);
  for (const std::string& line : lines)
    out += escape_terminal(line) + '\n';
  return out + fence + '\n';
}

std::string xml(std::string_view text) {
  return escape_html(text);
}

std::string label(std::string_view text) {
  std::string out;
  for (const char c : escape_terminal(text)) {
    if (c == '\\' || c == '"')
      out += '\\';
    out += c;
  }
  return out;
}

std::string plain(const finding::Steps& steps) {
  std::string out;
  for (const finding::StepLine& line : finding::lines_of(steps))
    out += (line.is_command ? "    " : "  ") + line.text + "\n";
  return out;
}

// Sentences between fenced blocks of the commands that belong together.
std::string markdown(const finding::Steps& steps) {
  std::string out;
  std::vector<std::string> commands;
  const auto close = [&] {
    if (!commands.empty())
      out += fenced(commands, "sh") + '\n';
    commands.clear();
  };
  for (const finding::StepLine& line : finding::lines_of(steps)) {
    if (line.is_command) {
      commands.push_back(line.text);
      continue;
    }
    close();
    out += markdown(line.text) + "\n\n";
  }
  close();
  return out;
}

std::string details(const Finding& finding) {
  std::string out = finding.summary + "\n";
  if (!finding.nodes.empty())
    out += "Nodes: " + join(finding.nodes, ", ") + "\n";
  if (!finding.objects.empty())
    out += "Objects: " + join(finding.objects, ", ") + "\n";
  for (const Proof& proof : finding.evidence)
    out += fmt::format("Evidence: {} ({})\n", proof.text, proof.source);
  out += "Why: " + finding.why + "\n";
  return out + (finding.fix.empty() ? "" : "Fix:\n" + plain(finding.fix));
}

}  // namespace

std::string render_doctor_markdown(const DoctorReport& report) {
  std::string out = fmt::format("## kube-proxy replacement: {}\n\n{}\n",
                                count_of(report.findings.size(), "finding"),
                                markdown(inspected_line(report)));
  if (!report.findings.empty()) {
    out += "\n| Severity | Check | What | Nodes |\n|---|---|---|---|\n";
    for (const Finding& f : report.findings) {
      out += fmt::format("| {} | `{}` | {} | {} |\n",
                         to_string(f.severity),
                         f.id,
                         markdown(f.summary),
                         f.nodes.empty() ? "" : markdown(join(f.nodes, ", ")));
    }
  }
  for (const Finding& f : report.findings) {
    out += fmt::format("\n### {}\n\n{}\n\n{}\n\n", f.id, markdown(f.summary), markdown(f.why));
    std::vector<std::string> lines;
    for (const Proof& proof : f.evidence)
      lines.push_back(fmt::format("{}   # {}", proof.text, proof.source));
    if (!lines.empty())
      out += fenced(lines, "text") + '\n';
    out += markdown(f.fix);
  }
  return out;
}

std::string render_doctor_junit(const DoctorReport& report) {
  const std::size_t skipped = report.skipped.size() + report.not_judged.size();
  const std::size_t tests = report.findings.size() + report.passed.size() + skipped;
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  std::size_t failures = 0;
  for (const Finding& f : report.findings)
    failures += f.severity >= Severity::warn ? 1 : 0;
  out += fmt::format("<testsuites name=\"kubectl-kpr doctor\" tests=\"{0}\" failures=\"{1}\" "
                     "errors=\"0\" time=\"0\">\n"
                     "  <testsuite name=\"doctor\" tests=\"{0}\" failures=\"{1}\" errors=\"0\" "
                     "skipped=\"{2}\" time=\"0\">\n",
                     tests,
                     failures,
                     skipped);
  for (const Finding& f : report.findings) {
    out +=
        fmt::format("    <testcase name=\"{}\" classname=\"kpr.doctor\" time=\"0\">\n", xml(f.id));
    if (f.severity >= Severity::warn) {
      out += fmt::format("      <failure type=\"{}\" message=\"{}\">{}</failure>\n",
                         to_string(f.severity),
                         xml(f.summary),
                         xml(details(f)));
    } else {
      out += fmt::format("      <system-out>{}</system-out>\n", xml(details(f)));
    }
    out += "    </testcase>\n";
  }
  for (const auto* list : {&report.skipped, &report.not_judged}) {
    for (const CheckResult& c : *list)
      out += fmt::format("    <testcase name=\"{}\" classname=\"kpr.doctor\" time=\"0\">\n      "
                         "<skipped message=\"{}\"/>\n    </testcase>\n",
                         xml(c.id),
                         xml(c.reason));
  }
  for (const CheckResult& c : report.passed)
    out +=
        fmt::format("    <testcase name=\"{}\" classname=\"kpr.doctor\" time=\"0\"/>\n", xml(c.id));
  return out + "  </testsuite>\n</testsuites>\n";
}

std::string render_doctor_sarif(const DoctorReport& report) {
  Json rules = Json::array();
  std::map<std::string, std::size_t> index;
  Json results = Json::array();
  const auto level = [](Severity s) {
    return s >= Severity::error ? "error" : s == Severity::warn ? "warning" : "note";
  };
  for (const Finding& f : report.findings) {
    if (index.count(f.id) == 0) {
      index[f.id] = rules.size();
      const std::string help = plain(f.fix);
      Json rule{{"id", f.id},
                {"shortDescription", {{"text", f.title.empty() ? f.id : f.title}}},
                {"fullDescription", {{"text", f.why.empty() ? f.summary : f.why}}},
                {"help", {{"text", help.empty() ? f.summary : help}}},
                {"defaultConfiguration", {{"level", level(f.severity)}}}};
      if (!f.links.empty())
        rule["helpUri"] = f.links.front();
      rules.push_back(std::move(rule));
    }
    Json logical = Json::array();
    for (const std::string& node : f.nodes)
      logical.push_back(
          Json{{"name", node}, {"fullyQualifiedName", "node/" + node}, {"kind", "resource"}});
    for (const std::string& object : f.objects)
      logical.push_back(
          Json{{"name", object}, {"fullyQualifiedName", object}, {"kind", "resource"}});
    Json location{
        {"physicalLocation",
         {{"artifactLocation", {{"uri", "kubernetes-cluster"}}}, {"region", {{"startLine", 1}}}}}};
    if (!logical.empty())
      location["logicalLocations"] = std::move(logical);
    std::string fingerprint = f.id;
    for (const std::string& node : f.nodes)
      fingerprint += "/" + node;
    for (const std::string& object : f.objects)
      fingerprint += "/" + object;
    results.push_back(Json{{"ruleId", f.id},
                           {"ruleIndex", index[f.id]},
                           {"level", level(f.severity)},
                           {"message", {{"text", details(f)}}},
                           {"locations", Json::array({std::move(location)})},
                           {"partialFingerprints", {{"kprFinding/v1", fingerprint}}}});
  }
  Json notifications = Json::array();
  for (const CheckResult& c : report.skipped) {
    notifications.push_back(
        Json{{"level", "warning"}, {"message", {{"text", c.id + " was skipped: " + c.reason}}}});
  }
  for (const CheckResult& c : report.not_judged)
    notifications.push_back(
        Json{{"level", "note"}, {"message", {{"text", c.id + " was not judged: " + c.reason}}}});
  for (const NodeFacts& node : report.nodes) {
    if (!node.read)
      notifications.push_back(
          Json{{"level", "warning"},
               {"message", {{"text", "node " + node.node + " was not read: " + node.reason}}}});
  }
  for (const std::string& gap : report.gaps)
    notifications.push_back(
        Json{{"level", "warning"}, {"message", {{"text", "not all was read: " + gap}}}});
  const Json document{
      {"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
      {"version", "2.1.0"},
      {"runs",
       Json::array(
           {Json{{"tool",
                  {{"driver",
                    {{"name", "kubectl-kpr"},
                     {"version", report.tool_version},
                     {"rules", std::move(rules)}}}}},
                 {"invocations",
                  Json::array({Json{{"executionSuccessful", report.complete},
                                    {"toolExecutionNotifications", std::move(notifications)}}})},
                 {"results", std::move(results)}}})}};
  return render_json(document);
}

std::string render_doctor_prometheus(const DoctorReport& report) {
  std::array<std::size_t, 4> by_severity{};
  for (const Finding& f : report.findings)
    ++by_severity[static_cast<std::size_t>(f.severity)];
  std::string out = "# HELP kpr_findings Findings of kubectl-kpr doctor by severity.\n# TYPE "
                    "kpr_findings gauge\n";
  for (const Severity s : {Severity::critical, Severity::error, Severity::warn, Severity::info}) {
    out += fmt::format("kpr_findings{{severity=\"{}\"}} {}\n",
                       to_string(s),
                       by_severity[static_cast<std::size_t>(s)]);
  }
  out += "# HELP kpr_finding_nodes Nodes that a finding names; 0 when it names none.\n# TYPE "
         "kpr_finding_nodes gauge\n";
  std::map<std::string, std::pair<Severity, std::size_t>> by_id;
  for (const Finding& f : report.findings) {
    auto& entry = by_id.try_emplace(f.id, f.severity, 0).first->second;
    entry.first = std::max(entry.first, f.severity);
    entry.second += f.nodes.size();
  }
  for (const auto& [id, entry] : by_id)
    out += fmt::format("kpr_finding_nodes{{id=\"{}\",severity=\"{}\"}} {}\n",
                       label(id),
                       to_string(entry.first),
                       entry.second);
  out += fmt::format(
      "# HELP kpr_agents Cilium agents that there are.\n# TYPE kpr_agents gauge\nkpr_agents {}\n"
      "# HELP kpr_agents_read Cilium agents that answered whole.\n# TYPE kpr_agents_read "
      "gauge\nkpr_agents_read {}\n"
      "# HELP kpr_checks Checks by result.\n# TYPE kpr_checks gauge\nkpr_checks{{result=\"ok\"}} "
      "{}\nkpr_checks{{result=\"finding\"}} {}\nkpr_checks{{result=\"skipped\"}} "
      "{}\nkpr_checks{{result=\"not_judged\"}} {}\n"
      "# HELP kpr_run_complete 1 when everything asked for could be read.\n# TYPE kpr_run_complete "
      "gauge\nkpr_run_complete {}\n",
      report.agents,
      report.agents_read,
      report.passed.size(),
      report.findings.size(),
      report.skipped.size(),
      report.not_judged.size(),
      report.complete ? 1 : 0);
  return out;
}

}  // namespace kpr::report
