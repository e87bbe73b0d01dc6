// Leveled messages for -v: a value that is passed down, no globals. The sink writes a line to
// stderr (or collects it in a test). What goes in is fit for a bug report: requests by method and
// path, never headers, tokens or bodies.
#pragma once
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace kpr {

class Logger {
 public:
  using Sink = std::function<void(int level, std::string_view message)>;
  Logger() = default;
  Logger(int verbosity, Sink sink) : verbosity_(verbosity), sink_(std::move(sink)) {}
  bool enabled(int level) const { return sink_ && level <= verbosity_; }
  // The same log, for several threads; `mutex` outlives it.
  Logger serial(std::mutex& mutex) const {
    if (!sink_)
      return {};
    return {verbosity_, [&mutex, sink = sink_](int level, std::string_view message) {
              const std::lock_guard lock(mutex);
              sink(level, message);
            }};
  }
  void operator()(int level, std::string_view message) const {
    if (enabled(level))
      sink_(level, message);
  }

 private:
  int verbosity_ = -1;
  Sink sink_;
};

}  // namespace kpr
