#include "commands/doctor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <kpr/parse.hpp>
#include <map>
#include <set>

#include "commands/settings.hpp"
#include "evidence/gaps.hpp"
#include "facts/fleet.hpp"
#include "util/strings.hpp"

namespace kpr::commands {
namespace {

using Json = nlohmann::ordered_json;

std::string title_of(const std::string& id) {
  const checks::Entry* entry = checks::find_entry(id);
  return entry == nullptr ? "" : entry->title;
}

// Steps as the catalogue has them; commands stand `deeper` than sentences.
std::vector<std::string> lines_of(const finding::Steps& steps, const std::string& deeper) {
  std::vector<std::string> out;
  for (const finding::StepLine& line : finding::lines_of(steps))
    out.push_back((line.is_command ? deeper : "") + line.text);
  return out;
}

const std::vector<std::size_t>& node_columns() {
  static const std::vector<std::size_t> columns = [] {
    std::vector<std::size_t> all;
    for (const std::string_view key : {"version",
                                       "mode",
                                       "devices",
                                       "socket-lb",
                                       "lb-mode",
                                       "backend-selection",
                                       "xdp",
                                       "routing",
                                       "host-routing",
                                       "masquerading"})
      for (std::size_t i = 0; i < settings().size(); ++i)
        if (settings()[i].key == key)
          all.push_back(i);
    return all;
  }();
  return columns;
}

std::string why_missing(const evidence::Missing& missing) {
  return missing.detail.empty() ? std::string(to_string(missing.reason)) : missing.detail;
}

// One row of the table of nodes; `status` is null where the agent gave no text.
report::NodeFacts node_of(const evidence::Agent& agent, const StatusDocument* status) {
  report::NodeFacts node;
  node.node = agent.node;
  const auto output = agent.outputs.find("status-verbose");
  if (agent.unreachable) {
    node.reason = why_missing(*agent.unreachable);
  } else if (output == agent.outputs.end()) {
    node.reason = "no status of it here";
  } else if (!output->second) {
    node.reason = why_missing(output->second.missing());
  } else if (status == nullptr || !status->recognized) {
    node.reason = status == nullptr || status->diagnostics.empty()
                      ? "no status in its answer"
                      : status->diagnostics.back().message;
  } else {
    node.read = true;
    const Values values = values_of(*status);
    for (const std::size_t column : node_columns())
      node.values.push_back(values[column].value_or(""));
  }
  return node;
}

}  // namespace

struct DoctorIntake::Impl {
  struct Taken {
    facts::Agent facts;
    report::NodeFacts row;
    std::string version;
  };
  std::shared_ptr<facts::FrontendPool> frontends = std::make_shared<facts::FrontendPool>();
  std::map<std::size_t, Taken> taken;  // by place
  facts::ArrivedLists lists;
};

DoctorIntake::DoctorIntake() : impl_(std::make_unique<Impl>()) {}
DoctorIntake::~DoctorIntake() = default;

void DoctorIntake::on_agent(std::size_t place, evidence::Agent& agent) {
  Impl::Taken& to = impl_->taken[place];
  to.facts = facts::make_agent(
      agent, *impl_->frontends, [&](const evidence::Agent& from, const StatusDocument* status) {
        to.row = node_of(from, status);
        if (to.row.read)
          to.version = status->cilium_version;
      });
  facts::spend_outputs(agent);
}

bool DoctorIntake::on_object(const std::string& resource, nlohmann::json& object) {
  return impl_->lists.take(resource, object);
}
void DoctorIntake::on_restart(const std::string& resource) {
  impl_->lists.restart(resource);
}

report::DoctorReport
doctor(evidence::Evidence& evidence, const DoctorOptions& options, DoctorIntake* intake) {
  facts::FactsOptions facts_options;
  facts_options.now = options.now;
  facts_options.spend = &evidence;
  report::DoctorReport report;
  std::set<std::string> versions;
  const auto add_node = [&](report::NodeFacts node, const std::string& version) {
    report.agents_read += node.read ? 1 : 0;
    if (!version.empty())
      versions.insert(version);
    report.nodes.push_back(std::move(node));
  };
  facts_options.on_status = [&](const evidence::Agent& agent, const StatusDocument* status) {
    report::NodeFacts node = node_of(agent, status);
    const std::string version = node.read ? status->cilium_version : std::string();
    add_node(std::move(node), version);
  };
  if (intake != nullptr) {
    facts_options.frontends = intake->impl_->frontends;
    facts_options.arrived = &intake->impl_->lists;
    facts_options.made = [&](std::size_t place) -> std::optional<facts::Agent> {
      const auto taken = intake->impl_->taken.find(place);
      if (taken == intake->impl_->taken.end())
        return std::nullopt;
      add_node(std::move(taken->second.row), taken->second.version);
      return std::move(taken->second.facts);
    };
  }
  const facts::Fleet fleet = facts::make_fleet(evidence, facts_options);
  const checks::RunResult result = checks::run(fleet, options.selection);

  report.tool_version = options.tool_version;
  report.source = evidence.description;
  if (fleet.now_known)
    report.now = format_rfc3339(fleet.now);
  report.notes = evidence.notes;
  report.agents = report.nodes.size();
  for (const std::size_t column : node_columns())
    report.node_columns.emplace_back(settings()[column].name);
  report.cilium_versions = join(std::vector<std::string>(versions.begin(), versions.end()), ", ");
  report.gaps = evidence::missing_answers(evidence, true);
  if (evidence.interrupted)
    report.gaps.insert(report.gaps.begin(), "the run was ended before it was done");
  bool failed = false;
  for (const checks::Finding& finding : result.findings) {
    report.findings.push_back(finding);
    failed = failed || (options.fail_on && finding.severity >= *options.fail_on);
  }
  report.waived = result.waived.size();
  for (const checks::CheckResult& check : result.checks) {
    switch (check.outcome) {
    case checks::Outcome::ok:
      report.passed.push_back({check.id, title_of(check.id), ""});
      break;
    case checks::Outcome::skipped:
      report.skipped.push_back({check.id, title_of(check.id), check.reason});
      break;
    case checks::Outcome::not_judged:
      report.not_judged.push_back({check.id, title_of(check.id), check.reason});
      break;
    case checks::Outcome::not_applicable:
      report.not_applicable.push_back({check.id, title_of(check.id), check.reason});
      break;
    case checks::Outcome::findings:  // judged, but perhaps not everywhere
      if (!check.reason.empty())
        report.gaps.push_back(check.id + " in part: " + check.reason);
      break;
    }
  }
  // A list that a skipped check missed is said there. Who chose checks is not told of lists that
  // those do not need.
  if (options.selection.only.empty() && fleet.helm)
    for (const facts::HelmRelease& release : *fleet.helm)
      if (!release.problem.empty())
        report.gaps.push_back(release.source + ": " + release.problem);
  if (options.selection.only.empty())
    for (std::string& line : evidence::missing_lists(evidence, true)) {
      const std::string detail = line.substr(line.find(": ") + 2);
      const bool said = std::any_of(
          report.skipped.begin(), report.skipped.end(), [&](const report::CheckResult& c) {
            return c.reason.find(detail.substr(
                       detail.find(": ") == std::string::npos ? 0 : detail.find(": ") + 2)) !=
                   std::string::npos;
          });
      if (!said)
        report.gaps.push_back(std::move(line));
    }
  report.complete = report.agents > 0 && report.agents_read == report.agents &&
                    report.skipped.empty() && report.gaps.empty();
  report.outcome = failed            ? report::Outcome::findings
                   : report.complete ? report::Outcome::ok
                                     : report::Outcome::incomplete;
  return report;
}

report::Report list_checks() {
  report::Report out;
  out.table.columns = {
      {"ID"}, {"SEVERITY"}, {"JUDGED"}, {"PHASE", true}, {"APPLIES-TO", true}, {"TITLE"}};
  Json items = Json::array();
  for (const checks::Entry& entry : checks::catalogue()) {
    out.table.rows.push_back({{entry.id},
                              {std::string(checks::to_string(entry.severity))},
                              {entry.judged ? "yes" : "no"},
                              {entry.phase},
                              {entry.applies_to},
                              {entry.title}});
    out.names.push_back(entry.id);
    items.push_back(Json{{"id", entry.id},
                         {"severity", checks::to_string(entry.severity)},
                         {"judged", entry.judged},
                         {"phase", entry.phase},
                         {"appliesTo", entry.applies_to},
                         {"title", entry.title}});
  }
  out.document =
      Json{{"apiVersion", "kpr.dev/v1"}, {"kind", "CheckList"}, {"items", std::move(items)}};
  return out;
}

Result<Explanation> explain(const std::string& id) {
  const checks::Entry* entry = checks::find_entry(id);
  if (entry == nullptr) {
    std::vector<std::string> similar;
    for (const checks::Entry& e : checks::catalogue()) {
      if (!id.empty() && e.id.find(id) != std::string::npos && similar.size() < 6)
        similar.push_back(e.id);
    }
    return Error{ErrorKind::usage,
                 fmt::format("there is no check \"{}\"", id),
                 similar.empty() ? "`kubectl kpr checks` lists them all."
                                 : "Did you mean: " + join(similar, ", ") + "?"};
  }
  Explanation out;
  std::string& t = out.text;
  t = fmt::format("{}  ({}, {})\n{}\n\nWhat\n  {}\n\nWhy it matters\n  {}\n",
                  entry->id,
                  checks::to_string(entry->severity),
                  entry->applies_to,
                  entry->title,
                  entry->what,
                  entry->why);
  const auto section = [&](std::string_view title, const std::vector<std::string>& lines) {
    if (lines.empty())
      return;
    t += fmt::format("\n{}\n", title);
    for (const std::string& line : lines)
      t += "  " + line + "\n";
  };
  section("Fix", lines_of(entry->fix, "  "));
  section("Verify", lines_of(entry->verify, "  "));
  section("What it looks at", entry->evidence);
  section("Versions", entry->versions);
  section("Sources", entry->links);
  if (!entry->judged)
    t += "\nNo check judges this: doctor neither reports it nor counts it as ok.\n";
  if (!entry->confidence.empty())
    t += "\nParts of this rest on general knowledge that no source confirms.\n";
  out.document = Json{{"apiVersion", "kpr.dev/v1"},
                      {"kind", "Check"},
                      {"id", entry->id},
                      {"severity", checks::to_string(entry->severity)},
                      {"title", entry->title},
                      {"judged", entry->judged},
                      {"appliesTo", entry->applies_to},
                      {"what", entry->what},
                      {"why", entry->why},
                      {"fix", lines_of(entry->fix, "")},
                      {"verify", lines_of(entry->verify, "")},
                      {"evidence", entry->evidence},
                      {"versions", entry->versions},
                      {"links", entry->links},
                      {"confirmed", entry->confidence.empty()}};
  return out;
}

}  // namespace kpr::commands
