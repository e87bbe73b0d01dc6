#include "services/backends.hpp"

#include <algorithm>
#include <unordered_map>

#include "util/strings.hpp"

namespace kpr::services {
namespace {

using facts::LbFrontend;

// Not of a Service: Envoy's listener, where traffic goes through it (1.18+), and the endpoint that
// makes Cilium look at a Service of an Ingress or Gateway (up to 1.17).
bool of_proxy(const LbFrontend::Backend& b) {
  return b.ip == "127.0.0.1" || b.ip == "::1" || (b.ip == "192.192.192.192" && b.port == 9999);
}

bool state_fits(State wanted, const std::string& found) {
  if (found.empty() || found == to_string(wanted))
    return true;
  return wanted == State::terminating_not_serving && found == "terminating";
}

std::string policy(bool local) {
  return local ? "Local" : "Cluster";
}

// Only JSON has them; the internal one since 1.14.
void compare_policies(const Frontend& wanted,
                      const LbFrontend& found,
                      const Settings& s,
                      std::vector<Detail>& out) {
  if (wanted.service == nullptr || !s.since(1, 14))
    return;
  const auto differ = [&](const char* which, const std::string& want, const std::string& have) {
    if (!have.empty() && have != want && have != "NONE")
      out.push_back({Kind::policy, "", which + want, which + have});
  };
  differ("externalTrafficPolicy ",
         policy(wanted.service->external_traffic_policy == "Local"),
         found.ext_policy);
  differ("internalTrafficPolicy ",
         policy(wanted.service->internal_traffic_policy == "Local"),
         found.int_policy);
}

void compare_backend(const Backend& wanted,
                     bool optional,
                     const LbFrontend::Backend& found,
                     const Settings& s,
                     std::vector<Detail>& out) {
  const std::string address = facts::at_port(found.ip, found.port);
  const bool checked = optional && wanted.state == State::active && found.state == "quarantined";
  if (!state_fits(wanted.state, found.state) && !checked)
    out.push_back(
        {Kind::backend_state, address, std::string(to_string(wanted.state)), found.state});
  if (found.weight >= 0 && found.weight != wanted.weight && s.since(1, 18))
    out.push_back({Kind::backend_weight,
                   address,
                   std::to_string(wanted.weight),
                   std::to_string(found.weight)});
}

// Whether new connections go to it: those that are going are used where none is active (KEP-1669).
bool gets_traffic(const LbFrontend::Backend& b, bool any_active) {
  return b.state.empty() || b.state == "active" || (b.state == "terminating" && !any_active);
}

bool any_active(const LbFrontend& f) {
  return std::any_of(f.backends.begin(), f.backends.end(), [](const auto& b) {
    return b.state == "active";
  });
}

bool has_word(const std::string& flags, std::string_view word) {
  for (const std::string_view one : split(flags, ','))
    if (trim(one) == word)
      return true;
  return false;
}

}  // namespace

std::vector<Detail> agent_details(const Table& table,
                                  const Frontend& wanted,
                                  const std::vector<Chosen>& backends,
                                  const LbFrontend& found,
                                  const Settings& settings,
                                  bool redirects_known) {
  std::vector<Detail> out;
  const bool redirected = found.type == "LocalRedirect" && (wanted.redirected || !redirects_known);
  if (redirected)
    return out;  // its backends are pods of the node that the policy chooses
  if (!found.type.empty() && found.type != to_string(wanted.type))
    out.push_back({Kind::type, "", std::string(to_string(wanted.type)), found.type});
  compare_policies(wanted, found, settings, out);
  std::unordered_map<std::string, std::size_t> places;
  std::vector<bool> seen(backends.size());
  for (std::size_t i = 0; i < backends.size(); ++i) {
    const Backend& b = table.backends[backends[i].backend];
    places.emplace(facts::at_port(b.ip, b.port), i);
  }
  for (const auto& b : found.backends) {
    if (of_proxy(b))
      continue;
    const auto place = places.find(facts::at_port(b.ip, b.port));
    if (place == places.end()) {
      if (!wanted.open && gets_traffic(b, any_active(found)))
        out.push_back({Kind::backend_extra, facts::at_port(b.ip, b.port), "", b.state});
      continue;
    }
    seen[place->second] = true;
    const Chosen chosen = backends[place->second];
    compare_backend(table.backends[chosen.backend], chosen.optional, b, settings, out);
  }
  for (std::size_t i = 0; i < backends.size(); ++i) {
    const Backend& b = table.backends[backends[i].backend];
    if (!seen[i] && !backends[i].optional)
      out.push_back({Kind::backend_missing,
                     facts::at_port(b.ip, b.port),
                     std::string(to_string(b.state)),
                     ""});
  }
  return out;
}

std::vector<Detail> kernel_details(const LbFrontend& listed, const LbFrontend& in_kernel) {
  std::vector<Detail> out;
  if (!in_kernel.master)  // slots of backends without the one that they are found by
    return {{Kind::missing, "", "", ""}};
  if (!listed.type.empty() && !in_kernel.type.empty() && listed.type != in_kernel.type)
    out.push_back({Kind::type, "", listed.type, in_kernel.type});
  std::unordered_map<std::string, std::string> listed_states;
  for (const auto& b : listed.backends)
    if (!of_proxy(b))
      listed_states.emplace(facts::at_port(b.ip, b.port), b.state);
  std::set<std::string> there;
  for (const auto& b : in_kernel.backends) {
    if (b.state == "not found") {
      out.push_back({Kind::backend_missing, "", "", b.state});
      continue;
    }
    // Those in maintenance have no slot; who is going, or does not answer, may have one.
    const std::string address = facts::at_port(b.ip, b.port);
    const auto known = listed_states.find(address);
    if (known == listed_states.end() || known->second == "maintenance")
      out.push_back({Kind::backend_extra, address, "", ""});
    there.insert(address);
  }
  for (const auto& [address, state] : listed_states)
    if ((state == "active" || state.empty()) && there.count(address) == 0)
      out.push_back({Kind::backend_missing, address, "", ""});
  return out;
}

std::vector<Detail> flag_details(const Frontend& wanted,
                                 const LbFrontend& in_kernel,
                                 const std::set<std::string>& printed) {
  std::vector<Detail> out;
  if (wanted.service == nullptr || in_kernel.flags.empty() || in_kernel.type == "LocalRedirect")
    return out;
  const auto check = [&](bool want, const char* word) {
    const bool have = has_word(in_kernel.flags, word);
    if (have != want && (have || printed.count(word) > 0))
      out.push_back({Kind::policy, "", want ? word : "", have ? word : ""});
  };
  check(wanted.service->external_traffic_policy == "Local", "Local");
  check(wanted.service->internal_traffic_policy == "Local", "InternalLocal");
  check(wanted.service->session_affinity == "ClientIP", "sessionAffinity");
  return out;
}

}  // namespace kpr::services
