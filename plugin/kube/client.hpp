// A read-only Kubernetes client: GET and LIST, SelfSubjectAccessReview, exec (kube/exec.hpp). It
// has no way to send anything else.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kube/config.hpp"
#include "os/socket.hpp"
#include "util/keep.hpp"
#include "util/log.hpp"
#include "util/result.hpp"
#include "util/time.hpp"

namespace kpr::kube {

struct ClientOptions {
  std::string user_agent = "kubectl-kpr";
  std::chrono::nanoseconds request_timeout{
      0};  // --request-timeout: of each single request, 0 is none
  std::chrono::nanoseconds connect_timeout{std::chrono::seconds(10)};
  std::chrono::nanoseconds silence_timeout{
      std::chrono::seconds(60)};  // a REST answer that stands still this long is given up
  std::optional<std::chrono::steady_clock::time_point> deadline;  // of the whole run
  std::size_t page_size = 500;       // --chunk-size, 0 asks for all at once
  std::size_t max_body = 64u << 20;  // of one answer: a page of 500 objects of 130 kB
  int tries = 3;                     // of a request that failed for a transient reason
  std::chrono::milliseconds retry_base{
      200};                        // first back-off; full jitter, doubled each time, at most 30 s
  bool stdin_is_terminal = false;  // an exec credential plugin may ask the user
  os::Interrupt interrupt;
  Logger log;
};

using Query = std::vector<std::pair<std::string, std::string>>;

// What an API server says about one right of the current user.
struct AccessReview {
  std::string verb, group, resource, subresource, ns, name;
};
struct AccessAnswer {
  bool allowed = false;
  std::string reason;
};

class Client {
 public:
  static Result<std::unique_ptr<Client>> create(ClientConfig config, ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Another one for another thread: the same server and the same login, connections of its own.
  // options().log is called from both.
  std::unique_ptr<Client> twin() const;

  const ClientConfig& config() const;
  const ClientOptions& options() const;

  // One object. `path` is the API path without the server's prefix:
  // /api/v1/namespaces/x/configmaps/y
  Result<nlohmann::json> get(std::string_view path);

  // What an endpoint says in plain text: a container's log.
  Result<std::string> get_text(std::string_view path, const Query& query = {});

  // A list, page by page. `on_item` takes each item before the next is made; items get kind and
  // apiVersion of their list (kube/list_page.hpp). With `keep` items have no other fields than it
  // names. With metadata_only the items are PartialObjectMetadata: names and labels, much cheaper
  // for both sides. `on_restart` is called when the server forgot the list (410 Gone) and all
  // starts again: throw away what came so far.
  struct ListResult {
    std::size_t items = 0, pages = 0;
    std::string resource_version;
  };
  Result<ListResult> list(std::string_view path,
                          Query query,
                          const std::function<void(nlohmann::json&&)>& on_item,
                          const std::function<void()>& on_restart = {},
                          bool metadata_only = false,
                          const Keep* keep = nullptr);

  Result<AccessAnswer> can_i(const AccessReview& review);

  // The server's clock as the Date header of its last answer told it.
  std::optional<Time> server_time() const;

  struct Impl;
  Impl& impl() { return *impl_; }  // for kube/ only

 private:
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The Error's message as kubectl prints it: some texts stand alone ("Error from server (Forbidden):
// …", "Unable to connect to the server: …", "The connection to the server …"), the others follow
// "error: ".
std::string kubectl_text(const Error& error);

// A metav1.Status body as an Error in kubectl's words: Error from server (Forbidden): pods is
// forbidden: …
Error error_from_status(int http_status, std::string_view body, std::string_view what);

}  // namespace kpr::kube
