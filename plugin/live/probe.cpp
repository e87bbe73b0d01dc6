#include "live/probe.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

#include "evidence/commands.hpp"
#include "os/random.hpp"
#include "util/gzip.hpp"
#include "util/strings.hpp"

namespace kpr::live {

using namespace evidence;

namespace {

constexpr std::size_t k_marks = 256;         // bytes that a command's two marks take at most
constexpr std::size_t k_errors = 64u << 10;  // bytes of stderr of all commands

std::string random_boundary() {
  static constexpr char hex[] = "0123456789abcdef";
  std::string out = "kpr";
  for (int i = 0; i < 4; ++i) {
    std::uint32_t word = os::random_word();
    for (int k = 0; k < 8; ++k, word >>= 4)
      out += hex[word & 15];
  }
  return out;
}

// Text up to the next "\n<boundary> " and the frame's line after it; both views. False when there
// is none or its line has no end.
struct Frames {
  std::string_view rest;
  std::string marker;
  bool next(std::string_view& content, std::string_view& line) {
    const auto at = rest.find(marker);
    if (at == std::string_view::npos)
      return false;
    const auto line_at = at + marker.size();
    const auto end = rest.find('\n', line_at);
    if (end == std::string_view::npos || end - line_at > 100)
      return false;
    content = rest.substr(0, at);
    line = rest.substr(line_at, end - line_at);
    rest.remove_prefix(end + 1);
    return true;
  }
};

std::string source_of(std::string_view source, std::string_view argv) {
  std::string out(source);
  if (const auto at = out.find("{}"); at != std::string::npos)
    out.replace(at, 2, argv);
  return out;
}

std::string with_binary(std::string_view argv, std::string_view binary) {
  constexpr std::string_view placeholder = "cilium-dbg";
  return argv.starts_with(placeholder)
             ? std::string(binary) + std::string(argv.substr(placeholder.size()))
             : std::string(argv);
}

}  // namespace

Probe make_probe(const std::vector<std::string>& commands) {
  Probe p;
  p.boundary = random_boundary();
  for (const auto& name : commands)
    if (find_command(name))
      p.commands.push_back(name);
  return p;
}

// The texts of several commands are compressed where the image has gzip: on a large cluster the API
// server passes on a tenth. One short text is not worth a process in each agent. m runs the
// commands. c NAME SECONDS argv...: "O name", its stdout, "X name code". n does the same with its
// stdout's first line and the number of its lines; that its closing mark is the last of them keeps
// the exit code. (Not r: Korn shells have an alias of that name.) What several commands say on
// stderr comes behind all of them in one piece (a, "E"), with a mark of its own kind before each: a
// message for each mark would cost the API server as much as the texts do. It stands in the shell's
// memory, so only its end is kept, or where the image has no tail the first 100 lines of each
// command. A probe that cuts sends all but the last command through h: a closing mark that is lost
// with what h drops says "too large". The last has nothing behind it to keep, so the reader's own
// limit is enough.
std::string probe_script(const Probe& probe) {
  const bool several = probe.commands.size() > 1;
  std::string commands;
  bool counts = false;
  for (const auto& name : probe.commands) {
    const Command& c = *find_command(name);
    counts = counts || c.counted;
    commands += (c.counted ? "n " : "c ") + name + " " + std::to_string(c.seconds) + " " +
                with_binary(c.argv, "$b");
    if (probe.cuts && &name != &probe.commands.back())
      commands += "|h " + std::to_string(c.max_bytes + k_marks);
    commands += "\n";
  }
  std::string s =
      "B=" + probe.boundary +
      "\nb=cilium-dbg;command -v $b >/dev/null 2>&1||b=cilium\n"
      "t(){ shift;\"$@\";}\ncommand -v timeout >/dev/null 2>&1&&t(){ timeout \"$@\";}\n";
  if (probe.cuts)
    s += "h(){ cat;}\ncommand -v head >/dev/null 2>&1&&h(){ head -c $1;}\n";
  s += several ? "o(){ printf '\\n%s O %s\\n' $B $1;printf '\\n%s:%s\\n' $B $1 >&2;}\n"
               : "o(){ printf '\\n%s O %s\\n' $B $1;}\n";
  s += "x(){ printf '\\n%s X %s %s\\n' $B $1 $2;}\n"
       "c(){ i=$1;s=$2;shift 2;o $i;t $s \"$@\" </dev/null;x $i $?;}\n";
  if (counts)
    s += "l(){ cat;}\ncommand -v sed >/dev/null 2>&1&&l(){ sed -n '1p;$=;$p';}\nn(){ "
         "i=$1;s=$2;shift 2;o $i;{ t $s \"$@\" </dev/null;x $i $?;}|l;}\n";
  s += "m(){\nprintf '\\n%s B %s\\n' $B $b\n" + commands + "}\n";
  if (!several)
    return s + "m\nprintf '\\n%s END\\n' $B\n";
  s += "e(){ k=0;while IFS= read -r q;do case $q in $B:*)k=0;;esac;[ $k -lt 100 ]&&printf '%s\\n' "
       "\"$q\";k=$((k+1));done;}\ncommand -v tail >/dev/null 2>&1&&e(){ tail -c " +
       std::to_string(k_errors) +
       ";}\n"
       "a(){ { v=$(m 2>&1 >&4|e);} 4>&1;printf '\\n%s E\\n%s\\n%s END\\n' $B \"$v\" $B;}\n";
  return s + "if gzip -1 </dev/null >/dev/null 2>&1;then a|gzip -1;else a;fi\n";
}

std::string count_lines(std::string_view text) {
  if (text.empty())
    return {};
  const auto n = std::count(text.begin(), text.end(), '\n') + (text.back() == '\n' ? 0 : 1);
  return std::string(text.substr(0, text.find('\n'))) + '\n' + std::to_string(n) + '\n';
}

std::vector<std::string> probe_argv(const Probe& probe) {
  return {"sh", "-c", probe_script(probe)};
}

std::size_t probe_limit(const Probe& probe) {
  std::size_t n = 1u << 20;
  for (const auto& name : probe.commands)
    n += find_command(name)->max_bytes + 2 * k_marks;
  return n;
}

std::vector<std::string> command_argv(std::string_view name, std::string_view binary) {
  std::vector<std::string> out;
  const Command* c = find_command(name);
  if (!c)
    return out;
  const std::string line(with_binary(c->argv, binary));  // outlives the views below
  for (const auto word : split(line, ' '))
    out.emplace_back(word);
  return out;
}

Piece<Output> judge_output(std::string_view name, Output output) {
  const Command* c = find_command(name);
  if (c && output.out.size() > c->max_bytes)
    return Missing{Reason::too_large,
                   "the output of " + std::string(name) + " is larger than " +
                       std::to_string(c->max_bytes >> 10) + " KiB"};
  const std::string_view err = trim(output.err);
  const std::string last(
      err.substr(err.rfind('\n') == std::string_view::npos ? 0 : err.rfind('\n') + 1));
  if (output.exit_code == 124 && output.err.empty() && name != k_network_probe)
    return Missing{Reason::timed_out,
                   std::string(name) + " did not end within " + std::to_string(c ? c->seconds : 0) +
                       " s"};
  if (output.exit_code == 126 || output.exit_code == 127)
    return Missing{Reason::no_such_file,
                   "the image has no such command: " + escape_terminal(last.substr(0, 200))};
  if (output.exit_code != 0 && output.out.empty()) {
    if (err.find("unknown command") != std::string_view::npos ||
        err.find("unknown flag") != std::string_view::npos ||
        err.find("unknown shorthand flag") != std::string_view::npos)
      return Missing{Reason::version_too_old,
                     std::string(name) + " needs Cilium " +
                         std::string(c && !c->since.empty() ? c->since : "newer than this") + ": " +
                         escape_terminal(last.substr(0, 200))};
    if (err.empty())
      return Missing{Reason::failed,
                     std::string(name) + " exited with " + std::to_string(output.exit_code) +
                         " and said nothing"};
    // The agent's own tool says that there is no agent to ask: that is a text worth reading, so
    // status keeps it.
    if (!name.starts_with("status"))
      return Missing{Reason::failed,
                     std::string(name) + " exited with " + std::to_string(output.exit_code) + ": " +
                         escape_terminal(last.substr(0, 300))};
  }
  return output;
}

namespace {

// What n left of an output, or all of it where the image has no sed.
std::string counted_output(std::string_view content) {
  const auto end = content.find('\n');
  const std::string_view number =
      end == std::string_view::npos ? std::string_view() : content.substr(end + 1);
  std::size_t lines = 0;
  const auto [stop, ec] = std::from_chars(number.data(), number.data() + number.size(), lines);
  if (ec != std::errc() || stop != number.data() + number.size() || lines < 2)
    return count_lines(content);
  if (end == 0)
    return {};  // the line break before the closing mark, and nothing else
  return std::string(content.substr(0, end)) + '\n' + std::to_string(lines - 2) +
         '\n';  // without the closing mark and the blank line before it
}

// What commands said on stderr: of each what stands between its mark and the next. The beginning
// may be cut off, some marks with it.
void add_errors(std::string_view text,
                std::string_view marker,
                std::map<CommandName, Piece<Output>>& outputs) {
  for (auto& [name, output] : outputs)
    if (output)
      output->err = "(what it said on stderr was cut off: later commands said too much)";
  for (auto at = text.find(marker); at != std::string_view::npos;) {
    text.remove_prefix(at + marker.size());
    at = text.find(marker);
    const std::string_view of_one = text.substr(0, at);
    const auto end = of_one.find('\n');
    const auto it = outputs.find(std::string(of_one.substr(0, end)));
    if (it != outputs.end() && it->second && end != std::string_view::npos)
      it->second->err = std::string(of_one.substr(end + 1));
  }
}

}  // namespace

ProbeAnswer
decode_probe(const Probe& probe, std::string out, std::string_view err, std::string_view source) {
  ProbeAnswer answer;
  const auto incomplete = [&](std::string why) {
    answer.whole = false;
    answer.outputs.clear();
    for (const auto& name : probe.commands)
      answer.outputs[name] = Missing{Reason::incomplete, why};
    answer.broken = std::move(why);
    return answer;
  };
  if (is_gzip(out)) {
    auto unpacked = gunzip(out, probe_limit(probe));
    if (!unpacked)
      return incomplete("the answer was cut: its compressed form is not whole");
    out = *std::move(unpacked);
  }
  const std::string marker = "\n" + probe.boundary + " ";
  Frames frames{out, marker};
  std::string_view content, line;
  if (!frames.next(content, line) || !content.empty() ||
      (line != "B cilium-dbg" && line != "B cilium"))
    return incomplete("the answer has no probe frames");
  answer.binary = std::string(line.substr(2));

  const bool alone =
      probe.commands.size() == 1 &&
      !find_command(probe.commands.front())->counted;  // its text stays where it is; several would
                                                       // keep all of them in memory for one
  std::string_view text_alone;
  for (const auto& name : probe.commands) {
    const std::string cut = "the answer was cut: " + name + " is missing or not whole";
    if (!frames.next(content, line) || !content.empty() || line != "O " + name)
      return incomplete(cut);
    const std::string close = "X " + name + " ";
    const std::string_view from = frames.rest;
    if (!frames.next(content, line))
      return incomplete(cut);
    if (content.size() > find_command(name)->max_bytes) {
      // h may have cut before the closing mark or inside it; what follows goes on at the next whole
      // mark.
      const auto mark = from.find(marker, content.size() + (line.starts_with("O ") ? 0 : 1));
      if (mark == std::string_view::npos)
        return incomplete(cut);
      answer.outputs[name] = judge_output(name, Output{std::string(content), {}, 0, {}});
      frames.rest = from.substr(mark);
      continue;
    }
    if (!line.starts_with(close))
      return incomplete(cut);
    int code = 0;
    const std::string_view number = line.substr(close.size());
    const auto [end, ec] = std::from_chars(number.data(), number.data() + number.size(), code);
    if (ec != std::errc() || end != number.data() + number.size() || code < 0 || code > 255)
      return incomplete(cut);
    Output output{alone                         ? std::string()
                  : find_command(name)->counted ? counted_output(content)
                                                : std::string(content),
                  {},
                  code,
                  source_of(source, with_binary(find_command(name)->argv, answer.binary))};
    if (alone)
      text_alone = content;
    answer.outputs[name] = std::move(output);
  }
  const std::string cut = "the answer was cut before its end frame";
  const bool several = probe.commands.size() > 1;
  if (several && (!frames.next(content, line) || !content.empty() || line != "E"))
    return incomplete(cut);
  if (!frames.next(content, line) || line != "END" || !(several || content.empty()))
    return incomplete(cut);
  if (alone && answer.outputs[probe.commands.front()]) {  // it is missing where it was too large
    const auto begin = static_cast<std::size_t>(text_alone.data() - out.data());
    out.resize(begin + text_alone.size());
    out.erase(0, begin);
    answer.outputs[probe.commands.front()]->out = std::move(out);
  }
  if (several)
    add_errors(content, "\n" + probe.boundary + ":", answer.outputs);
  else if (auto& only = answer.outputs[probe.commands.front()])
    only->err = err;
  for (auto& [name, output] : answer.outputs)
    if (output)
      output = judge_output(name, std::move(*output));
  answer.whole = true;
  return answer;
}

}  // namespace kpr::live
