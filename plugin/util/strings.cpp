#include "util/strings.hpp"

#include <fmt/ranges.h>

#include <fmt/format.h>

#include "util/utf8.hpp"

namespace kpr {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

bool natural_less(std::string_view a, std::string_view b) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      const std::size_t a_start = i;
      const std::size_t b_start = j;
      while (i < a.size() && is_digit(a[i]))
        ++i;
      while (j < b.size() && is_digit(b[j]))
        ++j;
      std::string_view x = a.substr(a_start, i - a_start);
      std::string_view y = b.substr(b_start, j - b_start);
      while (x.size() > 1 && x.front() == '0')
        x.remove_prefix(1);
      while (y.size() > 1 && y.front() == '0')
        y.remove_prefix(1);
      if (x.size() != y.size())
        return x.size() < y.size();
      if (x != y)
        return x < y;
      continue;
    }
    if (a[i] != b[j])
      return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
    ++i;
    ++j;
  }
  const std::size_t a_left = a.size() - i;
  const std::size_t b_left = b.size() - j;
  if (a_left != b_left)
    return a_left < b_left;
  return a < b;  // "node-01" and "node-1" count alike; the bytes decide, so that the order is total
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint c = decode_utf8(text, i);
    if (c.length == 0) {
      ++width;
      ++i;
      continue;
    }
    i += c.length;
    const char32_t v = c.value;
    if ((v >= 0x300 && v <= 0x36F) || (v >= 0x200B && v <= 0x200D) || (v >= 0xFE00 && v <= 0xFE0F))
      continue;
    const bool wide = (v >= 0x1100 && v <= 0x115F) || (v >= 0x2E80 && v <= 0xA4CF) ||
                      (v >= 0xAC00 && v <= 0xD7A3) || (v >= 0xF900 && v <= 0xFAFF) ||
                      (v >= 0xFE30 && v <= 0xFE6F) || (v >= 0xFF00 && v <= 0xFF60) ||
                      (v >= 0xFFE0 && v <= 0xFFE6) || (v >= 0x1F300 && v <= 0x1FAFF) ||
                      (v >= 0x20000 && v <= 0x3FFFD);
    width += wide ? 2 : 1;
  }
  return width;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos)
      return parts;
    text.remove_prefix(at + 1);
  }
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view k_blank = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(k_blank);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(k_blank) - first + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string count_of(std::size_t n, std::string_view singular, std::string_view plural) {
  if (n == 1)
    return fmt::format("1 {}", singular);
  if (!plural.empty())
    return fmt::format("{} {}", n, plural);
  return fmt::format("{} {}s", n, singular);
}

}  // namespace kpr
