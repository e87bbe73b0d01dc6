#include <nlohmann/json.hpp>

#include "kube/client.hpp"
#include "util/json.hpp"
#include "util/strings.hpp"

namespace kpr::kube {
namespace {

ErrorKind kind_of(int status) {
  switch (status) {
  case 401:
    return ErrorKind::auth;
  case 403:
    return ErrorKind::forbidden;
  case 404:
    return ErrorKind::not_found;
  case 408:
  case 504:
    return ErrorKind::timeout;
  case 413:
    return ErrorKind::too_large;
  default:
    return status >= 500 || status == 429 ? ErrorKind::network : ErrorKind::protocol;
  }
}

std::string reason_of(int status) {
  switch (status) {
  case 400:
    return "BadRequest";
  case 401:
    return "Unauthorized";
  case 403:
    return "Forbidden";
  case 404:
    return "NotFound";
  case 405:
    return "MethodNotAllowed";
  case 409:
    return "Conflict";
  case 410:
    return "Expired";
  case 429:
    return "TooManyRequests";
  case 503:
    return "ServiceUnavailable";
  case 504:
    return "Timeout";
  default:
    return "InternalError";
  }
}

}  // namespace

std::string kubectl_text(const Error& error) {
  for (const char* alone :
       {"Error from server", "Unable to connect to the server", "The connection to the server"})
    if (error.message.starts_with(alone))
      return error.message;
  return "error: " + error.message;
}

Error error_from_status(int http_status, std::string_view body, std::string_view what) {
  Error e;
  e.http_status = http_status;
  e.kind = kind_of(http_status);
  if (http_status == 401) {
    e.message = "You must be logged in to the server (Unauthorized)";
    e.hint = "the credentials of the kubeconfig were not accepted: they may have expired";
    return e;
  }
  if (http_status == 403)
    e.hint = "kubectl kpr rbac prints the rights that are needed, and with --check which of them "
             "are missing";
  const auto status = json_or_null(body);
  const auto field = [&status](const char* key) {
    const auto it = status.find(key);
    return it != status.end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  if (status.is_object() && field("kind") == "Status") {
    std::string reason = field("reason");
    if (reason.empty())
      reason = reason_of(http_status);
    std::string message = field("message");
    if (message.empty())
      message = std::string(what);
    e.message = "Error from server (" + escape_terminal(reason) +
                "): " + escape_terminal(message.substr(0, 2000));
    return e;
  }
  const std::string text = escape_terminal(trim(body.substr(0, 300)));
  if (http_status == 404)
    e.message = "Error from server (NotFound): the server could not find the requested resource";
  else if (text.empty())
    e.message = "Error from server (" + reason_of(http_status) + "): the server answered " +
                std::to_string(http_status) + " to " + std::string(what);
  else
    e.message = "Error from server (" + reason_of(http_status) + "): the server answered " +
                std::to_string(http_status) + " to " + std::string(what) + ": " + text;
  return e;
}

}  // namespace kpr::kube
