#include "archive/yaml_block.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "archive/yaml_quoted.hpp"
#include "archive/yaml_scalar.hpp"

namespace kpr::archive {

using namespace evidence;

namespace {

using Json = nlohmann::json;

constexpr std::size_t k_scalar_limit = 4u << 20;  // of one that is folded
constexpr std::size_t k_depth =
    60;  // below yaml_items' own limit, so that its refusal is the one that is heard

using GiveUp = NotSimple;

std::string_view trim_right(std::string_view text) {
  while (!text.empty() && text.back() == ' ')
    text.remove_suffix(1);
  return text;
}

class Reader {
 public:
  Reader(std::string_view text) : text_(text) { advance(); }

  Json document(const Keep* keep) {
    if (end_)
      throw GiveUp{};
    Json out = node(indent_, keep, 0);
    if (!end_)
      throw GiveUp{};
    return out;
  }

 private:
  // The next line that is not blank.
  void advance() {
    while (next_ < text_.size()) {
      const std::size_t stop = std::min(text_.find('\n', next_), text_.size());
      std::string_view line = text_.substr(next_, stop - next_);
      if (line.ends_with('\r'))
        line.remove_suffix(1);
      next_ = stop + 1;
      const std::size_t indent = line.find_first_not_of(' ');
      if (indent == std::string_view::npos)
        continue;
      indent_ = indent;
      line_ = trim_right(line.substr(indent));
      blank_behind_ = line_.size() != line.size() - indent;
      if (line_[0] == '#' ||
          (indent == 0 && (line_.starts_with("---") || line_.starts_with("..."))))
        throw GiveUp{};
      return;
    }
    end_ = true;
    indent_ = 0;
    line_ = {};
  }

  static bool is_entry(std::string_view line) { return line.starts_with("- ") || line == "-"; }

  Json node(std::size_t indent, const Keep* keep, std::size_t depth) {
    if (depth > k_depth)
      throw GiveUp{};
    return is_entry(line_) ? list(indent, keep, depth) : map(indent, keep, depth);
  }

  // Where the key of this line ends and its value begins; nothing when the line is no "key: value".
  struct Pair {
    std::string key;
    std::string_view value;
  };
  static std::optional<Pair> pair(std::string_view line) {
    Pair out;
    std::size_t colon = 0;
    if (line[0] == '"' || line[0] == '\'') {
      const std::size_t end = quoted(line, out.key);
      if (end == std::string_view::npos)
        throw GiveUp{};
      if (end == line.size())
        return std::nullopt;
      if (line[end] != ':')
        throw GiveUp{};
      colon = end;
      if (colon + 1 < line.size() && line[colon + 1] != ' ')
        throw GiveUp{};
    } else {
      colon = line.find(": ");
      if (colon == std::string_view::npos) {
        if (!line.ends_with(':'))
          return std::nullopt;
        colon = line.size() - 1;
      }
      const std::string_view key = line.substr(0, colon);
      if (key.empty() || key.ends_with(' ') || !plain(key) || plain_scalar(key).is_null())
        throw GiveUp{};
      out.key = key;
    }
    out.value = line.substr(colon + 1);
    out.value.remove_prefix(std::min(out.value.find_first_not_of(' '), out.value.size()));
    return out;
  }

  // A plain scalar on one line that has nothing of YAML's syntax in it.
  static bool plain(std::string_view text) {
    const char c = text[0];
    if (std::string_view(",[]{}#&*!|>'\"%@`").find(c) != std::string_view::npos)
      return false;
    if ((c == '-' || c == '?' || c == ':') && (text.size() == 1 || text[1] == ' '))
      return false;
    return text.find(" #") == std::string_view::npos && text.find(": ") == std::string_view::npos &&
           !text.ends_with(':');
  }

  Json map(std::size_t indent, const Keep* keep, std::size_t depth) {
    Json out = Json::object();
    auto& members = out.get_ref<Json::object_t&>();
    while (!end_ && indent_ == indent && !is_entry(line_)) {
      std::optional<Pair> here = pair(line_);
      if (!here)
        throw GiveUp{};
      const Keep* child = keep == nullptr ? nullptr : keep->child(here->key);
      if (keep != nullptr && child == nullptr) {
        skip(indent, here->value);
        continue;
      }
      members.insert_or_assign(std::move(here->key),
                               value(indent,
                                     here->value,
                                     child != nullptr && child->children.empty() ? nullptr : child,
                                     depth));
    }
    if (!end_ && indent_ > indent)
      throw GiveUp{};
    return out;
  }

  Json list(std::size_t indent, const Keep* keep, std::size_t depth) {
    Json out = Json::array();
    while (!end_ && indent_ == indent && is_entry(line_)) {
      const std::size_t inner = line_.find_first_not_of(' ', 1);
      if (inner == std::string_view::npos)
        throw GiveUp{};
      const std::string_view rest = line_.substr(inner);
      if (is_entry(rest))
        throw GiveUp{};
      const bool text =
          rest[0] == '|' || (is_quote(rest[0]) && quote_end(rest) == std::string_view::npos);
      if (!text && rest[0] != '{' && rest[0] != '[' && pair(rest)) {
        indent_ = indent + inner;
        line_ = rest;
        out.push_back(map(indent_, keep, depth + 1));
        if (!end_ && indent_ > indent)
          throw GiveUp{};
      } else {
        out.push_back(value(indent, rest, keep, depth));
      }
    }
    if (!end_ && indent_ > indent)
      throw GiveUp{};
    return out;
  }

  // What stands behind "key:" or "- "; the line is used up afterwards.
  Json value(std::size_t indent, std::string_view text, const Keep* keep, std::size_t depth) {
    if (text.empty()) {
      advance();
      if (!end_ && (indent_ > indent || (indent_ == indent && is_entry(line_))))
        return node(indent_, keep, depth + 1);
      return nullptr;
    }
    if (text[0] == '|')
      return literal(indent, text);
    if (text[0] == '"' || text[0] == '\'')
      return quoted_scalar(indent, text);
    Json out;
    if (text == "{}") {
      out = Json::object();
    } else if (text == "[]") {
      out = Json::array();
    } else {
      return folded_plain(indent, text);
    }
    advance();
    if (!end_ && indent_ > indent)
      throw GiveUp{};
    return out;
  }

  // The next line as it stands, blank or not; false at the end. `used` makes it the past.
  struct Raw {
    std::string_view line;
    std::size_t first, next;
  };
  bool raw(Raw& out) const {
    if (next_ >= text_.size())
      return false;
    const std::size_t stop = std::min(text_.find('\n', next_), text_.size());
    out.line = text_.substr(next_, stop - next_);
    if (out.line.ends_with('\r'))
      out.line.remove_suffix(1);
    out.first = out.line.find_first_not_of(' ');
    out.next = stop + 1;
    return true;
  }

  // Printers fold texts at 80 columns: a line break is a blank, an empty line is a line break.
  Json folded_plain(std::size_t indent, std::string_view text) {
    if (!plain(text))
      throw GiveUp{};
    std::string words;  // of more than one line
    std::size_t blanks = 0;
    for (Raw next; raw(next); next_ = next.next) {
      if (next.first == std::string_view::npos) {
        ++blanks;
        continue;
      }
      if (next.first <= indent)
        break;
      const std::string_view more = trim_right(next.line.substr(next.first));
      if (more[0] == '#' || more.find(" #") != std::string_view::npos ||
          more.find(": ") != std::string_view::npos || more.ends_with(':'))
        throw GiveUp{};
      if (words.empty())
        words = text;
      if (blanks == 0)
        words += ' ';
      words.append(blanks, '\n').append(more);
      blanks = 0;
    }
    advance();
    return words.empty() ? plain_scalar(text) : plain_scalar(words);
  }

  Json quoted_scalar(std::size_t indent, std::string_view text) {
    std::string words;
    std::size_t end = quoted(text, words);
    std::string joined;
    while (end == std::string_view::npos) {
      if (blank_behind_)
        throw GiveUp{};
      if (joined.empty())
        joined = text;
      // The text of all lines with their breaks folded; it is unescaped as a whole.
      std::size_t blanks = 0;
      Raw next{};
      for (;; ++blanks) {
        if (!raw(next))
          throw GiveUp{};
        next_ = next.next;
        if (next.first != std::string_view::npos)
          break;
      }
      if (next.first <= indent)
        throw GiveUp{};
      const std::string_view more = trim_right(next.line.substr(next.first));
      blank_behind_ = next.first + more.size() != next.line.size();
      std::size_t slashes = 0;
      while (slashes < joined.size() && joined[joined.size() - 1 - slashes] == '\\')
        ++slashes;
      if (joined[0] == '"' && slashes % 2 == 1) {  // an escaped break is none
        if (blanks != 0)
          throw GiveUp{};
        joined.pop_back();
      } else if (blanks == 0) {
        joined += ' ';
      } else {
        joined.append(blanks, '\n');
      }
      joined += more;
      if (joined.size() > k_scalar_limit)
        throw GiveUp{};
      if (quote_end(more, 0, joined[0]) == std::string_view::npos)
        continue;
      words.clear();
      end = quoted(joined, words);
      if (end != std::string_view::npos && end != joined.size())
        throw GiveUp{};
    }
    if (joined.empty() && end != text.size())
      throw GiveUp{};
    advance();
    if (!end_ && indent_ > indent)
      throw GiveUp{};
    return words;
  }

  // "|", "|-", "|+" and the lines below.
  Json literal(std::size_t indent, std::string_view header) {
    if (header != "|" && header != "|-" && header != "|+")
      throw GiveUp{};
    std::string out;
    std::size_t own = 0, blanks = 0;
    while (next_ < text_.size()) {
      const std::size_t stop = std::min(text_.find('\n', next_), text_.size());
      std::string_view line = text_.substr(next_, stop - next_);
      if (line.ends_with('\r'))
        line.remove_suffix(1);
      const std::size_t first = line.find_first_not_of(' ');
      if (first == std::string_view::npos) {
        if (own == 0 ? !line.empty() : line.size() > own)
          throw GiveUp{};  // blanks that may or may not be content
        ++blanks;
        next_ = stop + 1;
        continue;
      }
      if (own == 0) {
        if (first <= indent)
          break;
        own = first;
      }
      if (first < own) {
        if (first > indent)
          throw GiveUp{};
        break;
      }
      out.append(blanks, '\n');
      blanks = 0;
      out.append(line.substr(own));
      out += '\n';
      next_ = stop + 1;
    }
    if (own == 0)
      throw GiveUp{};
    if (header == "|-")
      out.pop_back();
    if (header == "|+")
      out.append(blanks, '\n');
    advance();
    return out;
  }

  // The line of an unwanted key and all below it. Anchors and aliases are looked for all the same:
  // whoever uses them is told so.
  void skip(std::size_t indent, std::string_view text) {
    const bool open = text.empty();
    if (!open && is_quote(text[0])) {
      if (quote_end(text) == text.size())
        advance();
      else
        (void)quoted_scalar(indent, text);
      if (!end_ && indent_ > indent)
        throw GiveUp{};
      return;
    }
    suspicious(text);
    if (!open && text[0] != '|') {
      advance();
      while (!end_ && indent_ > indent && text != "{}" && text != "[]")
        advance();  // it goes on
      if (!end_ && indent_ > indent)
        throw GiveUp{};
      return;
    }
    if (!open) {
      (void)literal(indent, text);
      return;
    }
    advance();
    while (!end_ && (indent_ > indent || (indent_ == indent && is_entry(line_)))) {
      if (indent_ > 2 * k_depth)
        throw GiveUp{};
      std::string_view rest = line_;
      while (is_entry(rest) && rest.size() > 2)
        rest.remove_prefix(2);
      if (is_quote(rest[0])) {  // a key or a text
        const std::size_t end = quote_end(rest);
        if (end != std::string_view::npos && end < rest.size()) {
          if (rest[end] != ':')
            throw GiveUp{};
          rest = end + 1 == rest.size() ? std::string_view()
                                        : rest.substr(rest.find_first_not_of(' ', end + 1));
        }
      } else if (rest.ends_with(':')) {
        rest = {};
      } else if (const std::size_t colon = rest.find(": "); colon != std::string_view::npos) {
        rest = rest.substr(rest.find_first_not_of(' ', colon + 1));
      }
      if (!rest.empty() && is_quote(rest[0]) && quote_end(rest) == std::string_view::npos) {
        (void)quoted_scalar(indent_, rest);
        continue;
      }
      suspicious(rest);
      if (line_.ends_with('|') || line_.ends_with("|-") || line_.ends_with("|+") ||
          line_.ends_with('>') || line_.ends_with(">-") || line_.ends_with(">+")) {
        skip_block();
        continue;
      }
      advance();
    }
  }

  // Texts of literal and folded blocks are no YAML: only their indentation counts.
  void skip_block() {
    const std::size_t own = indent_ + (is_entry(line_) ? 1 : 0);
    while (next_ < text_.size()) {
      const std::size_t stop = std::min(text_.find('\n', next_), text_.size());
      const std::string_view line = text_.substr(next_, stop - next_);
      const std::size_t first = line.find_first_not_of(" \r");
      if (first != std::string_view::npos && first <= own)
        break;
      next_ = stop + 1;
    }
    advance();
  }

  // What is not read for its meaning must still be of this kind of YAML, or the lines below may be
  // no lines of their own.
  static void suspicious(std::string_view text) {
    if (text.empty())
      return;
    if (is_quote(text[0]) && quote_end(text) != text.size())
      throw GiveUp{};
    if (text[0] == '&' || text[0] == '*' || text[0] == '!' || (text[0] == '{' && text != "{}") ||
        (text[0] == '[' && text != "[]"))
      throw GiveUp{};
  }

  std::string_view text_;
  std::size_t next_ = 0;
  std::size_t indent_ = 0;
  std::string_view line_;
  bool blank_behind_ = false;  // the line has blanks at its end
  bool end_ = false;
};

}  // namespace

bool read_block_yaml(std::string_view text, const Keep* keep, Json& out) {
  if (!text.ends_with('\n') || !is_clean(text))
    return false;
  try {
    out = Reader(text).document(keep);
    return true;
  } catch (const GiveUp&) {
    return false;
  }
}

}  // namespace kpr::archive
