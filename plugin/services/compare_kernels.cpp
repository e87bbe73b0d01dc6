#include "services/compare_kernels.hpp"

#include "services/node_port_addresses.hpp"

namespace kpr::services {
namespace {
using facts::LbFrontend;
}  // namespace

std::uint32_t KernelComparer::listed_key(const LbFrontend& in_kernel, const ByKey& listed) {
  if (listed.has(in_kernel.key) || in_kernel.type != "HostPort")
    return in_kernel.key;
  const bool six = in_kernel.ip.find(':') != std::string::npos;
  return known_.pool.key(
      six ? "::" : "0.0.0.0", in_kernel.port, in_kernel.protocol, in_kernel.local_scope);
}

void KernelComparer::compare(std::uint32_t agent,
                             const AgentComparer& agents,
                             const ByKey& listed,
                             const Settings& settings) {
  const facts::Agent& a = known_.fleet.agents[agent];
  in_kernel_.next(known_.pool.keys());
  for (const auto one : *a.kernel)
    in_kernel_.add(known_.pool[one].key, one.frontend);
  for (const auto one : *a.kernel) {
    const LbFrontend& found = known_.pool[one];
    if (found.port == 0)
      continue;  // keeps traffic to other ports from going on (1.19+); nobody lists it
    const std::uint32_t key = listed_key(found, listed);
    if (!listed.has(key)) {
      groups_.add(groups_.number(agents.subject(Layer::kernel, found), {Kind::extra, {}, {}, {}}),
                  agent);
      continue;
    }
    const std::uint32_t listed_as = listed.frontend(key);
    const auto [pair, fresh] = pairs_.try_emplace(std::uint64_t{listed_as} << 32 | one.frontend);
    if (fresh) {
      auto details = kernel_details(known_.pool[listed_as], found);
      if (const Frontend* wanted = agents.wanted(found); wanted != nullptr && settings.since(1, 18))
        for (Detail& detail : flag_details(*wanted, found, known_.kernel_words))
          details.push_back(std::move(detail));
      pair->second = groups_.numbers(agents.subject(Layer::kernel, found), std::move(details));
    }
    groups_.add(pair->second, agent);
  }
  for (const auto one : *a.services) {
    const LbFrontend& wanted = known_.pool[one];
    if (wanted.port != 0 && !in_kernel_.has(wanted.key))
      groups_.add(groups_.number(agents.subject(Layer::kernel, wanted), {}), agent);
  }
  for (const OddAddress& odd : odd_addresses(known_.pool, *a.kernel))
    groups_.add(
        groups_.number(
            agents.subject(Layer::kernel, known_.pool[odd.listed], known_.pool.ip(odd.listed.ip)),
            {odd.missing ? Kind::missing : Kind::extra, {}, {}, {}}),
        agent);
}

}  // namespace kpr::services
