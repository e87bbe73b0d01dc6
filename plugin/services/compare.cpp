#include "services/compare.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include "services/compare_kernels.hpp"

namespace kpr::services {
namespace {

using Agents = std::vector<std::uint32_t>;

bool is_young(const facts::Fleet& fleet,
              const std::optional<Time>& since,
              std::chrono::seconds limit) {
  const auto age = fleet.age(since);
  return age && *age < limit;
}

// Says of each difference whether it may be none (reference: evidence has a moment).
class Doubts {
 public:
  Doubts(const FleetServices& known, const Comparison& comparison, const CompareOptions& options)
      : known_(known),
        options_(options),
        judged_(comparison.judged.size()),
        dump_(known.fleet.kind != evidence::SourceKind::cluster) {
    for (const auto& service : *known.fleet.services)
      if (is_changing(service))
        changing_.insert(service.ns + "/" + service.name);
    for (const auto& agent : known.fleet.agents) {
      const facts::Pod* pod = known.fleet.pods ? known.fleet.pod(agent.ns, agent.pod) : nullptr;
      young_.push_back(pod != nullptr && is_young(known.fleet, pod->started, options.agent_settle));
    }
  }

  Doubt of(const Difference& d) const {
    const bool all_young = std::all_of(d.agents.begin(), d.agents.end(), [&](std::uint32_t a) {
      return young_[a];
    });
    if (all_young || changing_.count(d.ns + "/" + d.name) > 0)
      return Doubt::young;
    const bool all_agree = d.layer == Layer::agent && d.agents.size() == judged_;
    return all_agree && moves(d.kind) && (judged_ > 1 || dump_) ? Doubt::moved : Doubt::none;
  }

 private:
  // Agents and objects are read minutes apart. Where all agents say the same, and the objects
  // another thing, the cluster may have moved in between.
  static bool moves(Kind kind) {
    return kind == Kind::extra || kind == Kind::backend_extra || kind == Kind::backend_missing ||
           kind == Kind::backend_state;
  }
  bool is_changing(const facts::Service& service) const {
    if (service.deleted || is_young(known_.fleet, service.created, options_.settle))
      return true;
    for (const facts::EndpointSlice* slice : known_.slices.of(service.ns, service.name))
      if (is_young(known_.fleet, slice->changed(), options_.settle))
        return true;
    return false;
  }

  const FleetServices& known_;
  const CompareOptions& options_;
  std::size_t judged_;
  bool dump_;
  std::set<std::string> changing_;
  std::vector<bool> young_;
};

void add_all(const Agents& from, Agents& into) {
  Agents both;
  std::set_union(from.begin(), from.end(), into.begin(), into.end(), std::back_inserter(both));
  into = std::move(both);
}

std::vector<Row> rows(const FleetServices& known, const Table* table) {
  std::vector<Row> out;
  std::unordered_map<const facts::Service*, std::size_t> places;
  for (const auto& service : *known.fleet.services) {
    places.emplace(&service, out.size());
    Row row;
    row.service = &service;
    for (const facts::EndpointSlice* slice : known.slices.of(service.ns, service.name))
      for (const auto& endpoint : slice->endpoints) {
        const std::size_t n = endpoint.addresses.size() * slice->ports.size();
        row.backends += n;
        row.ready += endpoint.ready ? n : 0;
      }
    out.push_back(std::move(row));
  }
  if (table != nullptr)
    for (const Frontend& f : table->frontends)
      if (!f.optional)
        out[places.at(f.service)].frontends.push_back(title_of(f));
  return out;
}

void take_differences(Comparison& c) {
  std::unordered_map<std::string, Row*> by_name;
  for (Row& row : c.rows)
    by_name.emplace(row.service->ns + "/" + row.service->name, &row);
  for (const Difference& d : c.differences) {
    const auto row = by_name.find(d.ns + "/" + d.name);
    if (row != by_name.end())
      add_all(d.agents, d.doubt == Doubt::none ? row->second->differing : row->second->doubtful);
  }
}

std::string quoted_state(const std::string& state) {
  return state.empty() ? "there" : state;
}

}  // namespace

std::string_view to_string(Kind kind) {
  switch (kind) {
  case Kind::missing:
    return "missing";
  case Kind::extra:
    return "extra";
  case Kind::type:
    return "type";
  case Kind::policy:
    return "policy";
  case Kind::backend_missing:
    return "backend-missing";
  case Kind::backend_extra:
    return "backend-extra";
  case Kind::backend_state:
    return "backend-state";
  case Kind::backend_weight:
    break;
  }
  return "backend-weight";
}

std::string sentence(const Difference& d) {
  const bool kernel = d.layer == Layer::kernel;
  switch (d.kind) {
  case Kind::missing:
    return kernel ? "is not in the kernel's map" : "is missing";
  case Kind::extra:
    return kernel ? "is in the kernel's map, and the agent does not list it" : "is no Service's";
  case Kind::type:
    return "is a " + d.found + ", not a " + d.wanted;
  case Kind::policy:
    return "has " + (d.found.empty() ? "no " + d.wanted : d.found) +
           (d.found.empty()    ? ""
            : d.wanted.empty() ? ", which the Service does not have"
                               : ", the Service " + d.wanted);
  case Kind::backend_missing:
    if (d.backend.empty())
      return "has a slot in the kernel's map whose backend is not there";
    return "backend " + d.backend + (kernel ? " is not in the kernel's map" : " is missing");
  case Kind::backend_extra:
    return "backend " + d.backend +
           (kernel ? " is in the kernel's map, and the agent does not list it"
                   : " is in no EndpointSlice of the Service");
  case Kind::backend_state:
    return "backend " + d.backend + " is " + quoted_state(d.found) + ", its EndpointSlice says " +
           d.wanted;
  case Kind::backend_weight:
    break;
  }
  return "backend " + d.backend + " has weight " + d.found + ", not " + d.wanted;
}

Comparison compare(const facts::Fleet& fleet, const CompareOptions& options) {
  FleetServices known(fleet);
  Comparison out;
  Groups groups;
  ByKey listed;
  for (std::uint32_t i = 0; i < fleet.agents.size(); ++i)
    (fleet.agents[i].services ? out.judged : out.unread).push_back(i);
  bool first = true;
  for (const Profile& profile : profiles(known)) {
    AgentComparer agents(known, profile, groups);
    KernelComparer kernels(known, groups);
    for (const std::uint32_t agent : profile.agents) {
      agents.compare(agent, listed);
      if (fleet.agents[agent].kernel) {
        kernels.compare(agent, agents, listed, profile.settings);
        ++out.kernels;
      }
    }
    if (first)
      out.rows = rows(known, &agents.table());
    first = false;
  }
  if (first)
    out.rows = rows(known, nullptr);
  out.differences = groups.take();
  std::erase_if(out.differences, [](const Difference& d) {
    return d.agents.empty();
  });
  const Doubts doubts(known, out, options);
  for (Difference& d : out.differences) {
    std::sort(d.agents.begin(), d.agents.end());
    d.doubt = doubts.of(d);
  }
  take_differences(out);
  return out;
}

}  // namespace kpr::services
