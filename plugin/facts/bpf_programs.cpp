#include "facts/bpf_programs.hpp"

#include <algorithm>

#include "util/strings.hpp"

namespace kpr::facts {
namespace {

// "eth0(2) tcx/ingress cil_from_netdev prog_id 1234 link_id 12", "eth0(2) driver id 77": the index
// in brackets behind the device makes a line one of a program.
bool read_program(std::string_view line, BpfProgram& into) {
  const auto open = line.find('('), close = line.find(") ", open);
  if (open == 0 || open == line.npos || close == line.npos ||
      !std::all_of(line.begin() + static_cast<std::ptrdiff_t>(open) + 1,
                   line.begin() + static_cast<std::ptrdiff_t>(close),
                   [](char c) {
                     return c >= '0' && c <= '9';
                   }))
    return false;
  const auto words = split(line.substr(close + 2), ' ');
  if (words.front().empty())
    return false;
  into.device = line.substr(0, open);
  into.hook = words[0];
  if (words.size() > 1 && words[1] != "id")
    into.program = words[1];
  into.line = line;
  return true;
}

}  // namespace

std::vector<BpfProgram> parse_bpftool_net(std::string_view text) {
  std::vector<BpfProgram> programs;
  for (const auto line : split(text, '\n')) {
    BpfProgram program;
    if (read_program(trim(line), program))
      programs.push_back(std::move(program));
  }
  return programs;
}

}  // namespace kpr::facts
