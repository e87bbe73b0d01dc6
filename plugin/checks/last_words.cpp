#include "checks/last_words.hpp"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "checks/catalogue_reader.hpp"

namespace kpr::checks {
extern const char* const k_last_words;

namespace {

using facts::LogLevel;
using facts::LogRecord;

// The rows, and one set of all their patterns: a pattern's number there is its place here.
struct Table {
  struct Pattern {
    const WordsRow* row = nullptr;
    std::unique_ptr<re2::RE2> expression;
  };
  std::vector<WordsRow> rows;
  std::vector<Pattern> patterns;
  std::unique_ptr<re2::RE2::Set> set;
  std::map<const WordsRow*, std::unique_ptr<re2::RE2>> cleared;  // what says that it is over
  std::string problem;
};

std::vector<std::string> strings(const nlohmann::ordered_json& row, const char* key) {
  const auto found = row.find(key);
  if (found == row.end())
    return {};
  return found->is_string() ? std::vector<std::string>{found->get<std::string>()}
                            : found->get<std::vector<std::string>>();
}

Effect effect_of(const std::string& word) {
  static const std::map<std::string, Effect, std::less<>> words{{"ends", Effect::ends},
                                                                {"holds", Effect::holds},
                                                                {"harms", Effect::harms},
                                                                {"passes", Effect::passes}};
  return words.at(word);
}

WordsRow read_row(const nlohmann::ordered_json& j) {
  WordsRow row;
  row.id = j.at("id");
  row.who = strings(j, "who");
  row.since = facts::parse_version(j.value("since", ""));
  row.until = facts::parse_version(j.value("until", ""));
  row.effect = effect_of(j.at("effect"));
  row.cause = j.at("cause");
  row.fix = CatalogueReader::steps(j, "fix");
  row.keys = strings(j, "keys");
  row.findings = strings(j, "findings");
  row.source = j.at("source");
  row.links = strings(j, "links");
  return row;
}

void load(Table& table) {
  const auto data = CatalogueReader::rows(k_last_words);
  re2::RE2::Options options;
  options.set_max_mem(64 << 20);
  table.set = std::make_unique<re2::RE2::Set>(options, re2::RE2::UNANCHORED);
  table.rows.reserve(data.size());  // patterns point to them
  for (const auto& j : data) {
    table.rows.push_back(read_row(j));
    if (const auto over = j.find("cleared"); over != j.end())
      table.cleared[&table.rows.back()] =
          std::make_unique<re2::RE2>(over->get<std::string>(), options);
    for (const std::string& text : strings(j, "match")) {
      const std::string pattern = "(?m)" + text;
      auto expression = std::make_unique<re2::RE2>(pattern, options);
      if (table.set->Add(pattern, nullptr) < 0 || !expression->ok())
        throw std::runtime_error(table.rows.back().id + ": " + expression->error());
      table.patterns.push_back({&table.rows.back(), std::move(expression)});
    }
  }
  if (!table.set->Compile())
    throw std::runtime_error("the patterns together are too big");
}

const Table& table() {
  static const Table all = [] {
    Table t;
    try {
      load(t);
    } catch (const std::exception& e) {
      t.problem = e.what();
      t.patterns.clear();
    }
    return t;
  }();
  return all;
}

bool speaks(const WordsRow& row, const Speaker& speaker) {
  return std::any_of(row.who.begin(), row.who.end(), [&](const std::string& who) {
    return who == speaker.who || (who == "init" && speaker.init);
  });
}

bool in_range(const WordsRow& row, const std::optional<facts::Version>& v) {
  const auto minor = [](const facts::Version& x) {
    return std::pair(x.major, x.minor);
  };
  return !v || ((!row.since || minor(*row.since) <= minor(*v)) &&
                (!row.until || minor(*v) <= minor(*row.until)));
}

// What the patterns look at.
std::string subject_of(const LogRecord& record) {
  std::string out = record.said();
  for (const auto& [key, value] : record.fields)
    out += "\n" + key + "=" + value;
  return out;
}

Caught groups_of(const re2::RE2& expression, const std::string& subject) {
  std::vector<re2::StringPiece> groups(
      static_cast<std::size_t>(expression.NumberOfCapturingGroups()) + 1);
  Caught out;
  if (!expression.Match(subject,
                        0,
                        subject.size(),
                        re2::RE2::UNANCHORED,
                        groups.data(),
                        static_cast<int>(groups.size())))
    return out;
  for (const auto& [name, number] : expression.NamedCapturingGroups()) {
    const auto& group = groups[static_cast<std::size_t>(number)];
    out[name] = std::string(group.data() == nullptr ? "" : group.data(), group.size());
  }
  return out;
}

bool decides(const LastWord& word) {
  return word.row != nullptr &&
         (word.row->effect == Effect::ends || word.row->effect == Effect::holds);
}
bool passes(const LastWord& word) {
  return word.row != nullptr && word.row->effect == Effect::passes;
}

using Records = std::vector<const LogRecord*>;

template <class Which>
Records last_first(const std::vector<LogRecord>& records, Which which) {
  Records out;
  for (auto r = records.rbegin(); r != records.rend(); ++r)
    if (which(*r))
      out.push_back(&*r);
  return out;
}

// What the program ended with: fatal records from the last on, then the first start hook that
// failed. Known or not, the first of them that is not about something before it decides.
std::optional<LastWord> last_fatal(const std::vector<LogRecord>& records, const Speaker& speaker) {
  Records candidates = last_first(records, [](const LogRecord& r) {
    return r.level == LogLevel::fatal;
  });
  const auto hook = std::find_if(records.begin(), records.end(), [](const LogRecord& r) {
    return r.message == "Start hook failed";
  });
  if (hook != records.end())
    candidates.push_back(&*hook);
  std::optional<LastWord> unknown;
  for (const LogRecord* record : candidates) {
    LastWord word = look_up(*record, speaker);
    if (passes(word))
      continue;
    if (word.row != nullptr)
      return word;
    if (!unknown)
      unknown = std::move(word);
  }
  return unknown;
}

bool is_over(const LastWord& word, const LogRecord& record, const std::vector<LogRecord>& all) {
  const auto over = table().cleared.find(word.row);
  return over != table().cleared.end() &&
         std::any_of(&record + 1, all.data() + all.size(), [&](const LogRecord& later) {
           return re2::RE2::PartialMatch(later.message, *over->second);
         });
}

// The last of these records (they are of `all`) that the table knows as a cause.
std::optional<LastWord>
last_known(const Records& records, const std::vector<LogRecord>& all, const Speaker& speaker) {
  for (const LogRecord* record : records)
    if (LastWord word = look_up(*record, speaker); decides(word) && !is_over(word, *record, all))
      return word;
  return std::nullopt;
}

// A program that waits says so at level info, and that counts while it says nothing else.
std::optional<LastWord> still_waits(const std::vector<LogRecord>& records, const Speaker& speaker) {
  for (auto record = records.rbegin(); record != records.rend(); ++record) {
    LastWord word = look_up(*record, speaker);
    if (decides(word))
      return word;
    if (!passes(word))
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

bool LastWord::belongs_to(std::string_view finding) const {
  return row != nullptr &&
         std::find(row->findings.begin(), row->findings.end(), finding) != row->findings.end();
}

LastWord look_up(const LogRecord& record, const Speaker& speaker) {
  LastWord out;
  out.record = record;
  const Table& t = table();
  const std::string subject = subject_of(record);
  std::vector<int> hits;
  if (t.patterns.empty() || !t.set->Match(subject, &hits))
    return out;
  std::sort(hits.begin(), hits.end());
  const Table::Pattern* best = nullptr;
  for (const int hit : hits) {
    const auto& pattern = t.patterns[static_cast<std::size_t>(hit)];
    if (!speaks(*pattern.row, speaker))
      continue;
    if (in_range(*pattern.row, speaker.version)) {
      best = &pattern;
      break;
    }
    best = best == nullptr ? &pattern : best;
  }
  if (best != nullptr) {
    out.row = best->row;
    out.caught = groups_of(*best->expression, subject);
  }
  return out;
}

LogRecord exit_record(std::string_view reason, int exit_code) {
  LogRecord record;
  record.level = LogLevel::fatal;
  record.message = record.text =
      "terminated: reason=" + std::string(reason) + " exitCode=" + std::to_string(exit_code);
  return record;
}

const std::vector<WordsRow>& words_rows() {
  return table().rows;
}
std::string_view words_problem() {
  return table().problem;
}

std::optional<LastWord> last_word(std::string_view text, const Speaker& speaker) {
  const std::vector<LogRecord> records = facts::log_records(text);
  if (auto word = last_fatal(records, speaker))
    return word;
  const Records errors = last_first(records, [](const LogRecord& r) {
    return r.level == LogLevel::error || r.cut;
  });
  const Records others = last_first(records, [](const LogRecord& r) {
    return r.level == LogLevel::warning || r.level == LogLevel::none;
  });
  for (const Records* candidates : {&errors, &others})
    if (auto word = last_known(*candidates, records, speaker))
      return word;
  if (auto word = still_waits(records, speaker))
    return word;
  for (const LogRecord* record : errors)
    if (LastWord word = look_up(*record, speaker); word.row == nullptr)
      return word;
  return std::nullopt;
}

std::string with_caught(std::string_view text, const Caught& caught) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = std::min(text.find('{'), text.size());
    out += text.substr(0, open);
    text.remove_prefix(open);
    const std::size_t close = text.find('}');
    const auto found = close == std::string_view::npos
                           ? caught.end()
                           : caught.find(std::string(text.substr(1, close - 1)));
    if (found != caught.end()) {
      out += found->second;
      text.remove_prefix(close + 1);
    } else if (!text.empty()) {
      out += '{';
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace kpr::checks
