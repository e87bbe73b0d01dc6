#include "commands/collect.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <ostream>

#include "cli/handlers.hpp"
#include "cli/output.hpp"
#include "cli/source.hpp"
#include "evidence/sysdump_writer.hpp"
#include "util/strings.hpp"

namespace kpr::cli {
namespace {

constexpr std::size_t k_missing_shown = 12;

}  // namespace

int handle_collect(const Invocation& call, const Environment& environment) {
  if (!call.arguments.empty()) return fail_usage("unexpected argument \"" + call.arguments[0] + "\"; the archive's name is given with -o", "collect", call.program, environment);
  std::string path = call.flags.get("output");
  if (call.flags.has("output") && path.empty()) return fail_usage("the archive's name is empty", "collect", call.program, environment);
  if (path.empty()) path = evidence::sysdump_name(environment.now);
  // Said before minutes of collecting, and once more by the writer.
  if (const Result<void> free = evidence::may_write_sysdump(path); !free) return fail(free.error(), environment);
  const Result<evidence::Evidence> source = open_source(call.flags, "collect", environment);
  if (!source) return fail(source.error(), environment);
  const evidence::Evidence& evidence = *source;
  if (const Result<void> wrote = evidence::write_sysdump(evidence, path, {.tool_version = "v" KPR_VERSION}); !wrote) return fail(wrote.error(), environment);

  std::ostream& err = *environment.err;
  const commands::Collected said = commands::collected(evidence);
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  *environment.out << escape_terminal(path) << '\n' << std::flush;
  err << escape_terminal(fmt::format("Wrote {} ({}): {}.", path, error ? "size unknown" : commands::size_text(bytes), said.inspected)) << '\n';
  for (const std::string& note : evidence.notes) err << escape_terminal(note, true) << '\n';
  if (!said.missing.empty()) err << "Missing:\n";
  for (std::size_t i = 0; i < said.missing.size() && i < k_missing_shown; ++i) err << "  " << escape_terminal(said.missing[i]) << '\n';
  if (said.missing.size() > k_missing_shown) err << fmt::format("  and {} more; cilium-sysdump.log in the archive has all\n", said.missing.size() - k_missing_shown);
  if (environment.signal != nullptr && *environment.signal != 0) return 128 + *environment.signal;
  return static_cast<int>(said.outcome);
}

}  // namespace kpr::cli
