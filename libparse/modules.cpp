// Modules Health (1.15+): a summary line, a tree, or both: pkg/client/modules.go and tree.go.
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
  if (!take(rest, "Stopped(") || !take_number(rest, stopped) || !take(rest, ") Degraded(") || !take_number(rest, degraded) || !take(rest, ") OK(") ||
      !take_number(rest, ok) || !take(rest, ")")) {
    return false;
  }
  out.stopped = stopped;
  out.degraded = degraded;
  out.ok = ok;
  if (take(rest, " Unknown(") && take_number(rest, unknown)) out.unknown = unknown;
  return true;
}

struct Levels {
  std::string_view text, level;
};
constexpr Levels k_levels[] = {{"[OK]", "OK"}, {"[DEGRADED]", "DEGRADED"}, {"[STOPPED]", "STOPPED"}};

// "(62s, x1)" at the end: the age and the count
bool take_tail(std::string_view& text, Module& out) {
  if (!text.ends_with(')')) return false;
  const std::size_t open = text.rfind('(');
  if (open == npos) return false;
  std::string_view inside = text.substr(open + 1, text.size() - open - 2);
  const std::size_t mark = inside.find(", x");
  if (mark == npos) return false;
  std::string_view count = inside.substr(mark + 3);
  std::uint64_t n = 0;
  if (!to_number(count, n)) return false;
  out.age = inside.substr(0, mark);
  out.count = n;
  text = trim_right(text.substr(0, open));
  return true;
}

// Name, and for a leaf "[LEVEL] message (age, xN)". True when the leaf's tail has not come yet: its message holds a line break.
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
  if (at == npos) return false;
  return !take_tail(out.message, out);
}

}  // namespace

void StatusParser::parse_modules(std::string_view value) {
  ModulesHealth& out = status_.modules_health.emplace();
  out.line = number();
  const std::string_view head = trim(value);
  const bool summary = parse_summary(head, out);
  const bool root_here = !summary && !head.empty() && (head == "agent" || head.starts_with("agent "));
  if (root_here) {
    Module root;
    root.name = head;
    root.line = number();
    out.tree.push_back(root);
  } else if (!summary && !head.empty()) {
    out.msg = head;
  }
  accept(summary || root_here || !head.empty() ? LineUse::fact : LineUse::header);
  if (!out.msg.empty()) return;

  // Columns of branch signs, in display columns; the smallest one is depth 1.
  std::vector<std::size_t> columns;
  columns.reserve(64);
  if (root_here) columns.push_back(0);
  bool leaf_open = false;
  while (more()) {
    const std::string_view s = line();
    const std::string_view trimmed = trim(s);
    if (trimmed.empty()) {
      // The tree ends in blank lines; a blank line inside a message is followed by more of it.
      if (!leaf_open) {
        const bool tree_goes_on = at_ + 1 < lines_.size() && (lines_[at_ + 1].find(k_branch) != npos || lines_[at_ + 1].find(k_last) != npos);
        if (!tree_goes_on) break;
      }
      accept(LineUse::blank);
      continue;
    }
    if (at_key()) break;
    std::size_t i = 0;
    std::size_t column = 0;
    while (i < s.size() && (s[i] == ' ' || s[i] == '\t' || s.substr(i).starts_with(k_bar))) {
      i += s[i] == ' ' || s[i] == '\t' ? 1 : k_bar.size();
      ++column;
    }
    std::string_view text = s.substr(i);
    const bool branch = text.starts_with(k_branch) || text.starts_with(k_last);
    if (!branch && leaf_open) {  // the message goes on
      Module& leaf = out.tree.back();
      const std::string_view more_text = trim_right(s);
      const char* begin = leaf.message.empty() ? more_text.data() : leaf.message.data();
      leaf.message = std::string_view(begin, static_cast<std::size_t>(more_text.data() + more_text.size() - begin));
      leaf_open = !take_tail(leaf.message, leaf);
      accept(LineUse::fact);
      continue;
    }
    if (!branch && (is_noise(s) || trimmed.find("   ") != npos || trimmed.find(' ') != npos)) break;  // a root is one word
    Module node;
    node.line = number();
    if (branch) {
      leaf_open = parse_node(trim(text.substr(k_branch.size())), node);
      columns.push_back(column + 1);
    } else {
      node.name = trimmed;
      columns.push_back(0);
    }
    out.tree.push_back(node);
    accept(LineUse::fact);
  }
  std::size_t smallest = npos;
  for (const std::size_t c : columns) {
    if (c != 0 && c < smallest) smallest = c;
  }
  std::uint64_t ok = 0;
  std::uint64_t degraded = 0;
  std::uint64_t stopped = 0;
  for (std::size_t k = 0; k < out.tree.size(); ++k) {
    Module& node = out.tree[k];
    if (columns[k] != 0) node.depth = static_cast<std::uint32_t>((columns[k] - smallest) / 4 + 1);
    ok += node.level == "OK" ? 1 : 0;
    degraded += node.level == "DEGRADED" ? 1 : 0;
    stopped += node.level == "STOPPED" ? 1 : 0;
  }
  if (!out.tree.empty()) {
    document_.verbose = true;
    if (!summary) {
      out.ok = ok;
      out.degraded = degraded;
      out.stopped = stopped;
    }
  }
}

}  // namespace kpr::det
