#include "privacy/letters.hpp"

#include <algorithm>

namespace kpr::privacy {
namespace {

constexpr std::size_t k_most_escapes = 15;  // JSON in JSON in JSON in JSON

Letter letter(char value, std::size_t width, std::size_t escapes = 0) {
  const char shown = value == '\0' ? ' ' : value == '\r' ? ' ' : value;
  return {shown, static_cast<std::uint8_t>(width), static_cast<std::uint8_t>(escapes)};
}

// Two hexadecimal digits that stand for a printable letter or the end of a line.
bool code(std::string_view text, char& value) {
  if (text.size() < 2 || !is_hex(text[0]) || !is_hex(text[1]))
    return false;
  const int number = hex_value(text[0]) * 16 + hex_value(text[1]);
  value = static_cast<char>(number);
  return (number >= 0x20 && number < 0x7F) || value == '\n' || value == '\t';
}

Letter percent(std::string_view text) {
  std::size_t at = 1;
  while (at < 7 && text.substr(at, 2) == "25")  // encoded twice
    at += 2;
  char value = '%';
  if (code(text.substr(at), value))
    return letter(value, at + 2);
  return letter('%', 1);
}

Letter backslash(std::string_view text) {
  std::size_t count = 1;
  while (count <= k_most_escapes && count < text.size() && text[count] == '\\')
    ++count;
  if (count > k_most_escapes || count == text.size())
    return letter('\\', 1);
  switch (const char next = text[count]) {
  case 'n':
    return letter('\n', count + 1, count);
  case 'r':
  case 't':
    return letter(' ', count + 1, count);
  case '"':
  case '\'':
  case '/':
    return letter(next, count + 1, count);
  case 'u': {
    char value = ' ';
    if (text.substr(count + 1, 2) == "00" && code(text.substr(count + 3), value))
      return letter(value, count + 5, count);
    break;
  }
  default:
    break;
  }
  return letter('\\', 1);
}

Letter entity(std::string_view text) {
  struct Entity {
    std::string_view name;
    char value;
  };
  static constexpr Entity k_entities[] = {{"&quot;", '"'},
                                          {"&#34;", '"'},
                                          {"&apos;", '\''},
                                          {"&#39;", '\''},
                                          {"&amp;", '&'},
                                          {"&lt;", '<'},
                                          {"&gt;", '>'}};
  for (const Entity& known : k_entities)
    if (text.starts_with(known.name))
      return letter(known.value, known.name.size());
  return letter('&', 1);
}

}  // namespace

Letter Letters::at(std::size_t position) const {
  ++steps_;
  if (position >= text_.size())
    return {};
  const char c = text_[position];
  switch (c) {
  case '%':
    return percent(text_.substr(position));
  case '\\':
    return backslash(text_.substr(position));
  case '&':
    return entity(text_.substr(position));
  case '<':
    if (text_.substr(position, k_redacted.size()) == k_redacted)
      return {'\0', static_cast<std::uint8_t>(k_redacted.size()), 0};
    break;
  default:
    break;
  }
  return letter(c, 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return lower(c);
  });
  return out;
}

}  // namespace kpr::privacy
