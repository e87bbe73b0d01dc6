// exec in many pods at once: over WebSocket (v5.channel.k8s.io, v4.channel.k8s.io), or through
// `kubectl exec` children where a proxy forbids that.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kube/client.hpp"

namespace kpr::kube {

enum class ExecVia { automatic, websocket, kubectl };

struct ExecRequest {
  std::string ns, pod, container;
  std::vector<std::string> argv;
  std::size_t max_output = 64u << 20;  // stdout and stderr together
  std::optional<std::chrono::steady_clock::time_point>
      deadline;  // set when the first exec of a node starts; unset: now + node_timeout at start
};

struct ExecAnswer {
  std::string out, err;
  int exit_code = 0;
  std::chrono::steady_clock::time_point
      deadline;  // of the node, for a follow-up exec in the same pod
};

struct ExecOptions {
  unsigned max_concurrency = 32;
  std::chrono::nanoseconds node_timeout{std::chrono::seconds(30)};
  std::chrono::nanoseconds slow_after{std::chrono::seconds(5)};  // counted as slow in progress
  // An agent that has not answered within this gives its place to the next one, as long as most
  // agents answer: what hangs costs its own deadline and nobody else's time. When nearly all are
  // slow the server is, and asking more at once would not help it.
  std::chrono::nanoseconds yields_after{std::chrono::seconds(1)};
  ExecVia via = ExecVia::automatic;
  int tries = 3;
  std::chrono::milliseconds retry_base{200};
  std::string kubectl = "kubectl";
  std::vector<std::string> kubectl_flags;  // connection flags as the user gave them, for the child
};

struct ExecProgress {
  std::size_t total = 0, done = 0, failed = 0, running = 0, slow = 0;
};

class ExecPool {
 public:
  using Done = std::function<void(Result<ExecAnswer>)>;
  ExecPool(Client& client, ExecOptions options);
  ~ExecPool();
  ExecPool(const ExecPool&) = delete;
  ExecPool& operator=(const ExecPool&) = delete;

  // Queues one exec. May be called from within a Done. An Error of a failed exec says what the
  // server or runtime said.
  void submit(ExecRequest request, Done done);

  // Runs until everything submitted is done, the client's deadline has passed or it was
  // interrupted; what is left then is told ErrorKind::timeout or ErrorKind::cancelled. `progress`
  // is called on change and at least every second.
  void run(const std::function<void(const ExecProgress&)>& progress = {});

  // What was not started yet will not be: it is told `error`. May be called from within a Done.
  void cancel_waiting(const Error& error);

  const std::vector<std::string>&
  notes() const;  // "WebSocket exec is forbidden by a proxy: used kubectl exec", push-back met, …
  unsigned concurrency() const;  // as it is now, after halving

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kpr::kube
