#include "net/websocket.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

#include "net/easy.hpp"
#include "util/encoding.hpp"
#include "util/strings.hpp"

namespace kpr::net {
namespace {

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

}  // namespace

std::string websocket_accept(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned n = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &n, EVP_sha1(), nullptr);
  return base64_encode({reinterpret_cast<const char*>(digest.data()), n});
}

struct WebSocket::Impl final : Framing::Io {
  Connection connection;  // a copy: credentials may be renewed while sessions run
  WebSocketRequest request;
  Framing::Sink& sink;
  Multi multi;  // of this session alone: libcurl would prune a detached connection as dead when
                // another handle shares its pool
  Easy easy;
  Pinned pinned;
  char error_buffer[CURL_ERROR_SIZE] = "";
  struct Watch {
    curl_socket_t fd;
    short events;
  };
  std::vector<Watch> watches;  // while connecting
  std::optional<TimePoint> curl_timer;
  curl_socket_t socket = CURL_SOCKET_BAD;  // once connected
  State state = State::connecting;
  std::string key, outgoing;  // the upgrade request, what is not sent yet
  AnswerReader answer;
  std::string leftover;  // bytes after the head
  std::size_t leftover_at = 0;
  std::unique_ptr<Framing> framing;
  std::string protocol;
  bool was_open = false;
  std::optional<Response> refusal;
  std::optional<Error> error;
  TimePoint upgrade_deadline{}, next_ping{};
  CURLcode last_code = CURLE_OK;

  Impl(const Connection& c, WebSocketRequest r, Framing::Sink& s)
      : connection(c),
        request(std::move(r)),
        sink(s) {}
  ~Impl() override {
    framing.reset();
    if (multi && easy)
      curl_multi_remove_handle(multi.get(), easy.get());
  }

  long read(char* to, std::size_t n) override {
    if (leftover_at < leftover.size()) {
      n = std::min(n, leftover.size() - leftover_at);
      std::memcpy(to, leftover.data() + leftover_at, n);
      leftover_at += n;
      return static_cast<long>(n);
    }
    std::size_t got = 0;
    last_code = curl_easy_recv(easy.get(), to, n, &got);
    if (last_code == CURLE_OK)
      return static_cast<long>(got);
    return last_code == CURLE_AGAIN ? Framing::would_block : Framing::broken;
  }
  long write(const char* from, std::size_t n) override {
    std::size_t sent = 0;
    last_code = curl_easy_send(easy.get(), from, n, &sent);
    if (last_code == CURLE_OK)
      return static_cast<long>(sent);
    return last_code == CURLE_AGAIN ? Framing::would_block : Framing::broken;
  }

  void fail(Error e) {
    if (state == State::done)
      return;
    state = State::done;
    error = std::move(e);
  }
  void fail_transfer() { fail(transfer_error(easy.get(), last_code, connection, error_buffer)); }

  static int on_socket(CURL*, curl_socket_t fd, int what, void* user, void*) {
    auto& s = *static_cast<Impl*>(user);
    std::erase_if(s.watches, [fd](const Watch& w) {
      return w.fd == fd;
    });
    const short events = static_cast<short>((what & CURL_POLL_IN ? POLLIN : 0) |
                                            (what & CURL_POLL_OUT ? POLLOUT : 0));
    if (what != CURL_POLL_REMOVE && events)
      s.watches.push_back({fd, events});
    return 0;
  }
  static int on_timer(CURLM*, long ms, void* user) {
    auto& s = *static_cast<Impl*>(user);
    if (ms < 0)
      s.curl_timer.reset();
    else
      s.curl_timer = Clock::now() + std::chrono::milliseconds(ms);
    return 0;
  }

  void drive(curl_socket_t fd, int mask) {
    int running = 0;
    curl_multi_socket_action(multi.get(), fd, mask, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
      if (message->msg != CURLMSG_DONE)
        continue;
      last_code = message->data.result;
      if (last_code != CURLE_OK)
        return fail_transfer();
      curl_easy_getinfo(easy.get(), CURLINFO_ACTIVESOCKET, &socket);
      if (socket == CURL_SOCKET_BAD)
        return fail({.kind = ErrorKind::internal, .message = "libcurl gave no socket", .hint = {}});
      state = State::upgrading;
      upgrade_deadline =
          Clock::now() + std::chrono::duration_cast<Clock::duration>(request.upgrade_timeout);
      make_upgrade();
      return step();
    }
  }

  void make_upgrade() {
    std::string nonce(16, '\0');
    RAND_bytes(reinterpret_cast<unsigned char*>(nonce.data()), static_cast<int>(nonce.size()));
    key = base64_encode(nonce);
    std::string& out = outgoing;
    out = "GET " + connection.server.path + request.target +
          " HTTP/1.1\r\nHost: " + connection.server.authority() +
          "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
          "13\r\nSec-WebSocket-Key: " +
          key + "\r\nSec-WebSocket-Protocol: " + join(request.protocols, ", ") + "\r\n";
    if (!connection.user_agent.empty())
      out += "User-Agent: " + connection.user_agent + "\r\n";
    for (const auto& [name, value] : request.headers)
      out += name + ": " + value + "\r\n";
    out += "\r\n";
  }

  void step() {
    while (!outgoing.empty()) {
      const long n = write(outgoing.data(), outgoing.size());
      if (n == Framing::would_block)
        return;
      if (n < 0)
        return fail_transfer();
      outgoing.erase(0, static_cast<std::size_t>(n));
    }
    char buffer[16 << 10];
    while (state == State::upgrading) {
      const long n = read(buffer, sizeof buffer);
      if (n == Framing::would_block)
        return;
      if (n == Framing::broken)
        return fail_transfer();
      if (n == 0) {
        if (auto ended = answer.end(); !ended)
          return fail({.kind = ErrorKind::network, .message = ended.error().message, .hint = {}});
        return refuse();
      }
      const std::string_view bytes(buffer, static_cast<std::size_t>(n));
      const auto used = answer.feed(bytes);
      if (!used)
        return fail(used.error());
      if (!answer.done())
        continue;
      if (answer.status() != 101)
        return refuse();
      leftover.assign(bytes.substr(*used));
      if (!accept())
        return;
    }
    if (state == State::open)
      receive();
  }

  void refuse() {
    refusal = Response{answer.status(), answer.headers(), answer.body(), "HTTP/1.1"};
    state = State::done;
  }

  bool accept() {
    const auto* upgrade = find_header(answer.headers(), "upgrade");
    const auto* accept_value = find_header(answer.headers(), "sec-websocket-accept");
    const auto* chosen = find_header(answer.headers(), "sec-websocket-protocol");
    std::string why;
    if (!upgrade || !equal_ignoring_case(*upgrade, "websocket"))
      why = "the server switched to a protocol that is not WebSocket";
    else if (!accept_value || *accept_value != websocket_accept(key))
      why = "the server's Sec-WebSocket-Accept is wrong";
    else if (find_header(answer.headers(), "sec-websocket-extensions"))
      why = "the server chose a WebSocket extension that was not offered";
    else if (!chosen)
      why = "the server chose no subprotocol";
    else if (std::find(request.protocols.begin(), request.protocols.end(), *chosen) ==
             request.protocols.end())
      why = "the server chose the subprotocol \"" + escape_terminal(chosen->substr(0, 80)) +
            "\", which was not offered";
    if (!why.empty()) {
      fail({.kind = ErrorKind::protocol, .message = why, .hint = {}});
      return false;
    }
    protocol = *chosen;
    was_open = true;
    state = State::open;
    next_ping = Clock::now() + std::chrono::duration_cast<Clock::duration>(request.ping_every);
    framing = std::make_unique<Framing>(*this, sink, request.limits);
    return true;
  }

  void receive() {
    if (const auto pumped = framing->pump(); !pumped) {
      if (pumped.error().kind == ErrorKind::network && last_code != CURLE_OK &&
          last_code != CURLE_AGAIN) {
        Error lost = transfer_error(easy.get(), last_code, connection, error_buffer);
        if (lost.kind == ErrorKind::network)
          lost.message =
              "the connection was lost in the middle of the output: " +
              lost_reason(error_buffer[0] ? error_buffer : curl_easy_strerror(last_code));
        return fail(std::move(lost));
      }
      return fail(pumped.error());
    }
    if (framing->close_received() && !framing->want_write())
      state = State::done;
    else if (framing->eof()) {
      if (framing->close_received())
        state = State::done;
      else
        fail({.kind = ErrorKind::network,
              .message = "the connection was closed without a close frame (1006)",
              .hint = {}});
    }
  }
};

WebSocket::WebSocket(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WebSocket::~WebSocket() = default;

Result<std::unique_ptr<WebSocket>> WebSocket::start(const Connection& connection,
                                                    Share& share,
                                                    WebSocketRequest request,
                                                    Framing::Sink& sink) {
  KPR_TRY(check_headers(request.headers));
  auto impl = std::make_unique<Impl>(connection, std::move(request), sink);
  Impl& s = *impl;
  s.multi.reset(curl_multi_init());
  s.easy.reset(curl_easy_init());
  KPR_TRY(configure(s.easy.get(), s.connection, share, {}, s.pinned));
  CURL* easy = s.easy.get();
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, s.error_buffer);
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
  curl_easy_setopt(
      easy,
      CURLOPT_HTTP_VERSION,
      static_cast<long>(CURL_HTTP_VERSION_1_1));  // else ALPN offers h2 and the server takes it
  curl_multi_setopt(s.multi.get(), CURLMOPT_SOCKETFUNCTION, Impl::on_socket);
  curl_multi_setopt(s.multi.get(), CURLMOPT_SOCKETDATA, &s);
  curl_multi_setopt(s.multi.get(), CURLMOPT_TIMERFUNCTION, Impl::on_timer);
  curl_multi_setopt(s.multi.get(), CURLMOPT_TIMERDATA, &s);
  curl_multi_add_handle(s.multi.get(), easy);
  s.drive(CURL_SOCKET_TIMEOUT, 0);
  return std::unique_ptr<WebSocket>(new WebSocket(std::move(impl)));
}

void WebSocket::want(std::vector<os::PollFd>& fds) const {
  const Impl& s = *impl_;
  if (s.state == State::connecting) {
    for (const auto& w : s.watches)
      fds.push_back({w.fd, w.events, 0});
    return;
  }
  const bool write = !s.outgoing.empty() || (s.framing && s.framing->want_write());
  fds.push_back({s.socket, static_cast<short>(POLLIN | (write ? POLLOUT : 0)), 0});
}

std::optional<Source::TimePoint> WebSocket::deadline() const {
  const Impl& s = *impl_;
  auto d = s.request.deadline;
  if (s.state == State::connecting && s.curl_timer)
    d = std::min(d, *s.curl_timer);
  if (s.state == State::upgrading)
    d = std::min(d, s.upgrade_deadline);
  if (s.state == State::open)
    d = s.framing->more() ? TimePoint() : std::min(d, s.next_ping);
  return d;
}

void WebSocket::on_fd(os::Socket fd, short revents, TimePoint) {
  Impl& s = *impl_;
  if (s.state == State::connecting) {
    const int mask = (revents & (POLLIN | POLLHUP) ? CURL_CSELECT_IN : 0) |
                     (revents & POLLOUT ? CURL_CSELECT_OUT : 0) |
                     (revents & (POLLERR | POLLNVAL) ? CURL_CSELECT_ERR : 0);
    s.drive(fd, mask);
  } else {
    s.step();
  }
}

void WebSocket::on_time(TimePoint now) {
  Impl& s = *impl_;
  if (now >= s.request.deadline) {
    const char* when = s.state == State::connecting  ? "while connecting"
                       : s.state == State::upgrading ? "no answer to the upgrade"
                                                     : "the output did not end";
    return s.fail(
        {.kind = ErrorKind::timeout, .message = std::string("timed out: ") + when, .hint = {}});
  }
  if (s.state == State::connecting && s.curl_timer && now >= *s.curl_timer) {
    s.curl_timer.reset();
    s.drive(CURL_SOCKET_TIMEOUT, 0);
  } else if (s.state == State::upgrading && now >= s.upgrade_deadline) {
    s.fail(
        {.kind = ErrorKind::timeout, .message = "timed out: no answer to the upgrade", .hint = {}});
  } else if (s.state == State::open && now >= s.next_ping) {
    s.next_ping = now + std::chrono::duration_cast<Clock::duration>(s.request.ping_every);
    s.framing->ping();
    s.receive();
  } else if (s.state == State::open && s.framing->more()) {
    s.receive();
  }
}

bool WebSocket::done() const {
  return impl_->state == State::done;
}
WebSocket::State WebSocket::state() const {
  return impl_->state;
}
const std::optional<Error>& WebSocket::error() const {
  return impl_->error;
}
const Response* WebSocket::refused() const {
  return impl_->refusal ? &*impl_->refusal : nullptr;
}
bool WebSocket::opened() const {
  return impl_->was_open;
}
const std::string& WebSocket::protocol() const {
  return impl_->protocol;
}
bool WebSocket::close_received() const {
  return impl_->framing && impl_->framing->close_received();
}
std::uint16_t WebSocket::close_code() const {
  return impl_->framing ? impl_->framing->close_code() : std::uint16_t{1006};
}
void WebSocket::finish() {
  impl_->state = State::done;
}

}  // namespace kpr::net
