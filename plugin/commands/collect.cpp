#include "commands/collect.hpp"

#include <fmt/format.h>

#include <map>

#include "util/strings.hpp"

namespace kpr::commands {
namespace {

using evidence::Missing;
using evidence::Reason;

std::string reason_text(const Missing& missing) {
  std::string text(evidence::to_string(missing.reason));
  if (!missing.detail.empty()) text += ": " + missing.detail;
  return text;
}

// What this cluster or this version simply does not have is no gap.
bool is_gap(Reason reason) {
  switch (reason) {
    case Reason::not_asked:
    case Reason::no_such_file:
    case Reason::version_too_old: return false;
    default: return true;
  }
}

}  // namespace

Collected collected(const evidence::Evidence& evidence) {
  Collected out;
  bool gap = evidence.interrupted || evidence.agents.empty();
  std::size_t read = 0, lists = 0;
  std::map<std::pair<std::string, Reason>, std::pair<std::size_t, std::string>> outputs;  // command, reason → agents, the first one's detail
  for (const auto& [resource, piece] : evidence.objects) {
    if (piece) ++lists;
    if (piece && piece->partial) {
      out.missing.push_back(fmt::format("{} in part: {}", resource, piece->partial_detail));
      gap = true;
    } else if (!piece) {
      out.missing.push_back(fmt::format("{}: {}", resource, reason_text(piece.missing())));
      gap = gap || is_gap(piece.missing().reason);
    }
  }
  for (const evidence::Agent& agent : evidence.agents) {
    if (agent.unreachable) {
      out.missing.push_back(fmt::format("the agent of node {}: {}", agent.node, reason_text(*agent.unreachable)));
      gap = true;
      continue;
    }
    ++read;
    for (const auto& [name, output] : agent.outputs) {
      if (output) continue;
      auto& same = outputs[{name, output.missing().reason}];
      if (same.first++ == 0) same.second = reason_text(output.missing());
      // A command that fails or prints nothing has said what it has to say.
      const Reason reason = output.missing().reason;
      gap = gap || (is_gap(reason) && reason != Reason::failed && reason != Reason::incomplete);
    }
  }
  for (const auto& [key, same] : outputs) out.missing.push_back(fmt::format("{} of {}: {}", key.first, count_of(same.first, "agent"), same.second));
  out.inspected = fmt::format("{}/{}, {}", read, count_of(evidence.agents.size(), "agent"), count_of(lists, "list of objects", "lists of objects"));
  out.outcome = gap ? report::Outcome::incomplete : report::Outcome::ok;
  return out;
}

std::string size_text(std::size_t bytes) {
  if (bytes < 1024) return count_of(bytes, "byte");
  if (bytes < (1u << 20)) return fmt::format("{:.1f} KiB", static_cast<double>(bytes) / 1024);
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20));
}

}  // namespace kpr::commands
