#include "services/compare_agents.hpp"

#include <algorithm>

#include "services/node_port_addresses.hpp"

namespace kpr::services {
namespace {

using facts::FrontendPool;
using facts::LbFrontend;

constexpr Groups::Number k_no_group = UINT32_MAX;

Subject subject_of(const Frontend& f) {
  return {Layer::agent, f.ns, f.pod != nullptr ? f.pod->name : f.name, title_of(f)};
}

}  // namespace

AgentComparer::AgentComparer(FleetServices& known, const Profile& profile, Groups& groups)
    : known_(known),
      profile_(profile),
      groups_(groups),
      place_(profile.place),
      table_(expected(known.objects, profile.settings, profile.place)) {
  for (const Frontend& f : table_.frontends)
    keys_.push_back(known.pool.key(f.ip, f.port, f.protocol, f.internal));
  by_key_.assign(known.pool.keys(), -1);
  verdicts_.resize(known.pool.size());
  missing_.assign(table_.frontends.size(), k_no_group);
  for (std::size_t i = 0; i < table_.frontends.size(); ++i) {
    place_key(i);
    const Frontend& f = table_.frontends[i];
    if (f.choice == Choice::on_node || f.choice == Choice::prefer_node)
      for (const Chosen c : f.backends) {
        auto& here = here_[table_.backends[c.backend].node];
        here.resize(table_.frontends.size());
        here[i] = true;
      }
  }
}

// Two Services want one address: which of them got it is not for us to say.
void AgentComparer::place_key(std::size_t frontend) {
  std::int32_t& place = by_key_[keys_[frontend]];
  if (place == -1) {
    place = static_cast<std::int32_t>(frontend);
    return;
  }
  for (const std::size_t i : {static_cast<std::size_t>(place), frontend}) {
    Frontend& f = table_.frontends[i];
    f.optional = f.open = true;
    for (Chosen& c : f.backends)
      c.optional = true;
  }
}

const Frontend* AgentComparer::wanted(const LbFrontend& found) const {
  const std::int32_t place = found.key < by_key_.size() ? by_key_[found.key] : -1;
  return place == -1 ? nullptr : &table_.frontends[static_cast<std::size_t>(place)];
}

Subject AgentComparer::subject(Layer layer, const LbFrontend& found) const {
  return subject(layer, found, found.ip);
}

Subject AgentComparer::subject(Layer layer, const LbFrontend& found, const std::string& ip) const {
  const Frontend* f = wanted(found);
  return {layer,
          f != nullptr ? f->ns : found.ns,
          f != nullptr ? f->name : found.name,
          title_of(found, ip)};
}

bool AgentComparer::has_backends_here(std::size_t frontend) const {
  const auto here = here_.find(place_.node);
  return here != here_.end() && here->second[frontend];
}

AgentComparer::Numbers
AgentComparer::details(std::size_t wanted, const LbFrontend& found, const Place& place) {
  const Frontend& f = table_.frontends[wanted];
  return groups_.numbers(subject_of(f),
                         agent_details(table_,
                                       f,
                                       chosen(table_, f, profile_.settings, place),
                                       found,
                                       profile_.settings,
                                       known_.objects.redirects != nullptr));
}

// Host ports are looked at by node; policies for addresses make frontends that no Service has.
bool AgentComparer::may_be_there(const LbFrontend& found) const {
  if (found.remote || found.port == 0 || found.type == "HostPort" || !known_.services_complete)
    return true;
  if (found.type != "LocalRedirect")
    return false;
  const auto* policies = known_.objects.redirects;
  return policies == nullptr ||
         std::any_of(policies->begin(), policies->end(), [&](const auto& policy) {
           return policy.ip == found.ip;
         });
}

// Given once, for a node that has none of the backends: most of them, where policies are local.
const AgentComparer::Verdict& AgentComparer::verdict(FrontendPool::Listed listed) {
  Verdict& v = verdicts_[listed.frontend];
  if (v.given)
    return v;
  v.given = true;
  const LbFrontend& found = known_.pool[listed];
  v.wanted = found.key < by_key_.size() ? by_key_[found.key] : -1;
  Place elsewhere = profile_.place;
  elsewhere.node = "\n";  // no node's name
  if (v.wanted != -1)
    v.groups = details(static_cast<std::size_t>(v.wanted), found, elsewhere);
  else if (!may_be_there(found))
    v.groups = {groups_.number(subject(Layer::agent, found), {Kind::extra, {}, {}, {}})};
  return v;
}

void AgentComparer::compare(std::uint32_t agent, ByKey& listed) {
  const facts::Agent& a = known_.fleet.agents[agent];
  place_.node = a.node;
  listed.next(known_.pool.keys());
  for (const auto one : *a.services)
    listed.add(known_.pool[one].key, one.frontend);
  for (const auto one : *a.services) {
    const Verdict& v = verdict(one);
    if (v.wanted != -1 && has_backends_here(static_cast<std::size_t>(v.wanted)))
      groups_.add(details(static_cast<std::size_t>(v.wanted), known_.pool[one], place_), agent);
    else
      groups_.add(v.groups, agent);
  }
  for (std::size_t i = 0; i < table_.frontends.size(); ++i) {
    if (table_.frontends[i].optional || listed.has(keys_[i]))
      continue;
    if (missing_[i] == k_no_group)
      missing_[i] = groups_.number(subject_of(table_.frontends[i]), {});
    groups_.add(missing_[i], agent);
  }
  for (const OddAddress& odd : odd_addresses(known_.pool, *a.services))
    groups_.add(groups_.number(
                    subject(Layer::agent, known_.pool[odd.listed], known_.pool.ip(odd.listed.ip)),
                    {odd.missing ? Kind::missing : Kind::extra, {}, {}, {}}),
                agent);
  if (known_.pods_complete)
    compare_host_ports(a, agent);
}

void AgentComparer::compare_host_ports(const facts::Agent& agent, std::uint32_t number) {
  Table table;
  if (const auto pods = known_.host_ports.find(agent.node); pods != known_.host_ports.end())
    for (const facts::Pod* pod : pods->second)
      add_host_ports(*pod, profile_.settings, table);
  std::map<std::uint32_t, std::size_t> by_key;
  for (std::size_t i = 0; i < table.frontends.size(); ++i) {
    const Frontend& f = table.frontends[i];
    by_key.emplace(known_.pool.key(f.ip, f.port, f.protocol, f.internal), i);
  }
  std::vector<bool> seen(table.frontends.size());
  for (const auto one : *agent.services) {
    const LbFrontend& found = known_.pool[one];
    if (found.type != "HostPort" || found.remote)
      continue;
    compare_host_port(one, table, by_key, number);
    if (const auto place = by_key.find(found.key); place != by_key.end())
      seen[place->second] = true;
  }
  for (std::size_t i = 0; i < table.frontends.size(); ++i)
    if (!seen[i] && !table.frontends[i].optional)
      groups_.add(groups_.number(subject_of(table.frontends[i]), {}), number);
}

// Up to 1.17 a host port stands there once for each address of its node, too.
void AgentComparer::compare_host_port(FrontendPool::Listed listed,
                                      const Table& table,
                                      const std::map<std::uint32_t, std::size_t>& by_key,
                                      std::uint32_t agent) {
  const LbFrontend& found = known_.pool[listed];
  auto place = by_key.find(found.key);
  if (place == by_key.end()) {
    const bool six = found.ip.find(':') != std::string::npos;
    place = by_key.find(
        known_.pool.key(six ? "::" : "0.0.0.0", found.port, found.protocol, found.local_scope));
  }
  if (place == by_key.end()) {
    groups_.add(groups_.number(subject(Layer::agent, found), {Kind::extra, {}, {}, {}}), agent);
    return;
  }
  const Frontend& f = table.frontends[place->second];
  groups_.add(groups_.numbers(subject_of(f),
                              agent_details(table, f, f.backends, found, profile_.settings, true)),
              agent);
}

}  // namespace kpr::services
