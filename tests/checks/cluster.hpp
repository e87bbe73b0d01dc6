// A small healthy cluster built in code; a case changes one thing and looks at the findings. All
// texts are ours.
#pragma once
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "checks/run.hpp"

namespace kpr::test {
using nlohmann::json;

struct Cluster {
  Cluster();
  evidence::SourceKind kind = evidence::SourceKind::cluster;
  json config;                               // data of cilium-config
  std::map<std::string, json> nodes;         // n1 (control plane), n2, n3
  std::map<std::string, json> status;        // by node: `status -o json`; null: the agent is down
  std::map<std::string, json> service_list;  // by node
  std::map<std::string, std::map<std::string, std::string>> out;  // node → command → stdout
  struct Answer {
    std::string out, err;
    int exit_code;
  };
  std::map<std::string, std::map<std::string, Answer>> exits;  // the same for commands that fail
  std::map<std::string, std::vector<std::string>>
      no_program;                          // node → commands that its agent's image lacks
  json ds, operator_deploy;                // DaemonSet cilium, Deployment cilium-operator
  std::map<std::string, json> agent_pods;  // by node
  std::vector<json> pods, services, slices, config_maps, daemonsets;
  std::map<std::string, std::vector<json>>
      more;  // other resources: ciliumnodeconfigs, persistentvolumes, …
  std::map<std::string, std::string> unreachable;  // node → why its agent could not be asked
  std::vector<evidence::Log> logs;

  void version(const std::string& v);
  void every_agent(const std::function<void(json& status)>& change);
  void mode(const std::string& node, const std::string& mode);
  // The container of the node's agent failed with these last words; the pod is not ready.
  void words(const std::string& node, const std::string& container, const std::string& text);
  json& init(const std::string& node,
             const std::string& container,
             json state);  // an init container with that state
  void pod(const std::string& ns, const std::string& name, const std::string& node, json changes);
  void kube_proxy();  // DaemonSet and pods on all nodes
  json& service(const std::string& ns,
                const std::string& name,
                const std::string& ip,
                int port,
                const std::string& type = "ClusterIP",
                int node_port = 0);
  void served(const std::string& ip,
              int port,
              std::vector<std::string> backends,
              const std::string& type = "ClusterIP");  // by every agent

  std::map<std::string, std::string> partial;  // resource → why it is not all
  evidence::Evidence evidence() const;
  checks::RunResult run(const checks::Selection& selection = {}) const;
};

struct Case {
  const char* id;
  std::function<void(Cluster&)> fires;
  std::function<void(Cluster&)>
      near_miss;  // looks like it, and is not; the check must have judged it
};
std::vector<Case> mode_cases();
std::vector<Case> datapath_cases();
std::vector<Case> node_cases();
bool has(const checks::RunResult& result, const std::string& id);

}  // namespace kpr::test
