// Text as it was meant: a letter that was quoted on its way here, as JSON, in a URL or in XML, is
// one letter still. `\"`, `\\\"`, `\n`, `%3D`, `%253D`, `\u003d` and `&quot;` are read as what they
// stand for, so that whoever looks for `password="x"` finds it in JSON inside of JSON too.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kpr::privacy {

// What stands where something was taken out. It is no letter of any word.
inline constexpr std::string_view k_redacted = "<redacted>";

struct Letter {
  char value = '\n';         // '\0' for k_redacted, '\n' behind the end of the text
  std::uint8_t width = 0;    // bytes; 0 behind the end
  std::uint8_t escapes = 0;  // backslashes in front of it
  bool opaque() const { return value == '\0'; }
  bool line_end() const { return value == '\n'; }
  bool blank() const { return value == ' ' || value == '\t'; }
  bool quote() const { return value == '"' || value == '\'' || value == '`'; }
};

// Counts each look, so that tests can tell linear work from quadratic.
class Letters {
 public:
  explicit Letters(std::string_view text) : text_(text) {}
  Letter at(std::size_t position) const;
  std::size_t size() const { return text_.size(); }
  std::string_view text() const { return text_; }
  std::size_t steps() const { return steps_; }

 private:
  std::string_view text_;
  mutable std::size_t steps_ = 0;
};

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_letter(char c) {
  return is_upper(c) || is_lower(c);
}
constexpr bool is_alnum(char c) {
  return is_letter(c) || is_digit(c);
}
constexpr bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr char lower(char c) {
  return is_upper(c) ? static_cast<char>(c + 32) : c;
}
constexpr int hex_value(char c) {
  return is_digit(c) ? c - '0' : lower(c) - 'a' + 10;
}
std::string lower(std::string_view text);

}  // namespace kpr::privacy
