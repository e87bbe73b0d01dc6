// A command for a POSIX shell: words that stand in the catalogue or in the code, and placeholders.
// A value gets into it by a placeholder only, and is quoted on the way: there is no other door.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "finding/placeholder.hpp"

namespace kpr::checks {
class CatalogueReader;
}

namespace kpr::finding {

class Step;

// Text that was written by us: a literal of the code, or a line of the catalogue that is compiled
// in. Nothing that came from a cluster can become one.
class OurText {
 public:
  consteval OurText(const char* literal) : text_(literal) {}  // NOLINT: implicit on purpose
  std::string_view text() const { return text_; }

 private:
  friend class checks::CatalogueReader;
  explicit OurText(std::string_view text) : text_(text) {}
  std::string_view text_;
};

// A command as it is printed.
struct Command {
  std::vector<std::string> words;  // as a POSIX shell reads them, quoted where that is needed
  std::vector<std::string> argv;  // the same without a shell; empty where one is needed: pipes, …
  std::vector<Open> open;

  std::string shell() const;  // one line
};

// As one word of a POSIX shell, whatever is in it.
std::string shell_quote(std::string_view word);

class ShellTemplate {
 public:
  explicit ShellTemplate(OurText text) : ShellTemplate(Whole{std::string(text.text())}) {}

  Command fill(const Values& values) const;
  const std::string& problem() const { return problem_; }  // what is wrong with it, "" if nothing
  bool operator==(const ShellTemplate& other) const { return text_ == other.text_; }

 private:
  friend class Step;  // puts `helm upgrade` before settings
  struct Whole {
    std::string text;
  };
  explicit ShellTemplate(Whole whole);
  struct Word {
    std::string raw;            // as it was written
    std::vector<Piece> pieces;  // without its quotes
    bool is_operator = false;   // | ; > and the like
    bool glued = false;         // no blank before it
    bool has_slot() const;
  };
  void read_word(std::string_view text, std::size_t& at);
  void judge();

  std::string text_;
  std::vector<Word> words_;
  bool needs_shell_ = false;
  std::string problem_;
};

}  // namespace kpr::finding
