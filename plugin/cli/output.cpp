#include "cli/output.hpp"

#include <fmt/format.h>

#include <ostream>

#include "report/render.hpp"
#include "util/strings.hpp"

namespace kpr::cli {

bool wants_colour(const FlagValues& flags, const Environment& environment) {
  const std::string choice = flags.get("color", "auto");
  if (choice == "always")
    return true;
  if (choice == "never")
    return false;
  const std::string term = environment.getenv("TERM").value_or("");
  return environment.out_is_terminal && !environment.getenv("NO_COLOR") && !term.empty() &&
         term != "dumb";
}

int fail(const Error& error, const Environment& environment) {
  // kubectl prints the API server's refusals without "error: " before them.
  const bool as_it_is = error.message.starts_with("Error from server") ||
                        error.message.starts_with("error: ") ||
                        error.message.starts_with("The connection to the server") ||
                        error.message.starts_with("Unable to connect");
  *environment.err << (as_it_is ? "" : "error: ") << escape_terminal(error.message, true) << '\n';
  if (!error.hint.empty())
    *environment.err << escape_terminal(error.hint, true) << '\n';
  if (error.kind == ErrorKind::usage)
    return k_usage;
  return exit_code(error.kind == ErrorKind::cancelled ? k_interrupted : k_failed, environment);
}

int fail_usage(std::string_view message,
               std::string_view command,
               std::string_view program,
               const Environment& environment) {
  *environment.err << "error: " << escape_terminal(message) << "\nSee '" << program
                   << (command.empty() ? "" : " ") << command << " --help' for usage.\n";
  return k_usage;
}

Result<std::string>
output_format(const FlagValues& flags, std::string_view words, std::string_view fallback) {
  const std::string format = flags.get("output", fallback);
  if (format == fallback || format.empty())
    return std::string(fallback);
  std::string allowed;
  for (const std::string_view word : split(words, '|')) {
    if (word == format)
      return format;
    allowed += allowed.empty() ? std::string(word) : fmt::format(",{}", word);
  }
  return Error{ErrorKind::usage,
               fmt::format("unable to match a printer suitable for the output format \"{}\", "
                           "allowed formats are: {}",
                           format,
                           allowed),
               ""};
}

int exit_code(int code, const Environment& environment) {
  return environment.signal != nullptr && *environment.signal != 0 ? 128 + *environment.signal
                                                                   : code;
}

int print(const report::Report& report,
          std::string_view format,
          const FlagValues& flags,
          const Environment& environment) {
  std::ostream& out = *environment.out;
  if (format == "json") {
    out << report::render_json(report.document);
  } else if (format == "yaml") {
    out << report::render_yaml(report.document);
  } else if (format == "name") {
    for (const std::string& name : report.names)
      out << escape_terminal(name) << '\n';
  } else {
    out << report::render_table(report.table,
                                {.colour = wants_colour(flags, environment),
                                 .wide = format == "wide",
                                 .headers = !flags.on("no-headers")});
  }
  out.flush();
  for (const std::string& note : report.notes)
    *environment.err << escape_terminal(note, true) << '\n';
  return static_cast<int>(report.outcome);
}

}  // namespace kpr::cli
