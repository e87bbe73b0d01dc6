#include "finding/shell_template.hpp"

#include <algorithm>

#include "util/strings.hpp"

namespace kpr::finding {
namespace {

constexpr std::string_view k_operators = "|&;<>()";
constexpr std::string_view k_expanding = "$`*?~#";

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("._/:@,+=%-").find(c) != std::string_view::npos;
}

// The values of a placeholder that fit it, and its stand-in once where one does not.
std::vector<std::string> filling(const Piece& piece, const Values& values, Command& command) {
  std::vector<std::string> out;
  const auto& texts = values.get(*piece.slot);
  const std::string stand_in = piece.slot->stand_in();
  for (const std::string& text : texts)
    if (fits(piece.slot->kind(), text))
      out.push_back(text);
    else
      command.open.push_back({stand_in, text});
  if (texts.empty())
    command.open.push_back({stand_in, ""});
  if (out.size() < std::max<std::size_t>(texts.size(), 1))
    out.push_back(stand_in);
  return out;
}

}  // namespace

// Bare where no shell sees anything in it: "=x" at the start of a word is a program's path for zsh.
std::string shell_quote(std::string_view word) {
  if (!word.empty() && word.front() != '=' && std::all_of(word.begin(), word.end(), is_plain))
    return std::string(word);
  std::string out = "'";
  for (const char c : word)
    out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string Command::shell() const {
  return join(words, " ");
}

bool ShellTemplate::Word::has_slot() const {
  return std::any_of(pieces.begin(), pieces.end(), [](const Piece& p) {
    return p.slot.has_value();
  });
}

ShellTemplate::ShellTemplate(Whole whole) : text_(std::move(whole.text)) {
  std::size_t at = 0;
  while (at < text_.size()) {
    const bool glued = at > 0 && text_[at] != ' ';
    while (at < text_.size() && text_[at] == ' ')
      ++at;
    if (at == text_.size())
      break;
    if (k_operators.find(text_[at]) != std::string_view::npos) {
      std::size_t end = at;
      while (end < text_.size() && k_operators.find(text_[end]) != std::string_view::npos)
        ++end;
      words_.push_back({text_.substr(at, end - at), {}, true, glued});
      needs_shell_ = true;
      at = end;
    } else {
      read_word(text_, at);
      words_.back().glued = glued;
    }
  }
  judge();
}

// Takes the quotes away: they come back, for the whole word, where its value needs them.
void ShellTemplate::read_word(std::string_view text, std::size_t& at) {
  const std::size_t begin = at;
  std::string cooked;
  char quote = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quote == 0 && (c == ' ' || k_operators.find(c) != std::string_view::npos))
      break;
    if (c == quote || (quote == 0 && (c == '\'' || c == '"'))) {
      quote = quote == 0 ? c : '\0';
      continue;
    }
    if (c == '\\' && quote != '\'' && at + 1 < text.size())
      ++at;
    else if (quote != '\'' && k_expanding.find(c) != std::string_view::npos)
      needs_shell_ = true;
    cooked += text[at];
  }
  if (quote != 0)
    problem_ = "a quote is not closed";
  std::vector<std::string> unknown;
  words_.push_back({std::string(text.substr(begin, at - begin)), pieces_of(cooked, &unknown)});
  if (!unknown.empty())
    problem_ = "{" + unknown.front() + "} is no placeholder";
}

// A value must not choose the program or the file that is written, nor stand in a script inside of
// the command (`sh -c '… {pod}'`): quoted for one shell, it would be read by two.
void ShellTemplate::judge() {
  const Word* before = nullptr;
  for (const Word& word : words_) {
    const bool chooses = before == nullptr || before->is_operator;
    before = &word;
    if (!word.has_slot())
      continue;
    if (chooses)
      problem_ = "a placeholder cannot be a program or a file to write to";
    for (const Piece& piece : word.pieces)
      for (const char c : piece.literal)
        if (!is_plain(c) && std::string_view("{}[]\\").find(c) == std::string_view::npos)
          problem_ = std::string("a placeholder beside \"") + c + "\" in one word";
  }
}

Command ShellTemplate::fill(const Values& values) const {
  Command out;
  const auto add = [&out](std::string word, bool glued) {
    if (glued && !out.words.empty())
      out.words.back() += word;
    else
      out.words.push_back(std::move(word));
  };
  for (const Word& word : words_) {
    if (!word.has_slot()) {
      add(word.raw, word.glued);
      std::string cooked;
      for (const Piece& piece : word.pieces)
        cooked += piece.literal;
      out.argv.push_back(std::move(cooked));
      continue;
    }
    std::vector<std::string> filled{""};
    for (const Piece& piece : word.pieces) {
      if (!piece.slot)
        filled.back() += piece.literal;
      else if (std::vector<std::string> texts = filling(piece, values, out);
               word.pieces.size() == 1)
        filled = std::move(texts);
      else
        filled.back() += join(texts, piece.slot->kind() == Kind::url ? " " : ",");
    }
    bool glued = word.glued;
    for (const std::string& one : filled) {
      add(shell_quote(one), glued);
      out.argv.push_back(one);
      glued = false;
    }
  }
  if (needs_shell_)
    out.argv.clear();
  return out;
}

}  // namespace kpr::finding
