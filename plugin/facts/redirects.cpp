#include "facts/redirects.hpp"

#include <algorithm>

#include "util/strings.hpp"

namespace kpr::facts {
namespace {

// Columns of a tabwriter's table: runs of two blanks and more, or tabs, part them.
std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells;
  for (std::size_t at = 0; (at = line.find_first_not_of(" \t\r", at)) != line.npos;) {
    auto end = std::min(line.find("  ", at), line.find('\t', at));
    end = std::min(end, line.size());
    cells.emplace_back(trim(line.substr(at, end - at)));
    at = end;
  }
  return cells;
}

// "|  10.96.0.10:53/UDP -> 10.0.0.7:53(kube-system/node-local-dns-x), "
RedirectFrontend frontend_of(std::string_view line, std::size_t arrow) {
  RedirectFrontend made;
  const auto bar = line.find('|');
  made.address = trim(line.substr(bar + 1, arrow - bar - 1));
  for (const auto backend : split(line.substr(arrow + 2), ','))
    if (!trim(backend).empty())
      made.backends.emplace_back(trim(backend));
  return made;
}

}  // namespace

std::vector<Redirect> parse_redirects(std::string_view text) {
  std::vector<Redirect> redirects;
  bool in_table = false;
  for (const auto line : split(text, '\n')) {
    if (line.starts_with("LRP namespace")) {
      in_table = true;
      continue;
    }
    if (!in_table || trim(line).empty() || line.starts_with("> Error"))
      continue;
    const auto bar = line.find('|'), arrow = line.find("->");
    if (bar != line.npos && arrow != line.npos && bar < arrow) {
      if (!redirects.empty())
        redirects.back().frontends.push_back(frontend_of(line, arrow));
      continue;
    }
    auto cells = cells_of(line);
    if (cells.size() < 2)
      continue;
    cells.resize(4);
    redirects.push_back({cells[0], cells[1], cells[2], cells[3], {}});
  }
  return redirects;
}

}  // namespace kpr::facts
