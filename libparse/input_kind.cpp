#include "input_kind.hpp"

#include <algorithm>

#include "lines.hpp"
#include "noise.hpp"
#include "scan.hpp"
#include "status_parser.hpp"

namespace kpr::det {
namespace {

constexpr const char* k_run = "Run it in an agent pod: kubectl -n kube-system exec ds/cilium -c "
                              "cilium-agent -- cilium-dbg status --verbose";

bool contains(std::string_view text, std::string_view what) {
  return text.find(what) != npos;
}

// An object begins the text, or begins a line after lines of kubectl.
bool is_json_object(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = trim(take_until(text, "\n").substr(0, 4096));
    const std::string_view s = line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
    if (s.starts_with('{')) {
      const std::string_view inside = trim_left(s.substr(1));
      return inside.starts_with('"') || inside.starts_with('}') || inside.empty();
    }
    if (!s.empty() && !is_noise(s))
      return false;
  }
  return false;
}

}  // namespace

InputText open_text(std::string text, std::vector<Diagnostic>& diagnostics) {
  InputText input;
  if (text.size() > k_max_text_bytes) {
    diagnostics.push_back({Severity::error,
                           "too-large",
                           "the text is longer than 64 MiB and was not read",
                           "Save the output of one agent in a file of its own.",
                           0});
    input.kind = InputKind::too_large;
    input.text = std::make_shared<const std::string>();
    return input;
  }
  // One NUL may be a damaged byte; binary files and UTF-16 have many.
  const std::string_view head = std::string_view(text).substr(0, 64u << 10);
  if (head.find('\0') != npos &&
      static_cast<std::size_t>(std::count(head.begin(), head.end(), '\0')) * 100 > head.size()) {
    const bool utf16 = text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff");
    diagnostics.push_back(
        {Severity::error,
         "binary",
         utf16 ? "the text is UTF-16" : "the input is binary, not a text",
         utf16 ? "Save it as UTF-8 (in PowerShell: | Out-File -Encoding utf8 FILE)." : k_run,
         0});
    input.kind = InputKind::binary;
  } else {
    clean_text(text, diagnostics);
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == npos) {
      diagnostics.push_back({Severity::error, "empty", "the text is empty", k_run, 0});
      input.kind = InputKind::empty;
    } else if (is_json_object(text)) {
      input.kind = InputKind::status_json;
    }
  }
  input.text = std::make_shared<const std::string>(std::move(text));
  return input;
}

InputKind kind_of_other_text(std::string_view text, std::vector<Diagnostic>& diagnostics) {
  const auto say = [&](InputKind kind, const char* code, const char* message, const char* hint) {
    diagnostics.push_back({Severity::error, code, message, hint, 0});
    return kind;
  };
  if (text.find('\0') != npos)
    return say(InputKind::binary, "binary", "the input is binary, not a text", k_run);
  if (contains(text, "/\xc2\xaf\xc2\xaf\\")) {
    return say(InputKind::cilium_cli_status,
               "cilium-cli-status",
               "this is `cilium status` of the stand-alone CLI, a summary of the rollout",
               k_run);
  }
  if (contains(text, "Is the agent running?") ||
      contains(text, "Cilium API client timeout exceeded") ||
      contains(text, "cilium: daemon unreachable")) {
    return say(InputKind::agent_down,
               "agent-down",
               "the agent did not answer: its API socket is not there or does not respond",
               "Look at the agent's own log: kubectl -n kube-system logs ds/cilium -c cilium-agent "
               "--tail=50");
  }
  if (contains(text, "Error from server") ||
      contains(text, "error: unable to upgrade connection") || contains(text, "error: ") ||
      contains(text, "OCI runtime exec failed") ||
      contains(text, "Unable to connect to the server")) {
    return say(InputKind::kubectl_error,
               "kubectl-error",
               "kubectl could not run the command in the agent pod",
               "Mend what its message says, and save the output again.");
  }
  if (const std::string_view line = trim(text.substr(0, text.find_last_not_of("\r\n") + 1));
      line == "OK" || (line.starts_with("error in ") && line.find(": ") != npos)) {
    return say(InputKind::brief,
               "brief",
               "this is `cilium status --brief`, which says nothing of the kube-proxy replacement",
               k_run);
  }
  if (contains(text, "SERVICE ADDRESS")) {
    return say(InputKind::bpf_lb_list,
               "bpf-lb-list",
               "this is `cilium bpf lb list`, not a status",
               "Read it with: kubectl kpr parse --kind=bpf-lb-list FILE");
  }
  if (contains(text, " => ") &&
      (contains(text, "Frontend") || contains(text, "ClusterIP") || contains(text, "NodePort"))) {
    return say(InputKind::service_list,
               "service-list",
               "this is `cilium service list`, not a status",
               "Read it with: kubectl kpr parse --kind=service-list FILE");
  }
  if (contains(text, "Probe time:") && contains(text, "Nodes:")) {
    return say(InputKind::health,
               "health",
               "this is `cilium-health status`, not a status",
               "Read it with: kubectl kpr parse --kind=health FILE");
  }
  return say(
      InputKind::unknown, "not-a-status", "no line of a Cilium agent's status was found", k_run);
}

}  // namespace kpr::det
