#include "commands/collect.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <ostream>

#include "archive/sysdump_writer.hpp"
#include "archive/text.hpp"
#include "cli/handlers.hpp"
#include "cli/output.hpp"
#include "cli/source.hpp"
#include "os/random.hpp"
#include "privacy/anonymize.hpp"
#include "util/strings.hpp"

namespace kpr::cli {
namespace {

constexpr std::size_t k_missing_shown = 12;

// Two runs within one second would be of one name: the second one's gets a number.
std::string name_of_its_own(Time now) {
  const std::string name = archive::sysdump_name(now);
  std::string own = name;
  std::error_code error;
  for (int n = 2; std::filesystem::exists(own, error); ++n)
    own = fmt::format("{}-{}.zip", name.substr(0, name.rfind('.')), n);
  return own;
}

std::string map_beside(std::string path) {
  for (const std::string_view ending : {".zip", ".tar.gz", ".tgz"})
    if (path.ends_with(ending))
      path.resize(path.size() - ending.size());
  return path + "-pseudonyms.json";
}

Result<privacy::Pseudonyms> open_pseudonyms(const std::string& map, os::Interrupt interrupt) {
  std::error_code error;
  if (std::filesystem::exists(map, error)) {
    KPR_TRY_ASSIGN(const std::string text, archive::read_file(map, 256u << 20, interrupt));
    Result<privacy::Pseudonyms> known = privacy::Pseudonyms::from_json(text);
    if (!known)
      return Error{ErrorKind::input,
                   fmt::format("cannot use {}: {}", map, known.error().message),
                   "Name another file with --anonymize-map."};
    return known;
  }
  std::string key;
  for (int i = 0; i < 8; ++i) {
    const std::uint32_t word = os::random_word();
    for (int k = 0; k < 4; ++k)
      key += static_cast<char>(word >> (8 * k));
  }
  return privacy::Pseudonyms(std::move(key));
}

}  // namespace

int handle_collect(const Invocation& call, const Environment& environment) {
  if (!call.arguments.empty())
    return fail_usage("unexpected argument \"" + call.arguments[0] +
                          "\"; the archive's name is given with -o",
                      "collect",
                      call.program,
                      environment);
  std::string path = call.flags.get("output");
  if (call.flags.has("output") && path.empty())
    return fail_usage("the archive's name is empty", "collect", call.program, environment);
  if (path.empty())
    path = name_of_its_own(environment.now);
  // Said before minutes of collecting, and once more by the writer.
  if (const Result<void> free = archive::may_write_sysdump(path); !free)
    return fail(free.error(), environment);
  const bool anonymize = call.flags.on("anonymize");
  if (call.flags.has("anonymize-map") && !anonymize)
    return fail_usage(
        "--anonymize-map is of use with --anonymize only", "collect", call.program, environment);
  const std::string map = call.flags.get("anonymize-map", map_beside(path));
  Result<privacy::Pseudonyms> pseudonyms =
      anonymize ? open_pseudonyms(map, environment.interrupt) : privacy::Pseudonyms("");
  if (!pseudonyms)
    return fail(pseudonyms.error(), environment);
  Result<evidence::Evidence> source = open_source(call.flags, "collect", environment);
  if (!source)
    return fail(source.error(), environment);
  evidence::Evidence& evidence = *source;
  if (anonymize) {
    privacy::anonymize(evidence, *pseudonyms);
    // The map first: an archive whose pseudonyms nobody can undo is of less use than a map without
    // an archive.
    if (const Result<void> wrote = archive::write_private_file(map, pseudonyms->to_json()); !wrote)
      return fail(wrote.error(), environment);
  }
  if (const Result<void> wrote =
          archive::write_sysdump(evidence, path, {.tool_version = "v" KPR_VERSION});
      !wrote)
    return fail(wrote.error(), environment);

  std::ostream& err = *environment.err;
  const commands::Collected said = commands::collected(evidence);
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  *environment.out << escape_terminal(path) << '\n' << std::flush;
  err << escape_terminal(fmt::format("Wrote {} ({}): {}.",
                                     path,
                                     error ? "size unknown" : commands::size_text(bytes),
                                     said.inspected))
      << '\n';
  if (anonymize)
    err << escape_terminal(fmt::format(
               "Names and addresses are behind pseudonyms; {} says which. Keep it to yourself.",
               map))
        << '\n';
  for (const std::string& note : evidence.notes)
    err << escape_terminal(note, true) << '\n';
  if (!said.missing.empty())
    err << "Missing:\n";
  for (std::size_t i = 0; i < said.missing.size() && i < k_missing_shown; ++i)
    err << "  " << escape_terminal(said.missing[i]) << '\n';
  if (said.missing.size() > k_missing_shown)
    err << fmt::format("  and {} more; cilium-sysdump.log in the archive has all\n",
                       said.missing.size() - k_missing_shown);
  return exit_code(static_cast<int>(said.outcome), environment);
}

}  // namespace kpr::cli
