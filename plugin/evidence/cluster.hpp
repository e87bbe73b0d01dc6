// Evidence from a running cluster: finds the agents, asks all of them at once, lists the objects
// that are wanted.
#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "evidence/evidence.hpp"
#include "kube/config.hpp"
#include "kube/exec.hpp"
#include "os/socket.hpp"
#include "util/log.hpp"
#include "util/result.hpp"

namespace kpr::evidence {

struct ClusterOptions {
  kube::ConfigOverrides config;  // kubectl's connection flags; config.ns is Cilium's namespace here
                                 // (-n), else $CILIUM_NAMESPACE, else found
  kube::Environment environment;  // the process's environment
  std::string user_agent = "kubectl-kpr";
  std::string agent_selector;      // --agent-selector: pods of the agents when they carry labels of
                                   // their own; "" for the known ones
  std::string container;           // --container, "" for cilium-agent
  std::vector<std::string> nodes;  // --node
  std::string selector, field_selector;  // -l, --field-selector: of nodes
  unsigned max_concurrency = 0;  // --max-concurrency, 1 to 512; 0: 32, or 64 for several commands,
                                 // which take their time on the node
  std::chrono::nanoseconds node_timeout{std::chrono::seconds(30)};  // --node-timeout
  std::chrono::nanoseconds request_timeout{0};  // --request-timeout: of each API request, 0 is none
  std::chrono::nanoseconds run_timeout{
      std::chrono::minutes(5)};                       // --timeout: of the whole run, 0 is none
  std::size_t chunk_size = 500;                       // --chunk-size
  kube::ExecVia exec_via = kube::ExecVia::automatic;  // --exec-via
  std::vector<std::string> kubectl_flags;  // connection flags as given, for a `kubectl exec` child
  bool stdin_is_terminal = false;
  Logger log;
};

// Takes what a run brings while the run still goes on, so that a large cluster is never in memory
// at once. This one leaves all in the evidence. Agents, and objects of different resources, may
// come from two threads at once; one resource's objects, or two agents, never do.
class Intake {
 public:
  virtual ~Intake() = default;
  // An agent has answered, whole: what is wanted of its texts can be taken now and they be freed.
  // `place`: its own in the evidence.
  virtual void on_agent(std::size_t /*place*/, Agent& /*agent*/) {}
  // An object of a list that is wanted, cut down. True: it is used up, and the evidence does not
  // keep it.
  virtual bool on_object(const std::string& /*resource*/, nlohmann::json& /*object*/) {
    return false;
  }
  // The list starts again: what came of it so far is void.
  virtual void on_restart(const std::string& /*resource*/) {}
};

struct Wants {
  std::vector<std::string>
      commands;  // names of commands.hpp, asked of every agent; empty: no exec at all
  std::vector<std::string> resources;  // plurals; "nodes" and "pods" of the agents are read anyway
  Intake* intake = nullptr;            // outlives the run
};

struct Progress {
  std::size_t total = 0, done = 0, slow = 0, failed = 0;  // agents
  std::string step;  // "listing pods", "inspecting": what is going on now
};
using ProgressFn = std::function<void(const Progress&)>;

// An Error only when nothing can be said at all (kubeconfig, connection, login, no right to find
// the agents, no agents): exit 3. Everything else is in the Evidence: agents in natural order of
// their nodes, each with its outputs or with `unreachable`; nodes without an agent are Agents with
// an empty pod; an interrupted run has what was gathered and `interrupted`.
Result<Evidence> collect(const ClusterOptions& options,
                         const Wants& wants,
                         const ProgressFn& progress = {},
                         os::Interrupt interrupt = {});

// What `kubectl kpr rbac --check` asks: one answer a right, in the order given.
struct Right {
  std::string verb, group, resource, subresource, ns, name;
};
struct RightAnswer {
  Right right;
  bool allowed = false;
  std::string reason;
};
Result<std::vector<RightAnswer>> check_rights(const ClusterOptions& options,
                                              const std::vector<Right>& rights,
                                              os::Interrupt interrupt = {});

}  // namespace kpr::evidence
