#include "commands/node_row.hpp"

#include <fmt/format.h>

#include <kpr/parse.hpp>

#include "util/strings.hpp"

namespace kpr::commands {
namespace {

using report::Style;

std::string first_error(const StatusDocument& document) {
  for (const Diagnostic& d : document.diagnostics) {
    if (d.severity == Severity::error)
      return d.message;
  }
  for (const Diagnostic& d : document.diagnostics) {
    if (d.severity == Severity::warning)
      return d.message;
  }
  return {};
}

report::Cell status_cell(const AgentStatus& s, const NodeRow& row) {
  std::string text = s.cilium ? std::string(s.cilium->state.text) : "<unknown>";
  Style style = !s.cilium                                 ? Style::muted
                : s.cilium->state.value == State::ok      ? Style::good
                : s.cilium->state.value == State::failure ? Style::bad
                                                          : Style::warn;
  std::vector<std::string> more;
  if (s.controllers && s.controllers->healthy < s.controllers->total) {
    more.push_back(count_of(s.controllers->total - s.controllers->healthy, "controller") +
                   " failing");
  }
  if (s.cluster_health && s.cluster_health->reachable &&
      *s.cluster_health->reachable < *s.cluster_health->total) {
    more.push_back(fmt::format(
        "{}/{} nodes reachable", *s.cluster_health->reachable, *s.cluster_health->total));
  }
  if (row.reading == Reading::incomplete)
    more.push_back("incomplete: " + row.reason);
  if (!more.empty() && style == Style::good)
    style = Style::warn;
  if (!more.empty())
    text += ", " + join(more, ", ");
  return {text, style};
}

std::string direct_routing(const AgentStatus& s) {
  if (!s.kube_proxy_replacement)
    return {};
  for (const Device& device : s.kube_proxy_replacement->devices) {
    if (device.direct_routing)
      return device.ips.empty() ? std::string(device.name) : std::string(device.ips.front());
  }
  return {};
}

}  // namespace

NodeRow read_node(evidence::Agent& agent, const JsonOptions* document_options) {
  NodeRow row;
  row.agent = &agent;
  row.values.resize(settings().size());
  const auto unread = [&](const evidence::Missing& missing) {
    row.reason = missing.detail.empty() ? std::string(to_string(missing.reason)) : missing.detail;
    if (missing.reason == evidence::Reason::incomplete)
      row.reading = Reading::incomplete;  // it answered, but not to the end
  };
  const auto output = agent.outputs.find("status-verbose");
  if (agent.unreachable) {
    unread(*agent.unreachable);
  } else if (output == agent.outputs.end()) {
    row.reason = "no status was asked for";
  } else if (!output->second) {
    unread(output->second.missing());
  } else if (StatusDocument document = parse_status(std::move(output->second->out));
             !document.recognized) {
    row.reason = first_error(document);
    if (!document.diagnostics.empty())
      row.hint = document.diagnostics.back().hint;
    if (row.reason.empty() && !output->second->err.empty())
      row.reason = std::string(trim(output->second->err));
  } else {
    row.recognized = true;
    row.verbose = document.verbose;
    row.values = values_of(document);
    row.reading = document.truncated ? Reading::incomplete : Reading::read;
    if (document.truncated)
      row.reason = first_error(document);
    row.direct_routing = direct_routing(document.status);
    row.status = status_cell(document.status, row);
    if (document_options != nullptr)
      row.facts = to_json(document, *document_options);
    return row;
  }
  row.status = {(row.reading == Reading::incomplete ? "incomplete: " : "unread: ") + row.reason,
                Style::bad};
  return row;
}

}  // namespace kpr::commands
