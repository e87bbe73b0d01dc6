// The inner tables: controllers, proxy redirects, BPF maps. Rows are recognised by their own shape, never by column offsets: messages with
// line breaks shift the columns in the middle of a table.
#include "scan.hpp"
#include "status_parser.hpp"

namespace kpr::det {
namespace {

// "  name   never   3s ago   7   message"
bool parse_controller_row(std::string_view line, Controller& out) {
  if (line.size() < 12 || line[0] != ' ' || line[1] != ' ' || line[2] == ' ') return false;
  std::string_view rest = line.substr(2);
  out.name = take_cell(rest);
  if (out.name.empty()) return false;
  if (!take_ago(take_cell(rest), out.last_success_ago) || !take_ago(take_cell(rest), out.last_failure_ago)) return false;
  if (!take_number(rest, out.consecutive_failures) || (!rest.empty() && rest[0] != ' ' && rest[0] != '\t')) return false;
  out.last_failure_msg = trim(rest);
  if (out.last_failure_msg == "no error") out.last_failure_msg = {};
  return true;
}

}  // namespace

void StatusParser::parse_controllers(std::string_view value) {
  Controllers& out = status_.controllers.emplace();
  out.line = number();
  std::string_view rest = value;
  if (take_number(rest, out.healthy) && take(rest, "/")) take_number(rest, out.total);
  accept(LineUse::fact);
  out.rows.reserve(out.total < 4096 ? out.total : 4096);
  while (more()) {
    const std::string_view s = line();
    Controller row;
    row.line = number();
    if (parse_controller_row(s, row)) {
      out.rows.push_back(row);
      accept(LineUse::fact);
      continue;
    }
    if (s.starts_with("  Name") && s.find("Last success") != npos) {
      accept(LineUse::header);
      continue;
    }
    if (at_key() || (out.rows.empty()) || is_noise(s)) break;
    // What is no row and no key belongs to the message above, blank lines between included.
    if (trim(s).empty()) {
      std::size_t next = at_;
      while (next < lines_.size() && trim(lines_[next]).empty()) ++next;
      std::string_view ignored;
      Controller probe;
      const bool goes_on = next < lines_.size() && key_of(lines_[next], ignored) == Key::none && !is_noise(lines_[next]);
      if (!goes_on || (next - at_) > 8) break;
      (void)probe;
      accept(LineUse::blank);
      continue;
    }
    std::string_view& message = out.rows.back().last_failure_msg;
    if (message.empty()) break;  // "no error" has no second line
    extend(message);
  }
  if (out.rows.size() > 0 && out.rows.size() == out.total) document_.verbose = true;
}

void StatusParser::parse_redirects(Proxy& proxy) {
  if (!more() || !line().starts_with("  Protocol") || line().find("Proxy Port") == npos) return;
  accept(LineUse::header);
  while (more() && line().starts_with("  ")) {
    std::string_view rest = trim(line());
    Redirect row;
    row.line = number();
    row.protocol = take_cell(rest);
    row.name = take_cell(rest);
    if (row.protocol.empty() || !to_number(rest, row.proxy_port)) break;
    proxy.redirects.push_back(row);
    accept(LineUse::fact);
  }
}

void StatusParser::parse_bpf_maps(std::string_view value) {
  BpfMaps& out = status_.bpf_maps.emplace();
  out.line = number();
  document_.verbose = true;
  std::string_view rest = value;
  if (take(rest, "dynamic sizing: on (ratio: ")) out.dynamic_size_ratio = take_until(rest, ")");
  accept(LineUse::fact);
  if (more() && line().starts_with("  Name") && trim(line()).ends_with("Size")) accept(LineUse::header);
  out.maps.reserve(28);
  while (more() && line().starts_with("  ")) {
    const std::string_view s = trim(line());
    const std::size_t blank = s.find_last_of(" \t");
    BpfMap row;
    row.line = number();
    if (blank == npos || !to_number(s.substr(blank + 1), row.size)) break;
    row.name = trim_right(s.substr(0, blank));
    out.maps.push_back(row);
    accept(LineUse::fact);
  }
}

}  // namespace kpr::det
