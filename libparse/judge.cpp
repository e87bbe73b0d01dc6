#include "judge.hpp"

#include <algorithm>
#include <string>

#include "keys.hpp"
#include "scan.hpp"

namespace kpr::det {
namespace {

// What is printed only since, or only until, a minor, beside the key lines themselves.
struct Form {
  bool (*there)(const AgentStatus& s);
  int since, until;
};

const KprFeatures* features_of(const AgentStatus& s) {
  return s.kube_proxy_replacement && s.kube_proxy_replacement->features
             ? &*s.kube_proxy_replacement->features
             : nullptr;
}
bool are_details(const AgentStatus& s) {
  const KprFeatures* const f = features_of(s);
  return f != nullptr && (f->line == 0 || f->line != s.kube_proxy_replacement->line);
}
bool is_feature_list(const AgentStatus& s) {
  return features_of(s) != nullptr && !are_details(s);
}
template <auto member>
bool has_feature(const AgentStatus& s) {
  const KprFeatures* const f = features_of(s);
  return f != nullptr && (f->*member).has_value();
}
bool has_protocols(const AgentStatus& s) {
  const KprFeatures* const f = features_of(s);
  return f != nullptr && !f->socket_protocols.empty();
}
bool lacks_graceful_termination(const AgentStatus& s) {
  const KprFeatures* const f = features_of(s);
  return f != nullptr && f->socket_lb && f->session_affinity && f->nat46x64 &&
         !f->graceful_termination;
}
bool has_dsr_mode(const AgentStatus& s) {
  const KprFeatures* const f = features_of(s);
  return f != nullptr && !f->node_port.dsr_mode.empty();
}

constexpr int k_old = k_oldest_minor;
constexpr int k_new = k_newest_minor;
constexpr Form k_forms[] = {
    {is_feature_list, 7, 8},
    {are_details, 9, k_new},
    {has_protocols, 7, 12},
    {has_feature<&KprFeatures::socket_lb>, 12, k_new},
    {has_feature<&KprFeatures::socket_lb_tracing>, 13, k_new},
    {has_feature<&KprFeatures::graceful_termination>, 11, 17},
    {lacks_graceful_termination, 18, k_new},
    {has_dsr_mode, 15, k_new},
    {has_feature<&KprFeatures::annotations>, 17, k_new},
    {[](const AgentStatus& s) {
       return s.bpf_maps.has_value();
     },
     9,
     k_new},
    {[](const AgentStatus& s) {
       return s.modules_health.has_value();
     },
     15,
     k_new},
    {[](const AgentStatus& s) {
       return !s.configured_device_mode.empty();
     },
     20,
     k_new},
    {[](const AgentStatus& s) {
       return s.proxy && s.proxy->managed && !s.proxy->total_redirects &&
              !s.proxy->port_range.empty();
     },
     k_old,
     6},
    {[](const AgentStatus& s) {
       return s.proxy && s.proxy->total_redirects.has_value();
     },
     7,
     k_new},
    {[](const AgentStatus& s) {
       return s.proxy && !s.proxy->envoy.empty();
     },
     14,
     k_new},
    {[](const AgentStatus& s) {
       return s.proxy && s.proxy->total_redirects && !s.proxy->port_range.empty() &&
              s.proxy->envoy.empty();
     },
     k_old,
     13},
    {[](const AgentStatus& s) {
       return s.masquerading && s.masquerading->ipv4.has_value();
     },
     10,
     k_new},
    {[](const AgentStatus& s) {
       return s.masquerading && !s.masquerading->mode.empty() && !s.masquerading->ipv4;
     },
     k_old,
     9},
    {[](const AgentStatus& s) {
       return s.masquerading && !s.masquerading->snat_exclusion_v6.empty();
     },
     18,
     k_new},
    {[](const AgentStatus& s) {
       return s.cluster_mesh && s.cluster_mesh->global_services;
     },
     7,
     18},
    {[](const AgentStatus& s) {
       return s.cluster_mesh && s.cluster_mesh->line != 0 && !s.cluster_mesh->global_services;
     },
     19,
     k_new},
    {[](const AgentStatus& s) {
       return s.bandwidth_manager && s.bandwidth_manager->enabled &&
              s.bandwidth_manager->congestion_control.empty();
     },
     9,
     11},
    {[](const AgentStatus& s) {
       return s.bandwidth_manager && !s.bandwidth_manager->congestion_control.empty();
     },
     12,
     k_new},
    {[](const AgentStatus& s) {
       return s.encryption && s.encryption->mode == "Ztunnel";
     },
     19,
     k_new},
    {[](const AgentStatus& s) {
       return s.hubble && !s.hubble->metrics_msg.empty();
     },
     18,
     k_new},
    {[](const AgentStatus& s) {
       return s.hubble && s.hubble->state.value == State::disabled &&
              !s.hubble->metrics_state.empty();
     },
     18,
     k_new},
    {[](const AgentStatus& s) {
       return s.cluster_health && !s.cluster_health->probe_interval.empty();
     },
     18,
     k_new},
};

// The minors that the lines allow. An empty range (a text put together by hand) says nothing.
MinorRange minors_of(const AgentStatus& s, std::uint64_t keys) {
  MinorRange range = minors_of_keys(keys);
  for (const Form& form : k_forms) {
    if (!form.there(s))
      continue;
    range.low = std::max(range.low, form.since);
    range.high = std::min(range.high, form.until);
  }
  return range;
}

int minor_of(std::string_view version) {
  int minor = 0;
  if (take(version, "1."))
    take_number(version, minor);
  return minor;
}

void say(StatusDocument& document, Severity severity, const char* code, std::string message) {
  document.diagnostics.push_back({severity, code, std::move(message), "", 0});
}

// A whole status has Kubernetes, Cilium, Controller Status and Proxy Status; a healthy one ends in
// Cluster health.
void say_partial(StatusDocument& document) {
  document.truncated = true;
  document.diagnostics.push_back(
      {Severity::warning,
       "partial",
       "only some lines of a status are here (a grep?), the rest is not known",
       "Save the whole output: kubectl -n kube-system exec ds/cilium -- cilium-dbg status "
       "--verbose",
       0});
}

void say_truncated(StatusDocument& document, const char* message) {
  document.truncated = true;
  document.diagnostics.push_back({Severity::warning,
                                  "truncated",
                                  message,
                                  "",
                                  static_cast<std::uint32_t>(document.lines.size())});
}

// Nodes, or from 1.15 the modules, follow in a verbose text.
bool ends_in_cluster_health(const StatusDocument& document) {
  const AgentStatus& s = document.status;
  const auto& health = s.cluster_health;
  if (!health || !health->reachable || health->more || !document.verbose || s.modules_health)
    return false;
  return health->nodes.size() < health->total.value_or(0) || document.minor_low >= 15;
}

}  // namespace

void judge_version(StatusDocument& document, std::uint64_t keys) {
  const MinorRange range = minors_of(document.status, keys);
  const bool consistent = range.low <= range.high;
  if (const int minor = minor_of(document.cilium_version); minor != 0) {
    document.minor_low = document.minor_high = static_cast<std::uint8_t>(std::min(minor, 255));
    if (minor > k_newest_minor)
      say(document,
          Severity::note,
          "newer-version",
          "Cilium " + document.cilium_version + " is newer than this library knows (1." +
              std::to_string(k_newest_minor) + "); its lines are read as those of 1." +
              std::to_string(k_newest_minor));
    // A snapshot "1.19.0-dev" may have what 1.20 prints.
    const int known = std::min(minor, k_newest_minor);
    if (consistent && known >= range.low && known <= range.high)
      return;
    say(document,
        Severity::note,
        "version-mismatch",
        "the lines are not those that Cilium " + document.cilium_version +
            ", named in the Cilium line, prints");
    document.diagnostics.back().line = document.status.cilium ? document.status.cilium->line : 0;
    document.minor_low = document.minor_high = 0;
    return;
  }
  if (!consistent || (range.low == k_old && range.high == k_new))
    return;
  document.minor_low = static_cast<std::uint8_t>(range.low);
  document.minor_high = static_cast<std::uint8_t>(range.high);
  document.cilium_version = "1." + std::to_string(range.low);
  if (range.low != range.high)
    document.cilium_version += " - 1." + std::to_string(range.high);
  document.version_evidence = "line set";
}

void judge_completeness(StatusDocument& document) {
  const AgentStatus& s = document.status;
  const bool head = s.kubernetes || s.cilium || s.node_monitor;
  const bool healthy =
      s.cilium && (s.cilium->state.value == State::ok || s.cilium->state.value == State::disabled);
  const bool tail = s.cluster_health.has_value();
  if (!head && !tail)
    return say_partial(document);
  if (!s.cilium || !s.kubernetes) {
    document.truncated = true;
    say(document, Severity::warning, "head-missing", "the first lines of the status are missing");
  }
  if (healthy && !tail) {
    say_truncated(document,
                  "the status ends early; lines that its version prints further down are missing");
  } else if (!s.controllers || !s.proxy) {
    document.truncated = true;
    say(document, Severity::warning, "incomplete", "lines of the status are missing");
  } else if (ends_in_cluster_health(document)) {
    say_truncated(document,
                  "the status ends in Cluster health; nodes or Modules Health are missing");
  }
}

}  // namespace kpr::det
