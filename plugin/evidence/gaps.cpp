#include "evidence/gaps.hpp"

#include <map>

#include "util/strings.hpp"

namespace kpr::evidence {

bool is_gap(Reason reason) {
  switch (reason) {
  case Reason::not_asked:
  case Reason::no_such_file:
  case Reason::no_such_resource:
  case Reason::version_too_old:
    return false;
  default:
    return true;
  }
}

std::string reason_text(const Missing& missing) {
  std::string text(to_string(missing.reason));
  if (!missing.detail.empty())
    text += ": " + missing.detail;
  return text;
}

std::vector<std::string> missing_lists(const Evidence& evidence, bool gaps_only) {
  std::vector<std::string> lines;
  for (const auto& [resource, piece] : evidence.objects) {
    if (piece && piece->partial)
      lines.push_back(resource + " in part: " + piece->partial_detail);
    else if (!piece && (!gaps_only || is_gap(piece.missing().reason)))
      lines.push_back(resource + ": " + reason_text(piece.missing()));
  }
  return lines;
}

std::vector<std::string> missing_answers(const Evidence& evidence, bool gaps_only) {
  std::map<std::pair<std::string, Reason>, std::pair<std::size_t, std::string>>
      outputs;  // command, reason → agents, the first one's detail
  for (const Agent& agent : evidence.agents) {
    if (agent.unreachable)
      continue;
    for (const auto& [name, output] : agent.outputs) {
      if (output)
        continue;
      const Reason reason = output.missing().reason;
      if (gaps_only &&
          (!is_gap(reason) || reason == Reason::failed || reason == Reason::incomplete))
        continue;
      auto& same = outputs[{name, reason}];
      if (same.first++ == 0)
        same.second = reason_text(output.missing());
    }
  }
  std::vector<std::string> lines;
  for (const auto& [key, same] : outputs)
    lines.push_back(key.first + " of " + count_of(same.first, "agent") + ": " + same.second);
  return lines;
}

}  // namespace kpr::evidence
