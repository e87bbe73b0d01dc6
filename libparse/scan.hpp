// Small scanning helpers. Cells of Go's text/tabwriter are at least three blanks apart;
// documentation has literal tabs instead.
#pragma once
#include <charconv>
#include <cstdint>
#include <string_view>
#include <vector>

namespace kpr::det {

constexpr auto npos = std::string_view::npos;

inline std::string_view trim_left(std::string_view s) {
  std::size_t i = 0;
  while (i < s.size() && (s[i] == ' ' || s[i] == '\t'))
    ++i;
  return s.substr(i);
}

inline std::string_view trim_right(std::string_view s) {
  std::size_t n = s.size();
  while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
    --n;
  return s.substr(0, n);
}

inline std::string_view trim(std::string_view s) {
  return trim_left(trim_right(s));
}

inline std::size_t indent_of(std::string_view s) {
  std::size_t i = 0;
  while (i < s.size() && s[i] == ' ')
    ++i;
  return i;
}

// In characters, as a terminal shows them: those of UTF-8 count once.
inline std::size_t width_of(std::string_view s) {
  std::size_t n = 0;
  for (const char c : s)
    n += (static_cast<unsigned char>(c) & 0xC0u) != 0x80u ? 1 : 0;
  return n;
}

inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

inline bool take(std::string_view& s, std::string_view prefix) {
  if (!s.starts_with(prefix))
    return false;
  s.remove_prefix(prefix.size());
  return true;
}

// An unsigned number at the front; false and nothing taken when there is none or it is too large.
template <class T>
bool take_number(std::string_view& s, T& out) {
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), out);
  if (error != std::errc{} || end == s.data())
    return false;
  s.remove_prefix(static_cast<std::size_t>(end - s.data()));
  return true;
}

template <class T>
bool to_number(std::string_view s, T& out) {
  return take_number(s, out) && s.empty();
}

// The cell at the front, up to three blanks, a tab or the end; what follows is left in `rest`, its
// leading blanks taken off.
inline std::string_view take_cell(std::string_view& rest) {
  const char* const begin = rest.data();
  const char* const end = begin + rest.size();
  const char* at = begin;
  for (;; ++at) {
    while (at<end&& static_cast<unsigned char>(*at)> ' ')
      ++at;  // one test a byte: most bytes are of words
    if (at == end || *at == '\t' || (*at == ' ' && end - at > 2 && at[1] == ' ' && at[2] == ' '))
      break;
  }
  const std::size_t i = static_cast<std::size_t>(at - begin);
  const std::string_view cell = trim_right(rest.substr(0, i));
  rest = trim_left(rest.substr(i));
  return cell;
}

// Up to the separator; the separator is taken too. The whole rest when there is no separator.
inline std::string_view take_until(std::string_view& rest, std::string_view separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view head = rest.substr(0, at);
  rest = at == npos ? std::string_view{} : rest.substr(at + separator.size());
  return head;
}

// "a, b, c" without empty parts.
inline std::vector<std::string_view> split_list(std::string_view s, char separator = ',') {
  std::vector<std::string_view> parts;
  while (!s.empty()) {
    const std::size_t at = s.find(separator);
    const std::string_view part = trim(s.substr(0, at));
    if (!part.empty())
      parts.push_back(part);
    if (at == npos)
      break;
    s.remove_prefix(at + 1);
  }
  return parts;
}

// "never", or Go's duration followed by " ago" (given back without it). False when it is neither.
inline bool take_ago(std::string_view cell, std::string_view& out) {
  if (cell == "never") {
    out = cell;
    return true;
  }
  if (!cell.ends_with(" ago") || cell.size() < 6 || (!is_digit(cell[0]) && cell[0] != '-'))
    return false;
  out = cell.substr(0, cell.size() - 4);
  return out.find(' ') == npos;
}

}  // namespace kpr::det
