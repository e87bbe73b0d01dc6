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

// Where no Cilium line tells the version: what is printed only since, or only until, a minor.
void guess_version(StatusDocument& document) {
  const AgentStatus& s = document.status;
  if (!document.cilium_version.empty()) return;
  int low = 6;
  int high = 20;
  const auto since = [&](bool there, int minor) { low = there ? std::max(low, minor) : low; };
  const auto until = [&](bool there, int minor) { high = there ? std::min(high, minor) : high; };
  since(s.kube_proxy_replacement || s.cluster_mesh, 7);
  since(s.masquerading || s.hubble, 8);
  since(s.bandwidth_manager || s.bpf_maps || s.clock_source, 9);
  since(s.encryption.has_value(), 10);
  since(s.host_firewall.has_value(), 11);
  since(s.cni_chaining || s.identity_range, 12);
  since(s.ipv6_big_tcp || s.cni_file, 13);
  since(s.ipv4_big_tcp.has_value(), 14);
  since(s.srv6 || s.modules_health, 15);
  since(s.routing || s.attach_mode || s.device_mode, 16);
  if (s.host_routing) since(true, 9), until(true, 15);
  until(s.container_runtime.has_value(), 6);
  if (s.kube_proxy_replacement && s.kube_proxy_replacement->features) {
    const KprFeatures& f = *s.kube_proxy_replacement->features;
    since(f.socket_lb.has_value(), 12);
    since(f.socket_lb_tracing.has_value(), 13);
    since(f.graceful_termination.has_value(), 11);
    until(f.graceful_termination.has_value(), 17);
    since(f.annotations.has_value(), 17);
  }
  if (s.cluster_health && !s.cluster_health->probe_interval.empty()) since(true, 18);
  if ((low == 6 && high == 20) || low > high) return;
  document.cilium_version = low == high ? "1." + std::to_string(low) : "1." + std::to_string(low) + " - 1." + std::to_string(high);
  document.version_evidence = "line set";
}

// A whole status has Kubernetes, Cilium, Controller Status and Proxy Status; a healthy one ends in Cluster health.
void judge_completeness(StatusDocument& document) {
  const AgentStatus& s = document.status;
  const bool head = s.kubernetes || s.cilium || s.node_monitor;
  const bool healthy = s.cilium && (s.cilium->state.value == State::ok || s.cilium->state.value == State::disabled);
  const bool tail = s.cluster_health.has_value();
  if (!head && !tail) {
    document.truncated = true;
    document.diagnostics.push_back({Severity::warning, "partial", "only some lines of a status are here (a grep?), the rest is not known",
                                    "Save the whole output: kubectl -n kube-system exec ds/cilium -- cilium-dbg status --verbose", 0});
    return;
  }
  if (!s.cilium || !s.kubernetes) {
    document.truncated = true;
    document.diagnostics.push_back({Severity::warning, "head-missing", "the first lines of the status are missing", "", 0});
  }
  if (!s.controllers || !s.proxy || (healthy && !tail)) {
    document.truncated = true;
    document.diagnostics.push_back({Severity::warning, "truncated", "the status ends early; lines that its version prints further down are missing", "",
                                    static_cast<std::uint32_t>(document.lines.size())});
  } else if (s.cluster_health && s.cluster_health->reachable && document.verbose && s.cluster_health->nodes.empty() && *s.cluster_health->total > 0) {
    document.truncated = true;
    document.diagnostics.push_back({Severity::warning, "truncated", "the status ends in Cluster health; its nodes are missing", "",
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
    if (input.kind == InputKind::status_json) det::read_status_json(document);
    return document;
  }
  std::vector<std::string_view> lines = det::split_lines(*document.text);
  std::string_view value;
  const std::string_view prefix = det::common_prefix(lines, [&](std::string_view rest) { return det::key_of(rest, value) != Key::none; });
  if (!prefix.empty()) {
    det::strip_prefix(lines, prefix);
    document.diagnostics.push_back({Severity::note, "indented", "the text is an indented or quoted copy; what stands before each line was taken off", "", 0});
  }
  det::StatusParser parser(lines, document);
  parser.run();
  const std::size_t facts = static_cast<std::size_t>(std::count(document.lines.begin(), document.lines.end(), LineUse::fact));
  if (facts == 0) {
    document.kind = det::kind_of_other_text(*document.text, document.diagnostics);
    document.unknown.clear();
    return document;
  }
  document.kind = InputKind::status;
  document.recognized = true;
  guess_version(document);
  judge_completeness(document);
  for (const UnknownLine& line : document.unknown) {
    document.diagnostics.push_back({Severity::warning, "unknown-line", "a line was not understood: " + std::string(line.text.substr(0, 200)), "", line.line});
    if (document.diagnostics.size() > 100) break;
  }
  return document;
}

std::string_view to_string(InputKind kind) {
  constexpr std::array<std::string_view, 12> k_names{"status", "status-json", "service-list", "health", "cilium-cli-status", "agent-down",
                                                     "kubectl-error", "brief", "empty", "binary", "too-large", "unknown"};
  return k_names[static_cast<std::size_t>(kind)];
}

}  // namespace kpr
