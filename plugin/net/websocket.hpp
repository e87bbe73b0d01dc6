// One WebSocket session: connect through libcurl (CONNECT_ONLY, its own CURLM, HTTP/1.1), upgrade,
// receive. Passive: the loop drives it.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/framing.hpp"
#include "net/http.hpp"
#include "net/loop.hpp"

namespace kpr::net {

struct WebSocketRequest {
  std::string target;                  // after the server's prefix
  Headers headers;                     // Authorization, Impersonate-…
  std::vector<std::string> protocols;  // offered; the server must take one
  Clock::time_point deadline;
  std::chrono::nanoseconds upgrade_timeout{
      std::chrono::seconds(10)};  // from connected to the end of the server's head
  std::chrono::nanoseconds ping_every{std::chrono::seconds(5)};
  Framing::Limits limits;
};

class WebSocket final : public Source {
 public:
  enum class State { connecting, upgrading, open, done };

  static Result<std::unique_ptr<WebSocket>>
  start(const Connection& connection, Share& share, WebSocketRequest request, Framing::Sink& sink);
  ~WebSocket() override;

  void want(std::vector<os::PollFd>& fds) const override;
  std::optional<TimePoint> deadline() const override;
  void on_fd(os::Socket fd, short revents, TimePoint now) override;
  void on_time(TimePoint now) override;
  bool done() const override;

  State state() const;
  // Once done: why it ended before its close frame, or nothing.
  const std::optional<Error>& error() const;
  // The upgrade was refused: what the server answered instead of 101.
  const Response* refused() const;
  bool opened() const;                  // the upgrade succeeded
  const std::string& protocol() const;  // the subprotocol that the server chose
  bool close_received() const;
  std::uint16_t close_code() const;
  void finish();  // nothing more is wanted

  struct Impl;

 private:
  explicit WebSocket(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// base64(SHA-1(key + GUID)), what Sec-WebSocket-Accept must say.
std::string websocket_accept(std::string_view key);

}  // namespace kpr::net
