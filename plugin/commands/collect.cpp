#include "commands/collect.hpp"

#include <fmt/format.h>

#include "evidence/gaps.hpp"
#include "util/strings.hpp"

namespace kpr::commands {
Collected collected(const evidence::Evidence& evidence) {
  Collected out;
  std::size_t read = 0, lists = 0;
  for (const auto& [resource, piece] : evidence.objects)
    lists += piece ? 1 : 0;
  out.missing = evidence::missing_lists(evidence, false);
  for (const evidence::Agent& agent : evidence.agents) {
    if (agent.unreachable)
      out.missing.push_back(fmt::format(
          "the agent of node {}: {}", agent.node, evidence::reason_text(*agent.unreachable)));
    else
      ++read;
  }
  for (std::string& line : evidence::missing_answers(evidence, false))
    out.missing.push_back(std::move(line));
  const bool gap = evidence.interrupted || read == 0 || read < evidence.agents.size() ||
                   !evidence::missing_lists(evidence, true).empty() ||
                   !evidence::missing_answers(evidence, true).empty();
  out.inspected = fmt::format("{}/{}, {}",
                              read,
                              count_of(evidence.agents.size(), "agent"),
                              count_of(lists, "list of objects", "lists of objects"));
  out.outcome = gap ? report::Outcome::incomplete : report::Outcome::ok;
  return out;
}

std::string size_text(std::size_t bytes) {
  if (bytes < 1024)
    return count_of(bytes, "byte");
  if (bytes < (1u << 20))
    return fmt::format("{:.1f} KiB", static_cast<double>(bytes) / 1024);
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20));
}

}  // namespace kpr::commands
