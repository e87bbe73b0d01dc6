#include "commands/doctor.hpp"

#include <fmt/format.h>

#include <ostream>
#include <sstream>

#include "archive/text.hpp"
#include "cli/handlers.hpp"
#include "cli/output.hpp"
#include "cli/source.hpp"
#include "os/files.hpp"
#include "report/render.hpp"
#include "util/strings.hpp"

namespace kpr::cli {
namespace {

std::vector<std::string> ids(const FlagValues& flags, std::string_view name) {
  std::vector<std::string> out;
  for (const std::string& value : flags.all(name)) {
    for (const std::string_view id : split(value, ',')) {
      if (!trim(id).empty())
        out.emplace_back(trim(id));
    }
  }
  return out;
}

Error bad_value(const FlagValues& flags, std::string_view flag, std::string_view allowed) {
  return Error{
      ErrorKind::usage,
      fmt::format(
          "invalid argument \"{}\" for \"--{}\" flag: must be {}", flags.get(flag), flag, allowed),
      ""};
}

Result<commands::DoctorOptions> options_of(const FlagValues& flags,
                                           const Environment& environment) {
  commands::DoctorOptions options;
  options.tool_version = "v" KPR_VERSION;
  options.selection.only = ids(flags, "checks");
  options.selection.skip = ids(flags, "skip");
  if (flags.has("min-severity")) {
    options.selection.min_severity = checks::parse_severity(flags.get("min-severity"));
    if (!options.selection.min_severity)
      return bad_value(flags, "min-severity", "info, warn, error or critical");
  }
  if (flags.has("fail-on")) {
    options.fail_on = checks::parse_severity(flags.get("fail-on"));
    if (!options.fail_on && flags.get("fail-on") != "never")
      return bad_value(flags, "fail-on", "info, warn, error, critical or never");
  }
  if (flags.has("now")) {
    options.now = parse_rfc3339(flags.get("now"));
    if (!options.now)
      return bad_value(flags, "now", "a time in RFC 3339, like 2026-11-24T12:00:00Z");
  }
  if (flags.has("pull-age")) {
    const auto age = parse_kubectl_timeout(flags.get("pull-age"));
    if (!age)
      return bad_value(flags, "pull-age", "a duration, like 90s or 5m");
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*age);
    checks::Thresholds& t = options.selection.thresholds;
    t.pull_info = seconds;
    t.pull_warn = std::max(t.pull_warn, seconds);
    t.pull_error = std::max(t.pull_error, seconds);
  }
  if (flags.has("namespace-of-workloads") && !flags.on("all-namespaces"))
    options.selection.thresholds.workload_namespaces = flags.all("namespace-of-workloads");
  if (flags.has("waivers")) {
    KPR_TRY_ASSIGN(const std::string text,
                   archive::read_file(flags.get("waivers"), 1u << 20, environment.interrupt));
    KPR_TRY_ASSIGN(options.selection.waivers, checks::parse_waivers(text, flags.get("waivers")));
  }
  for (const std::string& id : options.selection.only) {
    if (id.find_first_of("*?") == std::string::npos && checks::find_entry(id) == nullptr) {
      return Error{ErrorKind::usage,
                   fmt::format("there is no check \"{}\"", id),
                   "`kubectl kpr checks` lists them all."};
    }
  }
  return options;
}

}  // namespace

int handle_doctor(const Invocation& call, const Environment& environment) {
  const Result<std::string> format = output_format(
      call.flags, "text|short|json|yaml|markdown|junit|sarif|html|prometheus", "text");
  if (!format)
    return fail(format.error(), environment);
  if (!call.arguments.empty() && !call.flags.has("filename")) {
    return fail_usage("unexpected argument \"" + call.arguments[0] +
                          "\"; an archive is read with --from",
                      "doctor",
                      call.program,
                      environment);
  }
  if (call.flags.has("output-file") && call.flags.get("output-file").empty())
    return fail_usage("the output file's name is empty", "doctor", call.program, environment);
  const Result<commands::DoctorOptions> options = options_of(call.flags, environment);
  if (!options)
    return fail(options.error(), environment);
  FlagValues flags = call.flags;
  for (const std::string& argument : call.arguments)
    flags.add("filename", argument);
  commands::DoctorIntake intake;
  Result<evidence::Evidence> evidence = open_source(flags, "doctor", environment, &intake);
  if (!evidence)
    return fail(evidence.error(), environment);
  const report::DoctorReport report = commands::doctor(*evidence, *options, &intake);
  std::ostringstream held;
  const bool to_file = flags.has("output-file");
  std::ostream& out = to_file ? held : *environment.out;
  const bool colour = !to_file && wants_colour(flags, environment);
  if (*format == "json")
    out << report::render_json(report::doctor_document(report));
  else if (*format == "yaml")
    out << report::render_yaml(report::doctor_document(report));
  else if (*format == "short")
    out << report::render_doctor_short(report, colour);
  else if (*format == "markdown")
    out << report::render_doctor_markdown(report);
  else if (*format == "junit")
    out << report::render_doctor_junit(report);
  else if (*format == "sarif")
    out << report::render_doctor_sarif(report);
  else if (*format == "html")
    out << report::render_doctor_html(report);
  else if (*format == "prometheus")
    out << report::render_doctor_prometheus(report);
  else {
    report::DoctorTextOptions text;
    text.colour = colour;
    text.explain = flags.on("explain");
    text.width = environment.width;
    text.explain_command = call.program + " explain";
    out << report::render_doctor_text(report, text);
  }
  out.flush();
  if (to_file) {
    const std::string path = flags.get("output-file");
    // A text-file collector is another user.
    const os::Access access = *format == "prometheus" ? os::Access::everybody : os::Access::owner;
    if (const std::error_code failed =
            os::write_file(path, held.str(), access, environment.interrupt)) {
      const int code = fail(
          Error{ErrorKind::input, fmt::format("cannot write {}: {}", path, failed.message()), ""},
          environment);
      return exit_code(code, environment);
    }
  }
  for (const std::string& note : report.notes)
    *environment.err << escape_terminal(note, true) << '\n';
  return exit_code(static_cast<int>(report.outcome), environment);
}

int handle_checks(const Invocation& call, const Environment& environment) {
  const Result<std::string> format = output_format(call.flags, "json|yaml|name|wide", "table");
  if (!format)
    return fail(format.error(), environment);
  return print(commands::list_checks(), *format, call.flags, environment);
}

int handle_explain(const Invocation& call, const Environment& environment) {
  if (call.arguments.size() != 1)
    return fail_usage("exactly one check ID is required", "explain", call.program, environment);
  const Result<std::string> format = output_format(call.flags, "json|yaml", "text");
  if (!format)
    return fail(format.error(), environment);
  const Result<commands::Explanation> explanation = commands::explain(call.arguments[0]);
  if (!explanation)
    return fail(explanation.error(), environment);
  if (*format == "json")
    *environment.out << report::render_json(explanation->document);
  else if (*format == "yaml")
    *environment.out << report::render_yaml(explanation->document);
  else
    *environment.out << explanation->text;
  return k_ok;
}

}  // namespace kpr::cli
