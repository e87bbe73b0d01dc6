// The words that a rule is written in. A rule says what it found, on which agent and where that
// stands; the runner counts, sorts, writes the sentence (the catalogue's `summary`) and says who
// could not tell. docs/writing-a-check.md has a whole one.
#pragma once
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "checks/check.hpp"

namespace kpr::checks {

class Rule {
 public:
  explicit Rule(Sink& sink);

  // What agents are asked, for "2 of 5 agents could not tell …": "whether hosts reach Services".
  void asks(std::string what) { what_ = " " + std::move(what); }
  // What the agent said, or null. Counts who was asked and who could tell: where somebody could
  // not and nothing was found, the check is skipped, or not judged where no image can tell.
  template <class T>
  const T* told(const facts::Agent&, const evidence::Piece<T>& piece) {
    return piece ? (++told_, ++asked_, &*piece) : (could_not_tell(piece.missing()), nullptr);
  }
  // The same for what is judged by hand: an agent that was asked and said nothing of use.
  void told_nothing() { ++asked_; }
  void told_something() { ++told_, ++asked_; }

  void found(const facts::Agent& agent, std::string source, std::string text);
  void found(std::string_view node, std::string source, std::string text);
  // Proof that names no node of its own.
  void shows(std::string source, std::string text);
  // Nodes and lines of containers whose last words hold one of these; `also_recovered`: even if
  // they run by now.
  void from_last_words(std::initializer_list<std::string_view> needles,
                       bool also_recovered = false);

  void object(std::string path);  // "Service shop/web"
  void set(finding::Placeholder name, finding::Texts texts);
  void add(finding::Placeholder name, std::string text);  // to a list, once
  void severity(Severity severity) { finding_.severity = severity; }
  void variant(std::string name) { variant_ = std::move(name); }  // of the summary
  void not_applicable(std::string reason) { sink_.not_applicable(std::move(reason)); }
  void skip(std::string reason) { sink_.skip(std::move(reason)); }
  const Thresholds& thresholds() const { return sink_.thresholds(); }

  // By the runner, when the rule is done. Nothing was found: no finding.
  void finish();

 private:
  void could_not_tell(const facts::Missing& missing);
  void say_who_could_not_tell();

  Sink& sink_;
  Finding finding_;
  std::string variant_, what_;
  std::size_t asked_ = 0, told_ = 0, without_program_ = 0;
};

// Agents of which that is so.
std::vector<const facts::Agent*> agents_with(const facts::Fleet& fleet,
                                             const std::function<bool(const facts::Agent&)>& is);

// The catalogue's sentence of a check, "" when it has none.
std::string summary_of(std::string_view id, const std::string& variant);

}  // namespace kpr::checks
