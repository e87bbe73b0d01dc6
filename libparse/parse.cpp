// parse_status: what the text is, its lines, its facts, and what is missing.
#include <algorithm>
#include <array>

#include "input_kind.hpp"
#include "json_in.hpp"
#include "judge.hpp"
#include "lines.hpp"
#include "scan.hpp"
#include "status_parser.hpp"

namespace kpr {
namespace {

using det::Key;

void say_unknown(StatusDocument& document) {
  for (const UnknownLine& line : document.unknown) {
    document.diagnostics.push_back(
        {Severity::warning,
         "unknown-line",
         "a line was not understood: " + std::string(line.text.substr(0, 200)),
         "",
         line.line});
    if (document.diagnostics.size() > 100)
      break;
  }
}

}  // namespace

StatusDocument parse_status(std::string text) {
  StatusDocument document;
  det::InputText input = det::open_text(std::move(text), document.diagnostics);
  document.text = input.text;
  document.kind = input.kind;
  if (input.kind != InputKind::unknown) {
    if (input.kind == InputKind::status_json)
      det::read_status_json(document);
    return document;
  }
  det::Lines lines;
  lines.text = det::split_lines(*document.text);
  std::string_view value;
  const std::string_view prefix = det::common_prefix(lines.text, [&](std::string_view rest) {
    return det::key_of(rest, value) != Key::none;
  });
  if (!prefix.empty()) {
    document.line_prefix = std::string(prefix);
    det::strip_prefix(lines.text, prefix);
    document.diagnostics.push_back(
        {Severity::note,
         "indented",
         "the text is an indented or quoted copy; what stands before each line was taken off",
         "",
         0});
  }
  det::StatusParser parser(lines, document);
  parser.run();
  const std::size_t facts = static_cast<std::size_t>(
      std::count(document.lines.begin(), document.lines.end(), LineUse::fact));
  if (facts == 0) {
    document.kind = det::kind_of_other_text(*document.text, document.diagnostics);
    document.status = {};
    return document;
  }
  document.kind = InputKind::status;
  document.recognized = true;
  det::judge_version(document, parser.seen());
  det::judge_completeness(document);
  say_unknown(document);
  return document;
}
std::string_view to_string(InputKind kind) {
  constexpr std::array<std::string_view, 13> k_names{"status",
                                                     "status-json",
                                                     "service-list",
                                                     "health",
                                                     "bpf-lb-list",
                                                     "cilium-cli-status",
                                                     "agent-down",
                                                     "kubectl-error",
                                                     "brief",
                                                     "empty",
                                                     "binary",
                                                     "too-large",
                                                     "unknown"};
  return k_names[static_cast<std::size_t>(kind)];
}

}  // namespace kpr
