// `cilium service list`: cilium-dbg/cmd/service_list.go, 1.6 - 1.20.
#include <algorithm>

#include "input_kind.hpp"
#include "json_in.hpp"
#include "l3n4_addr.hpp"
#include "lines.hpp"
#include "noise.hpp"
#include "scan.hpp"
#include "status_parser.hpp"

namespace kpr {
namespace {

using namespace det;

// "1 => 10.0.0.5:8080/TCP (active) (preferred)"; 1.6 "1 => 10.0.0.5:8080 (W: 3)"
bool parse_backend(std::string_view text, Backend& out) {
  std::string_view rest = text;
  if (!take_number(rest, out.id) || !take(rest, " => "))
    return false;
  const std::string_view address = take_until(rest, " ");
  if (!parse_address(address, out.address))
    return false;
  while (!rest.empty()) {
    rest = trim_left(rest);
    if (!take(rest, "("))
      return false;
    std::string_view word = take_until(rest, ")");
    if (word == "preferred")
      out.preferred = true;
    else if (take(word, "W: "))
      take_number(word, out.weight);
    else
      out.state = word;
  }
  return true;
}

// "ID  frontend  [type]  [backend]"
bool parse_row(std::string_view line, Service& out, Backend& backend, bool& has_backend) {
  std::string_view rest = line;
  if (!take_number(rest, out.id) || rest.empty() || (rest[0] != ' ' && rest[0] != '\t'))
    return false;
  rest = trim_left(rest);
  std::string_view frontend = rest.substr(0, rest.find_first_of(" \t"));
  if (!parse_address(frontend, out.frontend))
    return false;
  rest = trim(rest.substr(frontend.size()));
  const std::size_t arrow = rest.find(" => ");
  has_backend = false;
  if (arrow != npos) {
    std::size_t number = arrow;
    while (number > 0 && is_digit(rest[number - 1]))
      --number;
    has_backend = parse_backend(trim_right(rest.substr(number)), backend);
    if (!has_backend)
      return false;
    rest = trim_right(rest.substr(0, number));
  }
  out.type = rest;
  constexpr std::string_view k_remote = " (Remote)";
  if (out.type.ends_with(k_remote)) {
    out.remote = true;
    out.type.remove_suffix(k_remote.size());
  }
  return out.type.find("  ") == npos;
}

}  // namespace

ServiceListDocument parse_service_list(std::string text) {
  ServiceListDocument document;
  // A JSON list begins with '[' or is null; open_text knows objects only.
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool json = first != npos && (text[first] == '[' || text.compare(first, 4, "null") == 0);
  InputText input = open_text(std::move(text), document.diagnostics);
  document.text = input.text;
  if (json) {
    read_service_list_json(document);
    return document;
  }
  document.kind = input.kind;
  if (input.kind != InputKind::unknown)
    return document;
  std::vector<std::string_view> lines = split_lines(*document.text);
  const std::string_view prefix = common_prefix(lines, [](std::string_view rest) {
    Service service;
    Backend backend;
    bool has_backend = false;
    return (rest.starts_with("ID ") && rest.find("Frontend") != npos) ||
           parse_row(rest, service, backend, has_backend);
  });
  strip_prefix(lines, prefix);
  document.lines.assign(lines.size(), LineUse::blank);
  bool header = false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view s = trim(lines[i]);
    if (s.empty())
      continue;
    const Line number = static_cast<Line>(i + 1);
    if (s.starts_with("ID") && s.find("Frontend") != npos && s.find("Backend") != npos) {
      document.lines[i] = LineUse::header;
      header = true;
      continue;
    }
    Backend backend;
    backend.line = number;
    if (!document.services.empty() && parse_backend(s, backend)) {
      document.services.back().backends.push_back(backend);
      document.lines[i] = LineUse::fact;
      continue;
    }
    Service service;
    service.line = number;
    bool has_backend = false;
    if (parse_row(s, service, backend, has_backend)) {
      if (has_backend)
        service.backends.push_back(backend);
      document.services.push_back(std::move(service));
      document.lines[i] = LineUse::fact;
    } else if (is_noise(s) || s.starts_with("error parsing ")) {
      document.lines[i] = LineUse::noise;
    } else {
      document.lines[i] = LineUse::unknown;
      document.unknown.push_back({number, lines[i]});
    }
  }
  if (header || !document.services.empty()) {
    document.kind = InputKind::service_list;
    document.recognized = true;
    if (!header) {
      document.diagnostics.push_back(
          {Severity::note,
           "partial",
           "rows without the header line (a grep?); other services are not known",
           "",
           0});
    }
  } else {
    document.kind = kind_of_other_text(*document.text, document.diagnostics);
    if (document.kind == InputKind::service_list)
      document.kind = InputKind::unknown;
  }
  return document;
}

}  // namespace kpr
