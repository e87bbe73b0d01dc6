// Kubernetes objects cut down to what checks use. Plain data; `source` says where a reader finds
// the object.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "facts/selection.hpp"
#include "facts/version.hpp"
#include "util/time.hpp"

namespace kpr::facts {

struct Meta {
  std::string ns, name, uid;
  Labels labels, annotations;
  std::string owner_kind, owner_name, owner_uid;  // of the controlling owner
  std::optional<Time> created, deleted;  // deleted: deletionTimestamp, the object is terminating
  struct ManagedField {
    std::string manager, operation;
    std::optional<Time> time;
  };
  std::vector<ManagedField> managed_fields;
  std::string path(std::string_view kind) const;  // "Pod kube-system/cilium-abc", "Node n1"
};

struct Condition {
  std::string type, status, reason, message;
  std::optional<Time> since;  // lastTransitionTime
};

struct EnvVar {
  std::string name;
  std::optional<std::string> value;  // not set for valueFrom
  std::string from;                  // "configMap NAME/KEY", "fieldRef spec.nodeName", …
};

struct ContainerPort {
  int container_port = 0, host_port = 0;
  std::string protocol, host_ip;
};

enum class StateKind { none, waiting, running, terminated };
struct ContainerState {
  StateKind kind = StateKind::none;
  std::string reason, message;
  int exit_code = 0;
  std::optional<Time> started, finished;
};

// Spec and status of one container, joined by name.
struct Container {
  std::string name, image, image_pull_policy;
  std::vector<std::string> command, args;
  std::vector<EnvVar> env;
  std::vector<ContainerPort> ports;
  bool ready = false;
  int restarts = 0;
  ContainerState state, last;
  std::string image_id;
  const EnvVar* env_named(std::string_view name) const;
  bool has_arg(std::string_view arg) const;  // in command or args, exact
};

struct Pod : Meta {
  std::string node, phase, reason, message, pod_ip, host_ip, runtime_class, scheduler_message;
  std::vector<std::string> pod_ips;
  bool host_network = false;
  std::vector<std::string> image_pull_secrets;
  std::vector<Container> init_containers, containers;
  std::vector<Condition> conditions;
  Selector node_selector;
  std::optional<Time> started;
  const Condition* condition(std::string_view type) const;
  const Container* container(std::string_view name) const;  // init ones too
  bool ready() const;                                       // condition Ready=True
  bool is_static() const;                                   // mirror pod of a file on the node
};

struct Taint {
  std::string key, value, effect;
};
struct NodeAddress {
  std::string type, address;
};
struct NodeImage {
  std::vector<std::string> names;
  long long size_bytes = 0;
};
struct Node : Meta {
  std::string kernel, os_image, os, arch, runtime, kubelet, provider_id;  // os: "linux", "windows"
  std::vector<NodeAddress> addresses;
  std::vector<Condition> conditions;
  std::vector<Taint> taints;
  std::vector<NodeImage> images;
  std::vector<std::string> pod_cidrs;
  bool unschedulable = false;
  bool is_linux() const { return os.empty() || os == "linux"; }
  bool is_control_plane() const;
  bool ready() const;
  const Condition* condition(std::string_view type) const;
  std::vector<std::string> ips(std::string_view type) const;
};

// DaemonSets and Deployments.
struct Workload : Meta {
  std::string kind;
  Labels selector, template_labels, template_annotations;
  Placement placement;  // of the template
  bool host_network = false;
  std::string update_strategy;  // "RollingUpdate", "OnDelete", "Recreate"; "" is the standard
  long long generation = 0, observed_generation = 0;
  std::vector<Container> init_containers, containers;  // of the template; no states
  int desired = 0, ready = 0, updated = 0, available = 0,
      unavailable = 0;  // desired: desiredNumberScheduled or spec.replicas
  bool has_status = false;
  const Container* container(std::string_view name) const;
};

struct ServicePort {
  std::string name, protocol;
  int port = 0, node_port = 0;
  std::string target_port;
};
struct Service : Meta {
  std::string type;  // ClusterIP where absent
  std::vector<std::string> cluster_ips, external_ips, lb_ips, lb_hostnames, ip_families,
      lb_source_ranges;
  std::vector<std::string> lb_proxy_ips;  // ipMode Proxy: traffic to them is another's (KEP-1860)
  std::vector<ServicePort> ports;
  Labels selector;
  std::string internal_traffic_policy, external_traffic_policy, session_affinity,
      traffic_distribution, lb_class;
  int health_check_node_port = 0;
  std::vector<Condition> conditions;  // of the status
  int affinity_seconds = 10800;  // sessionAffinityConfig.clientIP.timeoutSeconds
  bool headless() const;
};

struct Endpoint {
  std::vector<std::string> addresses;
  bool ready = true, serving = true, terminating = false;
  std::string node, zone, target_kind, target_ns, target_name;
  std::vector<std::string> for_zones;  // hints.forZones
};
struct EndpointSlice : Meta {
  std::string service;  // label kubernetes.io/service-name; for Endpoints objects their name
  std::string address_type;
  std::vector<ServicePort> ports;
  std::vector<Endpoint> endpoints;
  std::optional<Time> changed() const;  // when it was last written, as far as it tells
};

// A CiliumLocalRedirectPolicy: what is redirected, to which pods of the client's own node.
struct LocalRedirect : Meta {
  std::string ip;                        // addressMatcher
  std::string service_ns, service_name;  // or serviceMatcher
  std::vector<ServicePort> ports;        // of the frontend; empty: all of the Service's
  Labels backend_labels;
  std::vector<ServicePort> backend_ports;
};

struct ConfigMap : Meta {
  Labels data;
};

struct CiliumNodeConfig : Meta {
  std::string api_version;
  Selector node_selector;  // an empty one selects every node
  Labels defaults;
};

struct CiliumNode : Meta {
  std::vector<std::string> internal_ips, pod_cidrs;
};

// Events of both APIs in one form.
struct Event {
  std::string type, reason, message;
  std::string kind, ns, name, uid,
      field_path;            // of the object; field_path "spec.containers{nginx}"
  std::string source, host;  // component or reporting controller; node of it
  std::optional<Time> first, last;
  long long count = 1;
  bool combined = false;  // "(combined from similar events): …"; message is without that prefix
};

// One revision of a Helm release. Values are what the user set.
struct HelmRelease {
  std::string name, ns, status, chart, chart_version, app_version;
  std::string label_status;  // of the Secret's label; may differ from the truth in `status`
  int revision = 0;
  std::optional<Time> first_deployed, last_deployed, modified;
  std::string description;
  std::string values_json = "{}";  // user-supplied values, as JSON text
  bool decoded = false;    // status, chart, values come from the payload (false: from labels only)
  std::string problem;     // why the payload was not decoded
  std::string written_by;  // the program that wrote the record: "helm", "helm-controller"
  bool by_controller = false;    // the helm controller of k3s or RKE2 signed it (July 2026 on)
  bool past_controller = false;  // it did not, and one before is signed
  bool server_side = false;      // applied on the server's side (Helm 4)
  std::string source;
};

}  // namespace kpr::facts
