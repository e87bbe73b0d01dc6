#include "facts/fleet.hpp"

#include <algorithm>
#include <map>

#include "facts/make.hpp"
#include "facts/read.hpp"

namespace kpr::facts {
namespace {

using evidence::Evidence;
using evidence::Objects;
using evidence::Reason;
using nlohmann::json;

const Piece<Objects>* find(const Evidence& e, const std::string& resource) {
  const auto found = e.objects.find(resource);
  return found == e.objects.end() ? nullptr : &found->second;
}

template <class T, class Read>
Piece<std::vector<T>> list(const Evidence& e,
                           const std::string& resource,
                           Read read,
                           Evidence* spend = nullptr,
                           std::vector<T>* arrived = nullptr) {
  const auto* piece = find(e, resource);
  if (piece == nullptr)
    return Missing{Reason::not_asked, resource + " were not collected"};
  if (!*piece && piece->missing().reason == Reason::no_such_resource)
    return std::vector<T>{};
  if (!*piece)
    return piece->missing();
  std::vector<T> out;
  if (arrived != nullptr)
    out.swap(*arrived);
  out.reserve(out.size() + (*piece)->items.size());
  for (std::size_t i = 0; i < (*piece)->items.size(); ++i) {
    out.push_back(read((*piece)->items[i]));
    if (spend != nullptr)
      spend->objects[resource]->items[i] = nullptr;
  }
  return out;
}

// By its container: labels and names are other ones on Deckhouse, GKE and OpenShift.
bool is_cilium_daemonset(const Workload& w) {
  return w.container("cilium-agent") != nullptr;
}

bool is_cilium_pod(const Pod& p) {
  const auto l = p.labels.find("k8s-app");
  const auto n = p.labels.find("app.kubernetes.io/name");
  const bool agent = p.container("cilium-agent") != nullptr;
  const bool labelled = (l != p.labels.end() && l->second == "cilium") ||
                        (n != p.labels.end() && n->second == "cilium-agent");
  return agent ? labelled || p.owner_kind == "DaemonSet" : labelled && p.containers.empty();
}

bool is_operator(const Labels& l, const std::string& name) {
  const auto a = l.find("io.cilium/app");
  const auto n = l.find("app.kubernetes.io/name");
  const auto o = l.find("name");
  return (a != l.end() && a->second == "operator") ||
         (n != l.end() && n->second == "cilium-operator") ||
         (o != l.end() && o->second == "cilium-operator") || name == "cilium-operator";
}

void take_versions(Fleet& f) {
  std::map<std::string, std::pair<std::size_t, Version>> counts;
  for (auto& a : f.agents) {
    if (!a.version && !a.pod.empty()) {
      if (const Pod* p = f.pod(a.ns, a.pod))
        if (const Container* c = p->container("cilium-agent"))
          a.version = version_of_image(c->image);
      if (a.version)
        a.version_text = a.version->text;
    }
    if (a.version) {
      const std::string key = std::to_string(a.version->major) + "." +
                              std::to_string(a.version->minor) + "." +
                              std::to_string(a.version->patch);
      auto& c = counts.try_emplace(key, 0, *a.version).first->second;
      ++c.first;
    }
  }
  std::size_t best = 0;
  for (const auto& [key, c] : counts) {
    if (c.first <= best)
      continue;
    best = c.first;
    f.version = c.second;
    f.version->text = key;
    f.version_source = "the agents";
  }
  if (!f.version && f.cilium_ds != nullptr) {
    if (const Container* c = f.cilium_ds->container("cilium-agent"))
      f.version = version_of_image(c->image);
    f.version_source = "the image of " + f.cilium_ds->path("DaemonSet");
  }
  if (!f.version) {
    for (const Pod* p : f.cilium_pods)
      if (const Container* c = p->container("cilium-agent"); c != nullptr && !f.version)
        f.version = version_of_image(c->image);
    f.version_source = "the image of Cilium's pods";
  }
  if (!f.version)
    if (const HelmRelease* r = f.latest_release(f.release_name()); r != nullptr) {
      f.version = parse_version(r->app_version);
      f.version_source = "the Helm release";
    }
  if (!f.version)
    f.version_source.clear();
}

}  // namespace

void spend_outputs(evidence::Agent& agent) {
  for (const char* name : {"status-verbose",
                           "status-json",
                           "health-json",
                           "version",
                           "uname",
                           "service-list-json",
                           "service-list",
                           "bpf-lb-list",
                           "bpf-lb-count",
                           "config-all",
                           "ip-a",
                           "bpftool-cgroup",
                           "iptables-save",
                           "iptables-nft-save",
                           "iptables-legacy-save",
                           "ip6tables-save",
                           "ip6tables-nft-save",
                           "ip6tables-legacy-save"})
    if (const auto output = agent.outputs.find(name);
        output != agent.outputs.end() && output->second)
      std::string().swap(output->second->out);  // an assignment would keep the memory
}

bool ArrivedLists::take(const std::string& resource, const json& object) {
  if (resource == "nodes")
    nodes.push_back(read::node(object));
  else if (resource == "pods")
    pods.push_back(read::pod(object));
  else if (resource == "services")
    services.push_back(read::service(object));
  else if (resource == "endpointslices")
    endpoint_slices.push_back(read::slice(object));
  else if (resource == "ciliumnodes")
    cilium_nodes.push_back(read::cilium_node(object));
  else if (resource == "events")
    events.push_back(read::event(object));
  else
    return false;
  return true;
}

void ArrivedLists::restart(const std::string& resource) {
  if (resource == "nodes")
    nodes.clear();
  else if (resource == "pods")
    pods.clear();
  else if (resource == "services")
    services.clear();
  else if (resource == "endpointslices")
    endpoint_slices.clear();
  else if (resource == "ciliumnodes")
    cilium_nodes.clear();
  else if (resource == "events")
    events.clear();
}

Fleet make_fleet(const Evidence& e, const FactsOptions& options) {
  Fleet f;
  f.evidence = &e;
  f.kind = e.kind;
  f.incomplete = e.interrupted;
  if (options.now)
    f.now = *options.now;
  else if (e.now)
    f.now = *e.now;
  f.now_known = options.now.has_value() || e.now.has_value();
  ArrivedLists none;
  ArrivedLists& arrived = options.arrived != nullptr ? *options.arrived : none;
  f.nodes = list(e, "nodes", read::node, options.spend, &arrived.nodes);
  f.pods = list(e, "pods", read::pod, options.spend, &arrived.pods);
  f.services = list(e, "services", read::service, nullptr, &arrived.services);
  f.endpoint_slices =
      list(e, "endpointslices", read::slice, options.spend, &arrived.endpoint_slices);
  if (!f.endpoint_slices || f.endpoint_slices->empty()) {
    if (const auto* endpoints = find(e, "endpoints"); endpoints != nullptr && *endpoints) {
      std::vector<EndpointSlice> slices;
      for (const auto& item : (*endpoints)->items)
        for (auto& s : read::endpoints(item))
          slices.push_back(std::move(s));
      f.endpoint_slices = std::move(slices);
    }
  }
  f.config_maps = list<ConfigMap>(e, "configmaps", read::config_map);
  f.daemonsets = list<Workload>(e, "daemonsets", [](const json& j) {
    return read::workload(j, "DaemonSet");
  });
  f.deployments = list<Workload>(e, "deployments", [](const json& j) {
    return read::workload(j, "Deployment");
  });
  const bool live = e.kind == evidence::SourceKind::cluster;
  const auto complete = [&](const std::string& resource) {
    const auto* p = find(e, resource);
    return p != nullptr && *p && !(*p)->partial && live;
  };
  f.daemonsets_complete = complete("daemonsets");
  f.deployments_complete = complete("deployments");
  f.node_configs = list<CiliumNodeConfig>(e, "ciliumnodeconfigs", read::node_config);
  f.cilium_nodes = list(e, "ciliumnodes", read::cilium_node, nullptr, &arrived.cilium_nodes);
  f.local_redirects = list<LocalRedirect>(e, "ciliumlocalredirectpolicies", read::local_redirect);
  f.events = list(e, "events", read::event, options.spend, &arrived.events);

  const auto* secrets = find(e, "secrets");
  if (secrets != nullptr && *secrets) {
    std::vector<HelmRelease> releases;
    for (const auto& item : (*secrets)->items)
      if (read::is_helm_release(item))
        releases.push_back(read::helm_release(item));
    std::stable_sort(
        releases.begin(), releases.end(), [](const HelmRelease& a, const HelmRelease& b) {
          return std::tie(a.ns, a.name, a.revision) < std::tie(b.ns, b.name, b.revision);
        });
    // A release that the helm controller signs is signed as a whole: a later record without its
    // label was made past it.
    for (std::size_t i = 1; i < releases.size(); ++i) {
      const HelmRelease& before = releases[i - 1];
      HelmRelease& r = releases[i];
      r.past_controller = !r.by_controller && r.ns == before.ns && r.name == before.name &&
                          (before.by_controller || before.past_controller);
    }
    f.helm = std::move(releases);
    f.helm_history_complete = !(*secrets)->partial;
  } else {
    json values, metadata;
    std::string source;
    for (const char* name : {"helm-values", "cilium-helm-values"})
      if (const auto* p = find(e, name); p != nullptr && *p && !(*p)->items.empty())
        values = (*p)->items.front(), source = (*p)->source;
    for (const char* name : {"helm-metadata", "cilium-helm-metadata"})
      if (const auto* p = find(e, name); p != nullptr && *p && !(*p)->items.empty())
        metadata = (*p)->items.front(), source = (*p)->source;
    if (values.is_object() || metadata.is_object())
      f.helm = std::vector<HelmRelease>{read::helm_from_dump(values, metadata, source)};
    else
      f.helm = secrets != nullptr ? secrets->missing()
                                  : Missing{Reason::not_asked, "Secrets were not collected"};
  }

  if (f.daemonsets)
    for (const auto& w : *f.daemonsets)
      if (is_cilium_daemonset(w) && f.cilium_ds == nullptr)
        f.cilium_ds = &w;
  f.cilium_ns = f.cilium_ds != nullptr ? f.cilium_ds->ns : e.cilium_namespace;
  if (f.pods) {
    for (const auto& p : *f.pods) {
      if (is_cilium_pod(p)) {
        f.cilium_pods.push_back(&p);
        if (f.cilium_ns.empty())
          f.cilium_ns = p.ns;
      } else if (is_operator(p.labels, "") && p.owner_kind != "Job" &&
                 p.owner_kind != "DaemonSet") {
        f.operator_pods.push_back(&p);
      }
    }
  }
  if (f.cilium_ns.empty())
    f.cilium_ns = "kube-system";
  if (f.deployments)
    for (const auto& w : *f.deployments)
      if (is_operator(w.labels, w.name) && f.operator_deploy == nullptr)
        f.operator_deploy = &w;
  if (const ConfigMap* m = f.config_map(f.cilium_ns, "cilium-config"))
    f.cilium_config = *m;
  else if (f.config_maps)
    f.cilium_config =
        Missing{Reason::no_such_file, "ConfigMap " + f.cilium_ns + "/cilium-config was not found"};
  else
    f.cilium_config = f.config_maps.missing();

  f.frontends = options.frontends ? options.frontends : std::make_shared<FrontendPool>();
  f.agents.reserve(e.agents.size());
  for (std::size_t i = 0; i < e.agents.size(); ++i) {
    std::optional<Agent> made = options.made ? options.made(i) : std::nullopt;
    f.agents.push_back(made ? *std::move(made)
                            : make_agent(e.agents[i], *f.frontends, options.on_status));
    f.agents.back().raw = &e.agents[i];
    if (options.spend != nullptr)
      spend_outputs(options.spend->agents[i]);
  }
  take_versions(f);
  f.distribution = detect_distribution(f);
  f.kube_proxies = find_kube_proxies(f);
  f.ownership = find_owner(f);
  f.kube_proxy_owner = find_kube_proxy_owner(f);
  return f;
}

std::optional<std::string> Fleet::config(const std::string& key) const {
  if (!cilium_config)
    return std::nullopt;
  const auto found = cilium_config->data.find(key);
  return found == cilium_config->data.end() ? std::nullopt : std::optional(found->second);
}
bool Fleet::config_true(const std::string& key) const {
  return config(key) == "true";
}
KprMode Fleet::configured_mode() const {
  if (!cilium_config)
    return KprMode::unknown;
  const auto value = config("kube-proxy-replacement");
  if (!value || value->empty())
    return KprMode::off;
  return kpr_mode_of(*value);
}

const ConfigMap* Fleet::config_map(std::string_view ns, std::string_view name) const {
  if (!config_maps)
    return nullptr;
  for (const auto& m : *config_maps)
    if (m.ns == ns && m.name == name)
      return &m;
  return nullptr;
}
// Only a live run asks for every ConfigMap of interest; an archive holds cilium-config alone.
bool Fleet::config_map_known_absent(std::string_view ns, std::string_view name) const {
  if (!config_maps || kind != evidence::SourceKind::cluster || config_map(ns, name) != nullptr)
    return false;
  const auto* o = raw("configmaps");
  return o != nullptr && !o->partial;
}
const Node* Fleet::node(std::string_view name) const {
  if (!nodes)
    return nullptr;
  for (const auto& n : *nodes)
    if (n.name == name)
      return &n;
  return nullptr;
}
const Pod* Fleet::pod(std::string_view ns, std::string_view name) const {
  for (const Pod* p : cilium_pods)
    if (p->ns == ns && p->name == name)
      return p;
  if (!pods)
    return nullptr;
  for (const auto& p : *pods)
    if (p.ns == ns && p.name == name)
      return &p;
  return nullptr;
}
const Agent* Fleet::agent_on(std::string_view wanted) const {
  for (const auto& a : agents)
    if (a.node == wanted)
      return &a;
  return nullptr;
}
const Service* Fleet::service(std::string_view ns, std::string_view name) const {
  if (!services)
    return nullptr;
  for (const auto& s : *services)
    if (s.ns == ns && s.name == name)
      return &s;
  return nullptr;
}
std::vector<std::string> Fleet::kubernetes_cluster_ips() const {
  const Service* s = service("default", "kubernetes");
  return s == nullptr ? std::vector<std::string>{} : s->cluster_ips;
}
std::vector<std::string> Fleet::api_server_addresses() const {
  std::vector<std::string> out;
  if (endpoint_slices)
    for (const auto& s : *endpoint_slices)
      if (s.ns == "default" && s.service == "kubernetes")
        for (const auto& e : s.endpoints)
          out.insert(out.end(), e.addresses.begin(), e.addresses.end());
  return out;
}
int Fleet::api_server_port() const {
  if (endpoint_slices)
    for (const auto& s : *endpoint_slices)
      if (s.ns == "default" && s.service == "kubernetes")
        for (const auto& p : s.ports)
          if (p.port > 0)
            return p.port;
  return 6443;
}
std::size_t Fleet::linux_nodes() const {
  if (!nodes)
    return 0;
  return static_cast<std::size_t>(std::count_if(nodes->begin(), nodes->end(), [](const Node& n) {
    return n.is_linux();
  }));
}
bool Fleet::runs_kube_proxy() const {
  if (!kube_proxies)
    return false;
  return std::any_of(kube_proxies->begin(), kube_proxies->end(), [](const KubeProxy& k) {
    return k.running();
  });
}
const HelmRelease* Fleet::latest_release(std::string_view name) const {
  const HelmRelease* best = nullptr;
  if (helm)
    for (const auto& r : *helm)
      if (r.name == name && (best == nullptr || r.revision > best->revision))
        best = &r;
  return best;
}
std::string Fleet::release_name() const {
  if (cilium_ds != nullptr)
    if (const auto found = cilium_ds->annotations.find("meta.helm.sh/release-name");
        found != cilium_ds->annotations.end())
      return found->second;
  return "cilium";
}
std::optional<std::chrono::seconds> Fleet::age(const std::optional<Time>& t) const {
  if (!t || !now_known)
    return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(now - *t);
}
const Objects* Fleet::raw(const std::string& resource) const {
  const auto* p = evidence == nullptr ? nullptr : find(*evidence, resource);
  return p == nullptr || !*p ? nullptr : &**p;
}
const Missing* Fleet::why_missing(const std::string& resource) const {
  static const Missing not_asked{Reason::not_asked, "it was not collected"};
  const auto* p = evidence == nullptr ? nullptr : find(*evidence, resource);
  if (p == nullptr)
    return &not_asked;
  return *p ? nullptr : &p->missing();
}
const char* Fleet::agent_binary() const {
  return !version || version->at_least(1, 15) ? "cilium-dbg" : "cilium";
}

}  // namespace kpr::facts
