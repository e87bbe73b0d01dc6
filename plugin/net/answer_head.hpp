// Reads the answer to an HTTP/1.1 upgrade: the head, and the body when the upgrade was refused. Fed
// with bytes as they come, bounded, no I/O.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "util/result.hpp"
#include "util/time.hpp"

namespace kpr::net {

using Headers =
    std::vector<std::pair<std::string, std::string>>;  // names in lower case when received

// As Go's net/http does before it sends them: a line break in a value would be a header of its own.
Result<void> check_headers(const Headers& headers);

const std::string* find_header(const Headers& headers, std::string_view lower_name);

std::optional<Time> parse_http_date(std::string_view text);  // "Tue, 24 Nov 2026 18:50:51 GMT"

// Seconds of a Retry-After header: a number, or a date measured against the answer's own Date, so
// that no clock of ours matters. -1 when there is none or nothing can be made of it. At most one
// day.
int retry_after_seconds(const Headers& headers);

class AnswerReader {
 public:
  static constexpr std::size_t max_head = 64 << 10;
  static constexpr std::size_t max_body = 256 << 10;
  static constexpr std::size_t max_answer = 1 << 20;  // with what is not kept of it

  // Takes bytes until the answer is whole, or longer than any reason; returns how many it used.
  // After a 101 the rest belongs to the WebSocket.
  Result<std::size_t> feed(std::string_view bytes);
  // The connection ended: fine for a body without a length, an error elsewhere.
  Result<void> end();

  bool head_done() const { return state_ != State::head; }
  bool done() const { return state_ == State::done; }
  int status() const { return status_; }
  const Headers& headers() const { return headers_; }
  const std::string& body() const { return body_; }

 private:
  enum class State { head, length, chunk_size, chunk, chunk_end, trailer, until_close, done };
  Result<void> parse_head();
  State state_ = State::head;
  std::string head_, line_, body_;
  Headers headers_;
  int status_ = 0;
  std::size_t left_ = 0, read_ = 0;
};

}  // namespace kpr::net
