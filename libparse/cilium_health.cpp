// `cilium-health status`: cilium-health/cmd/status.go, 1.6 - 1.21.
#include "health_rows.hpp"
#include "input_kind.hpp"
#include "lines.hpp"
#include "noise.hpp"
#include "scan.hpp"

namespace kpr {
namespace {

using namespace det;

// Its head: "Probe time:" and "Nodes:" until 1.16, then the line of the agent's status.
Reading read_head(std::string_view line, ClusterHealth& out) {
  std::string_view rest = line;
  if (take(rest, "Probe time:")) {
    out.timestamp = trim(rest);
  } else if (take(rest, "Probe interval:")) {
    out.probe_interval = trim(rest);
  } else if (take(rest, "Cluster health:")) {
    rest = trim(rest);
    const Reading reading = read_reachable(rest, out);
    if (reading == Reading::foreign)
      out.msg = rest;
    return reading == Reading::cut ? reading : Reading::whole;
  } else {
    return trim(line) == "Nodes:" ? Reading::heading : Reading::foreign;
  }
  return Reading::whole;
}

bool is_anchor(std::string_view rest) {
  return rest.starts_with("Probe time:") || rest.starts_with("Nodes:") ||
         rest.starts_with("Cluster health:");
}

}  // namespace

HealthDocument parse_cilium_health(std::string text) {
  HealthDocument document;
  InputText input = open_text(std::move(text), document.diagnostics);
  document.text = input.text;
  document.kind = input.kind;
  if (input.kind != InputKind::unknown)
    return document;
  Lines lines;
  lines.text = split_lines(*document.text);
  strip_prefix(lines.text, common_prefix(lines.text, is_anchor));
  document.lines.assign(lines.text.size(), LineUse::blank);
  std::vector<std::size_t> unfinished, goes_on;
  bool seen = false;
  for (std::size_t at = 0; at < lines.text.size();) {
    const std::string_view line = lines.text[at];
    if (trim(line).empty()) {
      ++at;
      continue;
    }
    const Reading head = read_head(line, document.health);
    if (head != Reading::foreign) {
      seen = true;
      if (head == Reading::whole && document.health.line == 0)
        document.health.line = static_cast<Line>(at + 1);
      document.lines[at++] = head == Reading::heading ? LineUse::header : LineUse::fact;
      continue;
    }
    const std::size_t before = at;
    at = HealthRows(lines, document.health, document.lines, unfinished, goes_on).run(at);
    if (at != before)
      continue;
    document.lines[at] = is_noise(line) ? LineUse::noise : LineUse::unknown;
    if (document.lines[at] == LineUse::unknown)
      document.unknown.push_back({static_cast<Line>(at + 1), line});
    ++at;
  }
  document.recognized = seen || !document.health.nodes.empty();
  document.kind = document.recognized ? InputKind::health
                                      : kind_of_other_text(*document.text, document.diagnostics);
  return document;
}

}  // namespace kpr
