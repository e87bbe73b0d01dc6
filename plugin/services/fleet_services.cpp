#include "services/fleet_services.hpp"

#include <algorithm>

#include "util/strings.hpp"

namespace kpr::services {
namespace {

bool complete(const facts::Fleet& fleet, const char* resource) {
  const auto* objects = fleet.raw(resource);
  return objects != nullptr && !objects->partial;
}

bool has_host_port(const facts::Pod& pod) {
  const auto any = [](const std::vector<facts::Container>& containers) {
    return std::any_of(containers.begin(), containers.end(), [](const auto& c) {
      return std::any_of(c.ports.begin(), c.ports.end(), [](const auto& port) {
        return port.host_port > 0;
      });
    });
  };
  return any(pod.containers) || any(pod.init_containers);
}

bool for_some_nodes(const facts::Service& service) {
  return service.annotations.count("service.cilium.io/node") > 0 ||
         service.annotations.count("service.cilium.io/node-selector") > 0;
}

}  // namespace

FleetServices::FleetServices(const facts::Fleet& f)
    : fleet(f),
      pool(*f.frontends),
      slices(*f.endpoint_slices) {
  objects.services = &*f.services;
  objects.slices = &slices;
  objects.redirects = f.local_redirects ? &*f.local_redirects : nullptr;
  services_complete = complete(f, "services");
  pods_complete = f.pods && complete(f, "pods");
  for (std::uint32_t i = 0; i < pool.size(); ++i)
    for (const std::string_view word : split(pool[i].flags, ','))
      kernel_words.emplace(trim(word));
  if (f.pods)
    for (const auto& pod : *f.pods)
      if (!pod.node.empty() && has_host_port(pod))
        host_ports[pod.node].push_back(&pod);
}

std::vector<Profile> profiles(const FleetServices& known) {
  std::vector<const facts::Service*> some;
  for (const auto& service : *known.fleet.services)
    if (for_some_nodes(service))
      some.push_back(&service);
  std::vector<Profile> out;
  for (std::uint32_t i = 0; i < known.fleet.agents.size(); ++i) {
    const facts::Agent& agent = known.fleet.agents[i];
    if (!agent.services)
      continue;
    Profile p{settings_of(known.fleet, agent), place_of(known.fleet, agent), {}, {}};
    if (!p.settings.topology)
      p.place.zone.clear();
    for (const auto* service : some)
      p.hidden.push_back(!exposed_on(*service, p.place));
    const auto same = std::find_if(out.begin(), out.end(), [&](const Profile& q) {
      return q.settings == p.settings && q.place.zone == p.place.zone && q.hidden == p.hidden;
    });
    (same == out.end() ? *out.insert(out.end(), std::move(p)) : *same).agents.push_back(i);
  }
  return out;
}

}  // namespace kpr::services
