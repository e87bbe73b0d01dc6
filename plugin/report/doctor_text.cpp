#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/doctor.hpp"
#include "report/render.hpp"
#include "util/strings.hpp"

namespace kpr::report {
namespace {

Style style_of(Severity severity) {
  switch (severity) {
  case Severity::critical:
  case Severity::error:
    return Style::bad;
  case Severity::warn:
    return Style::warn;
  case Severity::info:
    return Style::muted;
  }
  return Style::plain;
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
    return static_cast<char>(std::toupper(c));
  });
  return out;
}

// Breaks at blanks; continuation lines are indented as the first one is.
std::string wrap(std::string_view text, std::size_t indent, std::size_t width) {
  const std::string pad(indent, ' ');
  std::string out;
  for (const std::string_view line : split(text, '\n')) {
    std::size_t column = 0;
    for (const std::string_view word : split(line, ' ')) {
      if (word.empty())
        continue;
      const std::size_t w = display_width(word);
      if (column == 0) {
        out += pad;
        column = indent;
      } else if (column + 1 + w > width) {
        out += '\n' + pad;
        column = indent;
      } else {
        out += ' ';
        ++column;
      }
      out += word;
      column += w;
    }
    out += '\n';
  }
  return out;
}

// Sentences wrapped; commands, which are pasted, on a line of their own.
std::string render_steps(std::string_view title, const finding::Steps& steps, std::size_t width) {
  std::string out;
  for (const finding::StepLine& line : finding::lines_of(steps)) {
    if (line.is_command)
      out += "        " + escape_terminal(line.text) + '\n';
    else
      out += wrap(escape_terminal(line.text), 6, width).replace(4, 1, "-");
  }
  return out.empty() ? out : fmt::format("  {}:\n", title) + out;
}

// The first few of a list, and how many more.
std::string some_of(const std::vector<std::string>& names, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < most; ++i)
    out += (i == 0 ? "" : ", ") + escape_terminal(names[i]);
  if (names.size() > most)
    out += fmt::format(", and {} more", names.size() - most);
  return out;
}

// The first line of a reason, and not too much of it: all of it is in the other forms.
std::string brief(std::string_view reason) {
  reason = reason.substr(0, reason.find('\n'));
  if (reason.size() <= 110)
    return std::string(reason);
  std::size_t end = reason.rfind(' ', 110);
  if (end == std::string_view::npos || end < 60)
    for (end = 110; end > 0 && (static_cast<unsigned char>(reason[end]) & 0xC0) == 0x80;)
      --end;
  return std::string(reason.substr(0, end)) + " …";
}

}  // namespace

std::string inspected_line(const DoctorReport& report) {
  const std::size_t checks = report.findings.size() + report.passed.size() + report.skipped.size();
  std::string out = fmt::format("{}/{} agents, {}: {} ok, {}",
                                report.agents_read,
                                report.agents,
                                count_of(checks, "check"),
                                report.passed.size(),
                                count_of(report.findings.size(), "finding"));
  if (report.waived > 0)
    out += fmt::format(", {} waived", report.waived);
  if (!report.skipped.empty()) {
    std::map<std::string, std::size_t> reasons;
    for (const CheckResult& check : report.skipped)
      ++reasons[brief(check.reason)];
    std::vector<std::pair<std::size_t, std::string>> ordered;
    for (const auto& [reason, n] : reasons)
      ordered.emplace_back(n, reason);
    std::stable_sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) {
      return a.first > b.first;
    });
    std::string list;
    for (std::size_t i = 0; i < ordered.size() && i < 3; ++i)
      list += (i == 0 ? "" : "; ") + ordered[i].second;
    if (ordered.size() > 3)
      list += "; …";
    out += fmt::format(", {} skipped ({})", report.skipped.size(), escape_terminal(list));
  }
  if (!report.not_judged.empty()) {
    out += fmt::format(", {} not judged ({}{})",
                       report.not_judged.size(),
                       escape_terminal(brief(report.not_judged.front().reason)),
                       report.not_judged.size() > 1 ? "; …" : "");
  }
  if (!report.gaps.empty()) {
    out += "; not all was read: " + escape_terminal(brief(report.gaps.front()));
    if (report.gaps.size() > 1)
      out += fmt::format(", and {} more", report.gaps.size() - 1);
  }
  return out;
}

std::string render_doctor_text(const DoctorReport& report, const DoctorTextOptions& options) {
  const std::size_t width = std::clamp<std::size_t>(options.width, 60, 120);
  std::string out;
  for (const Finding& finding : report.findings) {
    out += paint(fmt::format("{:<9}", upper(to_string(finding.severity))),
                 style_of(finding.severity),
                 options.colour);
    out += paint(finding.id, Style::heading, options.colour) + '\n';
    out += wrap(escape_terminal(finding.summary, true), 2, width);
    if (!finding.nodes.empty())
      out += wrap("Nodes: " + some_of(finding.nodes, options.explain ? 1000 : 8), 2, width);
    if (!finding.objects.empty())
      out += wrap("Objects: " + some_of(finding.objects, options.explain ? 1000 : 4), 2, width);
    const std::size_t shown = options.explain ? finding.evidence.size()
                                              : std::min<std::size_t>(finding.evidence.size(), 2);
    for (std::size_t i = 0; i < shown; ++i) {
      const Proof& line = finding.evidence[i];
      out += "  " + paint("│ ", Style::muted, options.colour) + escape_terminal(line.text) + '\n';
      out +=
          "  " + paint("│   " + escape_terminal(line.source), Style::muted, options.colour) + '\n';
    }
    if (finding.evidence.size() > shown)
      out += fmt::format("  │ and {} more\n", finding.evidence.size() - shown);
    if (options.explain && !finding.why.empty())
      out += wrap("Why: " + escape_terminal(finding.why, true), 2, width);
    out += render_steps("Fix", finding.fix, width);
    if (options.explain)
      out += render_steps("Verify", finding.verify, width);
    if (options.explain) {
      for (const std::string& link : finding.links)
        out += "  See: " + escape_terminal(link) + '\n';
    }
    if (finding.from_memory)
      out += "  This rule rests on general knowledge; weigh it.\n";
    if (!finding.explains.empty())
      out +=
          wrap("Its symptoms, not listed on their own: " + some_of(finding.explains, 8), 2, width);
    out += '\n';
  }
  if (report.findings.empty())
    out += !report.complete ? "No findings in what could be read.\n\n" : "No findings.\n\n";
  out += inspected_line(report) + '\n';
  if (!report.findings.empty() && !options.explain) {
    out +=
        fmt::format("More about one: {} {}\n", options.explain_command, report.findings.front().id);
  }
  return out;
}

std::string render_doctor_short(const DoctorReport& report, bool colour) {
  std::string out;
  for (const Finding& finding : report.findings) {
    out += paint(fmt::format("{:<8}", to_string(finding.severity)),
                 style_of(finding.severity),
                 colour) +
           " " + finding.id + ": " + escape_terminal(finding.summary);
    if (!finding.nodes.empty())
      out += " [" + some_of(finding.nodes, 5) + "]";
    out += '\n';
  }
  return out + inspected_line(report) + '\n';
}

}  // namespace kpr::report
