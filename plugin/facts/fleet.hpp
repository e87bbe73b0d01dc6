// Typed facts of the whole cluster, made from evidence and from nothing else. Every list is present
// or missing with a reason: a check that needs a missing one is skipped with that reason, never
// passed.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "evidence/evidence.hpp"
#include "facts/agent.hpp"
#include "facts/objects.hpp"
#include "facts/owner.hpp"
#include "facts/platform.hpp"

namespace kpr {
struct StatusDocument;
}

namespace kpr::facts {

// A kube-proxy found anywhere in the cluster. Windows ones are not in this list.
struct KubeProxy {
  enum class Form { daemonset, static_pod, pod, in_process } form = Form::daemonset;
  std::string
      object;  // "DaemonSet kube-system/kube-proxy", "Pod kube-system/kube-proxy-n1", "Node n1"
  std::vector<std::string> nodes;  // where it runs, as far as known
  int desired = 0;   // of a DaemonSet; 0 is one switched off by an impossible nodeSelector
  std::string text;  // what told us
  std::optional<Time> created;
  bool running() const { return form != Form::daemonset || desired > 0; }
};

// An agent's status text, parsed; null where there is none. Gone after the call.
using StatusSeen = std::function<void(const evidence::Agent& agent, const StatusDocument* status)>;

// Lists of which facts were made object by object, as they arrived: the evidence does not hold
// these objects.
struct ArrivedLists {
  std::vector<Node> nodes;
  std::vector<Pod> pods;
  std::vector<Service> services;
  std::vector<EndpointSlice> endpoint_slices;
  std::vector<CiliumNode> cilium_nodes;
  std::vector<Event> events;
  bool take(const std::string& resource,
            const nlohmann::json& object);    // false: there is no list for it here
  void restart(const std::string& resource);  // what came of it is void
};

struct FactsOptions {
  std::optional<Time> now;  // overrides the evidence's
  // The evidence itself, where it may be used up: objects and long texts that are facts now are
  // freed one by one, so that a large cluster is not in memory twice. What raw() and
  // Agent::output() are asked for stays.
  evidence::Evidence* spend = nullptr;
  StatusSeen on_status;  // once an agent, in their order: for who shows more of a status than facts
                         // hold of it
  // Facts of agents that were made when they arrived (make_agent), by their place in the evidence;
  // and the pool that they share.
  std::function<std::optional<Agent>(std::size_t agent)> made;
  std::shared_ptr<FrontendPool> frontends;
  ArrivedLists* arrived = nullptr;  // used up
};

Agent make_agent(const evidence::Agent& in,
                 FrontendPool& frontends,
                 const StatusSeen& on_status = {});
// Frees the texts that make_agent has read and nobody asks for again.
void spend_outputs(evidence::Agent& agent);

struct Fleet {
  const evidence::Evidence* evidence = nullptr;  // not owned; outlives the fleet. For resources
                                                 // without a type of their own: see raw()
  evidence::SourceKind kind = evidence::SourceKind::text;
  Time now{};
  bool now_known = false;
  std::string cilium_ns;    // never empty: "kube-system" when unknown
  bool incomplete = false;  // interrupted

  std::shared_ptr<FrontendPool> frontends;  // what Agent::services points into
  std::vector<Agent> agents;
  Piece<std::vector<Node>> nodes;
  Piece<std::vector<Pod>> pods;
  Piece<std::vector<Service>> services;
  Piece<std::vector<EndpointSlice>>
      endpoint_slices;                        // or made of Endpoints where slices are not there
  Piece<std::vector<ConfigMap>> config_maps;  // the ones that were read; absence of one proves
                                              // something only with config_map()
  Piece<std::vector<Workload>>
      daemonsets;  // in a sysdump only Cilium's own: see daemonsets_complete
  bool daemonsets_complete = false;
  Piece<std::vector<Workload>> deployments;
  bool deployments_complete = false;
  Piece<std::vector<CiliumNodeConfig>> node_configs;
  Piece<std::vector<CiliumNode>> cilium_nodes;
  Piece<std::vector<LocalRedirect>> local_redirects;
  Piece<std::vector<Event>> events;
  Piece<std::vector<HelmRelease>>
      helm;  // all releases by name and revision; in a sysdump the last one of "cilium" only
  bool helm_history_complete = false;  // false in a sysdump
  Piece<std::vector<KubeProxy>>
      kube_proxies;  // missing when neither pods nor DaemonSets could be listed
  Distribution distribution = Distribution::unknown;
  Ownership ownership;  // of Cilium
  KubeProxyOwner kube_proxy_owner = KubeProxyOwner::unknown;

  // What Cilium is made of; pointers into the lists above, null when not found there.
  const Workload* cilium_ds = nullptr;
  const Workload* operator_deploy = nullptr;
  std::vector<const Pod*> cilium_pods, operator_pods;
  Piece<ConfigMap> cilium_config;

  std::optional<Version> version;  // of Cilium: the most common among agents, else the DaemonSet's
                                   // image tag, else Helm's app version
  std::string version_source;

  Fleet() = default;
  Fleet(const Fleet&) = delete;  // pointers into its own lists
  Fleet& operator=(const Fleet&) = delete;
  Fleet(Fleet&&) = default;  // vectors' buffers move along
  Fleet& operator=(Fleet&&) = default;

  // cilium-config's value; nothing where the key (or the map) is absent. Ask cilium_config first
  // whether it was read.
  std::optional<std::string> config(const std::string& key) const;
  bool config_true(const std::string& key) const;
  KprMode
  configured_mode() const;  // unknown when cilium-config was not read; off when the key is absent
  bool kpr_configured() const { return configured_mode() == KprMode::on; }
  // present: the map; missing: why it could not be read, or Reason::not_asked with empty detail
  // when it does not exist.
  const ConfigMap* config_map(std::string_view ns, std::string_view name) const;
  bool config_map_known_absent(std::string_view ns, std::string_view name) const;
  const Node* node(std::string_view name) const;
  const Pod* pod(std::string_view ns, std::string_view name) const;
  const Agent* agent_on(std::string_view node) const;
  const Service* service(std::string_view ns, std::string_view name) const;
  std::vector<std::string> kubernetes_cluster_ips() const;  // of Service default/kubernetes
  std::vector<std::string> api_server_addresses() const;    // endpoints of default/kubernetes
  int api_server_port() const;                              // their port, 6443 when unknown
  std::size_t linux_nodes() const;
  // Whether a kube-proxy serves this node: its pod there runs and does not crash, or the
  // distribution's own process holds it. Nothing where that cannot be told.
  std::optional<bool> kube_proxy_serves(std::string_view node) const;
  bool runs_kube_proxy() const;  // any running one, Windows apart
  const HelmRelease* latest_release(std::string_view name = "cilium") const;
  std::string release_name() const;  // of Cilium: "cilium" when unknown
  std::optional<std::chrono::seconds> age(const std::optional<Time>& t) const;
  // Objects that have no type here ("ciliumendpoints", "persistentvolumes", "namespaces", …); null
  // when missing.
  const evidence::Objects* raw(const std::string& resource) const;
  const Missing* why_missing(const std::string& resource) const;  // null when present
  const char* agent_binary() const;  // "cilium-dbg" from 1.15, else "cilium"
};

Fleet make_fleet(const evidence::Evidence& evidence, const FactsOptions& options = {});

// "10.0.0.0/8" holds "10.1.2.3"? Both families; false for what is not an address.
bool cidr_contains(std::string_view cidr, std::string_view ip);
bool is_ip(std::string_view text);
bool is_private_ip(std::string_view text);

}  // namespace kpr::facts
