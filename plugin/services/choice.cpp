// Which of a Service's backends an agent gives to a frontend: pkg/loadbalancer/writer
// DefaultSelectBackends (1.18+); pkg/service filterServiceBackends, pkg/k8s hints up to 1.17.
#include <algorithm>

#include "services/expected.hpp"

namespace kpr::services {
namespace {

bool at(const Table& table, Chosen chosen, const std::string& node) {
  const std::string& own = table.backends[chosen.backend].node;
  return own.empty() || own == node;
}

// Hints count where all have some, and one at least is for this zone; those that are going, or not
// ready, need none.
bool zone_hints_count(const Table& table, const std::vector<Chosen>& all, const std::string& zone) {
  bool found = false;
  for (const Chosen c : all) {
    const Backend& b = table.backends[c.backend];
    if (b.state != State::active)
      continue;
    if (b.for_zones.empty())
      return false;
    found = found || std::find(b.for_zones.begin(), b.for_zones.end(), zone) != b.for_zones.end();
  }
  return found;
}

std::vector<Chosen> of_zone(const Table& table,
                            const std::vector<Chosen>& all,
                            const Settings& settings,
                            const std::string& zone) {
  if (zone.empty() || !zone_hints_count(table, all, zone))
    return all;
  std::vector<Chosen> out;
  for (Chosen c : all) {
    const auto& zones = table.backends[c.backend].for_zones;
    const bool here = std::find(zones.begin(), zones.end(), zone) != zones.end();
    if (!here && settings.since(1, 20))
      continue;
    c.optional = c.optional || !here;  // up to 1.19 the safeguards were others
    out.push_back(c);
  }
  return out;
}

}  // namespace

std::vector<Chosen>
chosen(const Table& table, const Frontend& frontend, const Settings& settings, const Place& place) {
  std::vector<Chosen> all = frontend.backends;
  if (frontend.choice == Choice::all)
    return all;
  if (frontend.choice == Choice::prefer_zone)
    return of_zone(table, all, settings, place.zone);
  std::vector<Chosen> here;
  for (const Chosen c : all)
    if (frontend.choice == Choice::on_node ? at(table, c, place.node)
                                           : table.backends[c.backend].node == place.node)
      here.push_back(c);
  return frontend.choice == Choice::prefer_node && here.empty() ? all : here;
}

}  // namespace kpr::services
