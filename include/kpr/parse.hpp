// Entry points of libkprparse. Any text in, always a document out; no function here throws for bad
// input (std::bad_alloc apart).
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kpr/bpf_lb_list.hpp"
#include "kpr/diagnostic.hpp"
#include "kpr/service_list.hpp"
#include "kpr/status.hpp"

namespace kpr {

/// Texts longer than this are not read: kind `too_large`.
inline constexpr std::size_t k_max_text_bytes = 64u << 20;

/// What the text turned out to be.
enum class InputKind : std::uint8_t {
  status,             ///< the agent's own `cilium status`, verbose or plain, whole or in part
  status_json,        ///< `cilium status -o json`
  service_list,       ///< `cilium service list`
  health,             ///< `cilium-health status`
  bpf_lb_list,        ///< `cilium bpf lb list`
  cilium_cli_status,  ///< the stand-alone CLI's `cilium status` with its banner: not an agent's
  agent_down,         ///< "Is the agent running?" and its kin
  kubectl_error,      ///< kubectl could not run the command
  brief,              ///< `cilium status --brief`: "OK" or "error in …", no facts
  empty,              ///< nothing, or blanks only
  binary,             ///< holds NUL bytes
  too_large,          ///< longer than k_max_text_bytes
  unknown             ///< none of these
};

/// The stable name of a kind: "status", "status-json", "cilium-cli-status", …
std::string_view to_string(InputKind kind);

/// What became of one line of the input.
enum class LineUse : std::uint8_t { blank, fact, header, noise, unknown };

/// A parsed status. Copies share the text; views in `status` stay valid while any copy lives.
struct StatusDocument {
  std::shared_ptr<const std::string> text;  ///< the owned text (without ANSI escapes and BOM)
  InputKind kind = InputKind::unknown;
  bool recognized = false;  ///< true: kind is status or status_json, and `status` holds facts
  bool truncated = false;   ///< true: the text ends before what its version prints last
  std::string line_prefix;  ///< what stood before every line of an indented or quoted copy; inside
                            ///< multi-line views it is still there
  bool verbose = false;     ///< true: lines were seen that only --verbose prints
  AgentStatus status;
  std::uint8_t minor_low = 0;    ///< the minor release 1.N: of the Cilium line, or the lowest that
                                 ///< the lines allow; 0 when nothing tells
  std::uint8_t minor_high = 0;   ///< the same, the highest
  std::string cilium_version;    ///< "1.18.3", or a range like "1.9 - 1.10" from the set of lines;
                                 ///< empty when nothing tells
  std::string version_evidence;  ///< "Cilium line", "line set", or empty
  std::vector<UnknownLine> unknown;  ///< in order
  std::vector<LineUse> lines;        ///< one entry a line of the text, in order
  std::vector<Diagnostic> diagnostics;
};

/// Parses the output of `cilium status` or `cilium-dbg status`, Cilium 1.6 - 1.20, verbose or
/// plain, or its -o json. Accepts noise around it, CRLF, BOM, ANSI escapes, indented and quoted
/// copies, stripped blanks, cut tails and single grep'ed lines.
StatusDocument parse_status(std::string text);

/// A parsed `cilium service list`.
struct ServiceListDocument {
  std::shared_ptr<const std::string> text;
  InputKind kind = InputKind::unknown;
  bool recognized = false;
  std::vector<Service> services;  ///< in the order printed
  std::vector<UnknownLine> unknown;
  std::vector<LineUse> lines;
  std::vector<Diagnostic> diagnostics;
};

/// Parses `cilium service list` of 1.6 - 1.20, or its -o json. Rows without a header (grep'ed) are
/// accepted.
ServiceListDocument parse_service_list(std::string text);

/// A parsed `cilium-health status`.
struct HealthDocument {
  std::shared_ptr<const std::string> text;
  InputKind kind = InputKind::unknown;
  bool recognized = false;
  ClusterHealth health;
  std::vector<UnknownLine> unknown;
  std::vector<LineUse> lines;
  std::vector<Diagnostic> diagnostics;
};

/// Parses `cilium-health status [--verbose]` of 1.6 - 1.20.
HealthDocument parse_cilium_health(std::string text);

/// A parsed `cilium bpf lb list`.
struct BpfLbListDocument {
  std::shared_ptr<const std::string> text;
  InputKind kind = InputKind::unknown;
  bool recognized = false;
  std::vector<BpfLbFrontend> frontends;  ///< in the order of their first row; the agent's own order
                                         ///< is any
  std::vector<UnknownLine> unknown;
  std::vector<LineUse> lines;
  std::vector<Diagnostic> diagnostics;
};

/// Parses `cilium bpf lb list` of 1.6 - 1.21, or its -o json: the list of services, not those of
/// --frontends, --backends, --revnat or --source-ranges. Rows without a header are accepted.
BpfLbListDocument parse_bpf_lb_list(std::string text);

}  // namespace kpr
