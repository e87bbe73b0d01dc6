// Evidence from a running cluster: finds the agents, asks all of them at once, lists the objects
// that are wanted.
#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "evidence/evidence.hpp"
#include "evidence/intake.hpp"
#include "kube/config.hpp"
#include "kube/exec.hpp"
#include "os/socket.hpp"
#include "util/log.hpp"
#include "util/result.hpp"

namespace kpr::live {

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

struct Wants {
  std::vector<std::string>
      commands;  // names of commands.hpp, asked of every agent; empty: no exec at all
  std::vector<std::string> resources;  // plurals; "nodes" and "pods" of the agents are read anyway
  evidence::Intake* intake = nullptr;  // outlives the run
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
Result<evidence::Evidence> collect(const ClusterOptions& options,
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

}  // namespace kpr::live
