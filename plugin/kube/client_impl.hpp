// What Client and ExecPool share: only for the files of kube/.
#pragma once
#include <memory>
#include <random>

#include "kube/client.hpp"
#include "kube/credentials.hpp"
#include "net/http.hpp"
#include "os/random.hpp"

namespace kpr::kube {

struct Client::Impl {
  ClientConfig config;
  ClientOptions options;
  net::Connection connection;
  net::Share share;
  const std::shared_ptr<Credentials> login;
  std::unique_ptr<net::HttpClient> http;
  std::optional<Time> server_time;
  std::chrono::steady_clock::time_point server_time_at{};
  std::minstd_rand random{os::random_word()};

  Impl(ClientConfig c, ClientOptions o, std::shared_ptr<Credentials> l = {});
  std::chrono::steady_clock::time_point run_deadline() const;
  // Credentials ready, connection up to date with them.
  Result<void> prepare();
  Result<net::Response> request(const std::string& method,
                                const std::string& target,
                                const std::string& body,
                                std::string_view accept);
  // The body of a 200; anything else is an Error in kubectl's words.
  Result<std::string> get(std::string_view path, const Query& query, std::string_view accept);
  // Full jitter: anything up to base * 2^attempt, at most 30 s; a Retry-After is the least.
  std::chrono::milliseconds back_off(std::chrono::milliseconds base, int attempt, int retry_after);
};

// Worth another try: the server was too busy, or something between us and it broke.
bool transient(int http_status, std::string_view body);

}  // namespace kpr::kube
