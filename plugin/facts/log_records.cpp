#include "facts/log_records.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "util/json.hpp"
#include "util/strings.hpp"

namespace kpr::facts {
namespace {

bool digit(char c) {
  return c >= '0' && c <= '9';
}
bool blank(char c) {
  return c == ' ' || c == '\t';
}

// `shape` is a pattern of the same length: 0 stands for a digit, everything else for itself.
bool has_shape(std::string_view text, std::string_view shape) {
  return text.size() >= shape.size() &&
         std::equal(shape.begin(), shape.end(), text.begin(), [](char wanted, char is) {
           return wanted == '0' ? digit(is) : wanted == is;
         });
}

LogLevel level_of(std::string_view word) {
  struct Row {
    std::string_view word;
    LogLevel level;
  };
  static constexpr std::array k_rows{Row{"fatal", LogLevel::fatal},
                                     Row{"panic", LogLevel::fatal},
                                     Row{"dpanic", LogLevel::fatal},
                                     Row{"critical", LogLevel::fatal},
                                     Row{"error", LogLevel::error},
                                     Row{"warning", LogLevel::warning},
                                     Row{"warn", LogLevel::warning},
                                     Row{"info", LogLevel::info},
                                     Row{"debug", LogLevel::debug},
                                     Row{"trace", LogLevel::debug}};
  for (const Row& row : k_rows)
    if (std::equal(
            row.word.begin(), row.word.end(), word.begin(), word.end(), [](char lower, char c) {
              return lower == (c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
            }))
      return row.level;
  return LogLevel::none;
}

// When and where in the source: noise in a quotation.
bool is_noise(std::string_view key) {
  return key == "time" || key == "ts" || key == "timestamp" || key == "source" || key == "caller";
}

void append_utf8(std::string& out, std::uint32_t c) {
  if (c < 0x80)
    return out.push_back(static_cast<char>(c));
  if (c >= 0x800)
    out += static_cast<char>(0xE0 | (c >> 12));
  out += static_cast<char>(c >= 0x800 ? 0x80 | ((c >> 6) & 0x3F) : 0xC0 | (c >> 6));
  out += static_cast<char>(0x80 | (c & 0x3F));
}

// What strconv.Quote escapes, from `at` (behind a backslash) on; `at` is left behind it.
void unescape_one(std::string_view text, std::size_t& at, std::string& out) {
  const char c = text[at++];
  const std::size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : 0;
  std::uint32_t value = 0;
  const char* from = text.data() + at;
  if (digits > 0 && at + digits <= text.size() &&
      std::from_chars(from, from + digits, value, 16).ptr == from + digits) {
    at += digits;
    return append_utf8(out, value);
  }
  out += c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
}

// A quoted text from `at` (its quote) on; one that is cut off ends with the text.
std::string read_quoted(std::string_view text, std::size_t& at) {
  std::string out;
  for (++at; at < text.size() && text[at] != '"';) {
    if (text[at] != '\\') {
      out += text[at++];
    } else if (++at < text.size()) {
      unescape_one(text, at, out);
    }
  }
  at = std::min(at + 1, text.size());
  return out;
}

std::string read_value(std::string_view text, std::size_t& at) {
  if (at < text.size() && text[at] == '"')
    return read_quoted(text, at);
  const std::size_t end = std::min(text.find(' ', at), text.size());
  const std::string_view value = text.substr(at, end - at);
  at = end;
  return std::string(value);
}

void put(LogRecord& record, std::string key, std::string value) {
  if (key == "level")
    record.level = level_of(value);
  else if (key == "msg" || key == "message")
    record.message = std::move(value);
  else if (key == "error" || key == "err")
    record.error = std::move(value);
  else if (!is_noise(key))
    record.fields.emplace_back(std::move(key), std::move(value));
}

// key=value key="value" …; words without a key stay in the text only.
void read_pairs(std::string_view line, LogRecord& record) {
  for (std::size_t at = 0; at < line.size();) {
    if (blank(line[at])) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    const std::size_t key_end = line.find_first_of("= \"", at);
    const bool pair = key_end != std::string_view::npos && line[key_end] == '=';
    std::string key(pair ? line.substr(at, key_end - at) : std::string_view());
    at = pair ? key_end + 1 : at;
    std::string value = read_value(line, at);
    if (is_noise(key))
      continue;
    record.text += record.text.empty() ? "" : " ";
    record.text += line.substr(begin, at - begin);
    if (pair)
      put(record, std::move(key), std::move(value));
  }
}

bool read_logfmt(std::string_view line, LogRecord& record) {
  const bool starts = line.starts_with("level=") || line.starts_with("time=");
  if (!starts || line.find("level=") == std::string_view::npos)
    return false;
  read_pairs(line, record);
  return true;
}

// {"level":"fatal","ts":"…","msg":"…","error":"…"}
bool read_json(std::string_view line, LogRecord& record) {
  if (!line.starts_with('{'))
    return false;
  const auto object = json_or_null(line);
  if (!object.is_object() || !object.contains("level"))
    return false;
  for (const auto& [key, value] : object.items()) {
    if (!value.is_string())
      continue;
    if (!is_noise(key))
      record.text += (record.text.empty() ? "" : " ") + key + "=" + value.get<std::string>();
    put(record, key, value.get<std::string>());
  }
  return true;
}

// E1124 11:57:02.118000       1 reflector.go:147] "Failed to watch" err="…"
bool read_klog(std::string_view line, LogRecord& record) {
  static constexpr std::string_view k_levels = "IWEF";
  const std::size_t which = line.empty() ? std::string_view::npos : k_levels.find(line.front());
  const std::size_t end = line.find("] ");
  if (which == std::string_view::npos || end == std::string_view::npos ||
      !has_shape(line.substr(1), "0000 00:00:00."))
    return false;
  static constexpr std::array k_level{
      LogLevel::info, LogLevel::warning, LogLevel::error, LogLevel::fatal};
  record.level = k_level[which];
  line.remove_prefix(end + 2);
  record.text = line;
  if (!line.starts_with('"')) {
    record.message = line;
    return true;
  }
  std::size_t at = 0;
  record.message = read_quoted(line, at);
  LogRecord rest;
  read_pairs(line.substr(at), rest);
  record.error = std::move(rest.error);
  record.fields = std::move(rest.fields);
  return true;
}

// [2026-11-24 11:57:02.118][7][critical][main] [source/server/server.cc:131] message
bool read_envoy(std::string_view line, LogRecord& record) {
  if (!has_shape(line, "[0000-00-00 00:00:00."))
    return false;
  std::array<std::string_view, 4> groups;  // when, thread, level, logger
  for (auto& group : groups) {
    const std::size_t end = line.find(']');
    if (!line.starts_with('[') || end == std::string_view::npos)
      return false;
    group = line.substr(1, end - 1);
    line.remove_prefix(end + 1);
  }
  record.level = level_of(groups[2]);
  line = trim(line);
  const std::size_t place = line.find("] ");
  if (line.starts_with('[') && place != std::string_view::npos &&
      line.substr(0, place).find(':') != std::string_view::npos)
    line.remove_prefix(place + 2);
  record.message = line;
  record.text =
      "[" + std::string(groups[2]) + "][" + std::string(groups[3]) + "] " + record.message;
  return true;
}

bool structured(std::string_view line, LogRecord& record) {
  for (auto* read : {&read_logfmt, &read_json, &read_klog, &read_envoy})
    if ((*read)(line, record))
      return true;
  return false;
}

bool starts_panic(std::string_view line) {
  static constexpr std::array<std::string_view, 6> k_heads{
      "panic: ", "fatal error: ", "goroutine ", "SIGILL: ", "SIGSEGV: ", "SIGBUS: "};
  return std::any_of(k_heads.begin(),
                     k_heads.end(),
                     [&](std::string_view head) {
                       return line.starts_with(head);
                     }) ||
         line.find("http: panic serving ") != std::string_view::npos;
}
bool is_frame_place(std::string_view line) {  // the line below a function
  return line.starts_with('\t') && line.find(".go:") != std::string_view::npos;
}

// A panic and the lines of its stack, as far as they are there.
LogRecord read_panic(const std::vector<std::string_view>& lines, bool cut) {
  LogRecord record;
  const bool served = lines.front().find("http: panic serving ") != std::string_view::npos;
  record.level = served ? LogLevel::error : LogLevel::fatal;  // a server outlives it
  record.cut = cut;
  record.message = record.text = lines.front();
  std::string frame;
  for (std::string_view line : lines) {
    if (line.starts_with("[signal "))
      record.fields.emplace_back("signal", line);
    if (line.starts_with("panic("))
      frame.clear();
    if (frame.empty() && line.starts_with("github.com/cilium/cilium/"))
      frame = line.substr(0, line.rfind('('));
  }
  if (!frame.empty()) {
    record.text += "\n" + frame;
    record.fields.emplace_back("frame", std::move(frame));
  }
  return record;
}

// The rest of a record whose head is missing: what is left of the quotes' inside, unescaped.
LogRecord read_cut(std::string_view line) {
  LogRecord record;
  record.cut = true;
  record.text = line;
  for (std::size_t at = 0; at < line.size();) {
    if (line[at] == '\\' && at + 1 < line.size())
      unescape_one(line, ++at, record.message);
    else
      record.message += line[at++];
  }
  return record;
}

bool looks_cut(std::string_view line) {
  return line.find(" subsys=") != std::string_view::npos ||
         line.find(" module=") != std::string_view::npos ||
         line.find("\" error=\"") != std::string_view::npos || line.ends_with("\"}") ||
         line.find("\\\"") != std::string_view::npos;
}

LogRecord read_plain(std::string_view line) {
  LogRecord record;
  record.text = record.message = line;
  if (line.starts_with("Error: ")) {  // cobra's, the last word of a command
    record.level = LogLevel::fatal;
    record.message = line.substr(7);
  }
  return record;
}

// Without what the log's keeper put in front: `kubectl logs --timestamps`, the runtime's
// "stderr F ", Go's own log.
std::string_view without_stamp(std::string_view line) {
  if (has_shape(line, "0000-00-00T00:00:00"))
    line.remove_prefix(std::min(line.find(' '), line.size() - 1) + 1);
  for (std::string_view stream : {"stderr F ", "stdout F "})
    if (line.starts_with(stream))
      line.remove_prefix(stream.size());
  if (has_shape(line, "0000/00/00 00:00:00 "))
    line.remove_prefix(20);
  if (line.ends_with('\r'))
    line.remove_suffix(1);
  return line;
}

// What may stand below the first line of a panic.
bool in_stack(std::string_view line) {
  LogRecord other;
  return !structured(line, other) &&
         (blank(line.front()) || line.starts_with("github.com/") || line.starts_with("runtime") ||
          line.starts_with("panic(") || line.starts_with("created by ") ||
          line.starts_with("goroutine ") || line.starts_with("[signal ") ||
          line.starts_with("panic: ") || line.ends_with(')'));
}

}  // namespace

std::string LogRecord::said() const {
  std::string out = message;
  if (!error.empty() && message.find(error) == std::string::npos)
    out += (out.empty() ? "" : ": ") + error;
  if (const auto stop = out.find("\nfailed to stop: "); stop != std::string::npos)
    out.erase(stop);
  return out;
}

std::string LogRecord::field(std::string_view key) const {
  for (const auto& [name, value] : fields)
    if (name == key)
      return value;
  return {};
}

std::vector<LogRecord> log_records(std::string_view text) {
  std::vector<std::string_view> lines;
  for (const std::string_view line : split(text, '\n'))
    if (!trim(line).empty())
      lines.push_back(without_stamp(line));
  std::vector<LogRecord> out;
  for (auto line = lines.begin(); line != lines.end();) {
    const auto begin = line++;
    LogRecord record;
    const bool first = begin == lines.begin();
    const bool in_a_stack = first && line != lines.end() && is_frame_place(*line);
    if (structured(*begin, record)) {
      // one line, one record
    } else if (starts_panic(*begin) || in_a_stack) {
      line = std::find_if_not(line, lines.end(), in_stack);
      record = read_panic({begin, line}, in_a_stack || begin->starts_with("goroutine "));
    } else {
      record = first && looks_cut(*begin) ? read_cut(*begin) : read_plain(*begin);
    }
    out.push_back(std::move(record));
  }
  return out;
}

}  // namespace kpr::facts
