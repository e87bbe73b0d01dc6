// Result<T>: a value or an Error. Inside the plugin errors are data; exceptions of libraries stop
// at the file that wraps them. A subset of std::expected (which g++ 12 has only in C++23 mode), so
// that it can become that.
#pragma once
#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace kpr {

// What sort of thing failed; decides the exit code (usage: 64, the rest: 3) and whether a retry is
// worth it.
enum class ErrorKind {
  usage,
  config,
  auth,
  forbidden,
  not_found,
  network,
  tls,
  timeout,
  cancelled,
  protocol,
  input,
  too_large,
  unsupported,
  internal
};

// message: what happened, to what. hint: what to do next (may be empty). Both are ready to print,
// in kubectl's voice, without "error: ".
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;
  std::string hint;
  int http_status = 0;           // of the API server's answer, 0 when there was none
  int retry_after_seconds = -1;  // of a Retry-After header, -1 when there was none
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit on purpose
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT
  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  T& operator*() & {
    assert(has_value());
    return *std::get_if<0>(&state_);
  }
  const T& operator*() const& {
    assert(has_value());
    return *std::get_if<0>(&state_);
  }
  T&& operator*() && {
    assert(has_value());
    return std::move(*std::get_if<0>(&state_));
  }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }
  const Error& error() const& {
    assert(!has_value());
    return *std::get_if<1>(&state_);
  }
  Error& error() & {
    assert(!has_value());
    return *std::get_if<1>(&state_);
  }
  T value_or(T fallback) const& { return has_value() ? **this : std::move(fallback); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : failed_(true), error_(std::move(error)) {}  // NOLINT
  bool has_value() const { return !failed_; }
  explicit operator bool() const { return has_value(); }
  const Error& error() const {
    assert(failed_);
    return error_;
  }

 private:
  bool failed_ = false;
  Error error_;
};

}  // namespace kpr

// KPR_TRY(expr): return the Error of a failed Result<...> from the enclosing function.
#define KPR_TRY(expr)                                                                              \
  do {                                                                                             \
    if (auto kpr_try_result = (expr); !kpr_try_result)                                             \
      return kpr_try_result.error();                                                               \
  } while (false)
#define KPR_CONCAT_(a, b) a##b
#define KPR_CONCAT(a, b) KPR_CONCAT_(a, b)
// KPR_TRY_ASSIGN(auto x, expr): the value, or return the Error.
#define KPR_TRY_ASSIGN(var, expr) KPR_TRY_ASSIGN_(KPR_CONCAT(kpr_result_, __LINE__), var, expr)
#define KPR_TRY_ASSIGN_(tmp, var, expr)                                                            \
  auto tmp = (expr);                                                                               \
  if (!tmp)                                                                                        \
    return std::move(tmp).error();                                                                 \
  var = *std::move(tmp)
