// The inner tables: controllers, proxy redirects, BPF maps. Rows are recognised by their own shape,
// never by column offsets: messages with line breaks shift the columns in the middle of a table. A
// row that is damaged ends the loop; StatusParser::orphan() comes back for the rest.
#include <algorithm>

#include "noise.hpp"
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

// "never", "3m25s ago", with the blanks behind it
bool take_ago_words(std::string_view& rest, std::string_view& out) {
  std::string_view s = rest;
  if (take(s, "never")) {
    out = rest.substr(0, 5);
  } else {
    const std::size_t blank = s.find(' ');
    if (blank == npos || s.substr(blank, 4) != " ago" || !take_ago(s.substr(0, blank + 4), out))
      return false;
    s.remove_prefix(blank + 4);
  }
  if (!s.empty() && s[0] != ' ')
    return false;
  rest = trim_left(s);
  return true;
}

bool take_count(std::string_view& rest, std::uint64_t& out) {
  return take_number(rest, out) && (rest.empty() || rest[0] == ' ' || rest[0] == '\t');
}

// The same row where a copy folded the blanks: the name ends where the two moments begin.
bool parse_folded_row(std::string_view s, Controller& out) {
  for (std::size_t blank = s.find(' '); blank != npos; blank = s.find(' ', blank + 1)) {
    std::string_view rest = trim_left(s.substr(blank));
    if (take_ago_words(rest, out.last_success_ago) && take_ago_words(rest, out.last_failure_ago) &&
        take_count(rest, out.consecutive_failures)) {
      out.name = trim_right(s.substr(0, blank));
      out.last_failure_msg = trim(rest);
      return true;
    }
  }
  return false;
}

bool parse_row(std::string_view line, Controller& out) {
  std::string_view rest = line;
  out.name = take_cell(rest);
  if (out.name.empty())
    return false;
  if (!take_ago(take_cell(rest), out.last_success_ago) ||
      !take_ago(take_cell(rest), out.last_failure_ago) ||
      !take_count(rest, out.consecutive_failures))
    return false;
  out.last_failure_msg = trim(rest);
  return true;
}

bool is_header(std::string_view s) {
  return s.starts_with("Name") && s.find("Last succ") != npos;
}

}  // namespace

// "  name   never   3s ago   7   message"
bool parse_controller_row(std::string_view line, Controller& out) {
  if (line.size() < 12 || line[0] != ' ' || line[2] == ' ')
    return false;
  if (line[1] != ' ' || !parse_row(line.substr(2), out)) {
    if (line.find(" ago ") == npos && line.find("never ") == npos)
      return false;
    if (!parse_folded_row(trim(line), out))
      return false;
  }
  if (out.last_failure_msg == "no error")
    out.last_failure_msg = {};
  return true;
}

Reading StatusParser::read_controller_status(std::string_view value) {
  Scan in(trim(value));
  Controllers head;
  if (!in.num(head.healthy) || !in.lit("/") || !in.num(head.total) || !in.lit(" healthy"))
    return in.reading();
  if (!in.end())
    leftover(in.rest());
  if (!status_.controllers)
    status_.controllers.emplace();
  Controllers& out = *status_.controllers;
  out.line = number();
  out.healthy = head.healthy;
  out.total = head.total;
  out.rows.reserve(std::min<std::size_t>(out.total, lines_.size() - at_));
  return Reading::whole;
}

// The row above has a message; is the current line the next one of it?
bool StatusParser::controller_message_goes_on() const {
  return !at_key() && !is_noise(line()) && !looks_like_row(line()) && !looks_like_key_line(line());
}

// Blank lines within a message: no more than eight, and something that is no key follows.
bool StatusParser::take_blanks_of_message() {
  std::size_t next = at_;
  while (next < lines_.size() && next - at_ <= 8 && trim(lines_[next]).empty())
    ++next;
  std::string_view ignored;
  Controller probe;
  if (next == lines_.size() || next - at_ > 8 || key_of(lines_[next], ignored) != Key::none ||
      is_noise(lines_[next]) || looks_like_key_line(lines_[next]))
    return false;
  if (looks_like_row(lines_[next]) && !parse_controller_row(lines_[next], probe))
    return false;
  while (at_ < next)
    accept(LineUse::blank);
  return true;
}

// "no e" is the beginning of "no error", not a failure.
Reading StatusParser::read_controller_message(Controller& row) {
  const std::string_view msg = row.last_failure_msg;
  const bool half = !msg.empty() && std::string_view("no error").starts_with(msg);
  if (!half && !line_is_cut())
    return Reading::whole;
  row.last_failure_msg = {};
  return Reading::cut;
}

void StatusParser::parse_controller_rows() {
  section_ = Key::controller_status;
  if (!status_.controllers)
    status_.controllers.emplace();
  Controllers& out = *status_.controllers;
  bool goes_on = false;  // the row above was read here, and has a message
  while (more()) {
    Controller& row = out.rows.emplace_back();
    if (parse_controller_row(line(), row)) {
      row.line = number();
      accept(read_controller_message(row));
      goes_on = !row.last_failure_msg.empty();
      continue;
    }
    out.rows.pop_back();
    const bool blank = trim(line()).empty();
    if (line().starts_with(' ') && is_header(trim(line())))
      accept(LineUse::header);
    else if (goes_on && !blank && controller_message_goes_on())
      extend(out.rows.back().last_failure_msg);
    else if (!goes_on || !blank || !take_blanks_of_message())
      break;
  }
  if (!out.rows.empty() && out.rows.size() == out.total)
    document_.verbose = true;
}

namespace {

constexpr std::string_view k_envoy_modes[] = {"external", "embedded"};

// "10000-20000": both ends, in order
Reading port_range(std::string_view text) {
  Scan in(text);
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  if (in.num(low) && in.lit("-") && in.num(high) && in.end() && high < low)
    return Reading::cut;
  return in.reading();
}

}  // namespace

// "OK, ip 10.0.0.1, 2 redirects active on ports 10000-20000, Envoy: external"; 1.6: "OK,
// ip 10.0.0.1, port-range 10000-20000"
Reading StatusParser::read_proxy_status(std::string_view value) {
  constexpr std::string_view k_none = "No managed proxy redirect";
  const std::string_view v = trim(value);
  Proxy out;
  out.line = number();
  if (status_.proxy)
    out.redirects = std::move(status_.proxy->redirects);
  Reading reading = Reading::whole;
  Scan in(v);
  if (!v.empty() && k_none.starts_with(v)) {
    reading = v == k_none ? Reading::whole : Reading::cut;
  } else if (in.lit("OK, ip ") && in.until(", ", out.ip)) {
    out.managed = true;
    std::uint64_t redirects = 0;
    if (in.maybe("port-range ")) {
      in.word(out.port_range);
    } else if (in.num(redirects) && in.lit(" redirects active on ports ")) {
      out.total_redirects = redirects;
      std::string_view rest = in.rest();
      out.port_range = take_until(rest, ",");
      in.lit(out.port_range);
    }
    reading = worse(in.reading(), port_range(out.port_range));
    if (reading == Reading::whole && in.empty() && line_is_cut())
      reading = Reading::cut;
    if (reading != Reading::whole)
      out.port_range = {};
    if (reading == Reading::whole && !in.empty() && in.lit(", Envoy: ")) {
      reading = any_of(in.rest(), k_envoy_modes);
      out.envoy = reading == Reading::whole ? in.rest() : std::string_view{};
    }
    reading = worse(reading, in.reading());
  } else {
    reading = in.reading();
  }
  if (reading == Reading::foreign && !out.managed)
    return reading;
  if (reading == Reading::foreign)
    leftover(v);
  if (out.managed || reading == Reading::whole)
    status_.proxy = out;
  return reading == Reading::foreign ? Reading::whole : reading;
}

// "  cilium-dns-egress   1023:egress:UDP:53:   38411"
void StatusParser::parse_redirects() {
  section_ = Key::proxy_status;
  while (more() && line().starts_with(' ')) {
    std::string_view rest = trim(line());
    if (rest.starts_with("Protocol") && rest.find("Redirect") != npos) {
      document_.verbose = true;
      accept(LineUse::header);
      continue;
    }
    const std::size_t first = rest.find(' ');
    const std::size_t last = rest.rfind(' ');
    Redirect row;
    row.line = number();
    if (first == npos || !to_number(rest.substr(last + 1), row.proxy_port))
      break;
    row.protocol = rest.substr(0, first);
    row.name = trim(rest.substr(first, last - first));
    if (row.name.empty())
      break;
    const bool cut = line_is_cut();
    if (!status_.proxy)
      status_.proxy.emplace();
    if (!cut)
      status_.proxy->redirects.push_back(row);
    accept(cut ? Reading::cut : Reading::whole);
  }
}

// "dynamic sizing: off", "dynamic sizing: on (ratio: 0.002500)"
Reading StatusParser::read_bpf_maps(std::string_view value) {
  constexpr std::string_view k_words[] = {"dynamic sizing: off", "dynamic sizing: on"};
  const std::string_view v = trim(value);
  const std::size_t open = v.find(" (");
  const Reading reading = one_of(v.substr(0, open), k_words);
  if (reading != Reading::whole)
    return reading;
  if (!status_.bpf_maps)
    status_.bpf_maps.emplace();
  BpfMaps& out = *status_.bpf_maps;
  out.line = number();
  out.maps.reserve(28);
  Scan in(open == npos ? std::string_view{} : v.substr(open));
  std::string_view ratio;
  if (in.empty())
    return v.ends_with("on") ? Reading::cut : Reading::whole;
  if (in.lit(" (ratio: ") && in.until(")", ratio) && in.end())
    out.dynamic_size_ratio = ratio;
  if (in.reading() == Reading::foreign)
    leftover(v.substr(open));
  return in.reading() == Reading::cut ? Reading::cut : Reading::whole;
}

// "  TCP connection tracking   434452": names hold blanks
void StatusParser::parse_bpf_map_rows() {
  section_ = Key::bpf_maps;
  while (more() && line().starts_with(' ')) {
    const std::string_view s = trim(line());
    if (s.starts_with("Name") && trim(s.substr(4)) == "Size") {
      document_.verbose = true;
      accept(LineUse::header);
      continue;
    }
    const std::size_t blank = s.find_last_of(" \t");
    BpfMap row;
    row.line = number();
    if (blank == npos || !to_number(s.substr(blank + 1), row.size))
      break;
    row.name = trim_right(s.substr(0, blank));
    const bool cut = line_is_cut();
    if (!status_.bpf_maps)
      status_.bpf_maps.emplace();
    document_.verbose = true;
    if (!cut)
      status_.bpf_maps->maps.push_back(row);
    accept(cut ? Reading::cut : Reading::whole);
  }
}

}  // namespace kpr::det
