#include "kube/client.hpp"

#include <algorithm>
#include <utility>

#include "kube/client_impl.hpp"
#include "kube/list_page.hpp"
#include "kube/small_file.hpp"
#include "net/ca.hpp"
#include "net/loop.hpp"
#include "net/proxy.hpp"
#include "os/process.hpp"
#include "util/encoding.hpp"
#include "util/json.hpp"
#include "util/strings.hpp"

namespace kpr::kube {
namespace {

using nlohmann::json;
using SteadyClock = std::chrono::steady_clock;

std::string query_text(const Query& query) {
  std::string out;
  for (const auto& [key, value] : query) {
    if (value.empty())
      continue;
    out += out.empty() ? '?' : '&';
    out += url_encode(key) + "=" + url_encode(value);
  }
  return out;
}

Error answer_is(std::string_view path, std::string_view what) {
  return Error{.kind = ErrorKind::protocol,
               .message =
                   "the server's answer to GET " + std::string(path) + " is " + std::string(what),
               .hint = {}};
}

}  // namespace

bool transient(int status, std::string_view body) {
  if (status == 429 || status == 502 || status == 503 || status == 504)
    return true;
  if (status < 500)
    return false;
  for (const char* text : {"i/o timeout",
                           "error dialing backend",
                           "unable to upgrade connection",
                           "Bad Gateway",
                           "Service Unavailable",
                           "Gateway Timeout",
                           "TLS handshake timeout",
                           "connection refused",
                           "connection reset",
                           "etcdserver: leader changed",
                           "etcdserver: request timed out"})
    if (body.find(text) != std::string_view::npos)
      return true;
  return false;
}

Client::Impl::Impl(ClientConfig c, ClientOptions o, std::shared_ptr<Credentials> l)
    : config(std::move(c)),
      options(std::move(o)),
      login(l ? std::move(l)
              : std::make_shared<Credentials>(
                    config, options.stdin_is_terminal, options.interrupt, options.log)) {}

SteadyClock::time_point Client::Impl::run_deadline() const {
  return options.deadline.value_or(SteadyClock::now() + std::chrono::hours(24));
}

Result<void> Client::Impl::prepare() {
  KPR_TRY_ASSIGN(Credentials::ClientCertificate now, login->ensure(run_deadline()));
  if (now == Credentials::ClientCertificate{connection.client_cert_pem, connection.client_key_pem})
    return {};
  connection.client_cert_pem = std::move(now.cert);
  connection.client_key_pem = std::move(now.key);
  http->reset(connection);
  return {};
}

std::chrono::milliseconds
Client::Impl::back_off(std::chrono::milliseconds base, int attempt, int retry_after) {
  const long long most = std::min<long long>(30'000, base.count() << std::min(attempt, 10));
  const auto jitter = std::chrono::milliseconds(
      std::uniform_int_distribution<long long>(most / 4, std::max<long long>(most, 1))(random));
  return retry_after > 0 ? std::chrono::milliseconds(retry_after * 1000LL) + jitter / 4 : jitter;
}

Result<net::Response> Client::Impl::request(const std::string& method,
                                            const std::string& target,
                                            const std::string& body,
                                            std::string_view accept) {
  bool renewed = false;
  for (int attempt = 0;; ++attempt) {
    KPR_TRY(prepare());
    const unsigned generation = login->generation();
    net::Request r{.method = method,
                   .target = target,
                   .headers = login->headers(),
                   .body = body,
                   .max_body = options.max_body,
                   .deadline = options.deadline,
                   .silence = options.silence_timeout};
    r.headers.emplace_back("Accept", accept);
    if (!body.empty())
      r.headers.emplace_back("Content-Type", "application/json");
    if (options.request_timeout.count() > 0) {
      const auto d = SteadyClock::now() +
                     std::chrono::duration_cast<SteadyClock::duration>(options.request_timeout);
      r.deadline = r.deadline ? std::min(*r.deadline, d) : d;
    }
    const auto started = SteadyClock::now();
    auto response = http->perform(r);
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - started).count();
    options.log(
        6,
        method + " " + escape_terminal(target) + " " +
            (response ? response->protocol + " " + std::to_string(response->status) : "failed") +
            " in " + std::to_string(took) + " milliseconds");
    int retry_after = -1;
    if (response) {
      if (const auto* date = net::find_header(response->headers, "date"))
        if (const auto t = net::parse_http_date(*date))
          server_time = *t, server_time_at = SteadyClock::now();
      if (response->status == 401 && !renewed && login->renew(generation)) {
        renewed = true;
        continue;
      }
      if (!transient(response->status, response->body) || attempt + 1 >= options.tries)
        return response;
      retry_after = net::retry_after_seconds(response->headers);
    } else {
      const Error& e = response.error();
      if (e.kind != ErrorKind::network || attempt + 1 >= options.tries ||
          e.message.find(" was refused") != std::string::npos ||
          e.message.find(": lookup") != std::string::npos)
        return response;
    }
    const auto wait = back_off(options.retry_base, attempt, retry_after);
    if (SteadyClock::now() + wait >= run_deadline())
      return response;
    if (options.interrupt.wait(wait))
      return Error{.kind = ErrorKind::cancelled, .message = "interrupted", .hint = {}};
  }
}

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;
const ClientConfig& Client::config() const {
  return impl_->config;
}
const ClientOptions& Client::options() const {
  return impl_->options;
}

Result<std::unique_ptr<Client>> Client::create(ClientConfig config, ClientOptions options) {
  auto impl = std::make_unique<Impl>(std::move(config), std::move(options));
  const ClientConfig& c = impl->config;
  net::Connection& to = impl->connection;
  KPR_TRY_ASSIGN(to.server, net::parse_url(c.server));
  if (to.server.scheme != "https" && to.server.scheme != "http")
    return Error{.kind = ErrorKind::config,
                 .message = "invalid configuration: the server's URL must be http or https",
                 .hint = {}};
  to.ca_pem = c.ca_data;
  if (to.ca_pem.empty() && !c.ca_file.empty()) {
    auto text = read_file(c.ca_file);
    if (!text)
      return Error{.kind = ErrorKind::config,
                   .message = "unable to read certificate-authority " + c.ca_file + ": " +
                              text.error().message,
                   .hint = {}};
    to.ca_pem = *std::move(text);
  }
  to.ca_file = net::system_ca_file(c.environment);
  to.tls_server_name = c.tls_server_name;
  to.insecure = c.insecure_skip_tls_verify;
  to.compress = !c.disable_compression;
  to.user_agent = impl->options.user_agent;
  to.connect_timeout = impl->options.connect_timeout;
  if (!c.proxy_url.empty()) {
    KPR_TRY_ASSIGN(const net::Url proxy, net::parse_url(c.proxy_url));
    to.proxy = c.proxy_url;
    if (proxy.scheme == "socks5")
      to.proxy.insert(6, "h");  // Go lets the proxy resolve names
  } else {
    to.proxy = net::proxy_from_environment(to.server, c.environment);
  }
  os::raise_descriptor_limit();
  impl->http = std::make_unique<net::HttpClient>(to, impl->share, impl->options.interrupt);
  return std::unique_ptr<Client>(new Client(std::move(impl)));
}

std::unique_ptr<Client> Client::twin() const {
  auto impl = std::make_unique<Impl>(impl_->config, impl_->options, impl_->login);
  impl->connection = impl_->connection;
  impl->http =
      std::make_unique<net::HttpClient>(impl->connection, impl->share, impl->options.interrupt);
  return std::unique_ptr<Client>(new Client(std::move(impl)));
}

Result<std::string>
Client::Impl::get(std::string_view path, const Query& query, std::string_view accept) {
  KPR_TRY_ASSIGN(net::Response response,
                 request("GET", std::string(path) + query_text(query), {}, accept));
  if (response.status == 200)
    return std::move(response.body);
  Error e = error_from_status(response.status, response.body, "GET " + std::string(path));
  e.retry_after_seconds = net::retry_after_seconds(response.headers);
  login->explain(e);
  return e;
}

Result<json> Client::get(std::string_view path) {
  KPR_TRY_ASSIGN(const std::string body, impl_->get(path, {}, "application/json"));
  Result<json> parsed = read_json(body);
  if (!parsed)
    return answer_is(path, parsed.error().message);
  return parsed;
}

Result<std::string> Client::get_text(std::string_view path, const Query& query) {
  return impl_->get(path, query, "text/plain, */*");
}

Result<Client::ListResult> Client::list(std::string_view path,
                                        Query query,
                                        const std::function<void(json&&)>& on_item,
                                        const std::function<void()>& on_restart,
                                        bool metadata_only,
                                        const Keep* keep) {
  const std::string_view accept =
      metadata_only
          ? "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
          : "application/json";
  ListResult result;
  std::string token;
  std::size_t limit = impl_->options.page_size;
  int empty_pages = 0;  // where all objects of one were filtered out; a few may follow each other
  for (int restarts = 0;;) {
    Query q = query;
    if (limit)
      q.emplace_back("limit", std::to_string(limit));
    if (!token.empty()) {
      q.emplace_back("continue", token);
      std::erase_if(q, [](const auto& pair) {
        return pair.first == "resourceVersion";
      });  // a token carries its own
    }
    auto body = impl_->get(path, q, accept);
    if (!body) {
      if (body.error().http_status == 410 && !token.empty() &&
          restarts++ == 0) {  // the token expired: all again, in one piece
        if (on_restart)
          on_restart();
        token.clear();
        limit = 0;
        result = {};
        continue;
      }
      return body.error();
    }
    const std::size_t items_before = result.items;
    auto page = read_list_page(
        *std::move(body),
        [&](json&& item) {
          ++result.items, on_item(std::move(item));
        },
        keep);
    if (!page)
      return answer_is(path, page.error().message);
    ++result.pages;
    empty_pages = result.items == items_before ? empty_pages + 1 : 0;
    result.resource_version = std::move(page->resource_version);
    const std::string last = std::exchange(token, std::move(page->next));
    if (token.empty())
      return result;
    if (token == last || empty_pages > 8 || result.pages > 100'000)
      return Error{.kind = ErrorKind::protocol,
                   .message = "the server's list of " + std::string(path) + " does not end",
                   .hint = {}};
  }
}

Result<AccessAnswer> Client::can_i(const AccessReview& r) {
  json attributes{{"verb", r.verb}, {"resource", r.resource}};
  if (!r.group.empty())
    attributes["group"] = r.group;
  if (!r.subresource.empty())
    attributes["subresource"] = r.subresource;
  if (!r.ns.empty())
    attributes["namespace"] = r.ns;
  if (!r.name.empty())
    attributes["name"] = r.name;
  const json body{{"apiVersion", "authorization.k8s.io/v1"},
                  {"kind", "SelfSubjectAccessReview"},
                  {"spec", {{"resourceAttributes", attributes}}}};
  const std::string path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  KPR_TRY_ASSIGN(net::Response response,
                 impl_->request("POST", path, body.dump(), "application/json"));
  if (response.status != 200 && response.status != 201) {
    Error e = error_from_status(response.status, response.body, "POST " + path);
    impl_->login->explain(e);
    return e;
  }
  const json parsed = json_or_null(response.body);
  if (!parsed.is_object() || !parsed.contains("status") || !parsed["status"].is_object())
    return Error{.kind = ErrorKind::protocol,
                 .message = "the server's SelfSubjectAccessReview has no status",
                 .hint = {}};
  const auto& status = parsed["status"];
  const auto allowed = status.find("allowed");
  return AccessAnswer{allowed != status.end() && allowed->is_boolean() && allowed->get<bool>(),
                      text_at(status, "reason")};
}

std::optional<Time> Client::server_time() const {
  if (!impl_->server_time)
    return std::nullopt;
  return *impl_->server_time + std::chrono::duration_cast<std::chrono::milliseconds>(
                                   SteadyClock::now() - impl_->server_time_at);
}

}  // namespace kpr::kube
