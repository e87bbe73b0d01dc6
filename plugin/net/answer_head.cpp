#include "net/answer_head.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "util/strings.hpp"

namespace kpr::net {
namespace {

Error bad(std::string message) {
  return {.kind = ErrorKind::protocol, .message = std::move(message), .hint = {}};
}

}  // namespace

const std::string* find_header(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (key == name)
      return &value;
  return nullptr;
}

std::optional<Time> parse_http_date(std::string_view text) {
  static constexpr std::array<const char*, 12> months{
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::string s(text.substr(0, 64));
  char month[4] = "";
  int day = 0, year = 0, h = 0, m = 0, sec = 0;
  if (std::sscanf(
          s.c_str(), "%*3s, %2d %3s %4d %2d:%2d:%2d GMT", &day, month, &year, &h, &m, &sec) != 6)
    return std::nullopt;
  for (unsigned i = 0; i < months.size(); ++i) {
    if (std::strcmp(months[i], month) != 0)
      continue;
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(i + 1),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok() || h > 23 || m > 59 || sec > 60)
      return std::nullopt;
    return std::chrono::sys_days(date) + std::chrono::hours(h) + std::chrono::minutes(m) +
           std::chrono::seconds(sec);
  }
  return std::nullopt;
}

Result<void> check_headers(const Headers& headers) {
  for (const auto& [name, value] : headers)
    if (std::any_of(value.begin(), value.end(), [](unsigned char c) {
          return (c < ' ' && c != '\t') || c == 0x7f;
        }))
      return Error{.kind = ErrorKind::config,
                   .message = "invalid header field value for \"" + name + "\"",
                   .hint = "A credential, or a name given with --as, holds a line break or another "
                           "control character."};
  return {};
}

int retry_after_seconds(const Headers& headers) {
  const std::string* v = find_header(headers, "retry-after");
  if (!v)
    return -1;
  if (const auto then = parse_http_date(*v)) {
    const std::string* date = find_header(headers, "date");
    const auto now = date ? parse_http_date(*date) : std::nullopt;
    if (!now)
      return -1;
    return static_cast<int>(std::clamp<long long>(
        std::chrono::ceil<std::chrono::seconds>(*then - *now).count(), 0, 86400));
  }
  int n = -1;
  const auto [end, ec] = std::from_chars(v->data(), v->data() + v->size(), n);
  if (ec != std::errc() || end != v->data() + v->size() || n < 0)
    return -1;
  return std::min(n, 86400);
}

Result<void> AnswerReader::parse_head() {
  const auto lines = split(head_, '\n');
  std::string_view first = trim(lines.front());
  if (!first.starts_with("HTTP/1.1 ") && !first.starts_with("HTTP/1.0 "))
    return bad("the server's answer is not HTTP/1.1");
  if (first.size() < 12)
    return bad("the server's answer has no status code");
  const auto [end, ec] = std::from_chars(first.data() + 9, first.data() + 12, status_);
  if (ec != std::errc() || end != first.data() + 12 || status_ < 100)
    return bad("the server's answer has no status code");
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::string_view line = trim(lines[i]);
    if (line.empty())
      continue;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0)
      return bad("the server's answer has a header line without a name");
    headers_.emplace_back(lower(trim(line.substr(0, colon))),
                          std::string(trim(line.substr(colon + 1))));
  }
  if (status_ == 101 || status_ == 204 || status_ == 304) {
    state_ = State::done;
    return {};
  }
  if (const auto* te = find_header(headers_, "transfer-encoding");
      te && lower(*te).find("chunked") != std::string::npos) {
    state_ = State::chunk_size;
  } else if (const auto* cl = find_header(headers_, "content-length")) {
    const auto [e, err] = std::from_chars(cl->data(), cl->data() + cl->size(), left_);
    if (err != std::errc() || e != cl->data() + cl->size())
      return bad("the server's answer has a bad Content-Length");
    state_ = left_ == 0 ? State::done : State::length;
  } else {
    state_ = State::until_close;
  }
  return {};
}

Result<std::size_t> AnswerReader::feed(std::string_view bytes) {
  std::size_t at = 0;
  read_ += bytes.size();
  if (read_ > max_answer && state_ != State::head)
    state_ = State::done;
  const auto take_line = [&](bool& whole) {
    const auto nl = bytes.find('\n', at);
    const auto to = nl == std::string_view::npos ? bytes.size() : nl + 1;
    line_.append(bytes.substr(at, to - at));
    at = to;
    whole = nl != std::string_view::npos;
    return line_.size() <= 4096;
  };
  while (at < bytes.size() && state_ != State::done) {
    bool whole = false;
    switch (state_) {
    case State::head: {
      // A head ends with an empty line; lines may end with LF alone.
      const auto nl = bytes.find('\n', at);
      const auto to = nl == std::string_view::npos ? bytes.size() : nl + 1;
      head_.append(bytes.substr(at, to - at));
      at = to;
      if (head_.size() > max_head || read_ > max_answer)
        return bad("the server's answer has a head of more than 64 KiB");
      if (head_.ends_with("\r\n\r\n") || head_.ends_with("\n\n")) {
        KPR_TRY(parse_head());
        if (status_ >= 100 && status_ < 200 &&
            status_ != 101) {  // 100 Continue, 103 Early Hints: the real answer follows
          head_.clear();
          headers_.clear();
          state_ = State::head;
        }
      }
      break;
    }
    case State::length:
    case State::chunk: {
      const auto n = std::min(left_, bytes.size() - at);
      if (body_.size() < max_body)
        body_.append(bytes.substr(at, std::min(n, max_body - body_.size())));
      at += n;
      left_ -= n;
      if (left_ == 0)
        state_ = state_ == State::length ? State::done : State::chunk_end;
      break;
    }
    case State::chunk_size: {
      if (!take_line(whole))
        return bad("the server's answer has a chunk without a size");
      if (!whole)
        break;
      const std::string_view text = trim(std::string_view(line_).substr(0, line_.find(';')));
      const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), left_, 16);
      if (ec != std::errc() || end != text.data() + text.size())
        return bad("the server's answer has a chunk without a size");
      state_ = left_ == 0 ? State::trailer : State::chunk;
      line_.clear();
      break;
    }
    case State::chunk_end:
      if (!take_line(whole))
        return bad("the server's answer has a chunk longer than its size");
      if (!whole)
        break;
      if (!trim(line_).empty())
        return bad("the server's answer has a chunk longer than its size");
      line_.clear();
      state_ = State::chunk_size;
      break;
    case State::trailer:
      if (!take_line(whole))
        return bad("the server's answer has a trailer that is too long");
      if (!whole)
        break;
      if (trim(line_).empty())
        state_ = State::done;
      line_.clear();
      break;
    case State::until_close:
      if (body_.size() < max_body)
        body_.append(bytes.substr(at, max_body - body_.size()));
      at = bytes.size();
      break;
    case State::done:
      break;
    }
  }
  return at;
}

Result<void> AnswerReader::end() {
  if (state_ == State::until_close)
    state_ = State::done;
  if (state_ == State::done)
    return {};
  if (state_ == State::head)
    return bad(head_.empty() ? "the server closed the connection without an answer"
                             : "the server closed the connection in the middle of its answer");
  state_ = State::done;  // a body cut short: what came is still the best reason there is
  return {};
}

}  // namespace kpr::net
