// Modules Health (1.15+): a summary line, a tree, or both: pkg/client/modules.go and tree.go.
#include <algorithm>

#include "scan.hpp"
#include "status_parser.hpp"

namespace kpr::det {
namespace {

constexpr std::string_view k_branch = "\xe2\x94\x9c\xe2\x94\x80\xe2\x94\x80";  // ├──
constexpr std::string_view k_last = "\xe2\x94\x94\xe2\x94\x80\xe2\x94\x80";    // └──
constexpr std::string_view k_bar = "\xe2\x94\x82";                             // │

bool parse_summary(std::string_view value, ModulesHealth& out) {
  std::uint64_t stopped = 0;
  std::uint64_t degraded = 0;
  std::uint64_t ok = 0;
  std::uint64_t unknown = 0;
  std::string_view rest = value;
  if (!take(rest, "Stopped(") || !take_number(rest, stopped) || !take(rest, ") Degraded(") ||
      !take_number(rest, degraded) || !take(rest, ") OK(") || !take_number(rest, ok) ||
      !take(rest, ")")) {
    return false;
  }
  out.stopped = stopped;
  out.degraded = degraded;
  out.ok = ok;
  if (take(rest, " Unknown(") && take_number(rest, unknown))
    out.unknown = unknown;
  return true;
}

struct Levels {
  std::string_view text, level;
};
constexpr Levels k_levels[] = {
    {"[OK]", "OK"}, {"[DEGRADED]", "DEGRADED"}, {"[STOPPED]", "STOPPED"}};

// "(62s, x1)" at the end: the age and the count
bool take_tail(std::string_view& text, Module& out) {
  if (!text.ends_with(')'))
    return false;
  const std::size_t open = text.rfind('(');
  if (open == npos)
    return false;
  std::string_view inside = text.substr(open + 1, text.size() - open - 2);
  const std::size_t mark = inside.find(", x");
  if (mark == npos)
    return false;
  std::string_view count = inside.substr(mark + 3);
  std::uint64_t n = 0;
  if (!to_number(count, n))
    return false;
  out.age = inside.substr(0, mark);
  out.count = n;
  text = trim_right(text.substr(0, open));
  return true;
}

// Name, and for a leaf "[LEVEL] message (age, xN)". True when the leaf's tail has not come yet: its
// message holds a line break.
bool parse_node(std::string_view text, Module& out) {
  std::size_t at = npos;
  for (const Levels& level : k_levels) {
    const std::size_t found = text.find(level.text);
    if (found < at) {
      at = found;
      out.level = level.level;
      out.message = trim(text.substr(found + level.text.size()));
    }
  }
  out.name = trim(text.substr(0, at));
  if (at == npos)
    return false;
  return !take_tail(out.message, out);
}

}  // namespace

void StatusParser::parse_modules(std::string_view value) {
  if (!status_.modules_health)
    status_.modules_health.emplace();
  ModulesHealth& out = *status_.modules_health;
  out.line = number();
  const std::string_view head = trim(value);
  module_summary_ = parse_summary(head, out);
  accept(head.empty() ? LineUse::header : LineUse::fact);
  if (!module_summary_ && !head.empty()) {
    Module root;  // 1.18+: the root stands on this line; it is one word, or a leaf
    root.line = number() - 1;
    const bool open = parse_node(head, root);
    if (root.level.empty() && head.find(' ') != npos) {
      out.msg = head;
      return message_goes_on(out.msg);
    }
    module_open_ = open;
    out.tree.push_back(root);
    module_columns_.push_back(0);
  }
  out.tree.reserve(std::min<std::size_t>(lines_.size() - at_ + 1, 512));
  parse_module_rows();
}

void StatusParser::parse_module_rows() {
  section_ = Key::modules_health;
  if (!status_.modules_health)
    status_.modules_health.emplace();
  ModulesHealth& out = *status_.modules_health;
  while (more()) {
    const std::string_view s = line();
    std::size_t i = 0;
    std::size_t column = 0;  // in display columns
    while (i < s.size()) {
      if (s[i] == ' ' || s[i] == '\t')
        i += 1;
      else if (s[i] == k_bar[0] && s.substr(i).starts_with(k_bar))
        i += k_bar.size();
      else
        break;
      ++column;
    }
    if (i == s.size()) {
      // The tree ends in blank lines; a blank line inside a message is followed by more of it.
      if (!module_open_) {
        const bool tree_goes_on =
            at_ + 1 < lines_.size() &&
            (lines_[at_ + 1].find(k_branch) != npos || lines_[at_ + 1].find(k_last) != npos);
        if (!tree_goes_on)
          break;
      }
      accept(LineUse::blank);
      continue;
    }
    const std::string_view text = trim_right(s.substr(i));
    const bool branch = text.starts_with(k_branch) || text.starts_with(k_last);
    if (!branch && i == 0 && at_key())
      break;
    Module node;
    node.line = number();
    if (branch) {
      module_open_ = parse_node(trim_left(text.substr(k_branch.size())), node);
      module_columns_.push_back(column + 1);
      document_.verbose = true;
    } else if (module_open_ && !looks_like_key_line(s)) {  // the message goes on
      Module& leaf = out.tree.back();
      const char* begin = leaf.message.empty() ? text.data() : leaf.message.data();
      leaf.message =
          std::string_view(begin, static_cast<std::size_t>(text.data() + text.size() - begin));
      module_open_ = !take_tail(leaf.message, leaf);
      accept(LineUse::fact);
      continue;
    } else {
      module_open_ = false;
      if (is_noise(s) || looks_like_key_line(s))
        break;
      if (out.tree.empty() && (text == "no health payload detected" ||
                               text.starts_with("Modules Health rendering failed: "))) {
        out.msg = text;
        accept(LineUse::fact);
        break;
      }
      module_open_ = parse_node(text, node);
      if (node.level.empty() && text.find(' ') != npos)
        break;  // a root is one word, or a leaf
      module_columns_.push_back(0);
    }
    out.tree.push_back(node);
    accept(LineUse::fact);
  }
}

void StatusParser::finish_modules() {
  if (!status_.modules_health || status_.modules_health->tree.empty())
    return;
  ModulesHealth& out = *status_.modules_health;
  std::size_t smallest = npos;
  for (const std::size_t c : module_columns_) {
    if (c != 0 && c < smallest)
      smallest = c;
  }
  std::uint64_t ok = 0;
  std::uint64_t degraded = 0;
  std::uint64_t stopped = 0;
  for (std::size_t k = 0; k < out.tree.size(); ++k) {
    Module& node = out.tree[k];
    if (module_columns_[k] != 0)
      node.depth = static_cast<std::uint32_t>((module_columns_[k] - smallest) / 4 + 1);
    ok += node.level == "OK" ? 1 : 0;
    degraded += node.level == "DEGRADED" ? 1 : 0;
    stopped += node.level == "STOPPED" ? 1 : 0;
  }
  document_.verbose = true;
  if (!module_summary_) {
    out.ok = ok;
    out.degraded = degraded;
    out.stopped = stopped;
  }
  // A whole tree ends in "└── " below blanks only: a bar or a "├── " in the last row announces
  // more.
  const std::string_view last = lines_[out.tree.back().line - 1];
  const bool more_announced = last.find(k_bar) != npos || last.find(k_branch) != npos;
  if (more_announced || module_open_ || (out.tree.size() == 1 && out.tree[0].level.empty())) {
    document_.truncated = true;
    document_.diagnostics.push_back(
        {Severity::warning,
         "truncated",
         "the tree of Modules Health ends early; its last modules are missing",
         "",
         out.tree.back().line});
  }
}

}  // namespace kpr::det
