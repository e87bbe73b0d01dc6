// From raw bytes to lines: BOM, ANSI escapes, CRLF, the indent or quote sign of a copy.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kpr/parse.hpp"

namespace kpr::det {

// Takes BOM and ANSI escapes off; says so in a diagnostic. Line breaks stay, so line numbers do.
void clean_text(std::string& text, std::vector<Diagnostic>& diagnostics);

// Lines without their line breaks (LF or CRLF).
std::vector<std::string_view> split_lines(std::string_view text);

// What stands before every line of an indented or quoted copy: blanks, tabs, '#', '>' or '|'; found
// on the first line for which `is_anchor(rest)` holds. Taken off every line that has it.
template <class IsAnchor>
std::string_view common_prefix(const std::vector<std::string_view>& lines, IsAnchor is_anchor) {
  for (const std::string_view line : lines) {
    std::size_t i = 0;
    while (i < line.size() && (line[i] == ' ' || line[i] == '\t' || line[i] == '#' ||
                               line[i] == '>' || line[i] == '|'))
      ++i;
    if (is_anchor(line.substr(i)))
      return line.substr(0, i);
  }
  return {};
}

void strip_prefix(std::vector<std::string_view>& lines, std::string_view prefix);

}  // namespace kpr::det
