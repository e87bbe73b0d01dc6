// HTTPS requests through libcurl: what a server needs (Connection), what requests share (Share),
// and one request at a time (HttpClient).
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/answer_head.hpp"
#include "net/url.hpp"
#include "os/socket.hpp"
#include "util/log.hpp"
#include "util/result.hpp"

namespace kpr::net {

using Clock = std::chrono::steady_clock;

// How to reach one server. Certificates and keys are PEM texts; nothing is read from disk later,
// except ca_file when ca_pem is empty.
struct Connection {
  Url server;
  std::string ca_pem;
  std::string ca_file;          // the system's bundle; used only without ca_pem
  std::string tls_server_name;  // "" for the server's own host
  bool insecure = false;
  std::string client_cert_pem, client_key_pem;
  std::string proxy;  // "" is direct; the environment is never asked by libcurl
  bool compress = true;
  std::string user_agent;
  std::chrono::nanoseconds connect_timeout{std::chrono::seconds(10)};
};

// TLS sessions, DNS answers and parsed certificates that all requests and WebSockets of a run
// share.
class Share {
 public:
  Share();
  ~Share();
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;
  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

struct Request {
  std::string method = "GET";  // or POST, for reviews
  std::string target;          // /api/v1/…?limit=500, after the server's prefix
  Headers headers;
  std::string body;
  std::size_t max_body = 64u << 20;  // after decompression
  std::optional<Clock::time_point> deadline;
  std::chrono::nanoseconds silence{0};  // no byte for so long: given up; 0 is never
};

struct Response {
  int status = 0;
  Headers headers;
  std::string body;
  std::string protocol = {};  // "HTTP/1.1"
};

class HttpClient {
 public:
  HttpClient(const Connection& connection, Share& share, os::Interrupt interrupt);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Any status is a Response; an Error is a connection that failed, a deadline, an interrupt or a
  // body above max_body.
  Result<Response> perform(const Request& request);

  // After new client certificates: forgets open connections.
  void reset(const Connection& connection);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kpr::net
