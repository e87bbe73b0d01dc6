// What kube-proxy left in iptables. KUBE-KUBELET-CANARY, KUBE-IPTABLES-HINT, KUBE-FIREWALL,
// KUBE-MARK-* and (older kubelets) KUBE-POSTROUTING are the kubelet's own and on every node: they
// prove nothing.
#include <algorithm>
#include <array>

#include "facts/agent.hpp"
#include "util/strings.hpp"

namespace kpr::facts {
namespace {

bool is_service_chain(std::string_view name) {
  for (std::string_view prefix : {"KUBE-SVC-", "KUBE-SEP-", "KUBE-EXT-", "KUBE-FW-", "KUBE-XLB-"}) {
    if (!name.starts_with(prefix) || name.size() != prefix.size() + 16)
      continue;
    const auto hash = name.substr(prefix.size());
    return std::all_of(hash.begin(), hash.end(), [](char c) {
      return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    });
  }
  return false;
}

bool is_proxy_chain(std::string_view name) {
  constexpr std::array<std::string_view, 5> own = {"KUBE-SERVICES",
                                                   "KUBE-NODEPORTS",
                                                   "KUBE-EXTERNAL-SERVICES",
                                                   "KUBE-PROXY-FIREWALL",
                                                   "KUBE-FORWARD"};
  return is_service_chain(name) || std::find(own.begin(), own.end(), name) != own.end();
}

std::string_view first_word(std::string_view text) {
  return text.substr(0, text.find(' '));
}

}  // namespace

IptablesTrace scan_iptables(std::string_view text, std::string command, std::string source) {
  IptablesTrace trace{std::move(command), std::move(source), 0, 0, 0, false, {}};
  for (std::string_view line : split(text, '\n')) {
    if (!line.empty() && line.back() == '\r')
      line.remove_suffix(1);
    if (line.starts_with('[')) {  // iptables-save -c
      const auto end = line.find("] ");
      if (end == std::string_view::npos)
        continue;
      line.remove_prefix(end + 2);
    }
    if (line.starts_with(':')) {
      const auto chain = first_word(line.substr(1));
      if (chain == "KUBE-PROXY-CANARY")
        trace.canary = true;
      if (is_service_chain(chain))
        ++trace.service_chains;
    } else if (line.starts_with("-A ")) {
      const auto chain = first_word(line.substr(3));
      if (!is_proxy_chain(chain))
        continue;
      ++trace.rules;
      const bool reject = (chain == "KUBE-SERVICES" || chain == "KUBE-EXTERNAL-SERVICES") &&
                          line.find("-j REJECT") != std::string_view::npos;
      if (reject)
        ++trace.rejects;
      if (trace.samples.size() < 2 || (reject && trace.rejects == 1))
        trace.samples.emplace_back(line);
    }
  }
  // A chain may be known by its rules only, in a cut text.
  if (trace.service_chains == 0 && trace.rules > 0)
    for (const auto& s : trace.samples)
      if (is_service_chain(first_word(std::string_view(s).substr(3))))
        trace.service_chains = 1;
  return trace;
}

}  // namespace kpr::facts
