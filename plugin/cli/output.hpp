// Which form, where to, in which colour; and what a failure looks like.
#pragma once
#include <string>
#include <string_view>

#include "cli/dispatch.hpp"
#include "cli/flags.hpp"
#include "report/report.hpp"
#include "util/result.hpp"

namespace kpr::cli {

// --color, NO_COLOR (its presence counts, as in kubectl) and TERM decide; "auto" wants a terminal.
bool wants_colour(const FlagValues& flags, const Environment& environment);

// Prints "error: …" with its hint, and gives the exit code for its kind.
int fail(const Error& error, const Environment& environment);

// A wrong flag or argument: message, "See 'kubectl kpr status --help' for usage.", exit code 64.
int fail_usage(std::string_view message,
               std::string_view command,
               std::string_view program,
               const Environment& environment);

// Checks -o against the words a command allows; the error is kubectl's.
Result<std::string>
output_format(const FlagValues& flags, std::string_view words, std::string_view fallback);

// The code of a run that a signal cut short is 128 and the signal's number, whatever was gathered
// says.
int exit_code(int code, const Environment& environment);

// Prints a report in the given format: data on stdout, its notes on stderr. Returns the exit code
// of its outcome.
int print(const report::Report& report,
          std::string_view format,
          const FlagValues& flags,
          const Environment& environment);

}  // namespace kpr::cli
