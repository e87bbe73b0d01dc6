// What an agent has to serve: the frontends of every Service with their backends, as its version
// and settings make them of the API's objects. Sources: Cilium pkg/loadbalancer/reflectors and
// /writer (1.18+), pkg/k8s/service.go, pkg/k8s/watchers, pkg/service (up to 1.17); each rule names
// its own.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "facts/fleet.hpp"
#include "services/agent_settings.hpp"

namespace kpr::services {

enum class State { active, terminating, terminating_not_serving, maintenance };
std::string_view to_string(State state);  // as `service list` prints it

struct Backend {
  std::string ip;
  int port = 0;
  std::string protocol;
  State state = State::active;
  int weight = 100;
  std::string node, zone;
  std::vector<std::string> for_zones;
  std::vector<std::string> port_names;  // without the empty one
  bool unnamed = false;
  const facts::EndpointSlice* slice = nullptr;
};

enum class Type { cluster_ip, node_port, load_balancer, external_ips, host_port, local_redirect };
std::string_view to_string(Type type);  // as `service list` prints it

// Which of a Service's backends a frontend has.
enum class Choice {
  all,
  on_node,      // those of the agent's node
  prefer_node,  // those, or all where there are none
  prefer_zone,  // those with a hint for the node's zone, or all
};

struct Chosen {
  std::uint32_t backend = 0;  // in Table::backends
  bool optional = false;      // versions and set-ups differ in whether it is there
};

struct Frontend {
  std::string ns, name;                     // of the Service, or of the pod of a host port
  const facts::Service* service = nullptr;  // null for a host port
  const facts::Pod* pod = nullptr;
  Type type = Type::cluster_ip;
  std::string ip;  // "0.0.0.0" and "::" for a NodePort, and for a host port without an address
  int port = 0;
  std::string protocol;   // empty where the agent does not tell protocols apart
  bool internal = false;  // scope: traffic from inside of the cluster
  std::string port_name;
  int service_port = 0;
  bool loopback = false;    // a host port on 127.0.0.1
  bool optional = false;    // versions and set-ups differ in whether it is there
  bool open = false;        // may have backends that no object here tells of
  bool redirected = false;  // a local redirect policy may have taken it over
  Choice choice = Choice::all;
  std::vector<Chosen> backends;  // that fit family, protocol and port; choice not yet made
};

std::string address_of(const Frontend& frontend);  // "10.96.0.1:443/TCP", "[::]:30080/TCP/i"
std::string title_of(const Frontend& frontend);    // "ClusterIP 10.96.0.1:443/TCP"

struct Table {
  std::vector<Frontend> frontends;
  std::vector<Backend> backends;
};

// EndpointSlices by Service, looked up once for all agents.
class Slices {
 public:
  explicit Slices(const std::vector<facts::EndpointSlice>& slices);
  const std::vector<const facts::EndpointSlice*>& of(std::string_view ns,
                                                     std::string_view name) const;

 private:
  std::unordered_map<std::string, std::vector<const facts::EndpointSlice*>> by_service_;
};

struct Objects {
  const std::vector<facts::Service>* services = nullptr;
  const Slices* slices = nullptr;
  const std::vector<facts::LocalRedirect>* redirects = nullptr;  // null where they are not known
};

// The frontends of all Services for agents of these settings at such a place.
Table expected(const Objects& objects, const Settings& settings, const Place& place);
// The host ports of one pod, appended.
void add_host_ports(const facts::Pod& pod, const Settings& settings, Table& table);

// The backends of a frontend at a place, by what `choice` says; in the order of the table.
std::vector<Chosen>
chosen(const Table& table, const Frontend& frontend, const Settings& settings, const Place& place);

// Whether a Service's annotations keep it from a node: part of what makes two places alike.
bool exposed_on(const facts::Service& service, const Place& place);

}  // namespace kpr::services
