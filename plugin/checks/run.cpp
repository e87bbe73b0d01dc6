#include "checks/run.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

#include "util/strings.hpp"

namespace kpr::checks {
namespace {

bool selected(const Selection& s, std::string_view id) {
  const auto any = [&](const std::vector<std::string>& globs) {
    return std::any_of(globs.begin(), globs.end(), [&](const auto& g) {
      return glob_match(g, id);
    });
  };
  return (s.only.empty() || any(s.only)) && !any(s.skip);
}

void tidy(std::vector<std::string>& names) {
  std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) {
    return natural_less(a, b);
  });
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

// Cause → its symptoms. A symptom is joined only when it concerns no other nodes than its cause.
struct Cause {
  std::string_view id;
  std::vector<std::string_view> symptoms;
};
const std::vector<Cause>& causes() {
  static const std::vector<std::string_view> dead_agent = {"agent-not-ready",
                                                           "agent-restarts",
                                                           "cni-agent-down",
                                                           "node-taint-left",
                                                           "node-ready-but-agent-down"};
  static const std::vector<Cause> table = [] {
    std::vector<Cause> t;
    Cause api{"k8s-host-missing-crashloop", dead_agent};
    for (std::string_view s : {"operator-unhealthy",
                               "k8s-host-missing-timebomb",
                               "kpr-operator-config-stale",
                               "status-stale",
                               "controllers-failing",
                               "cluster-health-unreachable"})
      api.symptoms.push_back(s);
    t.push_back(api);
    for (const std::string_view id : {"api-server-host-unreachable", "k8s-host-wrong-value"}) {
      api.id = id;
      t.push_back(api);
    }
    for (std::string_view id : {"kernel-below-minimum",
                                "kernel-missing-kpr-feature",
                                "direct-routing-device-undetermined",
                                "dsr-tunnel-incompatible",
                                "nodeport-range-clashes-ephemeral",
                                "maglev-config",
                                "kpr-value-invalid-for-version",
                                "wait-for-kube-proxy-deadlock",
                                "k8s-host-ref-missing",
                                "no-conntrack-rules-precondition",
                                "kube-proxy-ipvs-cilium-119-config-init-hangs",
                                "kpr-operator-config-stale",
                                "xdp-acceleration-unsupported"})
      t.push_back({id, {"agent-not-ready", "agent-restarts"}});
    t.push_back({"lb-map-full", {"service-maps-disagree", "services-missing-on-node"}});
    for (std::string_view id : {"cgroup-root-wrong", "kpr-mode-off-no-kube-proxy"})
      t.push_back({id, {"kubernetes-service-unreachable"}});
    t.push_back({"kpr-mode-off-no-kube-proxy", {"k8s-host-missing-crashloop"}});
    t.push_back({"pod-cidr-overlap",
                 {"k8s-host-missing-crashloop",
                  "api-server-host-unreachable",
                  "agent-not-ready",
                  "node-not-ready",
                  "operator-unhealthy",
                  "cluster-health-unreachable"}});
    t.push_back({"node-not-ready", {"agent-not-ready", "kubelet-unreachable", "cni-agent-down"}});
    t.push_back({"agent-start-failed", dead_agent});
    return t;
  }();
  return table;
}

// One without nodes is about the whole cluster.
bool covers(const Finding& whole, const Finding& part) {
  return whole.nodes.empty() ||
         std::all_of(part.nodes.begin(), part.nodes.end(), [&](const auto& n) {
           return std::find(whole.nodes.begin(), whole.nodes.end(), n) != whole.nodes.end();
         });
}

// What another check tells with more behind it is not told twice.
void drop_told(RunResult& r) {
  const std::vector<Finding> all = r.findings;
  std::erase_if(r.findings, [&](const Finding& f) {
    return std::any_of(all.begin(), all.end(), [&](const Finding& other) {
      const auto& ids = f.also_told_by;
      return std::find(ids.begin(), ids.end(), other.id) != ids.end() && covers(other, f);
    });
  });
}

void join(RunResult& r) {
  std::vector<Finding> kept;
  // A check names the cause it suspects; where that was not found, it may have another.
  for (auto& f : r.findings) {
    if (std::none_of(r.findings.begin(), r.findings.end(), [&](const Finding& c) {
          return c.id == f.explained_by;
        }))
      f.explained_by.clear();
  }
  for (auto& f : r.findings) {
    for (const auto& cause : causes()) {
      if (!f.explained_by.empty())
        break;
      if (std::find(cause.symptoms.begin(), cause.symptoms.end(), f.id) == cause.symptoms.end())
        continue;
      for (const auto& c : r.findings) {
        if (c.id != cause.id || !c.explained_by.empty())
          continue;
        const bool inside = (c.nodes.empty() && c.id == "k8s-host-wrong-value") ||
                            std::all_of(f.nodes.begin(), f.nodes.end(), [&](const auto& n) {
                              return std::find(c.nodes.begin(), c.nodes.end(), n) != c.nodes.end();
                            });
        if (inside)
          f.explained_by = c.id;
      }
    }
  }
  // A symptom of a symptom belongs to the first cause.
  for (auto& f : r.findings) {
    for (int depth = 0; depth < 4 && !f.explained_by.empty(); ++depth) {
      const auto cause = std::find_if(r.findings.begin(), r.findings.end(), [&](const Finding& c) {
        return c.id == f.explained_by;
      });
      if (cause == r.findings.end() || cause->explained_by.empty())
        break;
      f.explained_by = cause->explained_by;
    }
  }
  for (auto& f : r.findings) {
    if (f.explained_by.empty())
      continue;
    for (auto& c : r.findings) {
      if (c.id != f.explained_by)
        continue;
      c.explains.push_back(f.id);
      // A cause is as grave as what comes of it: a symptom does not vanish below --min-severity.
      c.severity = std::max(c.severity, f.severity);
    }
  }
  for (auto& f : r.findings)
    (f.explained_by.empty() ? kept : r.explained).push_back(std::move(f));
  r.findings = std::move(kept);
  for (auto& f : r.findings)
    tidy(f.explains);
}

bool all_match(const std::vector<std::string>& globs, const std::vector<std::string>& names) {
  if (globs.empty())
    return true;
  return !names.empty() && std::all_of(names.begin(), names.end(), [&](const auto& n) {
    return std::any_of(globs.begin(), globs.end(), [&](const auto& g) {
      return glob_match(g, n);
    });
  });
}

void waive(const facts::Fleet& fleet,
           const Selection& selection,
           const Values& cluster,
           RunResult& r) {
  std::vector<bool> used(selection.waivers.size());
  std::vector<Finding> kept;
  const auto expired = [&](const Waiver& w) {
    return w.expires && fleet.now_known && *w.expires < fleet.now;
  };
  for (auto& f : r.findings) {
    bool waived = false;
    for (std::size_t i = 0; i < selection.waivers.size() && !waived; ++i) {
      const Waiver& w = selection.waivers[i];
      if (!glob_match(w.id, f.id) || !all_match(w.nodes, f.nodes) ||
          !all_match(w.objects, f.objects))
        continue;
      used[i] = true;
      if (expired(w))
        continue;
      waived = true;
      f.why = "Waived (" + w.where + "): " + w.reason;
    }
    (waived ? r.waived : kept).push_back(std::move(f));
  }
  r.findings = std::move(kept);
  const auto about = [&](const char* id, const Waiver& w, std::string summary) {
    Sink sink(fleet, id, selection.thresholds, cluster);
    Finding f = sink.make(std::move(summary));
    f.evidence.push_back({w.where, w.id + ": " + w.reason});
    f.objects.push_back(w.where);
    sink.add(std::move(f));
    r.findings.push_back(std::move(sink.findings().front()));
  };
  for (std::size_t i = 0; i < selection.waivers.size(); ++i) {
    const Waiver& w = selection.waivers[i];
    if (expired(w) && selected(selection, "waiver-expired"))
      about("waiver-expired",
            w,
            "the waiver of " + w.id + " expired on " + format_rfc3339(*w.expires).substr(0, 10));
    else if (!used[i] && selected(selection, "waiver-unused")) {
      // A check that did not run cannot say that its waiver is of no use.
      const bool judged = std::any_of(r.checks.begin(), r.checks.end(), [&](const CheckResult& c) {
        return glob_match(w.id, c.id) && c.outcome != Outcome::skipped;
      });
      if (judged)
        about("waiver-unused", w, "the waiver of " + w.id + " matches no finding");
    }
  }
}

}  // namespace

bool glob_match(std::string_view p, std::string_view t) {
  std::size_t pi = 0, ti = 0, star = std::string_view::npos, mark = 0;
  while (ti < t.size()) {
    if (pi < p.size() && (p[pi] == '?' || (p[pi] == t[ti] && p[pi] != '*'))) {
      ++pi;
      ++ti;
    } else if (pi < p.size() && p[pi] == '*') {
      star = pi++;
      mark = ti;
    } else if (star != std::string_view::npos) {
      pi = star + 1;
      ti = ++mark;
    } else {
      return false;
    }
  }
  while (pi < p.size() && p[pi] == '*')
    ++pi;
  return pi == p.size();
}

std::size_t RunResult::count(Outcome outcome) const {
  return static_cast<std::size_t>(
      std::count_if(checks.begin(), checks.end(), [&](const CheckResult& c) {
        return c.outcome == outcome;
      }));
}

RunResult run(const facts::Fleet& fleet, const Selection& selection) {
  RunResult r;
  const Values cluster = cluster_values(fleet);
  Views views(fleet, selection.thresholds);
  for (const Check& check : registry()) {
    if (!selected(selection, check.id))
      continue;
    CheckResult result{std::string(check.id), Outcome::ok, {}};
    Sink sink(fleet, check.id, selection.thresholds, cluster, &views);
    for (const Need need : check.needs) {
      if (result.reason.empty())
        result.reason = unmet(fleet, need);
    }
    if (result.reason.empty()) {
      check.run(fleet, sink);
      if (!sink.findings().empty())
        result.outcome = Outcome::findings;
      else if (!sink.skipped().empty())
        result.outcome = Outcome::skipped;
      else if (!sink.not_judged_because().empty())
        result.outcome = Outcome::not_judged;
      else if (!sink.not_applicable_because().empty())
        result.outcome = Outcome::not_applicable;
      result.reason = result.outcome == Outcome::not_applicable ? sink.not_applicable_because()
                      : result.outcome == Outcome::not_judged   ? sink.not_judged_because()
                                                                : sink.skipped();
      std::string partly;
      for (const Need need : check.needs)
        if (partly.empty())
          partly = partly_met(fleet, need);
      if (!partly.empty() && result.outcome != Outcome::skipped) {
        result.reason = partly;
        if (result.outcome != Outcome::findings)
          result.outcome = Outcome::skipped;
      }
      for (auto& f : sink.findings())
        r.findings.push_back(std::move(f));
    } else {
      result.outcome = Outcome::skipped;
    }
    r.checks.push_back(std::move(result));
  }
  // Some agents silent: a check over agents that found nothing has not seen the whole fleet. The
  // report says so by its agent counts; the checks' results stay, as each of them judged what it
  // saw.
  drop_told(r);
  join(r);
  waive(fleet, selection, cluster, r);
  if (selection.min_severity)
    std::erase_if(r.findings, [&](const Finding& f) {
      return f.severity < *selection.min_severity;
    });
  // Among equals the one that touches more of the cluster leads; one without nodes is about all of
  // it.
  const auto reach = [](const Finding& f) {
    return f.nodes.empty() ? std::numeric_limits<std::size_t>::max() : f.nodes.size();
  };
  std::stable_sort(r.findings.begin(), r.findings.end(), [&](const Finding& a, const Finding& b) {
    return std::tuple(b.severity, reach(b), a.id) < std::tuple(a.severity, reach(a), b.id);
  });
  return r;
}

}  // namespace kpr::checks
