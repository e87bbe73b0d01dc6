// The Status that ends an exec (channel 3), and what a refused upgrade means.
#pragma once
#include <string_view>

#include "net/http.hpp"
#include "util/result.hpp"

namespace kpr::kube {

// The exit code: 0 for Success, the code of a NonZeroExitCode; an Error for all other failures (the
// runtime's or the kubelet's words).
Result<int> exit_code_of_status(std::string_view json_text);

// Why the server did not switch protocols. `blocked`: it looks as if something on the way forbids
// WebSocket, so another way may work.
struct Refusal {
  Error error;
  bool transient = false, blocked = false, busy = false;
};
Refusal explain_refusal(const net::Response& response);

}  // namespace kpr::kube
