#include "commands/status.hpp"

#include <ostream>
#include <set>

#include "cli/handlers.hpp"
#include "cli/output.hpp"
#include "cli/source.hpp"
#include "report/render.hpp"

namespace kpr::cli {
namespace {

Result<report::Report> ask(const FlagValues& flags,
                           const commands::StatusOptions& options,
                           const Environment& environment) {
  commands::StatusIntake intake;
  KPR_TRY_ASSIGN(evidence::Evidence evidence,
                 open_source(flags, "status", environment, options.document ? nullptr : &intake));
  return commands::status(std::move(evidence), options, &intake);
}

// True when the time has passed, false when a signal came first.
bool wait(std::chrono::nanoseconds time, const Environment& environment) {
  return !environment.interrupt.wait(std::chrono::duration_cast<std::chrono::milliseconds>(time));
}

// On a terminal the whole table again; on a pipe the rows that are new or changed, after the first
// table. A round that fails is said and the watch goes on.
int watch(const FlagValues& flags,
          const std::string& format,
          const commands::StatusOptions& options,
          std::chrono::nanoseconds interval,
          const Environment& environment) {
  std::set<std::string> shown;
  int code = k_ok;
  do {
    const Result<report::Report> report = ask(flags, options, environment);
    if (!report) {
      code = fail(report.error(), environment);
      if (shown.empty())
        return code;
    } else if (environment.out_is_terminal || format != "table") {
      if (environment.out_is_terminal)
        *environment.out << "\x1b[H\x1b[2J";
      code = print(*report, format, flags, environment);
    } else {
      report::Report changes = *report;
      changes.notes.clear();
      changes.table.rows.clear();
      for (const auto& row : report->table.rows) {
        std::string key;
        for (const report::Cell& cell : row)
          key += cell.text + '\n';
        if (shown.insert(key).second)
          changes.table.rows.push_back(row);
      }
      // A row that comes back as it was before is a change too: only the present rows count as
      // shown.
      shown.clear();
      for (const auto& row : report->table.rows) {
        std::string key;
        for (const report::Cell& cell : row)
          key += cell.text + '\n';
        shown.insert(key);
      }
      if (!changes.table.rows.empty())
        print(changes, format, flags, environment);
      code = static_cast<int>(report->outcome);
    }
    shown.insert("");  // something was shown
  } while (environment.out->good() && wait(interval, environment));
  return exit_code(code, environment);
}

}  // namespace

int handle_status(const Invocation& call, const Environment& environment) {
  const Result<std::string> format = output_format(call.flags, "json|yaml|name|wide", "table");
  if (!format)
    return fail(format.error(), environment);
  commands::StatusOptions options;
  options.cohorts = call.flags.on("cohorts");
  options.document = *format == "json" || *format == "yaml";
  if (call.flags.has("now")) {
    options.now = parse_rfc3339(call.flags.get("now"));
    if (!options.now) {
      return fail_usage(
          "invalid argument \"" + call.flags.get("now") +
              "\" for \"--now\" flag: must be a time in RFC 3339, like 2026-11-24T12:00:00Z",
          "status",
          call.program,
          environment);
    }
  }
  if (!call.arguments.empty() && !call.flags.has("filename")) {
    return fail_usage("unexpected argument \"" + call.arguments[0] +
                          "\"; saved texts are read with -f",
                      "status",
                      call.program,
                      environment);
  }
  FlagValues flags = call.flags;
  for (const std::string& argument : call.arguments)
    flags.add("filename", argument);  // `-f *.txt` leaves the other files as arguments
  if (flags.on("watch")) {
    if (!is_live(flags))
      return fail_usage("--watch needs a cluster; saved texts do not change",
                        "status",
                        call.program,
                        environment);
    const auto interval = parse_kubectl_timeout(flags.get("interval", "10s"));
    if (!interval || *interval < std::chrono::seconds(1)) {
      return fail_usage("invalid argument \"" + flags.get("interval") +
                            "\" for \"--interval\" flag: must be a duration of a second or more",
                        "status",
                        call.program,
                        environment);
    }
    return watch(flags, *format, options, *interval, environment);
  }
  const Result<report::Report> report = ask(flags, options, environment);
  if (!report)
    return fail(report.error(), environment);
  const int code = print(*report, *format, flags, environment);
  return exit_code(code, environment);
}

}  // namespace kpr::cli
