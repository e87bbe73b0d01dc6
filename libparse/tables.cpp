// The inner tables: controllers, proxy redirects, BPF maps. Rows are recognised by their own shape,
// never by column offsets: messages with line breaks shift the columns in the middle of a table. A
// row that is damaged ends the loop; StatusParser::orphan() comes back for the rest.
#include <algorithm>

#include "scan.hpp"
#include "status_parser.hpp"

namespace kpr::det {
namespace {

// A damaged row: two blanks, then cells with two gaps of three blanks; or a row but for its first
// bytes.
bool looks_like_row(std::string_view line) {
  if (line.size() < 3)
    return false;
  std::string_view rest = trim(line.substr(2));
  take_cell(rest);
  const std::string_view second = take_cell(rest);
  if (rest.empty())
    return false;
  std::string_view ignored;
  return line.starts_with("  ") || take_ago(second, ignored);
}

}  // namespace

// "  name   never   3s ago   7   message"
bool parse_controller_row(std::string_view line, Controller& out) {
  if (line.size() < 12 || line[0] != ' ' || line[1] != ' ' || line[2] == ' ')
    return false;
  std::string_view rest = line.substr(2);
  out.name = take_cell(rest);
  if (out.name.empty())
    return false;
  if (!take_ago(take_cell(rest), out.last_success_ago) ||
      !take_ago(take_cell(rest), out.last_failure_ago))
    return false;
  if (!take_number(rest, out.consecutive_failures) ||
      (!rest.empty() && rest[0] != ' ' && rest[0] != '\t'))
    return false;
  out.last_failure_msg = trim(rest);
  if (out.last_failure_msg == "no error")
    out.last_failure_msg = {};
  return true;
}

void StatusParser::parse_controllers(std::string_view value) {
  if (!status_.controllers)
    status_.controllers.emplace();
  Controllers& out = *status_.controllers;
  out.line = number();
  std::string_view rest = value;
  if (take_number(rest, out.healthy) && take(rest, "/"))
    take_number(rest, out.total);
  accept(LineUse::fact);
  out.rows.reserve(std::min<std::size_t>(out.total, lines_.size() - at_));
  parse_controller_rows();
}

void StatusParser::parse_controller_rows() {
  section_ = Key::controller_status;
  if (!status_.controllers)
    status_.controllers.emplace();
  Controllers& out = *status_.controllers;
  bool goes_on =
      false;  // the row above was read here, so a line that is no row may belong to its message
  while (more()) {
    const std::string_view s = line();
    Controller& row = out.rows.emplace_back();
    if (parse_controller_row(s, row)) {
      row.line = number();
      accept(LineUse::fact);
      goes_on = true;
      continue;
    }
    out.rows.pop_back();
    if (s.starts_with("  Name") && s.find("Last success") != npos) {
      accept(LineUse::header);
      continue;
    }
    if (!goes_on || at_key() || is_noise(s))
      break;
    std::string_view& message = out.rows.back().last_failure_msg;
    if (message.empty())
      break;                // "no error" has no second line
    if (trim(s).empty()) {  // blank lines inside a message: no more than eight, and something that
                            // is no key follows
      std::size_t next = at_;
      while (next < lines_.size() && next - at_ <= 8 && trim(lines_[next]).empty())
        ++next;
      std::string_view ignored;
      Controller probe;
      if (next == lines_.size() || next - at_ > 8 || key_of(lines_[next], ignored) != Key::none ||
          is_noise(lines_[next]) || looks_like_key_line(lines_[next]))
        break;
      if (looks_like_row(lines_[next]) && !parse_controller_row(lines_[next], probe))
        break;
      while (at_ < next)
        accept(LineUse::blank);
      continue;
    }
    if (looks_like_row(s) || looks_like_key_line(s))
      break;  // a damaged row or key, not the message's next line
    extend(message);
  }
  if (!out.rows.empty() && out.rows.size() == out.total)
    document_.verbose = true;
}

void StatusParser::parse_redirects() {
  section_ = Key::proxy_status;
  while (more() && line().starts_with("  ")) {
    std::string_view rest = trim(line());
    if (rest.starts_with("Protocol") && rest.ends_with("Proxy Port")) {
      document_.verbose = true;
      accept(LineUse::header);
      continue;
    }
    Redirect row;
    row.line = number();
    row.protocol = take_cell(rest);
    row.name = take_cell(rest);
    if (row.protocol.empty() || !to_number(rest, row.proxy_port))
      break;
    if (!status_.proxy)
      status_.proxy.emplace();
    status_.proxy->redirects.push_back(row);
    accept(LineUse::fact);
  }
}

void StatusParser::parse_bpf_maps(std::string_view value) {
  if (!status_.bpf_maps)
    status_.bpf_maps.emplace();
  BpfMaps& out = *status_.bpf_maps;
  out.line = number();
  std::string_view rest = value;
  if (take(rest, "dynamic sizing: on (ratio: "))
    out.dynamic_size_ratio = take_until(rest, ")");
  accept(LineUse::fact);
  out.maps.reserve(28);
  parse_bpf_map_rows();
}

void StatusParser::parse_bpf_map_rows() {
  section_ = Key::bpf_maps;
  document_.verbose = true;
  while (more() && line().starts_with("  ")) {
    const std::string_view s = trim(line());
    if (s.starts_with("Name") && s.ends_with("Size")) {
      accept(LineUse::header);
      continue;
    }
    const std::size_t blank = s.find_last_of(" \t");
    BpfMap row;
    row.line = number();
    if (blank == npos || !to_number(s.substr(blank + 1), row.size))
      break;
    row.name = trim_right(s.substr(0, blank));
    if (!status_.bpf_maps)
      status_.bpf_maps.emplace();
    status_.bpf_maps->maps.push_back(row);
    accept(LineUse::fact);
  }
}

}  // namespace kpr::det
