#include "commands/status.hpp"

#include "cli/handlers.hpp"
#include "cli/output.hpp"
#include "cli/source.hpp"

namespace kpr::cli {

int handle_status(const Invocation& call, const Environment& environment) {
  const Result<std::string> format = output_format(call.flags, "json|yaml|name|wide", "table");
  if (!format) return fail(format.error(), environment);
  commands::StatusOptions options;
  options.cohorts = call.flags.on("cohorts");
  if (call.flags.has("now")) {
    options.now = parse_rfc3339(call.flags.get("now"));
    if (!options.now) {
      return fail_usage("invalid argument \"" + call.flags.get("now") + "\" for \"--now\" flag: must be a time in RFC 3339, like 2026-11-24T12:00:00Z",
                        "status", call.program, environment);
    }
  }
  if (!call.arguments.empty() && !call.flags.has("filename")) {
    return fail_usage("unexpected argument \"" + call.arguments[0] + "\"; saved texts are read with -f", "status", call.program, environment);
  }
  FlagValues flags = call.flags;
  for (const std::string& argument : call.arguments) flags.add("filename", argument);  // `-f *.txt` leaves the other files as arguments
  const Result<evidence::Evidence> evidence = open_source(flags, {"status", {"status-verbose"}, {"nodes", "pods", "daemonsets"}}, environment);
  if (!evidence) return fail(evidence.error(), environment);
  const Result<report::Report> report = commands::status(*evidence, options);
  if (!report) return fail(report.error(), environment);
  return print(*report, *format, flags, environment);
}

}  // namespace kpr::cli
