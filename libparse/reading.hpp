// What a grammar has to say of a value: nothing is made of half a value, and what is no value of
// the agent's is none.
#pragma once
#include <algorithm>
#include <string_view>

#include "scan.hpp"

namespace kpr::det {

enum class Reading : std::uint8_t {
  whole,    // read, to its end
  heading,  // read, and it has no value of its own: rows follow
  cut,      // the text ends in the middle of it; what was not read is not known
  foreign   // no agent prints this: the line is something else
};

inline Reading worse(Reading a, Reading b) {
  return std::max(a, b);
}

// A value against its grammar, from left to right. What fails is `cut` when the text just ended,
// `foreign` when it goes on otherwise; after a failure nothing more is taken.
class Scan {
 public:
  explicit Scan(std::string_view text) : rest_(text) {}

  bool lit(std::string_view text) {
    if (!ok_)
      return false;
    if (take(rest_, text))
      return true;
    return fail(text.starts_with(rest_));
  }
  // The same, and no failure when it is not there.
  bool maybe(std::string_view text) { return ok_ && take(rest_, text); }
  template <class T>
  bool num(T& out) {
    return ok_ && (take_number(rest_, out) || fail(rest_.empty()));
  }
  // One blank or more: a copy may have folded them.
  bool gap() {
    const std::size_t before = rest_.size();
    rest_ = trim_left(rest_);
    return ok_ && (rest_.size() < before || fail(rest_.empty()));
  }
  bool until(std::string_view end, std::string_view& out) {
    const std::size_t at = ok_ ? rest_.find(end) : npos;
    if (at == npos)
      return fail(true);
    out = rest_.substr(0, at);
    rest_.remove_prefix(at + end.size());
    return true;
  }
  bool word(std::string_view& out) {
    if (!ok_ || rest_.empty())
      return fail(true);
    out = rest_.substr(0, rest_.find_first_of(" \t"));
    rest_.remove_prefix(out.size());
    return true;
  }
  bool end() {
    rest_ = trim_left(rest_);
    return ok_ && (rest_.empty() || fail(false));
  }
  bool empty() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  Reading reading() const { return ok_ ? Reading::whole : cut_ ? Reading::cut : Reading::foreign; }

 private:
  bool fail(bool cut) {
    cut_ = ok_ ? cut : cut_;
    ok_ = false;
    return false;
  }

  std::string_view rest_;
  bool ok_ = true;
  bool cut_ = false;
};

// One of the words that stand there, or the beginning of one; `foreign` is a word that this library
// does not know.
template <std::size_t N>
Reading one_of(std::string_view text, const std::string_view (&words)[N]) {
  Reading best = Reading::foreign;
  for (const std::string_view word : words) {
    if (text == word)
      return Reading::whole;
    if (word.starts_with(text))
      best = Reading::cut;
  }
  return best;
}

// The same, where a newer Cilium may print a word that is not known yet: it is kept as it stands.
template <std::size_t N>
Reading any_of(std::string_view text, const std::string_view (&words)[N]) {
  const Reading reading = one_of(text, words);
  return reading == Reading::foreign ? Reading::whole : reading;
}

inline constexpr std::string_view k_enabled_words[] = {"Enabled", "Disabled"};

}  // namespace kpr::det
