// What Cilium's programs say last, and what it means: the table last_words.json, compiled in, and
// how a container's words are held against it.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checks/catalogue.hpp"
#include "facts/fleet.hpp"
#include "facts/log_records.hpp"

namespace kpr::checks {

// What comes of it. ends: the program. holds: it tries again for ever and does not get ready.
// harms: it runs, without a part. passes: nothing; the cause stands in a record before this one.
enum class Effect { ends, holds, harms, passes };

struct WordsRow {
  std::string id;
  // Which container: agent, operator, envoy, clustermesh, an init container's name, init for any of
  // these; runtime, kubelet and cni for what these say of a pod.
  std::vector<std::string> who;
  std::optional<facts::Version> since, until;  // of Cilium, minor versions, both inclusive
  Effect effect = Effect::ends;
  std::string cause;  // goes on after a colon; {name} stands for what the pattern caught
  Steps fix;
  std::vector<std::string> keys;      // of cilium-config, that have to do with it
  std::vector<std::string> findings;  // ids of the checks that tell the same with more behind it
  std::string source;                 // file and function in Cilium
  std::vector<std::string> links;
};
const std::vector<WordsRow>& words_rows();
std::string_view words_problem();  // "" ; a test asserts that

using Caught = std::map<std::string, std::string>;  // named groups of the pattern

struct LastWord {
  const WordsRow* row = nullptr;  // null: not in the table
  facts::LogRecord record;        // the one that decides
  Caught caught;
  bool belongs_to(std::string_view finding) const;
};

struct Speaker {
  std::string_view who;
  bool init = false;
  std::optional<facts::Version> version;  // of Cilium
};

// What the table says of one record: the first row that knows it, of those whose versions fit
// before others; of those the text proves the row as well, as somebody may have ported it back.
LastWord look_up(const facts::LogRecord& record, const Speaker& speaker);
// How a container ended, as a record: "terminated: reason=OOMKilled exitCode=137".
facts::LogRecord exit_record(std::string_view reason, int exit_code);

// The record of a text that decides: the last fatal one, else the first start hook that failed,
// else the last error, warning or plain line that the table knows as one that ends or holds the
// program, else what it says last of all if that is one, else the last error. Nothing where no
// record says that something is wrong.
std::optional<LastWord> last_word(std::string_view text, const Speaker& speaker);

// {name} becomes what was caught, others stay.
std::string with_caught(std::string_view text, const Caught& caught);

}  // namespace kpr::checks
