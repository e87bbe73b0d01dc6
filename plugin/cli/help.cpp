#include <fmt/format.h>

#include <algorithm>

#include "cli/command_table.hpp"
#include "util/strings.hpp"

namespace kpr::cli {
namespace {

std::string with_program(std::string_view text, std::string_view program) {
  std::string out(text);
  for (std::size_t at = out.find("{}"); at != std::string::npos;
       at = out.find("{}", at + program.size()))
    out.replace(at, 2, program);
  return out;
}

// "-o, --output='table'" as kubectl prints it.
std::string flag_head(const Flag& flag) {
  const std::string letter = flag.letter != 0 ? fmt::format("-{}, ", flag.letter) : "";
  if (flag.value.empty())
    return fmt::format("{}--{}", letter, flag.name);
  if (flag.repeatable)
    return fmt::format("{}--{}=[]", letter, flag.name);
  return fmt::format("{}--{}='{}'", letter, flag.name, flag.fallback);
}

std::vector<Flag> sorted_flags(const Command& command) {
  std::vector<Flag> flags = flags_of(command);
  std::sort(flags.begin(), flags.end(), [](const Flag& a, const Flag& b) {
    return a.name < b.name;
  });
  return flags;
}

std::string roff(std::string_view text) {
  std::string out;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\''))
      out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
    line_start = c == '\n';
  }
  return out;
}

}  // namespace

std::string overview_text(std::string_view program) {
  std::string out = "Inspects and diagnoses Cilium's kube-proxy replacement on every node of a "
                    "cluster. It reads only, and asks nobody but your API server.\n\n"
                    "Commands:\n";
  for (const Command& command : commands())
    out += fmt::format("  {:<12} {}\n", command.name, command.summary);
  out += fmt::format("\nUsage:\n  {0} COMMAND [flags]\n\nUse \"{0} COMMAND --help\" for more "
                     "information about a given command.\n",
                     program);
  return out;
}

std::string help_text(const Command& command, std::string_view program) {
  std::string out = fmt::format("{}.\n\n{}\n\nExamples:\n", command.summary, command.text);
  for (const Example& example : command.examples) {
    out += fmt::format("  # {}\n  {}\n\n", example.comment, with_program(example.command, program));
  }
  out += "Options:\n";
  for (const Flag& flag : sorted_flags(command)) {
    out += fmt::format("    {}:\n        {}.\n\n", flag_head(flag), flag.help);
  }
  out += fmt::format("Usage:\n  {} {} {}\n", program, command.name, command.arguments);
  return out;
}

std::string man_page(const Command* command, std::string_view version, std::string_view date) {
  const std::string name =
      command == nullptr ? "kubectl-kpr" : fmt::format("kubectl-kpr-{}", command->name);
  std::string title = name;
  std::transform(title.begin(), title.end(), title.begin(), [](unsigned char c) {
    return static_cast<char>(std::toupper(c));
  });
  std::string out = fmt::format(
      ".TH {} 1 \"{}\" \"kubectl-kpr {}\" \"kubectl-kpr\"\n", roff(title), date, version);
  if (command == nullptr) {
    out += ".SH NAME\nkubectl\\-kpr \\- inspect Cilium's kube\\-proxy replacement\n.SH "
           "SYNOPSIS\n.B kubectl kpr\n.I COMMAND\n[flags]\n.SH COMMANDS\n";
    for (const Command& c : commands())
      out += fmt::format(".TP\n.B {}\n{}\n", roff(c.name), roff(c.summary));
    out += ".SH EXIT STATUS\n.TP\n0\nnothing at or above \\-\\-fail\\-on\n.TP\n1\na finding at or "
           "above it\n.TP\n2\nnot everything could be read\n.TP\n3\n"
           "could not run: kubeconfig, network, authentication, rights, input\n.TP\n64\nwrong "
           "usage\n.TP\n130, 143\nended by a signal\n";
    return out;
  }
  out += fmt::format(".SH NAME\n{} \\- {}\n.SH SYNOPSIS\n.B kubectl kpr {}\n{}\n.SH "
                     "DESCRIPTION\n{}\n.SH OPTIONS\n",
                     roff(name),
                     roff(command->summary),
                     roff(command->name),
                     roff(command->arguments),
                     roff(command->text));
  for (const Flag& flag : sorted_flags(*command))
    out += fmt::format(".TP\n.B {}\n{}.\n", roff(flag_head(flag)), roff(flag.help));
  out += ".SH EXAMPLES\n";
  for (const Example& e : command->examples)
    out += fmt::format(".PP\n{}\n.PP\n.nf\n{}\n.fi\n",
                       roff(e.comment),
                       roff(with_program(e.command, "kubectl kpr")));
  return out + ".SH SEE ALSO\n.BR kubectl\\-kpr (1)\n";
}

}  // namespace kpr::cli
