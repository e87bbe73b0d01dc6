// Who reaches whom, as the agents' health probes say (pkg/health/server/prober.go).
#include <algorithm>
#include <map>
#include <set>

#include "checks/agents.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

// pkg/health/server/prober.go: a minute for a few nodes, more for many; where it is not printed.
constexpr std::chrono::seconds k_usual_interval{120};

struct Missed {
  const facts::Agent* reporter;
  const facts::HealthNode* target;
};

// "n1"; nodes of other clusters of a mesh keep theirs: "other/n1".
std::string local_name(const facts::Fleet& fleet, const std::string& name) {
  const auto slash = name.find('/');
  const bool own = slash != std::string::npos &&
                   name.substr(0, slash) == fleet.config("cluster-name").value_or("default");
  return own ? name.substr(slash + 1) : name;
}

std::optional<Time> probed_at(const facts::Agent& reporter, const facts::HealthNode& target) {
  std::optional<Time> last;
  for (const auto* paths : {&target.host, &target.endpoint})
    for (const auto& path : *paths)
      if (path.probed > last)
        last = path.probed;
  return last ? last : reporter.status->health_probed;
}

// Whether a node had to answer when it was probed: not one that is gone, down, cordoned, or whose
// agent had not been up for two rounds of probes by then.
bool had_to_answer(const facts::Fleet& fleet,
                   const facts::Agent& reporter,
                   const facts::HealthNode& target) {
  const std::string name = local_name(fleet, target.name);
  if (!fleet.nodes || name.find('/') != std::string::npos)
    return true;
  const auto* node = fleet.node(name);
  if (node == nullptr || !node->ready() || node->unschedulable)
    return false;
  const auto rounds = 2 * reporter.status->health_interval.value_or(k_usual_interval);
  const auto probed = probed_at(reporter, target);
  const auto up_before = [&](const std::optional<Time>& since) {
    if (!since)
      return true;
    if (probed)
      return *since + rounds <= *probed;
    const auto age = fleet.age(since);
    return !age || *age >= rounds;
  };
  const auto* agent = fleet.agent_on(name);
  return up_before(node->created) && (agent == nullptr || up_before(started_at(fleet, *agent)));
}

bool judges(const facts::Fleet& fleet, const Sink& sink, const facts::Agent& a) {
  if (!a.status || !settled(fleet, a, sink.thresholds().agent_settle))
    return false;
  const auto& s = *a.status;
  if (s.health_total && *s.health_total == 0)
    return false;  // first minutes, or health checking off
  return s.health_total || s.health_named > 0;
}

std::string proof_of(const facts::HealthNode& target) {
  std::string text = target.name + ":";
  for (const auto& [label, paths] :
       {std::pair{"host", &target.host}, std::pair{"endpoint", &target.endpoint}})
    for (const auto& path : *paths) {
      if (path.icmp_ok && path.http_ok)
        continue;
      text += std::string(" ") + label + (path.ip.empty() ? "" : " " + path.ip);
      text += path.icmp_ok ? "" : " ICMP " + shorten(path.icmp, 80);
      text += path.http_ok ? "" : (path.ip.empty() ? " " : " HTTP ") + shorten(path.http, 120);
    }
  return text;
}

const char* what_fails(const facts::HealthNode& target) {
  return target.host_ok()       ? "its endpoints"
         : target.endpoint_ok() ? "the node"
                                : "the node and its endpoints";
}

// A reporter that misses all others, of whom the rest misses none or only that one, is itself the
// one that is cut off.
std::set<std::string>
cut_off(const facts::Fleet& fleet, const std::vector<Missed>& missed, std::size_t reporters) {
  std::map<std::string, std::set<std::string>> by_reporter, by_target;
  for (const Missed& m : missed) {
    const auto target = local_name(fleet, m.target->name);
    by_reporter[m.reporter->node].insert(target);
    by_target[target].insert(m.reporter->node);
  }
  std::set<std::string> found;
  for (const auto& [reporter, targets] : by_reporter) {
    const std::size_t others = reporters - 1;
    const bool misses_all = targets.size() >= 2 && targets.size() >= others;
    const bool alone = std::all_of(targets.begin(), targets.end(), [&](const auto& target) {
      return by_target[target].size() * 2 <= others;
    });
    if (misses_all && alone)
      found.insert(reporter);
  }
  return found;
}

struct Target {
  std::size_t reporters = 0;
  std::string what;
};

void health_unreachable(const facts::Fleet& fleet, Sink& sink) {
  std::vector<Missed> missed;
  std::vector<const facts::Agent*> reporters, counted_only;
  for (const auto& a : fleet.agents) {
    if (!judges(fleet, sink, a))
      continue;
    reporters.push_back(&a);
    const auto& s = *a.status;
    for (const auto& target : s.health_nodes)
      if (had_to_answer(fleet, a, target))
        missed.push_back({&a, &target});
    if (s.health_nodes.empty() && s.health_reachable && s.health_total &&
        *s.health_reachable < *s.health_total)
      counted_only.push_back(&a);
  }
  if (reporters.empty() && fleet.config("enable-health-checking") == "false")
    return sink.not_applicable("health checking is off");
  if (reporters.empty())
    return sink.skip("no agent told its cluster health (or all are younger than two minutes)");
  if (missed.empty() && counted_only.empty())
    return;
  Finding f = sink.make("");
  const auto alone = cut_off(fleet, missed, reporters.size());
  std::map<std::string, Target> targets;
  for (const Missed& m : missed) {
    const auto name = local_name(fleet, m.target->name);
    if (alone.count(m.reporter->node) == 0) {
      ++targets[name].reporters;
      targets[name].what = what_fails(*m.target);
    }
    if (f.evidence.size() < 6)
      f.evidence.push_back({m.reporter->status->source, proof_of(*m.target)});
  }
  std::vector<std::string> parts;
  for (const auto& node : alone) {
    f.nodes.push_back(node);
    if (targets.count(node) == 0)
      parts.push_back(node + " (it reaches no other node)");
  }
  for (const auto& [name, target] : targets) {
    f.nodes.push_back(name);
    parts.push_back(name + " (" + target.what + ", say " + count_of(target.reporters, "agent") +
                    ")");
  }
  for (const auto* a : counted_only) {
    f.nodes.push_back(a->node);
    if (f.evidence.size() < 6)
      f.evidence.push_back({a->status->source,
                            "Cluster health: " + std::to_string(*a->status->health_reachable) +
                                "/" + std::to_string(*a->status->health_total) + " reachable"});
  }
  f.summary = parts.empty() ? "some agents do not reach all nodes"
                            : "not reachable from other nodes: " + list_of(parts, 6);
  sink.add(std::move(f));
}

}  // namespace

Checks cluster_health_reach_checks() {
  return {{"cluster-health-unreachable", {Need::agents}, health_unreachable}};
}

}  // namespace kpr::checks
