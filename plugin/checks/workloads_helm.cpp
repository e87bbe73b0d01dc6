// The state of Cilium's helm release, and who else may own Cilium.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "checks/workloads_common.hpp"
#include "util/json.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

using facts::Fleet;
using facts::HelmRelease;

// The history of one release of Cilium, oldest revision first.
using History = std::vector<const HelmRelease*>;

bool is_cilium(const HelmRelease& r) {
  return r.chart.empty() ? r.name == "cilium" || r.name == "rke2-cilium"
                         : r.chart == "cilium" || r.chart == "rke2-cilium";
}

std::vector<History> histories(const Fleet& fleet) {
  std::map<std::pair<std::string, std::string>, History> by_name;
  for (const HelmRelease& r : *fleet.helm) {
    if (is_cilium(r))
      by_name[{r.ns, r.name}].push_back(&r);
  }
  std::vector<History> out;
  for (auto& [key, h] : by_name) {
    std::sort(h.begin(), h.end(), [](const HelmRelease* a, const HelmRelease* b) {
      return a->revision < b->revision;
    });
    out.push_back(std::move(h));
  }
  return out;
}

// The revision to go back to: the newest that is or was deployed, before the newest one.
const HelmRelease* last_good(const History& h) {
  for (auto it = h.rbegin(); it != h.rend(); ++it) {
    if ((*it)->status == "deployed" || (*it)->status == "superseded")
      return *it;
  }
  return nullptr;
}

std::string release_path(const HelmRelease& r) {
  return fmt::format("helm release {}/{} revision {}", r.ns, r.name, r.revision);
}

std::optional<Time> when(const HelmRelease& r) {
  return r.last_deployed ? r.last_deployed : r.modified;
}

void describe(Finding& f, const HelmRelease& r, const HelmRelease* good) {
  f.objects.push_back(release_path(r));
  std::string text = "status " + r.status;
  if (const auto t = when(r))
    text += ", " + format_rfc3339(*t);
  if (!r.description.empty())
    text += ": " + first_line(r.description);
  if (!r.decoded)
    text += " (from the label only)";
  f.evidence.push_back({r.source.empty() ? release_path(r) : r.source, text});
  fill_in(
      f,
      {{"helm-ns", r.ns},
       {"release", r.name},
       {"chart-version",
        !r.chart_version.empty() ? r.chart_version : (good ? good->chart_version : std::string())},
       {"revision", good ? std::to_string(good->revision) : std::string()}});
}

void pending(const Fleet& fleet, Sink& sink) {
  for (const History& h : histories(fleet)) {
    const HelmRelease& newest = *h.back();
    if (newest.status.rfind("pending-", 0) != 0)
      continue;
    const auto age = fleet.age(when(newest));
    if (age && *age < sink.thresholds().helm_pending)
      continue;  // it may be at work right now
    Finding f = sink.make(fmt::format(
        "the helm release {} hangs in {} since {} (revision {}): further upgrades are refused",
        newest.name,
        newest.status,
        age ? human_duration(*age) : std::string("an unknown time"),
        newest.revision));
    const HelmRelease* good = last_good(h);
    if (!good) {
      f.fix = {Step::run("helm -n {helm-ns} history {release}"),
               Step::run("kubectl -n {helm-ns} delete secret "
                         "sh.helm.release.v1.{release}.v{revision}"),
               Step::run("helm upgrade --install {release} cilium/cilium --version "
                         "{chart-version} -n {helm-ns} -f values.yaml")};
      f.values.set("revision", std::to_string(newest.revision));
    }
    describe(f, newest, good);
    sink.add(std::move(f));
  }
}

void failed(const Fleet& fleet, Sink& sink) {
  for (const History& h : histories(fleet)) {
    const HelmRelease& newest = *h.back();
    if (newest.status != "failed")
      continue;
    const HelmRelease* good = last_good(h);
    Finding f = sink.make(
        good || !fleet.helm_history_complete
            ? fmt::format(
                  "revision {} of the helm release {} failed; what it changed may be half applied",
                  newest.revision,
                  newest.name)
            : fmt::format("the helm release {} has no deployed revision: each of its {} failed",
                          newest.name,
                          count_of(h.size(), "revision")));
    if (good || !fleet.helm_history_complete)
      f.severity = Severity::warn;
    describe(f, newest, good);
    if (!good) {
      std::erase_if(f.fix, [](const Step& step) {
        return step.is_command() && step.command().shell().find("rollback") != std::string::npos;
      });
    }
    sink.add(std::move(f));
  }
}

void name_in_use(const Fleet& fleet, Sink& sink) {
  if (!fleet.helm_history_complete)
    return sink.skip("only the last helm release is known, not its history");
  for (const History& h : histories(fleet)) {
    const HelmRelease& newest = *h.back();
    const bool deployed = std::any_of(h.begin(), h.end(), [](const HelmRelease* r) {
      return r->status == "deployed";
    });
    const bool installed = fleet.cilium_ds != nullptr || !fleet.daemonsets;
    if (newest.status.rfind("pending-", 0) == 0)
      continue;  // helm-pending
    if (deployed && installed)
      continue;  // an ordinary installation: nobody installs it again
    Finding f =
        sink.make(deployed ? fmt::format("the helm release {}/{} exists but Cilium's DaemonSet "
                                         "does not: `helm install` is refused",
                                         newest.ns,
                                         newest.name)
                           : fmt::format("the helm release {}/{} has a history without a deployed "
                                         "revision ({}): `helm install` is refused",
                                         newest.ns,
                                         newest.name,
                                         newest.status));
    describe(f, newest, last_good(h));
    sink.add(std::move(f));
  }
}

// Who else put Cilium there, as far as the objects tell.
std::string owner_of(const facts::Workload& ds, std::string& text) {
  const auto annotation =
      [&](std::string_view prefix) -> const std::pair<const std::string, std::string>* {
    for (const auto& a : ds.annotations) {
      if (a.first.rfind(prefix, 0) == 0)
        return &a;
    }
    return nullptr;
  };
  const auto say = [&](const auto* a) {
    text = "annotation " + a->first + ": " + a->second;
  };
  if (const auto* a = annotation("argocd.argoproj.io/"))
    return say(a), std::string("Argo CD");
  if (const auto* a = annotation("objectset.rio.cattle.io/"))
    return say(a), std::string("the Rancher/RKE2 helm controller");
  if (const auto* a = annotation("kustomize.toolkit.fluxcd.io/"))
    return say(a), std::string("Flux");
  if (!ds.owner_kind.empty()) {
    text = "ownerReference " + ds.owner_kind + "/" + ds.owner_name;
    return ds.owner_kind + " " + ds.owner_name;
  }
  for (const auto& m : ds.managed_fields) {
    if (m.manager == "argocd-controller" || m.manager == "helm-controller" ||
        m.manager == "kustomize-controller" || m.manager == "cilium" ||
        m.manager == "kubectl-client-side-apply" || m.manager == "kubectl" ||
        m.manager == "cilium-cli") {
      text = "managedFields manager " + m.manager;
      if (m.manager == "cilium" || m.manager == "cilium-cli")
        return "cilium-cli";
      if (m.manager.rfind("kubectl", 0) == 0)
        return "kubectl apply";
      return m.manager;
    }
  }
  if (const auto it = ds.labels.find("app.kubernetes.io/managed-by"); it != ds.labels.end()) {
    text = "label app.kubernetes.io/managed-by: " + it->second;
    return it->second == "Helm" ? std::string() : it->second;
  }
  return {};
}

void not_owner(const Fleet& fleet, Sink& sink) {
  if (!fleet.cilium_ds)
    return sink.not_applicable("no Cilium DaemonSet found");
  if (!fleet.helm_history_complete)
    return sink.skip("helm's Secrets were not read");
  if (!histories(fleet).empty())
    return;
  if (const auto* raw = fleet.raw("secrets"); raw && raw->partial)
    return sink.skip("helm's Secrets were read in part only");
  std::string text;
  const std::string owner = owner_of(*fleet.cilium_ds, text);
  const auto release = fleet.cilium_ds->annotations.find("meta.helm.sh/release-name");
  Finding f = sink.make(
      owner.empty()
          ? std::string("Cilium is not managed by a helm release whose record can be seen")
          : fmt::format("Cilium is not managed by helm but, it seems, by {}", owner));
  f.objects.push_back(fleet.cilium_ds->path("DaemonSet"));
  if (!text.empty())
    f.evidence.push_back({fleet.cilium_ds->path("DaemonSet") + " .metadata", text});
  f.evidence.push_back(
      {"Secrets of type helm.sh/release.v1", "none of a release of the chart cilium"});
  if (release != fleet.cilium_ds->annotations.end()) {
    f.evidence.push_back({fleet.cilium_ds->path("DaemonSet") + " .metadata.annotations",
                          "meta.helm.sh/release-name: " + release->second +
                              " (the record was deleted, or another storage driver keeps it)"});
  }
  fill_in(f, {{"ds", fleet.cilium_ds->name}});
  sink.add(std::move(f));
}

void flatten(const nlohmann::json& value,
             const std::string& prefix,
             std::set<std::string>& keys,
             int depth = 0) {
  if (!value.is_object() || value.empty() || depth > 12) {
    if (!prefix.empty())
      keys.insert(prefix);
    return;
  }
  for (const auto& [key, inner] : value.items())
    flatten(inner, prefix.empty() ? key : prefix + "." + key, keys, depth + 1);
}

bool matters(const std::string& key) {
  for (const std::string_view p : {"k8sServiceHost",
                                   "kubeProxyReplacement",
                                   "ipam.",
                                   "routingMode",
                                   "tunnelProtocol",
                                   "ipv4NativeRoutingCIDR",
                                   "cluster.",
                                   "devices",
                                   "loadBalancer."}) {
    if (key.rfind(p, 0) == 0)
      return true;
  }
  return false;
}

void values_reset(const Fleet& fleet, Sink& sink) {
  if (!fleet.helm_history_complete)
    return sink.skip("only the last helm release is known, not the one before");
  for (const History& h : histories(fleet)) {
    if (h.size() < 2)
      continue;
    const HelmRelease &newest = *h.back(), &before = *h[h.size() - 2];
    if (!newest.decoded || !before.decoded)
      continue;
    const auto a = json_or_null(before.values_json), b = json_or_null(newest.values_json);
    if (!a.is_object())
      continue;
    std::set<std::string> had, has;
    flatten(a, "", had);
    if (b.is_object())
      flatten(b, "", has);
    std::vector<std::string> lost, important;
    for (const auto& key : had) {
      const bool covered = std::any_of(has.begin(), has.end(), [&](const std::string& k) {
        return k == key || k.rfind(key + ".", 0) == 0;
      });
      if (covered)
        continue;
      if (key == "k8sServiceHost" && std::any_of(has.begin(), has.end(), [](const std::string& k) {
            return k.rfind("k8sServiceHostRef", 0) == 0 || k.rfind("k8s.apiServerURLs", 0) == 0;
          }))
        continue;
      lost.push_back(key);
      if (matters(key))
        important.push_back(key);
    }
    const bool host_lost = std::find(lost.begin(), lost.end(), "k8sServiceHost") != lost.end();
    // One value taken out on purpose is no reset; most of them gone at once is.
    if (important.empty() || (!host_lost && lost.size() * 2 < had.size()))
      continue;
    Finding f =
        sink.make(fmt::format("helm revision {} of {} dropped {} that revision {} had set: {}",
                              newest.revision,
                              newest.name,
                              count_of(lost.size(), "value"),
                              before.revision,
                              name_list(important, 6)));
    if (fleet.kube_proxies && fleet.runs_kube_proxy() && !fleet.kpr_configured())
      f.severity = Severity::warn;
    f.objects = {release_path(newest), release_path(before)};
    f.evidence.push_back({release_path(before) + " user-supplied values", join(lost, ", ")});
    f.evidence.push_back({release_path(newest) + " user-supplied values",
                          has.empty()
                              ? std::string("none")
                              : join(std::vector<std::string>(has.begin(), has.end()), ", ")});
    fill_in(f,
            {{"helm-ns", newest.ns},
             {"release", newest.name},
             {"chart-version", newest.chart_version},
             {"revision", std::to_string(before.revision)}});
    sink.add(std::move(f));
  }
}

void chart_vs_running(const Fleet& fleet, Sink& sink) {
  for (const History& h : histories(fleet)) {
    const HelmRelease& newest = *h.back();
    if (newest.status != "deployed")
      continue;
    const auto chart = facts::parse_version(newest.app_version.empty() ? newest.chart_version
                                                                       : newest.app_version);
    if (!chart)
      continue;
    std::map<std::string, std::vector<std::string>> others;  // version → nodes
    for (const facts::Agent& a : fleet.agents) {
      if (a.version && *a.version != *chart)
        others[fmt::format("{}.{}.{}", a.version->major, a.version->minor, a.version->patch)]
            .push_back(a.node);
    }
    std::optional<facts::Version> image;
    if (fleet.cilium_ds) {
      if (const auto* c = fleet.cilium_ds->container("cilium-agent"))
        image = facts::version_of_image(c->image);
    }
    const bool image_differs = image && *image != *chart;
    if (others.empty() && !image_differs)
      continue;
    Finding f = sink.make(fmt::format(
        "helm's release {} is Cilium {}, but {}",
        newest.name,
        newest.app_version.empty() ? newest.chart_version : newest.app_version,
        others.empty()
            ? fmt::format("the DaemonSet's image is {}", image->text)
            : fmt::format("{} {}",
                          others.size() == 1
                              ? count_of(others.begin()->second.size(), "agent runs", "agents run")
                              : std::string("agents run"),
                          name_list([&] {
                            std::vector<std::string> v;
                            for (const auto& [version, nodes] : others)
                              v.push_back(version);
                            return v;
                          }()))));
    for (const auto& [version, nodes] : others) {
      for (const auto& n : nodes)
        add_unique(f.nodes, n);
      f.evidence.push_back({"agents' version", version + " on " + name_list(nodes, 8)});
    }
    if (fleet.cilium_ds && image)
      f.evidence.push_back({fleet.cilium_ds->path("DaemonSet") + " .spec.template", image->text});
    f.evidence.push_back({release_path(newest),
                          "chart " + newest.chart_version + ", app version " + newest.app_version});
    f.objects.push_back(release_path(newest));
    fill_in(f,
            {{"helm-ns", newest.ns},
             {"release", newest.name},
             {"ds", fleet.cilium_ds ? fleet.cilium_ds->name : std::string()}});
    sink.add(std::move(f));
  }
}

void config_edited(const Fleet& fleet, Sink& sink) {
  const facts::ConfigMap& cm = *fleet.cilium_config;
  std::optional<Time> helm;
  for (const auto& m : cm.managed_fields) {
    if (m.manager == "helm" && m.time && (!helm || *helm < *m.time))
      helm = m.time;
  }
  if (cm.managed_fields.empty())
    return sink.skip("cilium-config's managedFields are not in the evidence");
  if (!helm)
    return sink.not_applicable("cilium-config was not written by helm");
  // Helm leaves the time alone when an upgrade changes nothing in the map, so the release's own
  // time counts too.
  if (fleet.helm) {
    for (const History& h : histories(fleet)) {
      if (const auto t = when(*h.back()); t && *helm < *t && h.back()->status == "deployed")
        helm = t;
    }
  }
  for (const auto& m : cm.managed_fields) {
    const bool cli = m.manager == "cilium" || m.manager == "cilium-cli";  // `cilium config set`
    if (!(facts::by_hand(m.manager) || cli) || !m.time ||
        *m.time <= *helm + std::chrono::seconds(5))
      continue;
    Finding f = sink.make(fmt::format("cilium-config was changed with {} after helm's last update; "
                                      "the next helm upgrade undoes that",
                                      m.manager));
    f.objects.push_back(cm.path("ConfigMap"));
    f.evidence.push_back({cm.path("ConfigMap") + " .metadata.managedFields",
                          fmt::format("manager {}, {}; helm last {}",
                                      m.manager,
                                      format_rfc3339(*m.time),
                                      format_rfc3339(*helm))});
    fill_in(f, {{"helm-ns", fleet.cilium_ns}, {"release", fleet.release_name()}});
    sink.add(std::move(f));
    return;
  }
}

}  // namespace

Checks helm_checks() {
  return {{"helm-name-in-use", {Need::helm}, name_in_use},
          {"helm-pending", {Need::helm}, pending},
          {"helm-failed-or-no-deployed", {Need::helm}, failed},
          {"helm-not-owner", {Need::helm}, not_owner},
          {"helm-values-reset", {Need::helm}, values_reset},
          {"helm-chart-vs-running-version", {Need::helm}, chart_vs_running},
          {"cilium-config-edited-by-hand", {Need::cilium_config}, config_edited}};
}

}  // namespace kpr::checks
