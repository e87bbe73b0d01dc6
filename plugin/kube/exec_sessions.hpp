// One running exec, over either way: only for exec.cpp.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "kube/client_impl.hpp"
#include "kube/exec.hpp"
#include "net/loop.hpp"
#include "net/websocket.hpp"
#include "os/child.hpp"

namespace kpr::kube {

// How one try ended.
struct Attempt {
  std::optional<Error> error;
  ExecAnswer answer;
  bool transient = false;  // another try may help
  bool busy = false;       // the server pushes back
  bool blocked = false;    // WebSocket does not pass here
  bool unauthorized = false;
};

class ExecSession {
 public:
  virtual ~ExecSession() = default;
  virtual net::Source& source() = 0;
  virtual Attempt take() = 0;  // once source().done()
  std::size_t job = 0;
  unsigned generation = 0;
  std::chrono::steady_clock::time_point started;
};

std::string exec_target(const ExecRequest& request);

Result<std::unique_ptr<ExecSession>>
start_websocket(Client::Impl& client,
                const ExecRequest& request,
                std::chrono::steady_clock::time_point deadline);
Result<std::unique_ptr<ExecSession>> start_kubectl(Client::Impl& client,
                                                   const ExecOptions& options,
                                                   const ExecRequest& request,
                                                   std::chrono::steady_clock::time_point deadline);

}  // namespace kpr::kube
