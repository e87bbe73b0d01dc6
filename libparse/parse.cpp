// parse_status: what the text is, its lines, its facts, and what is missing.
#include <algorithm>
#include <array>

#include "input_kind.hpp"
#include "json_in.hpp"
#include "lines.hpp"
#include "scan.hpp"
#include "status_parser.hpp"

namespace kpr {
namespace {

using det::Key;

// The minors that the lines allow: what is printed only since, or only until, one. An empty range
// (a text put together by hand) says nothing.
struct MinorRange {
  int low = 6;
  int high = 20;
};

MinorRange minors_of(const AgentStatus& s) {
  MinorRange range;
  const auto since = [&](bool there, int minor) {
    range.low = there ? std::max(range.low, minor) : range.low;
  };
  const auto until = [&](bool there, int minor) {
    range.high = there ? std::min(range.high, minor) : range.high;
  };
  since(s.kube_proxy_replacement || s.cluster_mesh, 7);
  since(s.masquerading || s.hubble, 8);
  since(s.bandwidth_manager || s.bpf_maps || s.clock_source || s.host_routing, 9);
  until(s.host_routing.has_value(), 15);
  since(s.encryption.has_value(), 10);
  since(s.host_firewall.has_value(), 11);
  since(s.cni_chaining || s.identity_range, 12);
  since(s.ipv6_big_tcp || s.cni_file, 13);
  since(s.ipv4_big_tcp.has_value(), 14);
  since(s.srv6 || s.modules_health, 15);
  since(s.routing || s.attach_mode || s.device_mode, 16);
  since(!s.configured_device_mode.empty(), 20);
  until(s.container_runtime.has_value(), 6);
  if (s.proxy && s.proxy->managed) {
    until(!s.proxy->total_redirects, 6);
    since(s.proxy->total_redirects.has_value(), 7);
    since(!s.proxy->envoy.empty(), 14);
    until(s.proxy->total_redirects && s.proxy->envoy.empty(), 13);
  }
  if (s.masquerading) {
    since(s.masquerading->ipv4.has_value(), 10);
    until(!s.masquerading->mode.empty() && !s.masquerading->ipv4, 9);
    since(!s.masquerading->snat_exclusion_v6.empty(), 18);
  }
  if (s.cluster_mesh && s.cluster_mesh->line != 0) {
    until(s.cluster_mesh->global_services.has_value(), 18);
    since(!s.cluster_mesh->global_services, 19);
  }
  if (s.bandwidth_manager && s.bandwidth_manager->enabled) {
    until(s.bandwidth_manager->congestion_control.empty(), 11);
    since(!s.bandwidth_manager->congestion_control.empty(), 12);
  }
  if (s.encryption)
    since(s.encryption->mode == "Ztunnel", 19);
  if (s.hubble)
    since(!s.hubble->metrics_msg.empty() ||
              (s.hubble->state.value == State::disabled && !s.hubble->metrics_state.empty()),
          18);
  if (s.kube_proxy_replacement && s.kube_proxy_replacement->features) {
    const KprFeatures& f = *s.kube_proxy_replacement->features;
    const bool details = f.line != s.kube_proxy_replacement->line;
    until(!details, 8);
    since(details, 9);
    since(f.socket_lb.has_value(), 12);
    since(f.socket_lb_tracing.has_value(), 13);
    until(!f.socket_protocols.empty(), 12);
    since(f.graceful_termination.has_value(), 11);
    until(f.graceful_termination.has_value(), 17);
    since(f.socket_lb && f.session_affinity && f.nat46x64 && !f.graceful_termination, 18);
    since(!f.node_port.dsr_mode.empty(), 15);
    since(f.annotations.has_value(), 17);
  }
  if (s.cluster_health)
    since(!s.cluster_health->probe_interval.empty(), 18);
  return range;
}

void judge_version(StatusDocument& document) {
  const MinorRange range = minors_of(document.status);
  int minor = 0;  // of the Cilium line
  std::string_view version = document.cilium_version;
  if (det::take(version, "1."))
    det::take_number(version, minor);
  const bool consistent = range.low <= range.high;
  if (minor != 0) {
    // A snapshot "1.19.0-dev" may have what 1.20 prints.
    if (!consistent || minor < range.low || minor > range.high) {
      document.diagnostics.push_back({Severity::note,
                                      "version-mismatch",
                                      "the lines are not those that Cilium " +
                                          document.cilium_version +
                                          ", named in the Cilium line, prints",
                                      "",
                                      document.status.cilium ? document.status.cilium->line : 0});
      document.minor_low = document.minor_high = 0;
      return;
    }
    document.minor_low = document.minor_high = static_cast<std::uint8_t>(minor);
    return;
  }
  if (!consistent || (range.low == 6 && range.high == 20))
    return;
  document.minor_low = static_cast<std::uint8_t>(range.low);
  document.minor_high = static_cast<std::uint8_t>(range.high);
  document.cilium_version = "1." + std::to_string(range.low);
  if (range.low != range.high)
    document.cilium_version += " - 1." + std::to_string(range.high);
  document.version_evidence = "line set";
}

// A whole status has Kubernetes, Cilium, Controller Status and Proxy Status; a healthy one ends in
// Cluster health.
void judge_completeness(StatusDocument& document) {
  const AgentStatus& s = document.status;
  const bool head = s.kubernetes || s.cilium || s.node_monitor;
  const bool healthy =
      s.cilium && (s.cilium->state.value == State::ok || s.cilium->state.value == State::disabled);
  const bool tail = s.cluster_health.has_value();
  if (!head && !tail) {
    document.truncated = true;
    document.diagnostics.push_back(
        {Severity::warning,
         "partial",
         "only some lines of a status are here (a grep?), the rest is not known",
         "Save the whole output: kubectl -n kube-system exec ds/cilium -- cilium-dbg status "
         "--verbose",
         0});
    return;
  }
  if (!s.cilium || !s.kubernetes) {
    document.truncated = true;
    document.diagnostics.push_back(
        {Severity::warning, "head-missing", "the first lines of the status are missing", "", 0});
  }
  if (!s.controllers || !s.proxy || (healthy && !tail)) {
    document.truncated = true;
    document.diagnostics.push_back(
        {Severity::warning,
         "truncated",
         "the status ends early; lines that its version prints further down are missing",
         "",
         static_cast<std::uint32_t>(document.lines.size())});
  } else if (s.cluster_health && s.cluster_health->reachable && !s.cluster_health->more &&
             document.verbose && !s.modules_health &&
             (s.cluster_health->nodes.size() < *s.cluster_health->total ||
              document.minor_low >= 15)) {
    document.truncated = true;
    document.diagnostics.push_back(
        {Severity::warning,
         "truncated",
         "the status ends in Cluster health; nodes or Modules Health are missing",
         "",
         static_cast<std::uint32_t>(document.lines.size())});
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
  std::vector<std::string_view> lines = det::split_lines(*document.text);
  std::string_view value;
  const std::string_view prefix = det::common_prefix(lines, [&](std::string_view rest) {
    return det::key_of(rest, value) != Key::none;
  });
  if (!prefix.empty()) {
    document.line_prefix = std::string(prefix);
    det::strip_prefix(lines, prefix);
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
  judge_version(document);
  judge_completeness(document);
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
