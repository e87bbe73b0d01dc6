// The marks that owners leave on Cilium's objects, on nodes, and as objects of their own. The table
// is a decision list: from "nobody but the provider may change it" over "a controller puts it back"
// to "somebody ran a command".
#include "facts/owner.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <tuple>

#include "facts/api_server.hpp"
#include "facts/make.hpp"
#include "facts/read.hpp"

namespace kpr::facts {
namespace {

using nlohmann::json;

struct Name {
  Owner owner;
  std::string_view id, title;
};
constexpr std::array k_names{
    Name{Owner::unknown, "unknown", "an owner that could not be told"},
    Name{Owner::helm, "helm", "Helm"},
    Name{Owner::cilium_cli, "cilium-cli", "cilium-cli"},
    Name{Owner::cilium_cli_classic, "cilium-cli-classic", "cilium-cli before 0.15"},
    Name{Owner::microk8s, "microk8s", "MicroK8s' add-on"},
    Name{Owner::kubespray, "kubespray", "kubespray"},
    Name{Owner::argocd, "argocd", "Argo CD"},
    Name{Owner::flux, "flux", "Flux"},
    Name{Owner::flux_manifests, "flux-manifests", "Flux"},
    Name{Owner::fleet, "fleet", "Rancher Fleet"},
    Name{Owner::kapp, "kapp", "kapp"},
    Name{Owner::helmchart, "helmchart", "the helm controller of k3s and RKE2"},
    Name{Owner::rke2, "rke2", "RKE2's bundled chart"},
    Name{Owner::rancher, "rancher", "Rancher"},
    Name{Owner::addon_file, "addon-file", "a manifest in the servers' server/manifests"},
    Name{Owner::k0s, "k0s", "k0s' chart extension"},
    Name{Owner::caren, "caren", "Cluster API (CAREN)"},
    Name{Owner::capi_helm, "capi-helm", "Cluster API (HelmChartProxy)"},
    Name{Owner::capi_manifests, "capi-manifests", "Cluster API (ClusterResourceSet)"},
    Name{Owner::talos, "talos", "Talos' machine configuration"},
    Name{Owner::terraform, "terraform", "Terraform"},
    Name{Owner::pulumi_release, "pulumi-release", "Pulumi"},
    Name{Owner::pulumi_chart, "pulumi-chart", "Pulumi"},
    Name{Owner::manifests, "manifests", "kubectl with rendered manifests"},
    Name{Owner::minikube, "minikube", "minikube"},
    Name{Owner::eks_addon, "eks-addon", "an EKS add-on"},
    Name{Owner::eks_anywhere, "eks-anywhere", "EKS Anywhere"},
    Name{Owner::openshift, "openshift", "the operator of CiliumConfig"},
    Name{Owner::kops, "kops", "kOps"},
    Name{Owner::gardener, "gardener", "Gardener"},
    Name{Owner::deckhouse, "deckhouse", "Deckhouse"},
    Name{Owner::canonical, "canonical", "Canonical Kubernetes (k8sd)"},
    Name{Owner::aks, "aks", "AKS"},
    Name{Owner::gke, "gke", "GKE Dataplane V2"},
    Name{Owner::ack, "ack", "Alibaba's Terway"},
    Name{Owner::doks, "doks", "DigitalOcean"},
    Name{Owner::scaleway, "scaleway", "Scaleway Kapsule"},
    Name{Owner::tke, "tke", "Tencent's TKE"},
    Name{Owner::ovh, "ovh", "OVHcloud"},
};

const Name& name_of(Owner owner) {
  return *std::find_if(k_names.begin(), k_names.end(), [owner](const Name& n) {
    return n.owner == owner;
  });
}

const std::string* value_of(const Labels& labels, std::string_view key) {
  const auto found = labels.find(std::string(key));
  return found == labels.end() ? nullptr : &found->second;
}

std::string text_of(const Labels& labels, std::string_view key) {
  const std::string* value = value_of(labels, key);
  return value == nullptr ? std::string() : *value;
}

// ---- Managers of fields ------------------------------------------------------------------------
// Helm's library names itself after the program it is in (helm pkg/kube/client.go
// getManagedFieldsManager), so that one field tells most owners apart.

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [text](std::string_view w) {
    return text.starts_with(w);
  });
}

// Writers of status, and what the cluster itself changes. k3s and MicroK8s run the controller
// manager inside their own process.
bool writes_status(std::string_view manager) {
  return manager == "k3s" || manager == "rke2" || manager == "kubelite" || manager == "kubelet" ||
         starts_with_any(manager, {"kube-controller", "cilium-operator", "cilium-agent"});
}

bool is_manifest_apply(const Meta::ManagedField& field) {
  return field.manager == "kubectl-client-side-apply" || field.manager == "kubectl-create" ||
         field.manager == "kubectl-replace" ||
         (field.manager == "kubectl" && field.operation == "Apply");
}

// The newest writer of an object's spec that is no hand edit; null where none is known.
const Meta::ManagedField* writer(const Meta& meta) {
  const Meta::ManagedField* newest = nullptr;
  for (const auto& field : meta.managed_fields) {
    if (writes_status(field.manager) || (by_hand(field.manager) && !is_manifest_apply(field)))
      continue;
    if (newest == nullptr || (field.time && (!newest->time || *newest->time < *field.time)))
      newest = &field;
  }
  return newest;
}

// ---- What there is to look at ------------------------------------------------------------------

struct Marked {
  std::string path;
  const Meta* meta;
  const Workload* workload = nullptr;
};

struct Look {
  const Fleet& fleet;
  std::vector<Marked> objects;  // the agents' DaemonSet first, cilium-config, the operator
  const Meta::ManagedField* manager = nullptr;
  std::string managed;  // path of the object that names it
  const HelmRelease* release = nullptr;
  bool releases_read = false;  // all of them: that there is none is known
};

std::optional<std::string> image_of(const Fleet& fleet) {
  if (fleet.cilium_ds == nullptr)
    return std::nullopt;
  const Container* agent = fleet.cilium_ds->container("cilium-agent");
  return agent == nullptr ? std::nullopt : std::optional(agent->image);
}

bool names_cilium(std::string_view chart) {
  const std::size_t slash = chart.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? chart : chart.substr(slash + 1);
  return name == "cilium" || name == "rke2-cilium" || name == "cilium-enterprise" ||
         name.starts_with("cilium-1.") || name.starts_with("rke2-cilium-1.");
}

// Of several releases the one that the DaemonSet names.
const HelmRelease* running_release(const Fleet& fleet) {
  if (!fleet.helm)
    return nullptr;
  const Labels none;
  const Labels& marks = fleet.cilium_ds != nullptr ? fleet.cilium_ds->annotations : none;
  const std::string name = text_of(marks, "meta.helm.sh/release-name");
  const std::string ns = text_of(marks, "meta.helm.sh/release-namespace");
  const HelmRelease* best = nullptr;
  const auto rank = [&](const HelmRelease& r) {
    return std::tuple(
        r.name == name && (ns.empty() || r.ns == ns), r.status != "uninstalled", r.revision);
  };
  for (const HelmRelease& r : *fleet.helm)
    if ((r.chart.empty() ? names_cilium(r.name) || r.name == name : names_cilium(r.chart)) &&
        (best == nullptr || rank(*best) < rank(r)))
      best = &r;
  return best;
}

Look look_at(const Fleet& fleet) {
  Look look{fleet, {}, nullptr, {}, running_release(fleet), false};
  look.releases_read = fleet.helm && fleet.helm_history_complete &&
                       (fleet.raw("secrets") == nullptr || !fleet.raw("secrets")->partial);
  if (const Workload* w = fleet.cilium_ds)
    look.objects.push_back({w->path("DaemonSet"), w, w});
  if (fleet.cilium_config)
    look.objects.push_back({fleet.cilium_config->path("ConfigMap"), &*fleet.cilium_config});
  if (const Workload* w = fleet.operator_deploy)
    look.objects.push_back({w->path("Deployment"), w, w});
  // `cilium config set` writes the ConfigMap alone, and is no owner.
  for (const Marked& m : look.objects)
    if (look.manager == nullptr && (m.workload != nullptr || look.objects.size() == 1)) {
      look.manager = writer(*m.meta);
      look.managed = m.path;
    }
  return look;
}

// ---- One clue ----------------------------------------------------------------------------------

enum class In {
  manager,       // key: the newest writer's name
  manager_like,  // key: how it begins
  label,         // of one of Cilium's objects: key, how its value begins
  annotation,    // the same
  of_template,   // label or annotation of a workload's template
  owner_kind,    // of an object's owner
  image,         // key: how the agent's image begins
  config,        // of cilium-config: key, value
  platform,      // word: the distribution
  node,          // a label or annotation of a node; a key that ends in / is the beginning of one
  pod,           // key: how the name of a pod of kube-system begins
  name,          // of the DaemonSet
  ns,            // of the DaemonSet
  release,       // there is a record of one; key: its name
  no_release,    // all records were read and there is none, or they could not be read
  values,        // the release's own values hold this text
  test           // see the function
};

using Found = std::optional<Sign>;
using Test = Found (*)(const Look&);
struct Clue {
  In in = In::test;
  std::string_view key = {}, word = {};
  Test test = nullptr;
};

std::string clip(const std::string& value) {
  return value.size() <= 120 ? value : value.substr(0, 120) + "…";
}

Found pair_in(const Labels& pairs,
              const std::string& where,
              std::string_view key,
              std::string_view word) {
  auto at = pairs.lower_bound(std::string(key));
  for (; at != pairs.end() && (key.ends_with('/') ? at->first.starts_with(key) : at->first == key);
       ++at)
    if (at->second.starts_with(word))
      return Sign{where, at->first + ": " + clip(at->second)};
  return std::nullopt;
}

Found on_objects(const Look& look, const Clue& clue) {
  for (const Marked& m : look.objects) {
    Found found;
    if (clue.in == In::label)
      found = pair_in(m.meta->labels, m.path + " .metadata.labels", clue.key, clue.word);
    else if (clue.in == In::annotation)
      found = pair_in(m.meta->annotations, m.path + " .metadata.annotations", clue.key, clue.word);
    else if (m.workload != nullptr) {
      const std::string where = m.path + " .spec.template.metadata";
      found = pair_in(m.workload->template_labels, where, clue.key, clue.word);
      if (!found)
        found = pair_in(m.workload->template_annotations, where, clue.key, clue.word);
    }
    if (found)
      return found;
  }
  return std::nullopt;
}

Found on_nodes(const Look& look, const Clue& clue) {
  if (!look.fleet.nodes)
    return std::nullopt;
  for (const Node& node : *look.fleet.nodes) {
    Found found =
        pair_in(node.labels, node.path("Node") + " .metadata.labels", clue.key, clue.word);
    if (!found)
      found = pair_in(
          node.annotations, node.path("Node") + " .metadata.annotations", clue.key, clue.word);
    if (found)
      return found;
  }
  return std::nullopt;
}

Found on_pods(const Look& look, const Clue& clue) {
  if (look.fleet.pods)
    for (const Pod& pod : *look.fleet.pods)
      if (pod.ns == "kube-system" && pod.name.starts_with(clue.key))
        return Sign{pod.path("Pod"), pod.is_static() ? "a static pod" : "it is there"};
  return std::nullopt;
}

Found yes(bool holds, std::string where, std::string text) {
  return holds ? Found(Sign{std::move(where), std::move(text)}) : std::nullopt;
}

std::string ds_path(const Look& look) {
  return look.fleet.cilium_ds == nullptr ? std::string() : look.fleet.cilium_ds->path("DaemonSet");
}

Found see(const Look& look, const Clue& clue) {
  const Workload* ds = look.fleet.cilium_ds;
  switch (clue.in) {
  case In::manager:
  case In::manager_like:
    return yes(look.manager != nullptr &&
                   (clue.in == In::manager ? look.manager->manager == clue.key
                                           : look.manager->manager.starts_with(clue.key)),
               look.managed + " .metadata.managedFields",
               look.manager == nullptr ? "" : "manager " + look.manager->manager);
  case In::label:
  case In::annotation:
  case In::of_template:
    return on_objects(look, clue);
  case In::owner_kind:
    return yes(ds != nullptr && ds->owner_kind == clue.key,
               ds_path(look) + " .metadata.ownerReferences",
               ds == nullptr ? "" : ds->owner_kind + " " + ds->owner_name);
  case In::image: {
    const auto image = image_of(look.fleet);
    return yes(image && image->find(clue.key) != std::string::npos,
               ds_path(look) + " .spec.template",
               image ? "image " + *image : "");
  }
  case In::config:
    return yes(look.fleet.config(std::string(clue.key)) == std::string(clue.word),
               "ConfigMap " + look.fleet.cilium_ns + "/cilium-config",
               std::string(clue.key) + ": " + std::string(clue.word));
  case In::platform:
    return yes(to_string(look.fleet.distribution) == clue.word, "Nodes", std::string(clue.word));
  case In::node:
    return on_nodes(look, clue);
  case In::pod:
    return on_pods(look, clue);
  case In::name:
    return yes(ds != nullptr && ds->name == clue.key, ds_path(look), "its name");
  case In::ns:
    return yes(look.fleet.cilium_ns == clue.key, "Namespace " + look.fleet.cilium_ns, "its name");
  case In::release:
    return yes(look.release != nullptr && look.release->name.starts_with(clue.key),
               look.release == nullptr ? "" : look.release->source,
               look.release == nullptr
                   ? ""
                   : "release " + look.release->ns + "/" + look.release->name + ", revision " +
                         std::to_string(look.release->revision) + ", " + look.release->status);
  case In::no_release:
    return yes(look.release == nullptr, "Secrets of type helm.sh/release.v1", "none of Cilium");
  case In::values:
    return yes(look.release != nullptr &&
                   look.release->values_json.find(clue.key) != std::string::npos,
               look.release == nullptr ? "" : look.release->source,
               "its values hold " + std::string(clue.key));
  case In::test:
    return clue.test(look);
  }
  return std::nullopt;
}

// ---- Clues that need more than a look ----------------------------------------------------------

const std::vector<json>* items(const Look& look, const char* resource) {
  const auto* objects = look.fleet.raw(resource);
  return objects == nullptr ? nullptr : &objects->items;
}

// AKS has a Flux of its own in another cluster: its objects bear Flux' labels with a namespace of
// 24 hex digits, and Helm's annotations with a release aks-managed-*.
bool labels_of_aks(const Meta& meta) {
  const std::string ns = text_of(meta.labels, "helm.toolkit.fluxcd.io/namespace");
  return (ns.size() == 24 && ns.find_first_not_of("0123456789abcdef") == std::string::npos) ||
         text_of(meta.annotations, "meta.helm.sh/release-name").starts_with("aks-managed-");
}

Found flux_of_aks(const Look& look) {
  for (const Marked& m : look.objects)
    if (labels_of_aks(*m.meta)) {
      const std::string ns = text_of(m.meta->labels, "helm.toolkit.fluxcd.io/namespace");
      return Sign{m.path + " .metadata",
                  ns.empty() ? "meta.helm.sh/release-name: " +
                                   text_of(m.meta->annotations, "meta.helm.sh/release-name")
                             : "helm.toolkit.fluxcd.io/namespace: " + ns};
    }
  return std::nullopt;
}

// Any two of AKS' own marks (azure-container-networking test/integration/manifests/cilium).
Found two_of_aks(const Look& look) {
  static constexpr Clue k_clues[] = {
      {In::label, "kubernetes.azure.com/managedby", "aks"},
      {In::of_template, "kubernetes.azure.com/ebpf-dataplane", "cilium"},
      {In::config, "ipam", "delegated-plugin"},
      {In::config, "local-router-ipv4", "169.254.23.0"},
      {In::image, "mcr.microsoft.com/"},
      {In::label, "addonmanager.kubernetes.io/mode"},
  };
  std::vector<Sign> seen;
  for (const Clue& clue : k_clues)
    if (const Found found = see(look, clue))
      seen.push_back(*found);
  return seen.size() < 2 ? std::nullopt
                         : Found(Sign{seen[0].object, seen[0].text + "; " + seen[1].text});
}

// A Flux of the user: its labels, on a server that may have its API.
Found flux_labels(const Look& look) {
  if (flux_of_aks(look))
    return std::nullopt;
  const Missing* why = look.fleet.why_missing("helmreleases");
  if (why != nullptr && why->reason == evidence::Reason::no_such_resource)
    return std::nullopt;
  return see(look, {In::label, "helm.toolkit.fluxcd.io/name"});
}
Found flux_manager(const Look& look) {
  return flux_of_aks(look) ? std::nullopt : see(look, {In::manager, "helm-controller"});
}

// <app>:<group>/<kind>:<namespace>/<name>; an id that names another object was copied, and Argo CD
// ignores it (argo-cd docs/user-guide/resource_tracking.md).
std::string own_tracking_id(const Marked& m) {
  const std::string id = text_of(m.meta->annotations, "argocd.argoproj.io/tracking-id");
  const std::string kind = m.path.substr(0, m.path.find(' '));
  const std::string about =
      (kind == "ConfigMap" ? "/" : "apps/") + kind + ":" + m.meta->ns + "/" + m.meta->name;
  const std::size_t colon = id.find(':');
  return colon != std::string::npos && id.substr(colon + 1) == about ? id.substr(0, colon)
                                                                     : std::string();
}
Found argocd_tracking(const Look& look) {
  for (const Marked& m : look.objects)
    if (m.workload != nullptr && !own_tracking_id(m).empty())
      return see(look, {In::annotation, "argocd.argoproj.io/tracking-id"});
  return std::nullopt;
}
// Label tracking; the common label proves something only where an application bears that name.
Found argocd_label(const Look& look) {
  if (Found own = see(look, {In::label, "argocd.argoproj.io/instance"}))
    return own;
  const Found common = see(look, {In::label, "app.kubernetes.io/instance"});
  const auto* applications = items(look, "applications");
  if (!common || applications == nullptr || look.release != nullptr)
    return std::nullopt;
  for (const json& application : *applications)
    if (common->text.ends_with(": " + read::meta(application).name))
      return common;
  return std::nullopt;
}

Found addon_of_file(const Look& look) {
  for (const Marked& m : look.objects)
    if (text_of(m.meta->annotations, "objectset.rio.cattle.io/owner-gvk").find("Kind=Addon") !=
        std::string::npos)
      return Sign{m.path + " .metadata.annotations",
                  "objectset.rio.cattle.io/owner-name: " +
                      text_of(m.meta->annotations, "objectset.rio.cattle.io/owner-name")};
  return std::nullopt;
}
Found fleet_bundle(const Look& look) {
  if (addon_of_file(look))
    return std::nullopt;
  return see(look, {In::annotation, "objectset.rio.cattle.io/id", "default-"});
}

// The HelmChart whose chart is Cilium's: the object itself, or the pod of its job, or what the
// controller writes on the release's record.
const json* helm_chart(const Look& look) {
  if (const auto* charts = items(look, "helmcharts"))
    for (const json& chart : *charts) {
      const json& spec = read::at(chart, "spec");
      const std::string name = read::meta(chart).name;
      if (names_cilium(read::text(spec, "chart")) || names_cilium(name))
        return &chart;
    }
  return nullptr;
}
const Pod* install_pod(const Look& look) {
  if (look.fleet.pods)
    for (const Pod& pod : *look.fleet.pods)
      if (pod.name.starts_with("helm-install-") &&
          names_cilium(text_of(pod.labels, "helmcharts.helm.cattle.io/chart").empty()
                           ? pod.owner_name.substr(std::min<std::size_t>(13, pod.owner_name.size()))
                           : text_of(pod.labels, "helmcharts.helm.cattle.io/chart")))
        return &pod;
  return nullptr;
}
Found helm_controller(const Look& look) {
  if (const json* chart = helm_chart(look))
    return Sign{read::meta(*chart).path("HelmChart"),
                "chart " + read::text(read::at(*chart, "spec"), "chart")};
  if (const Pod* pod = install_pod(look))
    return Sign{pod->path("Pod"), "the job of a HelmChart"};
  if (look.release != nullptr && look.release->by_controller)
    return Sign{look.release->source, "label helmcharts.helm.cattle.io/configHash"};
  return std::nullopt;
}
Found bundled_chart(const Look& look) {
  const json* chart = helm_chart(look);
  if (chart != nullptr && read::meta(*chart).name == "rke2-cilium")
    return Sign{read::meta(*chart).path("HelmChart"), "RKE2's own"};
  if (chart != nullptr)
    return std::nullopt;
  for (const Clue& clue : {Clue{In::annotation, "meta.helm.sh/release-name", "rke2-cilium"},
                           Clue{In::release, "rke2-cilium"},
                           Clue{In::image, "rancher/mirrored-cilium"}})
    if (Found found = see(look, clue))
      return found;
  return std::nullopt;
}
// Rancher writes server/manifests/rancher/managed-chart-config.yaml (rancher
// pkg/capr/planner/config.go).
Found managed_by_rancher(const Look& look) {
  if (!bundled_chart(look))
    return std::nullopt;
  if (const auto* configs = items(look, "helmchartconfigs"))
    for (const json& config : *configs) {
      const Meta meta = read::meta(config);
      if (meta.name == "rke2-cilium" &&
          text_of(meta.annotations, "objectset.rio.cattle.io/owner-name") == "managed-chart-config")
        return Sign{meta.path("HelmChartConfig") + " .metadata.annotations",
                    "objectset.rio.cattle.io/owner-name: managed-chart-config"};
    }
  return see(look, {In::node, "rke.cattle.io/"});
}

Found k0s_chart(const Look& look) {
  if (const auto* charts = items(look, "charts"))
    for (const json& chart : *charts) {
      const json& spec = read::at(chart, "spec");
      if (names_cilium(read::text(spec, "chartName")) ||
          names_cilium(read::text(spec, "releaseName")))
        return Sign{read::meta(chart).path("Chart"), "chart " + read::text(spec, "chartName")};
    }
  return std::nullopt;
}
Found cilium_config_object(const Look& look) {
  if (const auto* configs = items(look, "ciliumconfigs"))
    for (const json& config : *configs)
      if (read::meta(config).ns == look.fleet.cilium_ns)
        return Sign{read::meta(config).path("CiliumConfig"), "it is there"};
  return std::nullopt;
}
Found terway(const Look& look) {
  if (look.fleet.cilium_ds != nullptr || !look.fleet.daemonsets)
    return std::nullopt;
  for (const Workload& w : *look.fleet.daemonsets)
    if (w.name == "terway-eniip")
      return Sign{w.path("DaemonSet"), "Terway's agent, which holds Cilium's"};
  return std::nullopt;
}

// What the user brings: with it a provider's node labels prove nothing about Cilium.
Found nobody_elses(const Look& look) {
  if (look.release != nullptr || argocd_tracking(look) || argocd_label(look) || flux_labels(look) ||
      see(look, {In::label, "kustomize.toolkit.fluxcd.io/name"}) ||
      (look.manager != nullptr && starts_with_any(look.manager->manager,
                                                  {"kubectl",
                                                   "argocd",
                                                   "helm-controller",
                                                   "kustomize",
                                                   "pulumi",
                                                   "terraform-provider-helm",
                                                   "cilium"})))
    return std::nullopt;
  return Sign{look.objects.empty() ? "" : look.objects.front().path,
              "no release and no mark of a tool of the user's"};
}
Found api_of_ovh(const Look& look) {
  const ApiServerEnv env = agent_api_server(look.fleet);
  return yes(env.host.ends_with(".ovh.net"), env.where, env.host);
}

Found listed_by_talos(const Look& look) {
  const ConfigMap* inventory =
      look.fleet.config_map("kube-system", "talos-bootstrap-manifests-inventory");
  if (inventory == nullptr || look.fleet.cilium_ds == nullptr)
    return std::nullopt;
  const std::string key =
      look.fleet.cilium_ds->ns + "_" + look.fleet.cilium_ds->name + "_apps_DaemonSet";
  return yes(inventory->data.count(key) > 0, inventory->path("ConfigMap"), key);
}

// A record of a release that is older than what runs is left over, unless Helm itself wrote last.
Found release_that_runs(const Look& look) {
  if (look.release == nullptr)
    return std::nullopt;
  const auto chart = parse_version(look.release->app_version.empty() ? look.release->chart_version
                                                                     : look.release->app_version);
  const auto running = version_of_image(image_of(look.fleet).value_or(""));
  const bool helm_wrote = look.manager != nullptr &&
                          (look.manager->manager == "helm" || look.manager->manager == "cilium");
  if (chart && running && *chart < *running && !helm_wrote && look.manager != nullptr)
    return std::nullopt;
  return see(look, {In::release});
}
// Secrets that may not be read leave Helm's marks on the object to tell.
Found helm_without_secrets(const Look& look) {
  if (look.release != nullptr || look.fleet.helm)
    return std::nullopt;
  return look.manager == nullptr || look.manager->manager == "helm" ||
                 look.manager->manager == "cilium"
             ? see(look, {In::annotation, "meta.helm.sh/release-name"})
             : std::nullopt;
}
Found applied_by_kubectl(const Look& look) {
  if (see(look, {In::annotation, "meta.helm.sh/release-name"}))
    return std::nullopt;
  if (look.manager != nullptr && is_manifest_apply(*look.manager))
    return see(look, {In::manager_like, "kubectl"});
  return see(look, {In::annotation, "kubectl.kubernetes.io/last-applied-configuration"});
}
Found helm_marks_missing(const Look& look) {
  return see(look, {In::annotation, "meta.helm.sh/release-name"}) ? std::nullopt
                                                                  : see(look, {In::no_release});
}

// ---- The decision list -------------------------------------------------------------------------

struct Rule {
  Owner owner;
  Confidence confidence;
  Clue clue, also = {}, and_also = {};
};
constexpr Confidence D = Confidence::decisive, L = Confidence::likely;
constexpr Clue test(Test function) {
  return {In::test, {}, {}, function};
}

constexpr Rule k_rules[] = {
    {Owner::gke, D, {In::name, "anetd"}},
    {Owner::gke, D, {In::platform, {}, "GKE"}, {In::image, "gke.gcr.io/"}},
    {Owner::gke, D, {In::platform, {}, "GKE"}, {In::label, "addonmanager.kubernetes.io/mode"}},
    {Owner::aks, D, {In::platform, {}, "AKS"}, test(flux_of_aks)},
    {Owner::aks, D, {In::platform, {}, "AKS"}, test(two_of_aks)},
    {Owner::ack, D, test(terway)},
    {Owner::doks, D, {In::platform, {}, "DigitalOcean Kubernetes"}, test(nobody_elses)},
    {Owner::scaleway, L, {In::platform, {}, "Scaleway Kapsule"}, test(nobody_elses)},
    {Owner::tke, L, {In::platform, {}, "TKE"}, test(nobody_elses)},
    {Owner::ovh, L, {In::platform, {}, "OVHcloud"}, test(api_of_ovh), test(nobody_elses)},
    {Owner::gardener, D, {In::annotation, "resources.gardener.cloud/"}},
    {Owner::gardener, D, {In::label, "resources.gardener.cloud/managed-by"}},
    {Owner::gardener, L, {In::manager, "gardener-resource-manager"}},
    {Owner::deckhouse, D, {In::ns, "d8-cni-cilium"}},
    {Owner::deckhouse,
     D,
     {In::label, "module", "cni-cilium"},
     {In::label, "heritage", "deckhouse"}},
    {Owner::canonical, D, {In::manager, "k8sd"}},
    {Owner::canonical, D, {In::annotation, "meta.helm.sh/release-name", "ck-network"}},
    {Owner::canonical, D, {In::node, "k8sd.io/role"}, {In::image, "ghcr.io/canonical/cilium"}},
    {Owner::eks_anywhere, D, {In::manager, "eks-a-controller"}},
    {Owner::eks_anywhere, L, {In::image, "public.ecr.aws/eks-anywhere/"}, {In::no_release}},
    {Owner::eks_addon, D, {In::platform, {}, "EKS"}, {In::manager, "eks"}},
    {Owner::openshift, D, {In::owner_kind, "CiliumConfig"}},
    {Owner::openshift, D, test(cilium_config_object)},
    {Owner::kops, D, {In::label, "addon.kops.k8s.io/name", "networking.cilium.io"}},
    {Owner::kops, D, {In::label, "app.kubernetes.io/managed-by", "kops"}},
    {Owner::kops, D, {In::of_template, "kops.k8s.io/managed-by", "kops"}},
    {Owner::kops, D, {In::manager, "kops"}},
    {Owner::argocd, D, test(argocd_tracking)},
    {Owner::argocd, D, {In::manager_like, "argocd-"}},
    {Owner::argocd, D, test(argocd_label)},
    {Owner::flux, D, test(flux_labels)},
    {Owner::flux, D, test(flux_manager)},
    {Owner::flux_manifests, D, {In::label, "kustomize.toolkit.fluxcd.io/name"}},
    {Owner::flux_manifests, D, {In::manager, "kustomize-controller"}},
    {Owner::addon_file, D, test(addon_of_file)},
    {Owner::fleet, L, test(fleet_bundle)},
    {Owner::fleet, L, {In::manager, "fleetagent"}},
    {Owner::kapp, L, {In::label, "kapp.k14s.io/app"}},
    {Owner::kapp, L, {In::manager, "kapp"}},
    {Owner::rancher, D, test(managed_by_rancher)},
    {Owner::rke2, D, test(bundled_chart)},
    {Owner::helmchart, D, test(helm_controller)},
    {Owner::k0s, D, test(k0s_chart)},
    {Owner::k0s, L, {In::manager, "k0s"}},
    {Owner::caren, D, {In::of_template, "caren.nutanix.com/restartedAt"}},
    {Owner::capi_helm, L, {In::node, "cluster.x-k8s.io/"}, {In::manager, "manager"}, {In::release}},
    {Owner::capi_manifests,
     L,
     {In::node, "cluster.x-k8s.io/"},
     {In::manager, "manager"},
     {In::no_release}},
    {Owner::talos, D, {In::annotation, "config.k8s.io/owning-inventory", "talos-"}},
    {Owner::talos, D, {In::manager, "talos"}},
    {Owner::pulumi_chart, D, {In::manager_like, "pulumi-kubernetes"}},
    {Owner::terraform, D, {In::manager_like, "terraform-provider-helm"}},
    {Owner::pulumi_release, L, {In::manager, "pulumi-resource-kubernetes"}},
    {Owner::microk8s, D, {In::values, "/var/snap/microk8s/"}},
    {Owner::microk8s, L, {In::platform, {}, "MicroK8s"}, test(release_that_runs)},
    {Owner::kubespray, L, {In::platform, {}, "kubespray"}, {In::manager, "cilium"}, {In::release}},
    {Owner::cilium_cli, D, {In::manager, "cilium"}, test(release_that_runs)},
    {Owner::helm, D, test(release_that_runs)},
    {Owner::cilium_cli, L, {In::manager, "cilium"}, test(helm_without_secrets)},
    {Owner::helm, L, test(helm_without_secrets)},
    {Owner::minikube, L, {In::platform, {}, "minikube"}, test(helm_marks_missing)},
    {Owner::cilium_cli_classic, L, {In::manager, "cilium"}, test(helm_marks_missing)},
    {Owner::manifests, D, test(applied_by_kubectl)},
    {Owner::talos, L, {In::platform, {}, "Talos"}, test(helm_marks_missing)},
};

bool holds(const Look& look, const Rule& rule, std::vector<Sign>& signs) {
  std::vector<Sign> seen;
  for (const Clue* clue : {&rule.clue, &rule.also, &rule.and_also}) {
    if (clue->in == In::test && clue->test == nullptr)
      continue;
    Found found = see(look, *clue);
    if (!found)
      return false;
    seen.push_back(*std::move(found));
  }
  signs = std::move(seen);
  return true;
}

// ---- The owner's own object --------------------------------------------------------------------

void take_release(const Look& look, Ownership& o) {
  if (look.release != nullptr) {
    o.ns = look.release->ns;
    o.name = look.release->name;
  } else if (look.fleet.cilium_ds != nullptr) {
    o.ns = text_of(look.fleet.cilium_ds->annotations, "meta.helm.sh/release-namespace");
    o.name = text_of(look.fleet.cilium_ds->annotations, "meta.helm.sh/release-name");
  }
}

void take_labels(const Look& look, Ownership& o, const char* name, const char* ns) {
  for (const Marked& m : look.objects)
    if (const std::string* value = value_of(m.meta->labels, name)) {
      o.name = *value;
      o.ns = text_of(m.meta->labels, ns);
      return;
    }
}

void take_argocd(const Look& look, Ownership& o) {
  for (const Marked& m : look.objects)
    if (m.workload != nullptr && !own_tracking_id(m).empty()) {
      o.name = own_tracking_id(m);
      break;
    }
  if (o.name.empty())
    take_labels(look, o, "argocd.argoproj.io/instance", "");
  if (o.name.empty())
    take_labels(look, o, "app.kubernetes.io/instance", "");
  // <namespace>_<app> where applications live in other namespaces than Argo CD's.
  if (const std::size_t bar = o.name.find('_'); bar != std::string::npos) {
    o.ns = o.name.substr(0, bar);
    o.name.erase(0, bar + 1);
  }
  if (const auto* applications = items(look, "applications"))
    for (const json& application : *applications)
      if (const Meta meta = read::meta(application); o.ns.empty() && meta.name == o.name)
        o.ns = meta.ns;
}

// The file on the servers that an object of k3s or RKE2 comes from.
std::string addon_file(const Meta& meta) {
  return text_of(meta.annotations, "objectset.rio.cattle.io/owner-gvk").find("Kind=Addon") ==
                 std::string::npos
             ? std::string()
             : text_of(meta.annotations, "objectset.rio.cattle.io/owner-name");
}

void take_helm_chart(const Look& look, Ownership& o) {
  o.ns = "kube-system";
  if (const json* chart = helm_chart(look)) {
    const Meta meta = read::meta(*chart);
    o.ns = meta.ns;
    o.name = meta.name;
    o.file = addon_file(meta);
  } else if (const Pod* pod = install_pod(look)) {
    o.ns = pod->ns;
    o.name = text_of(pod->labels, "helmcharts.helm.cattle.io/chart");
    if (o.name.empty())
      o.name = pod->owner_name.substr(std::min<std::size_t>(13, pod->owner_name.size()));
  } else {
    o.name = bundled_chart(look) ? "rke2-cilium" : "cilium";
  }
}

void take_flux(const Look& look, Ownership& o) {
  take_labels(look, o, "helm.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/namespace");
  if (const auto* releases = items(look, "helmreleases"))
    for (const json& release : *releases)
      if (const Meta meta = read::meta(release); meta.name == o.name && meta.ns == o.ns)
        o.suspended = read::flag(read::at(release, "spec"), "suspend");
}

void take_object(const Look& look, Ownership& o) {
  switch (o.owner) {
  case Owner::argocd:
    return take_argocd(look, o);
  case Owner::flux:
    return take_flux(look, o);
  case Owner::flux_manifests:
    return take_labels(
        look, o, "kustomize.toolkit.fluxcd.io/name", "kustomize.toolkit.fluxcd.io/namespace");
  case Owner::kapp:
    return take_labels(look, o, "kapp.k14s.io/app", "");
  case Owner::addon_file:
    for (const Marked& m : look.objects)
      if (o.file.empty())
        o.file = addon_file(*m.meta);
    return;
  case Owner::helmchart:
  case Owner::rke2:
  case Owner::rancher:
    return take_helm_chart(look, o);
  case Owner::k0s:
    if (const auto* charts = items(look, "charts"))
      for (const json& chart : *charts)
        if (names_cilium(read::text(read::at(chart, "spec"), "chartName"))) {
          o.name = read::meta(chart).name;
          o.ns = read::meta(chart).ns;
        }
    return;
  case Owner::openshift:
    o.ns = look.fleet.cilium_ns;
    o.name = look.fleet.cilium_ds != nullptr && look.fleet.cilium_ds->owner_kind == "CiliumConfig"
                 ? look.fleet.cilium_ds->owner_name
                 : "cilium";
    return;
  default:
    return take_release(look, o);
  }
}

// ---- Two owners --------------------------------------------------------------------------------

bool keeps_releases(Owner owner) {
  static constexpr std::array k_of_helm{Owner::helm,
                                        Owner::cilium_cli,
                                        Owner::microk8s,
                                        Owner::kubespray,
                                        Owner::flux,
                                        Owner::helmchart,
                                        Owner::rke2,
                                        Owner::rancher,
                                        Owner::k0s,
                                        Owner::caren,
                                        Owner::capi_helm,
                                        Owner::terraform,
                                        Owner::pulumi_release,
                                        Owner::openshift,
                                        Owner::canonical,
                                        Owner::eks_addon,
                                        Owner::fleet,
                                        Owner::unknown};
  return std::find(k_of_helm.begin(), k_of_helm.end(), owner) != k_of_helm.end();
}

void add_conflict(Ownership& o, std::string sentence, Sign sign) {
  o.conflicts.push_back({std::move(sentence), std::move(sign)});
}

std::string released(const HelmRelease& r) {
  return "Helm release " + r.ns + "/" + r.name + " (revision " + std::to_string(r.revision) + ")";
}

void left_over_release(const Look& look, Ownership& o) {
  if (look.release != nullptr && !keeps_releases(o.owner) && look.release->status != "uninstalled")
    add_conflict(
        o,
        "the " + released(*look.release) + " is left over from before " +
            std::string(to_string(o.owner)) +
            " took over: do not use it, and do not uninstall it, which would delete Cilium",
        {look.release->source, "status " + look.release->status});
}

// A newer revision that another program wrote than the one that owns the release.
void release_by_hand(const Look& look, Ownership& o) {
  if (look.release == nullptr)
    return;
  const bool chart =
      o.owner == Owner::helmchart || o.owner == Owner::rke2 || o.owner == Owner::rancher;
  const std::string& by = look.release->written_by;
  const bool hand = (o.owner == Owner::flux && (by == "helm" || by == "cilium")) ||
                    (chart && by == "cilium") || (chart && look.release->past_controller);
  if (hand)
    add_conflict(o,
                 "revision " + std::to_string(look.release->revision) + " of the release " +
                     look.release->name + " was made by hand: " + std::string(to_string(o.owner)) +
                     " undoes it",
                 {look.release->source,
                  by.empty() || look.release->past_controller
                      ? "without the label helmcharts.helm.cattle.io/configHash"
                      : "manager " + by});
}

void second_release(const Look& look, Ownership& o) {
  if (look.release == nullptr)
    return;
  for (const HelmRelease& r : *look.fleet.helm)
    if (names_cilium(r.chart) && r.status == "deployed" &&
        (r.ns != look.release->ns || r.name != look.release->name))
      return add_conflict(o,
                          "there is another release of Cilium, " + r.ns + "/" + r.name +
                              ": one of the two is dead",
                          {r.source, "status " + r.status});
}

// A continuous owner beside the one that was found first.
void second_controller(const Look& look, Ownership& o) {
  static constexpr Owner k_controllers[] = {Owner::argocd,
                                            Owner::flux,
                                            Owner::flux_manifests,
                                            Owner::helmchart,
                                            Owner::rke2,
                                            Owner::caren,
                                            Owner::openshift,
                                            Owner::k0s};
  for (const Owner other : k_controllers) {
    const bool same_kind =
        (other == Owner::rke2 && o.owner == Owner::rancher) ||
        (other == Owner::helmchart && (o.owner == Owner::rke2 || o.owner == Owner::rancher)) ||
        (other == Owner::flux_manifests && o.owner == Owner::flux);
    if (other == o.owner || same_kind)
      continue;
    std::vector<Sign> signs;
    for (const Rule& rule : k_rules)
      if (rule.owner == other && signs.empty() && holds(look, rule, signs)) {
        add_conflict(o,
                     std::string(to_string(other)) + " and " + std::string(to_string(o.owner)) +
                         " both mark Cilium as theirs: the one undoes what the other does",
                     signs.front());
        break;
      }
  }
}

void also_in_talos(const Look& look, Ownership& o) {
  if (o.owner == Owner::talos)
    return;
  if (const Found found = listed_by_talos(look))
    add_conflict(o,
                 "Talos' inventory lists Cilium too: talosctl upgrade-k8s puts its own back. Take "
                 "the inline manifest out first, then the inventory's entry",
                 *found);
}

// Parts of Cilium that an application of another name renders.
void other_application(const Look& look, Ownership& o) {
  for (const Marked& m : look.objects) {
    const std::string app = own_tracking_id(m);
    if (app.empty() || (o.owner == Owner::argocd && (app == o.name || app == o.ns + "_" + o.name)))
      continue;
    return add_conflict(o,
                        m.path + " is rendered by Argo CD's application " + app,
                        {m.path + " .metadata.annotations", "argocd.argoproj.io/tracking-id"});
  }
}

// A record of an older Cilium than runs, which nobody wrote who keeps records.
void stale_release(const Look& look, Ownership& o) {
  if (!o.known() && look.release != nullptr)
    add_conflict(o,
                 "the " + released(*look.release) + " is of chart " + look.release->chart_version +
                     ", and another version runs: it is left over",
                 {look.release->source, "chart " + look.release->chart_version});
}

// Marks of Helm without its record.
void record_missing(const Look& look, Ownership& o) {
  if (o.known() || look.release != nullptr || !look.releases_read)
    return;
  if (const Found found = see(look, {In::annotation, "meta.helm.sh/release-name"}))
    add_conflict(o,
                 "Helm's marks are there and its record is not: it was deleted, or another storage "
                 "driver keeps it",
                 *found);
}

void find_conflicts(const Look& look, Ownership& o) {
  left_over_release(look, o);
  release_by_hand(look, o);
  second_release(look, o);
  other_application(look, o);
  if (o.known())
    second_controller(look, o);
  also_in_talos(look, o);
  stale_release(look, o);
  record_missing(look, o);
}

}  // namespace

// Programs in people's hands: an edit on top of somebody else's object.
bool by_hand(std::string_view manager) {
  return starts_with_any(manager,
                         {"kubectl",
                          "k9s",
                          "Lens",
                          "OpenLens",
                          "FreeLens",
                          "headlamp",
                          "dashboard",
                          "node-fetch",
                          "Mozilla",
                          "okhttp"});
}

std::string_view to_string(Owner owner) {
  return name_of(owner).title;
}
std::string_view id_of(Owner owner) {
  return name_of(owner).id;
}

bool Ownership::by_helm() const {
  return owner == Owner::helm || owner == Owner::cilium_cli || owner == Owner::microk8s;
}

Ownership find_owner(const Fleet& fleet) {
  const Look look = look_at(fleet);
  Ownership o;
  o.release = look.release;
  for (const Rule& rule : k_rules)
    if (holds(look, rule, o.signs)) {
      o.owner = rule.owner;
      o.confidence = rule.confidence;
      break;
    }
  take_object(look, o);
  o.enterprise = image_of(fleet).value_or("").find("quay.io/isovalent/") != std::string::npos ||
                 (look.release != nullptr && look.release->chart == "cilium-enterprise");
  const auto applied = [](const Meta::ManagedField& f) {
    return f.manager == "helm" && f.operation == "Apply";
  };
  o.server_side =
      (look.release != nullptr && look.release->server_side) ||
      (fleet.cilium_ds != nullptr && std::any_of(fleet.cilium_ds->managed_fields.begin(),
                                                 fleet.cilium_ds->managed_fields.end(),
                                                 applied));
  if (!fleet.helm)
    o.not_seen.emplace_back("Helm's records (Secrets)");
  for (const char* resource :
       {"helmcharts", "helmchartconfigs", "helmreleases", "applications", "charts"})
    if (const Missing* why = fleet.why_missing(resource);
        why != nullptr && why->reason == evidence::Reason::no_right)
      o.not_seen.emplace_back(resource);
  find_conflicts(look, o);
  return o;
}

}  // namespace kpr::facts
