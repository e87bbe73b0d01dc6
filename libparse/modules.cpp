// Modules Health (1.15+): a summary line, a tree, or both: pkg/client/modules.go and tree.go.
#include <algorithm>

#include "noise.hpp"
#include "scan.hpp"
#include "status_parser.hpp"

namespace kpr::det {
namespace {

constexpr std::string_view k_branch = "\xe2\x94\x9c\xe2\x94\x80\xe2\x94\x80";  // ├──
constexpr std::string_view k_last = "\xe2\x94\x94\xe2\x94\x80\xe2\x94\x80";    // └──
constexpr std::string_view k_bar = "\xe2\x94\x82";                             // │

// "Stopped(0) Degraded(0) OK(45)", 1.15.0-1.15.4 with "Unknown(1)"
Reading read_summary(std::string_view value, ModulesHealth& out) {
  std::uint64_t stopped = 0;
  std::uint64_t degraded = 0;
  std::uint64_t ok = 0;
  std::uint64_t unknown = 0;
  Scan in(value);
  if (!in.lit("Stopped(") || !in.num(stopped) || !in.lit(") Degraded(") || !in.num(degraded) ||
      !in.lit(") OK(") || !in.num(ok) || !in.lit(")"))
    return in.reading();
  if (!in.empty() && in.lit(" Unknown(") && in.num(unknown) && in.lit(")"))
    out.unknown = unknown;
  out.stopped = stopped;
  out.degraded = degraded;
  out.ok = ok;
  return in.reading() == Reading::cut ? Reading::cut : Reading::whole;
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

// A summary, and from 1.20 the tree below it too; until then the tree alone, its root below the key
// or (1.18+) on its line.
Reading StatusParser::read_modules_health(std::string_view value) {
  const std::string_view head = trim(value);
  if (!status_.modules_health)
    status_.modules_health.emplace();
  ModulesHealth& out = *status_.modules_health;
  out.line = number();
  out.tree.reserve(std::min<std::size_t>(lines_.size() - at_ + 1, 512));
  if (head.empty())
    return Reading::heading;
  const Reading reading = read_summary(head, out);
  module_summary_ = reading == Reading::whole;
  if (reading != Reading::foreign)
    return reading;
  Module root;
  root.line = number();
  const bool open = parse_node(head, root);
  if (root.level.empty() && head.find(' ') != npos) {
    open_message_ = &out.msg;
    return free_text(head, out.msg);
  }
  module_open_ = open;
  add_module(root, 0);
  return Reading::whole;
}

namespace {

struct TreeLine {
  std::size_t column = 0;  // in display columns, where its sign stands
  std::string_view text;
  bool branch = false;
};

TreeLine tree_line(std::string_view s) {
  TreeLine out;
  std::size_t i = 0;
  for (; i < s.size(); ++out.column) {
    if (s[i] == ' ' || s[i] == '\t')
      i += 1;
    else if (s[i] == k_bar[0] && s.substr(i).starts_with(k_bar))
      i += k_bar.size();
    else
      break;
  }
  out.text = trim_right(s.substr(i));
  out.branch = out.text.starts_with(k_branch) || out.text.starts_with(k_last);
  return out;
}

bool has_branch(std::string_view line) {
  return line.find(k_branch) != npos || line.find(k_last) != npos;
}

}  // namespace

// The tree ends in blank lines; a blank line inside a message is followed by more of it.
bool StatusParser::blank_in_tree() {
  const bool goes_on = module_open_ || (at_ + 1 < lines_.size() && has_branch(lines_[at_ + 1]));
  if (goes_on)
    accept(LineUse::blank);
  return goes_on;
}

void StatusParser::add_module(const Module& row, std::size_t column) {
  status_.modules_health->tree.push_back(row);
  module_columns_.push_back(column);
  module_places_.push_back(at_);
}

// What was not whole in a leaf is not known of it.
Reading StatusParser::finish_leaf(Module& leaf, bool open) {
  const bool half = leaf.level.empty() && !leaf.name.empty() && line_is_cut();
  if (half)
    leaf.name = {};
  if (open && line_is_cut()) {
    leaf.message = {};
    module_open_ = false;
    return Reading::cut;
  }
  return half ? Reading::cut : Reading::whole;
}

void StatusParser::branch_line(std::size_t column, std::string_view text) {
  Module node;
  node.line = number();
  module_open_ = parse_node(trim_left(text.substr(k_branch.size())), node);
  const Reading reading = finish_leaf(node, module_open_);
  document_.verbose = true;
  add_module(node, column + 1);
  accept(reading);
}

bool StatusParser::message_of_module_goes_on(std::string_view text) {
  ModulesHealth& out = *status_.modules_health;
  if (!module_open_ || out.tree.empty() || looks_like_key_line(line()) || is_noise(line()))
    return false;
  Module& leaf = out.tree.back();
  const char* begin = leaf.message.empty() ? text.data() : leaf.message.data();
  leaf.message =
      std::string_view(begin, static_cast<std::size_t>(text.data() + text.size() - begin));
  module_open_ = !take_tail(leaf.message, leaf);
  goes_on_.push_back(at_);
  module_places_.back() = at_;
  accept(LineUse::fact);
  return true;
}

// A root is one word with branches below it, or a leaf. Below a summary it is indented (1.20).
bool StatusParser::root_line(std::string_view text) {
  ModulesHealth& out = *status_.modules_health;
  const bool indented = line()[0] == ' ' || line()[0] == '\t';
  module_open_ = false;
  if (is_noise(line()) || looks_like_key_line(line()))
    return false;
  if (out.tree.empty() && (text == "no health payload detected" ||
                           text.starts_with("Modules Health rendering failed: "))) {
    out.msg = text;
    accept(LineUse::fact);
    return false;
  }
  Module root;
  root.line = number();
  const bool open = parse_node(text, root);
  const bool parent = at_ + 1 < lines_.size() && has_branch(lines_[at_ + 1]);
  const bool known = text == "agent" || (out.tree.empty() && at_ + 1 == lines_.size());
  if (root.level.empty() && (text.find(' ') != npos || !(parent || known)))
    return false;
  if (module_summary_ && !indented)
    return false;
  module_open_ = open;
  add_module(root, 0);
  accept(LineUse::fact);
  return true;
}

void StatusParser::parse_module_rows() {
  section_ = Key::modules_health;
  if (!status_.modules_health)
    status_.modules_health.emplace();
  while (more()) {
    const TreeLine at = tree_line(line());
    if (at.text.empty()) {
      if (!blank_in_tree())
        break;
    } else if (at.branch) {
      branch_line(at.column, at.text);
    } else if ((at.column == 0 && at_key()) ||
               (!message_of_module_goes_on(at.text) && !root_line(at.text))) {
      break;
    }
  }
}

namespace {

struct Sums {
  std::uint64_t ok = 0, degraded = 0, stopped = 0;
};

Sums sums_of(const std::vector<Module>& tree) {
  Sums sums;
  for (const Module& node : tree) {
    sums.ok += node.level == "OK" ? 1 : 0;
    sums.degraded += node.level == "DEGRADED" ? 1 : 0;
    sums.stopped += node.level == "STOPPED" ? 1 : 0;
  }
  return sums;
}

}  // namespace

// A node without a level has children: one without them is a leaf whose line was cut off.
bool StatusParser::is_whole_tree() {
  const std::vector<Module>& tree = status_.modules_health->tree;
  bool whole = true;
  for (std::size_t k = 0; k < tree.size(); ++k) {
    const bool parent = k + 1 < tree.size() && tree[k + 1].depth > tree[k].depth;
    if (!tree[k].level.empty() || parent)
      continue;
    whole = false;
    if (k + 1 < tree.size())
      unfinished_.push_back(module_places_[k]);
  }
  return whole;
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
  for (std::size_t k = 0; k < out.tree.size(); ++k) {
    if (module_columns_[k] != 0)
      out.tree[k].depth = static_cast<std::uint32_t>((module_columns_[k] - smallest) / 4 + 1);
  }
  document_.verbose = true;
  if (is_whole_tree() && !module_summary_) {
    const Sums sums = sums_of(out.tree);
    out.ok = sums.ok;
    out.degraded = sums.degraded;
    out.stopped = sums.stopped;
  }
  // A whole tree ends in "└── " below blanks only: a bar or a "├── " in the last row announces
  // more.
  const std::string_view last = lines_[module_places_.back()];
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
