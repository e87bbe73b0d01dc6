#include "net/framing.hpp"

#include <openssl/rand.h>
#include <wslay/wslay.h>

#include <algorithm>

namespace kpr::net {

struct Framing::State {
  Io& io;
  Sink& sink;
  Limits limits;
  wslay_event_context_ptr ctx = nullptr;
  bool control = false;    // the frame being read is a control frame
  bool starts = false;     // the next payload is the first of its message
  bool last = false;       // the frame being read ends its message
  bool got_bytes = false;  // the last read had some: there may be more
  bool at_end = false, sink_full = false, io_broken = false, too_long = false;
  std::uint64_t message_size = 0, idle_frames = 0;
  std::size_t turn_left = 0;  // of Limits::turn, 0 once it is used up
};

namespace {

ssize_t on_recv(wslay_event_context_ptr ctx, uint8_t* buf, size_t len, int, void* user) {
  auto& s = *static_cast<Framing::State*>(user);
  if (s.sink_full || s.too_long || s.idle_frames > s.limits.idle_frames) {
    wslay_event_set_error(ctx, WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
  }
  const long n = s.turn_left == 0
                     ? Framing::would_block
                     : s.io.read(reinterpret_cast<char*>(buf), std::min(len, s.turn_left));
  s.got_bytes = n > 0;
  if (n > 0) {
    s.turn_left -= static_cast<std::size_t>(n);
    return n;
  }
  if (n == Framing::would_block) {
    wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
    return -1;
  }
  (n == 0 ? s.at_end : s.io_broken) = true;
  wslay_event_set_error(ctx, WSLAY_ERR_CALLBACK_FAILURE);
  return -1;
}

ssize_t on_send(wslay_event_context_ptr ctx, const uint8_t* data, size_t len, int, void* user) {
  auto& s = *static_cast<Framing::State*>(user);
  const long n = s.io.write(reinterpret_cast<const char*>(data), len);
  if (n >= 0)
    return n;
  if (n == Framing::broken)
    s.io_broken = true;
  wslay_event_set_error(
      ctx, n == Framing::would_block ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
  return -1;
}

int on_mask(wslay_event_context_ptr, uint8_t* buf, size_t len, void*) {
  return RAND_bytes(buf, static_cast<int>(len)) == 1 ? 0 : -1;
}

void on_frame_start(wslay_event_context_ptr,
                    const wslay_event_on_frame_recv_start_arg* arg,
                    void* user) {
  auto& s = *static_cast<Framing::State*>(user);
  s.control = wslay_is_ctrl_frame(arg->opcode);
  if (s.control || arg->payload_length == 0)
    ++s.idle_frames;
  if (s.control)
    return;
  if (arg->opcode != WSLAY_CONTINUATION_FRAME) {
    s.starts = true;
    s.message_size = 0;
  }
  s.last = arg->fin;
  if (arg->payload_length > s.limits.message ||
      (s.message_size += arg->payload_length) > s.limits.message)
    s.too_long = true;
}

void on_frame_chunk(wslay_event_context_ptr,
                    const wslay_event_on_frame_recv_chunk_arg* arg,
                    void* user) {
  auto& s = *static_cast<Framing::State*>(user);
  if (s.control || s.sink_full || s.too_long || arg->data_length == 0)
    return;
  if (!s.sink.on_data(s.starts, {reinterpret_cast<const char*>(arg->data), arg->data_length}))
    s.sink_full = true;
  s.starts = false;
}

void on_frame_end(wslay_event_context_ptr, void* user) {
  auto& s = *static_cast<Framing::State*>(user);
  if (s.control || s.sink_full || s.too_long)
    return;
  if (s.last && !s.sink.on_message_end())
    s.sink_full = true;
}

Error bad(ErrorKind kind, std::string message) {
  return {.kind = kind, .message = std::move(message), .hint = {}};
}

}  // namespace

Framing::Framing(Io& io, Sink& sink, Limits limits)
    : state_(new State{.io = io, .sink = sink, .limits = limits}) {
  wslay_event_callbacks callbacks{
      on_recv, on_send, on_mask, on_frame_start, on_frame_chunk, on_frame_end, nullptr};
  wslay_event_context_client_init(&state_->ctx, &callbacks, state_.get());
  wslay_event_config_set_no_buffering(state_->ctx, 1);
  wslay_event_config_set_max_recv_msg_length(state_->ctx, limits.message);
}

Framing::~Framing() {
  wslay_event_context_free(state_->ctx);
}

Result<void> Framing::pump() {
  State& s = *state_;
  // wslay returns after a short read too. What is left would wait for the next poll(), which does
  // not know what TLS has already taken.
  s.turn_left = s.limits.turn;
  do {
    s.got_bytes = false;
    if (s.at_end || !wslay_event_want_read(s.ctx))
      break;
    const int rc = wslay_event_recv(s.ctx);
    if (s.sink_full)
      return {};
    if (s.too_long)
      return bad(ErrorKind::too_large,
                 "the server sent a WebSocket message larger than " +
                     std::to_string(s.limits.message >> 20) + " MiB");
    if (s.idle_frames > s.limits.idle_frames)
      return bad(ErrorKind::protocol,
                 std::string("the server sent too many ") +
                     (s.control ? "WebSocket pings" : "empty WebSocket frames"));
    if (s.io_broken)
      return bad(ErrorKind::network, "the connection was lost");
    if (rc != 0 && !s.at_end)
      return bad(ErrorKind::protocol, "the server broke the WebSocket protocol");
  } while (s.got_bytes);
  if (!s.at_end && wslay_event_want_write(s.ctx)) {
    if (wslay_event_send(s.ctx) != 0 && !close_received())
      return bad(ErrorKind::network, "the connection was lost");
  }
  // wslay answers a breach of the protocol with a close of its own.
  if (!close_received() && wslay_event_get_close_sent(s.ctx)) {
    const auto code = wslay_event_get_status_code_sent(s.ctx);
    if (code == WSLAY_CODE_MESSAGE_TOO_BIG)
      return bad(ErrorKind::too_large,
                 "the server sent a WebSocket message larger than " +
                     std::to_string(s.limits.message >> 20) + " MiB");
    return bad(ErrorKind::protocol, "the server broke the WebSocket protocol");
  }
  return {};
}

bool Framing::more() const {
  return state_->turn_left == 0;
}
bool Framing::want_write() const {
  return wslay_event_want_write(state_->ctx);
}
bool Framing::eof() const {
  return state_->at_end;
}
bool Framing::close_received() const {
  return wslay_event_get_close_received(state_->ctx);
}
std::uint16_t Framing::close_code() const {
  return close_received() ? wslay_event_get_status_code_received(state_->ctx) : std::uint16_t{1006};
}

void Framing::ping() {
  const wslay_event_msg message{WSLAY_PING, nullptr, 0};
  wslay_event_queue_msg(state_->ctx, &message);
}

}  // namespace kpr::net
