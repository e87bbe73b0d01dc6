#include "kube/exec_status.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "kube/client.hpp"
#include "kube/client_impl.hpp"
#include "util/json.hpp"
#include "util/strings.hpp"

namespace kpr::kube {
namespace {

// The API server quotes the kubelet's URL, and with it the whole command, in its errors: what
// stands behind '?' says nothing.
std::string without_query(std::string message) {
  for (std::size_t at = message.find("?command="); at != std::string::npos;
       at = message.find("?command=", at)) {
    message.erase(at, std::min(message.find('"', at), message.size()) - at);
  }
  return message;
}

}  // namespace

Result<int> exit_code_of_status(std::string_view text) {
  const auto status = json_or_null(text);
  const auto field = [](const nlohmann::json& j, const char* key) {
    const auto it = j.find(key);
    return it != j.end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  if (!status.is_object())
    return Error{.kind = ErrorKind::protocol,
                 .message = "the exec ended with a status that is not JSON",
                 .hint = {}};
  const std::string what = field(status, "status");
  if (what == "Success")
    return 0;
  if (what == "Failure" && field(status, "reason") == "NonZeroExitCode")
    if (const auto details = status.find("details");
        details != status.end() && details->is_object())
      if (const auto causes = details->find("causes");
          causes != details->end() && causes->is_array())
        for (const auto& cause : *causes)
          if (cause.is_object() && field(cause, "reason") == "ExitCode") {
            const std::string code = field(cause, "message");
            int n = 0;
            const auto [end, ec] = std::from_chars(code.data(), code.data() + code.size(), n);
            if (ec == std::errc() && end == code.data() + code.size() && n > 0)
              return n;
          }
  std::string message =
      escape_terminal(without_query(std::string(field(status, "message"))).substr(0, 1000));
  if (message.empty())
    message = "the exec ended with a status without a message";
  ErrorKind kind = ErrorKind::network;
  if (message.find("container not found") != std::string::npos)
    kind = ErrorKind::not_found;
  else if (message.find("executable file not found") != std::string::npos ||
           message.find("no such file or directory") != std::string::npos)
    kind = ErrorKind::unsupported;
  return Error{.kind = kind, .message = message, .hint = {}};
}

Refusal explain_refusal(const net::Response& response) {
  Refusal r;
  r.error = error_from_status(response.status, response.body, "exec");
  r.error.retry_after_seconds = net::retry_after_seconds(response.headers);
  r.busy = response.status == 429 || response.status == 503;
  r.transient = transient(response.status, response.body);
  const auto status = json_or_null(response.body);
  const bool from_api_server =
      status.is_object() && status.contains("kind") && status["kind"] == "Status";
  if (!from_api_server && response.status != 401 && response.status != 404 && !r.transient) {
    r.blocked = true;
    r.error.message = "the WebSocket upgrade was refused with " + std::to_string(response.status) +
                      " by something that is not a Kubernetes API server";
    if (const std::string text =
            escape_terminal(trim(std::string_view(response.body).substr(0, 200)));
        !text.empty())
      r.error.message += ": " + text;
    r.error.hint = "a proxy may forbid WebSocket; --exec-via=kubectl runs kubectl exec instead";
  }
  return r;
}

}  // namespace kpr::kube
