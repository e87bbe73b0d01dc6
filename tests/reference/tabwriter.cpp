#include "generator.hpp"
#include "reference_lines.hpp"

namespace kpr::reference {
namespace {

std::size_t runes(const std::string& text) {
  std::size_t n = 0;
  for (const char c : text)
    n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return n;
}

}  // namespace

std::string tabwriter(const std::string& text, std::size_t minwidth) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& line : split(text, "\n"))
    rows.push_back(split(line, "\t"));
  std::vector<std::vector<std::size_t>> width(rows.size());
  std::size_t columns = 0;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    width[r].resize(rows[r].size());
    columns = std::max(columns, rows[r].size());
  }
  for (std::size_t c = 0; c + 1 < columns; ++c)
    for (std::size_t r = 0; r < rows.size(); ++r) {
      std::size_t end = r, widest = minwidth;
      while (end < rows.size() && rows[end].size() > c + 1)
        widest = std::max(widest, runes(rows[end][c]) + 3), ++end;
      for (; r < end; ++r)
        width[r][c] = widest;
    }
  std::string out;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t c = 0; c < rows[r].size(); ++c) {
      out += rows[r][c];
      if (c + 1 < rows[r].size())
        out.append(width[r][c] - runes(rows[r][c]), ' ');
    }
    if (r + 1 < rows.size())
      out += '\n';
  }
  return out;
}

}  // namespace kpr::reference
