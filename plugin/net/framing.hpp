// RFC 6455 frames of a client, without any connection: bytes come from and go to an Io, payloads go
// to a Sink as they arrive. wslay does the framing; it answers pings and closes, refuses masked
// frames, reserved bits and unknown opcodes.
#pragma once
#include <cstdint>
#include <memory>
#include <string_view>

#include "util/result.hpp"

namespace kpr::net {

class Framing {
 public:
  static constexpr int would_block = -1;
  static constexpr int broken = -2;
  struct Io {
    virtual ~Io() = default;
    virtual long read(char* to, std::size_t n) = 0;  // bytes, 0 at the end, would_block, broken
    virtual long write(const char* from, std::size_t n) = 0;  // bytes, would_block, broken
  };
  struct Sink {
    virtual ~Sink() = default;
    // A part of a message's payload; `starts` with the first part of each message. False: enough,
    // close.
    virtual bool on_data(bool starts, std::string_view bytes) = 0;
    virtual bool on_message_end() = 0;
  };
  struct Limits {
    std::uint64_t message = 16u << 20;    // of one message, all fragments together
    std::uint64_t idle_frames = 100'000;  // pings, and frames with nothing in them
    std::size_t turn = 256u << 10;        // read at a time, so that others have their turn
  };

  Framing(Io& io, Sink& sink, Limits limits);
  ~Framing();
  Framing(const Framing&) = delete;
  Framing& operator=(const Framing&) = delete;

  // Reads what has come and writes what is pending. An Error: broken connection or a breach of the
  // protocol. A sender faster than we are is left after a while: more() says that there may be
  // more.
  Result<void> pump();
  bool more() const;
  bool want_write() const;
  bool eof() const;  // the connection ended
  bool close_received() const;
  std::uint16_t close_code() const;  // 1006 when none came
  void ping();

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace kpr::net
