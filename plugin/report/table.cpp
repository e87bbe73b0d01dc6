#include <algorithm>

#include "report/render.hpp"
#include "util/strings.hpp"

namespace kpr::report {

std::string paint(std::string_view text, Style style, bool colour) {
  std::string_view code;
  switch (style) {
  case Style::plain:
    break;
  case Style::good:
    code = "32";
    break;
  case Style::warn:
    code = "33";
    break;
  case Style::bad:
    code = "31";
    break;
  case Style::muted:
    code = "2";
    break;
  case Style::heading:
    code = "1";
    break;
  }
  if (!colour || code.empty() || text.empty())
    return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

std::string render_table(const Table& table, const TextOptions& options) {
  std::vector<std::size_t> shown;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (options.wide || !table.columns[c].wide)
      shown.push_back(c);
  }
  std::vector<std::vector<Cell>> lines;
  if (options.headers) {
    std::vector<Cell> titles;
    for (const std::size_t c : shown)
      titles.push_back({table.columns[c].title, Style::plain});
    lines.push_back(std::move(titles));
  }
  for (const auto& row : table.rows) {
    std::vector<Cell> line;
    for (const std::size_t c : shown) {
      const std::string text = escape_terminal(row[c].text);
      line.push_back(text.empty() ? Cell{"<none>", Style::muted} : Cell{text, row[c].style});
    }
    lines.push_back(std::move(line));
  }
  std::vector<std::size_t> widths(shown.size(), 0);
  for (const auto& line : lines) {
    for (std::size_t c = 0; c < line.size(); ++c)
      widths[c] = std::max(widths[c], display_width(line[c].text));
  }
  std::string out;
  for (const auto& line : lines) {
    for (std::size_t c = 0; c < line.size(); ++c) {
      out += paint(line[c].text, line[c].style, options.colour);
      if (c + 1 < line.size())
        out.append(widths[c] + 3 - display_width(line[c].text), ' ');
    }
    out += '\n';
  }
  return out;
}

}  // namespace kpr::report
