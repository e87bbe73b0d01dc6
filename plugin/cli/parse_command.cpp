// `kubectl kpr parse`: one text to JSON, or what was understood of each of its lines.
#include <fmt/format.h>

#include <iterator>
#include <kpr/json.hpp>
#include <kpr/parse.hpp>
#include <ostream>

#include "archive/text.hpp"
#include "cli/handlers.hpp"
#include "cli/output.hpp"
#include "report/render.hpp"
#include "util/strings.hpp"

namespace kpr::cli {
namespace {

std::string_view name_of(LineUse use) {
  switch (use) {
  case LineUse::blank:
    return "blank";
  case LineUse::fact:
    return "fact";
  case LineUse::header:
    return "header";
  case LineUse::noise:
    return "noise";
  case LineUse::unknown:
    return "unknown";
  }
  return "unknown";
}

// A line of the text with what became of it, and a sum at the end.
template <class Document>
std::string coverage(const Document& document) {
  std::string out;
  std::size_t total = 0;
  std::size_t understood = 0;
  std::size_t number = 0;
  std::string_view rest = *document.text;
  for (const LineUse use : document.lines) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest = line.size() < rest.size() ? rest.substr(line.size() + 1) : std::string_view{};
    ++number;
    if (use == LineUse::blank)
      continue;
    ++total;
    understood += use == LineUse::unknown ? 0 : 1;
    out += fmt::format("{:>5} {:<8} {}\n", number, name_of(use), escape_terminal(line));
  }
  return out + fmt::format("{}/{} lines understood\n", understood, total);
}

template <class Document>
int finish(const Document& document,
           const nlohmann::ordered_json& json,
           const Invocation& call,
           const Environment& environment,
           const std::string& path) {
  if (document.recognized) {
    *environment.out << (call.flags.on("coverage") ? coverage(document)
                                                   : report::render_json(json));
  }
  for (const Diagnostic& d : document.diagnostics) {
    if (d.severity == Severity::error)
      return fail(Error{ErrorKind::input, path + ": " + d.message, d.hint}, environment);
    *environment.err << (d.severity == Severity::warning ? "warning: " : "note: ")
                     << escape_terminal(d.line != 0 ? fmt::format("line {}: {}", d.line, d.message)
                                                    : d.message)
                     << '\n';
  }
  if (!document.recognized)
    return fail(Error{ErrorKind::input, path + ": nothing in it was understood", ""}, environment);
  return document.unknown.empty() ? k_ok : k_incomplete;
}

}  // namespace

int handle_parse(const Invocation& call, const Environment& environment) {
  if (call.arguments.size() != 1)
    return fail_usage(
        "exactly one FILE is required; - reads standard input", "parse", call.program, environment);
  JsonOptions options;
  if (call.flags.has("now")) {
    const auto now = parse_rfc3339(call.flags.get("now"));
    if (!now) {
      return fail_usage(
          "invalid argument \"" + call.flags.get("now") +
              "\" for \"--now\" flag: must be a time in RFC 3339, like 2026-11-24T12:00:00Z",
          "parse",
          call.program,
          environment);
    }
    options.now_ms = now->time_since_epoch().count();
  }
  const std::string kind = call.flags.get("kind", "status");
  if (kind != "status" && kind != "service-list" && kind != "health" && kind != "bpf-lb-list") {
    return fail_usage("invalid argument \"" + kind +
                          "\" for \"--kind\" flag: must be status, service-list, "
                          "health or bpf-lb-list",
                      "parse",
                      call.program,
                      environment);
  }
  const std::string& path = call.arguments[0];
  const std::string name = path == "-" ? "standard input" : path;
  constexpr std::size_t most = archive::k_max_text_file_bytes;
  Result<std::string> read = path == "-" ? archive::read_standard_input(most, environment.interrupt)
                                         : archive::read_file(path, most, environment.interrupt);
  if (!read)
    return fail(read.error(), environment);
  std::string text = *std::move(read);
  if (kind == "service-list") {
    const ServiceListDocument document = parse_service_list(std::move(text));
    return finish(document, to_json(document), call, environment, name);
  }
  if (kind == "bpf-lb-list") {
    const BpfLbListDocument document = parse_bpf_lb_list(std::move(text));
    return finish(document, to_json(document), call, environment, name);
  }
  if (kind == "health") {
    const HealthDocument document = parse_cilium_health(std::move(text));
    return finish(document, to_json(document), call, environment, name);
  }
  const StatusDocument document = parse_status(std::move(text));
  return finish(document, to_json(document, options), call, environment, name);
}

}  // namespace kpr::cli
