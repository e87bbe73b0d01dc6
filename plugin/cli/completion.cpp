#include "cli/completion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "os/child.hpp"
#include "os/files.hpp"
#include "util/strings.hpp"

namespace kpr::cli {
namespace {

constexpr std::string_view k_no_files = ":4\n";
constexpr std::string_view k_default = ":0\n";

const Flag* flag_of_word(std::string_view word, const std::vector<Flag>& flags) {
  const auto matches = [&](const Flag& f) {
    return word == "--" + std::string(f.name) ||
           (word.size() == 2 && word[0] == '-' && f.letter != 0 && word[1] == f.letter);
  };
  const auto it = std::find_if(flags.begin(), flags.end(), matches);
  return it == flags.end() ? nullptr : &*it;
}

std::string candidates(Complete what,
                       std::string_view words,
                       std::string_view prefix,
                       std::string_view before,
                       const Lookup& lookup) {
  std::string out;
  const auto offer = [&](std::string_view name) {
    if (name.starts_with(prefix))
      out += fmt::format("{}{}\n", before, escape_terminal(name));
  };
  // Of a list separated by commas the last part is being typed.
  const std::size_t comma = what == Complete::checks ? prefix.rfind(',') : std::string_view::npos;
  const std::string typed =
      std::string(before) +
      std::string(comma == std::string_view::npos ? "" : prefix.substr(0, comma + 1));
  if (comma != std::string_view::npos) {
    prefix.remove_prefix(comma + 1);
    before = typed;
  }
  switch (what) {
  case Complete::none:
    return std::string(k_no_files);
  case Complete::file:
  case Complete::directory:
    return std::string(k_default);
  case Complete::outputs:
  case Complete::severities:
  case Complete::words:
    for (const std::string_view word : split(words, '|'))
      offer(word);
    break;
  default:
    for (const std::string& name : lookup(what))
      offer(name);
  }
  return out + std::string(k_no_files);
}

}  // namespace

std::string complete(const std::vector<std::string>& words, const Lookup& lookup) {
  const std::string last = words.empty() ? "" : words.back();
  const Command* command = nullptr;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == "--")
      return std::string(k_default);
    if (words[i].starts_with("-")) {
      const Flag* flag = flag_of_word(words[i], all_flags());
      if (flag != nullptr && !flag->value.empty())
        ++i;  // its value
      continue;
    }
    if (command == nullptr)
      command = find_command(words[i]);
  }
  const std::vector<Flag> flags = command != nullptr ? flags_of(*command) : all_flags();
  if (words.size() >= 2) {
    const Flag* waiting = flag_of_word(words[words.size() - 2], flags);
    if (waiting != nullptr && !waiting->value.empty())
      return candidates(waiting->complete, waiting->words, last, "", lookup);
  }
  if (last.starts_with("--") && last.find('=') != std::string::npos) {
    const std::size_t equals = last.find('=');
    const Flag* flag = flag_of_word(last.substr(0, equals), flags);
    if (flag == nullptr)
      return std::string(k_no_files);
    return candidates(
        flag->complete, flag->words, last.substr(equals + 1), last.substr(0, equals + 1), lookup);
  }
  std::string out;
  if (last.starts_with("-")) {
    for (const Flag& flag : flags) {
      const std::string name = fmt::format("--{}", flag.name);
      if (name.starts_with(last))
        out += fmt::format("{}{}\t{}\n", name, flag.value.empty() ? "" : "=", flag.help);
    }
    return out + std::string(k_no_files);
  }
  if (command == nullptr) {
    for (const Command& c : commands()) {
      if (c.name.starts_with(last))
        out += fmt::format("{}\t{}\n", c.name, c.summary);
    }
    return out + std::string(k_no_files);
  }
  if (command->name == "help") {
    for (const Command& c : commands()) {
      if (c.name.starts_with(last))
        out += fmt::format("{}\t{}\n", c.name, c.summary);
    }
    return out + std::string(k_no_files);
  }
  return candidates(command->complete_argument, command->argument_words, last, "", lookup);
}

Result<std::string> completion_script(std::string_view shell) {
  if (shell == "bash") {
    return std::string(
        "# bash completion for kubectl-kpr\n"
        "_kubectl_kpr() {\n"
        "  local out directive\n"
        "  out=$(kubectl-kpr __complete \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null) || return\n"
        "  directive=${out##*:}\n"
        "  out=${out%:*}\n"
        "  COMPREPLY=()\n"
        "  local line\n"
        "  while IFS=$'\\t' read -r line _; do [ -n \"$line\" ] && COMPREPLY+=(\"$line\"); done "
        "<<< \"$out\"\n"
        "  [ \"$directive\" = 0 ] && compopt -o default\n"
        "}\n"
        "complete -F _kubectl_kpr kubectl-kpr\n");
  }
  if (shell == "zsh") {
    return std::string(
        "#compdef kubectl-kpr\n"
        "_kubectl_kpr() {\n"
        "  local out directive line\n"
        "  local -a names\n"
        "  out=$(kubectl-kpr __complete \"${(@)words[2,CURRENT]}\" 2>/dev/null) || return\n"
        "  directive=${out##*:}\n"
        "  out=${out%:*}\n"
        "  for line in \"${(@f)out}\"; do [[ -n $line ]] && "
        "names+=(\"${${line%%$'\\t'*}//:/\\\\:}${${line#*$'\\t'}:+:${line#*$'\\t'}}\"); done\n"
        "  if [[ $directive == 0 ]]; then _files; else _describe 'kubectl-kpr' names; fi\n"
        "}\n"
        "compdef _kubectl_kpr kubectl-kpr\n");
  }
  if (shell == "fish") {
    return std::string(
        "function __kubectl_kpr_complete\n"
        "  set -l words (commandline -opc) (commandline -ct)\n"
        "  kubectl-kpr __complete $words[2..-1] 2>/dev/null | string match -v -r '^:'\n"
        "end\n"
        "complete -c kubectl-kpr -f -a '(__kubectl_kpr_complete)'\n");
  }
  return Error{ErrorKind::usage,
               fmt::format("unsupported shell \"{}\", supported: bash, zsh, fish", shell),
               ""};
}

Result<std::string> install_completion(const std::string& self) {
  namespace fs = std::filesystem;
  std::error_code error;
  const std::string name = "kubectl_complete-kpr" + std::string(os::k_program_ending);
  const fs::path link = fs::path(self).parent_path() / name;
  constexpr bool copies =
      !os::k_program_ending.empty();  // Windows lets few users make links, and then it is a copy
  if (fs::exists(fs::symlink_status(link, error))) {
    if (!copies && !fs::is_symlink(link, error)) {
      return Error{ErrorKind::input,
                   fmt::format("{} exists and is not a link", os::text_of(link)),
                   "Remove it and run `kubectl kpr completion install` again."};
    }
    fs::remove(link, error);
  }
  fs::create_symlink(fs::path(self).filename(), link, error);
  if (error)
    fs::copy_file(self, link, fs::copy_options::overwrite_existing, error);
  if (error) {
    return Error{
        ErrorKind::input,
        fmt::format("cannot write {}: {}", os::text_of(link), error.message()),
        fmt::format(
            "Make it yourself, anywhere on PATH: {} {} {}", copies ? "copy" : "ln -s", self, name)};
  }
  return os::text_of(link);
}

}  // namespace kpr::cli
