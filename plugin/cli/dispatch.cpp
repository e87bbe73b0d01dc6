#include "cli/dispatch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ostream>

#include "cli/command_table.hpp"
#include "cli/completion.hpp"
#include "cli/handlers.hpp"
#include "cli/lookup.hpp"
#include "cli/output.hpp"
#include "os/child.hpp"
#include "report/render.hpp"
#include "util/strings.hpp"

namespace kpr::cli {
namespace {

std::string base_name(const std::string& path) {
  const std::size_t slash = path.find_last_of("/\\");
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

int handle_help(const Invocation& call, const Environment& environment) {
  if (call.arguments.empty()) {
    *environment.out << overview_text(call.program);
    return k_ok;
  }
  const Command* command = find_command(call.arguments[0]);
  if (command == nullptr) {
    return fail_usage(
        fmt::format("unknown command \"{}\" for \"{}\"", call.arguments[0], call.program),
        "",
        call.program,
        environment);
  }
  *environment.out << help_text(*command, call.program);
  return k_ok;
}

int handle_completion(const Invocation& call, const Environment& environment) {
  if (call.arguments.size() != 1) {
    return fail_usage("exactly one of bash, zsh, fish and install is required",
                      "completion",
                      call.program,
                      environment);
  }
  if (call.arguments[0] == "install") {
    // Started by a bare name the program was found on PATH, and the link belongs there, not in the
    // working directory.
    const std::string found = os::find_program(call.self, environment.variables);
    const std::string path = found.empty() ? call.self : found;
    const Result<std::string> link = install_completion(path);
    if (!link)
      return fail(link.error(), environment);
    *environment.err << "Made " << *link << "; kubectl completes the plugin from now on.\n";
    return k_ok;
  }
  const Result<std::string> script = completion_script(call.arguments[0]);
  if (!script)
    return fail_usage(script.error().message, "completion", call.program, environment);
  *environment.out << *script;
  return k_ok;
}

struct Handler {
  std::string_view name;
  int (*run)(const Invocation&, const Environment&);
};

constexpr std::array k_handlers{
    Handler{"status", handle_status},
    Handler{"parse", handle_parse},
    Handler{"version", handle_version},
    Handler{"completion", handle_completion},
    Handler{"help", handle_help},
    Handler{"doctor", handle_doctor},
    Handler{"collect", handle_collect},
    Handler{"checks", handle_checks},
    Handler{"explain", handle_explain},
    Handler{"rbac", handle_rbac},
};

}  // namespace

int run(const std::vector<std::string>& argv, const Environment& environment) {
  const std::string self = argv.empty() ? "kubectl-kpr" : argv[0];
  const std::string name = base_name(self);
  const std::string program = name.starts_with("kubectl-") ? "kubectl kpr" : name;
  std::vector<std::string> words(argv.begin() + (argv.empty() ? 0 : 1), argv.end());

  const bool completing = name.starts_with("kubectl_complete-");
  if (completing || (!words.empty() && words[0] == "__complete")) {
    if (!completing)
      words.erase(words.begin());
    *environment.out << complete(words, lookup_for(words, environment));
    return k_ok;
  }
  if (words.size() >= 1 &&
      words[0] == "__man") {  // for packaging: the man page of the program, or of one command
    *environment.out << man_page(words.size() > 1 ? find_command(words[1]) : nullptr,
                                 KPR_VERSION,
                                 words.size() > 2 ? words[2] : "");
    return k_ok;
  }

  Result<FlagValues> flags = parse(words, all_flags());
  // Which command was meant is known even when a flag is wrong: the first word that names one.
  const auto word = std::find_if(words.begin(), words.end(), [](const std::string& w) {
    return find_command(w) != nullptr;
  });
  if (!flags)
    return fail_usage(
        flags.error().message, word == words.end() ? "" : *word, program, environment);

  Invocation call{std::move(*flags), {}, program, self};
  const std::vector<std::string>& arguments = call.flags.arguments();
  if (arguments.empty()) {
    if (call.flags.on("version"))
      return handle_version(call, environment);
    *environment.out << overview_text(program);
    return k_ok;
  }
  const Command* command = find_command(arguments[0]);
  if (command == nullptr) {
    return fail_usage(fmt::format("unknown command \"{}\" for \"{}\"", arguments[0], program),
                      "",
                      program,
                      environment);
  }
  call.arguments.assign(arguments.begin() + 1, arguments.end());
  if (call.flags.on("help")) {
    *environment.out << help_text(*command, program);
    return k_ok;
  }
  // A flag of another command is as unknown as any.
  if (const Result<FlagValues> own = parse(words, flags_of(*command)); !own) {
    return fail_usage(own.error().message, command->name, program, environment);
  }
  const auto handler = std::find_if(k_handlers.begin(), k_handlers.end(), [&](const Handler& h) {
    return h.name == command->name;
  });
  return handler->run(call, environment);
}

}  // namespace kpr::cli
