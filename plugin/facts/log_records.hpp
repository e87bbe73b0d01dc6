// What containers print, cut into records: logrus' and slog's text, JSON (logrus, slog, zap), klog,
// Envoy, Go's panics, and plain lines. The text is from outside and may be cut off on either side.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kpr::facts {

enum class LogLevel { none, debug, info, warning, error, fatal };

struct LogRecord {
  LogLevel level = LogLevel::none;  // none: a plain line, or one whose head is cut off
  std::string text;                 // as printed, without time stamp and place in the source
  std::string message;              // unescaped; of a panic its first line
  std::string error;                // field `error` or `err`, unescaped
  std::vector<std::pair<std::string, std::string>> fields;  // all others, unescaped
  bool cut = false;                                         // its head was cut off
  // "message: error". Hive joins what failed while stopping to what failed before: that is not in.
  std::string said() const;
  std::string field(std::string_view key) const;  // empty where absent
};

// In their order. A panic is one record, with its stack; its field `frame` is the first function of
// Cilium's in it.
std::vector<LogRecord> log_records(std::string_view text);

}  // namespace kpr::facts
