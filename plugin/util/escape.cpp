#include "util/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "util/utf8.hpp"

namespace kpr {
namespace {

struct Range {
  char32_t first, last;
};

// In order. Control characters (Cc), Default_Ignorable_Code_Point (unicode.org/Public/15.0.0/ucd/
// DerivedCoreProperties.txt), line and paragraph separators, Bidi_Control, noncharacters; those at
// the end of each plane are not listed.
constexpr Range k_dangerous[] = {
    {0x0, 0x1F},      {0x7F, 0x9F},     {0xAD, 0xAD},       {0x34F, 0x34F},     {0x61C, 0x61C},
    {0x115F, 0x1160}, {0x17B4, 0x17B5}, {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E},
    {0x2060, 0x206F}, {0x3164, 0x3164}, {0xFDD0, 0xFDEF},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},
    {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

bool is_dangerous(char32_t c) {
  if (c >= ' ' && c <= '~')
    return false;  // nearly all of them
  const auto* range = std::upper_bound(
      std::begin(k_dangerous), std::end(k_dangerous), c, [](char32_t value, const Range& r) {
        return value < r.first;
      });
  return (c & 0xFFFE) == 0xFFFE ||
         (range != std::begin(k_dangerous) && c <= std::prev(range)->last);
}

// How one form writes things; formats as fmt has them.
struct Form {
  std::string_view names;  // characters that are written by name, in the order of `written`
  std::string_view written[8];
  std::string_view as_they_are;        // dangerous elsewhere
  std::string_view byte, bmp, beyond;  // up to U+00FF, up to U+FFFF, from U+10000 on
  bool surrogates = false;             // as JSON has those from U+10000 on
};

constexpr std::string_view k_byte = "\\x{:02x}", k_point = "\\u{{{:04X}}}";
constexpr Form k_terminal{.names = "\x1b\r\n\t",
                          .written = {"^[", "\\r", "\\n", "\\t"},
                          .as_they_are = "",
                          .byte = k_byte,
                          .bmp = k_point,
                          .beyond = k_point};
constexpr Form k_lines{.names = "\x1b\r",
                       .written = {"^[", "\\r"},
                       .as_they_are = "\n\t",
                       .byte = k_byte,
                       .bmp = k_point,
                       .beyond = k_point};
constexpr Form k_html{.names = "\x1b\r&<>\"'",
                      .written = {"^[", "\\r", "&amp;", "&lt;", "&gt;", "&quot;", "&#39;"},
                      .as_they_are = "\n\t",
                      .byte = k_byte,
                      .bmp = k_point,
                      .beyond = k_point};
constexpr Form k_json{.names = "",
                      .written = {},
                      .as_they_are = "\n",
                      .byte = "\\u{:04x}",
                      .bmp = "\\u{:04x}",
                      .beyond = "\\u{:04x}",
                      .surrogates = true};
constexpr Form k_yaml{.names = "",
                      .written = {},
                      .as_they_are = "",
                      .byte = "\\u{:04x}",
                      .bmp = "\\u{:04x}",
                      .beyond = "\\U{:08x}"};

std::string numbered(char32_t c, const Form& form) {
  const auto write = [](std::string_view format, char32_t value) {
    return fmt::format(fmt::runtime(format), static_cast<std::uint32_t>(value));
  };
  if (c > 0xFFFF && form.surrogates)
    return write(form.beyond, 0xD800 + ((c - 0x10000) >> 10)) +
           write(form.beyond, 0xDC00 + ((c - 0x10000) & 0x3FF));
  return write(c < 0x100 ? form.byte : c <= 0xFFFF ? form.bmp : form.beyond, c);
}

std::string escape(std::string_view text, const Form& form) {
  std::string out;
  out.reserve(text.size() + text.size() / 16);
  std::size_t i = 0, plain = 0;  // what stands between them needs nothing
  const auto replace = [&](std::size_t length, std::string_view by) {
    out += text.substr(plain, i - plain);
    out += by;
    plain = i += length;
  };
  while (i < text.size()) {
    if (const std::size_t name = form.names.find(text[i]); name != std::string_view::npos) {
      replace(1, form.written[name]);
      continue;
    }
    const CodePoint c = decode_utf8(text, i);
    if (c.length == 0)
      replace(1, numbered(static_cast<unsigned char>(text[i]), form));
    else if (is_dangerous(c.value) && form.as_they_are.find(text[i]) == std::string_view::npos)
      replace(c.length, numbered(c.value, form));
    else
      i += c.length;
  }
  return out += text.substr(plain);
}

}  // namespace

std::string escape_terminal(std::string_view text, bool keep_newlines) {
  return escape(text, keep_newlines ? k_lines : k_terminal);
}
std::string escape_html(std::string_view text) {
  return escape(text, k_html);
}
std::string escape_json(std::string_view json) {
  return escape(json, k_json);
}
std::string escape_yaml(std::string_view quoted) {
  return escape(quoted, k_yaml);
}

}  // namespace kpr
