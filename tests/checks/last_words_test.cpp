// The table of last words: each row against lines made from the format string of the program that
// prints it, in the old and the new form of the log, wrapped as each version wraps it and cut off
// as the kubelet does.
#include <re2/re2.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "checks/catalogue.hpp"
#include "checks/last_words.hpp"
#include "util/strings.hpp"

using namespace kpr;
using namespace kpr::checks;
using nlohmann::json;

namespace {

json read(const char* file) {
  std::ifstream in(std::string(KPR_SOURCE_DIR) + file);
  return json::parse(in);
}
const json& lines_of_rows() {
  static const json all = read("/tests/checks/last_words_lines.json");
  return all;
}
const WordsRow& row_of(const std::string& id) {
  for (const auto& row : words_rows())
    if (row.id == id)
      return row;
  BOOST_FAIL("no row " + id);
  throw 0;
}

// strconv.Quote, where logrus and slog quote.
std::string quoted(const std::string& text) {
  if (!text.empty() && text.find_first_of(" \"=\n\t()[]{}:,'") == std::string::npos)
    return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    out += c == '\n' ? "\\n" : std::string(1, c);
  }
  return out + '"';
}

struct Logger {
  int minor;  // of Cilium
  std::string line(const std::string& level,
                   const std::string& message,
                   const std::string& error = {},
                   const json& fields = json::object()) const {
    const bool slog = minor >= 18;
    std::string out =
        slog ? "time=2026-11-24T11:57:02.118801110Z level=" + level +
                   " source=/go/src/github.com/cilium/cilium/pkg/x/y.go:7 msg=" + quoted(message)
             : "time=\"2026-11-24T11:57:02Z\" level=" + level + " msg=" + quoted(message);
    std::string rest;
    for (const auto& [key, value] : fields.items())
      rest += " " + key + "=" + quoted(value);
    const std::string cause = error.empty() ? "" : " error=" + quoted(error);
    return out + (slog ? rest + cause : cause + rest) + "\n";
  }
  // A start hook that failed with this.
  std::string hook(const std::string& error, const std::string& function) const {
    if (minor <= 12)  // no hive yet
      return {};
    const std::string first = line("error",
                                   "Start hook failed",
                                   error,
                                   minor >= 18 ? json{{"function", function}}
                                               : json{{"function", function}, {"subsys", "hive"}});
    const std::string stopped = line("info", "Stop hook executed", "", {{"function", "x.Stop"}});
    if (minor >= 18)
      return first + stopped + line("error", "Failed to start hive", "failed to start: " + error) +
             line("fatal", "unable to run agent: failed to start: " + error) +
             line("info", "Stopped hive");
    return first + stopped +
           line("fatal",
                "failed to start: " + error + "\nfailed to stop: context deadline exceeded",
                "",
                {{"subsys", "daemon"}});
  }
  std::string daemon(const std::string& error) const {
    if (minor <= 12)
      return line("fatal", "Error while creating daemon", error, {{"subsys", "daemon"}});
    return hook((minor >= 19 ? "daemon configuration failed: " : "daemon creation failed: ") +
                    error,
                "cmd.newDaemonPromise.func1 (cmd/daemon_main.go:1694)");
  }
  std::string datapath(const std::string& error) const {
    if (minor < 17)
      return daemon("failed while reinitializing datapath: " + error);
    return line("error",
                "Failed to initialize datapath, retrying later",
                error,
                {{"module", "agent.datapath.orchestrator"}, {"retry-delay", "10s"}}) +
           line("info", "Stopping");
  }
  std::string text(const json& made) const {
    const std::string form = made.at("form");
    const std::string error = made.value("error", "");
    if (form == "own")
      return line(made.at("level"), made.at("msg"), error, made.at("fields"));
    if (form == "hook")
      return hook(error, made.at("function"));
    if (form == "daemon")
      return daemon(error);
    if (form == "kpr")
      return daemon("unable to initialize kube-proxy replacement options: " + error);
    if (form == "config")
      return minor >= 19
                 ? hook("failed to init and validate daemon config: " + error, "cmd.initDaemon")
                 : daemon(error);
    if (form == "datapath")
      return datapath(error);
    return made.at("text").get<std::string>() + "\n";
  }
};

Speaker speaker_of(const WordsRow& row, int minor) {
  return {row.who.front(),
          row.who.front() == "init",
          facts::parse_version("1." + std::to_string(minor) + ".1")};
}

bool has_version(const WordsRow& row, int minor) {
  return (!row.since || row.since->minor <= minor) && (!row.until || minor <= row.until->minor);
}

// As the kubelet keeps them: the last 2048 bytes.
std::string tail(const std::string& text) {
  return text.size() <= 2048 ? text : text.substr(text.size() - 2048);
}

std::string id_of(const std::optional<LastWord>& word) {
  return !word ? "(nothing)" : word->row == nullptr ? "(unknown)" : word->row->id;
}

facts::LogRecord only_record(const json& made, const Logger& logger) {
  if (made.at("form") == "exit")
    return exit_record(made.at("reason").get<std::string>(), made.at("code"));
  return facts::log_records(logger.text(made)).back();
}

std::set<std::string> names_in(const std::string& text) {
  std::set<std::string> out;
  re2::StringPiece rest(text);
  std::string name;
  static const re2::RE2 placeholder("\\{([a-z_-]+)\\}");
  while (re2::RE2::FindAndConsume(&rest, placeholder, &name))
    out.insert(name);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_table_is_sound) {
  BOOST_TEST(words_problem() == "");
  std::set<std::string> ids;
  for (const auto& row : words_rows()) {
    BOOST_TEST(ids.insert(row.id).second, row.id);
    BOOST_TEST(!row.source.empty(), row.id);
    BOOST_TEST(row.cause.empty() == (row.effect == Effect::passes), row.id);
    BOOST_TEST(row.fix.empty() == (row.effect == Effect::passes), row.id);
  }
  BOOST_TEST(ids.size() > 150u);
}

BOOST_AUTO_TEST_CASE(what_a_row_says_is_caught_by_each_of_its_patterns) {
  const std::set<std::string> of_the_cluster{
      "ns", "node", "pod", "container", "operator", "bin", "free-port"};
  for (const auto& j : read("/plugin/checks/last_words.json")) {
    std::set<std::string> wanted = names_in(j.at("cause"));
    for (const auto& step : j.at("fix"))
      wanted.merge(names_in(step.dump()));
    const auto patterns = j.at("match").is_string() ? json::array({j.at("match")}) : j.at("match");
    for (const auto& pattern : patterns) {
      const re2::RE2 expression("(?m)" + pattern.get<std::string>());
      BOOST_REQUIRE_MESSAGE(expression.ok(), j.at("id"));
      for (const auto& name : wanted)
        if (of_the_cluster.count(name) == 0)
          BOOST_TEST(expression.NamedCapturingGroups().count(name) == 1u,
                     j.at("id") << " " << name);
    }
  }
}

BOOST_AUTO_TEST_CASE(each_row_knows_its_lines_in_every_version) {
  std::set<std::string> tested;
  for (const auto& test : lines_of_rows()) {
    const std::string id = test.at("row");
    const WordsRow& row = row_of(id);
    tested.insert(id);
    for (const int minor : {9, 12, 13, 15, 16, 17, 18, 19, 20}) {
      if (!has_version(row, minor))
        continue;
      const Logger logger{minor};
      const Speaker speaker = speaker_of(row, minor);
      for (const auto& made : test.at("lines")) {
        BOOST_TEST_CONTEXT(id << " in 1." << minor << ": " << made.dump()) {
          if (made.at("form") != "exit" && logger.text(made).empty())
            continue;
          const auto record = only_record(made, logger);
          const bool weak = row.effect == Effect::harms && record.level != facts::LogLevel::fatal;
          if (made.at("form") == "exit" || weak || row.effect == Effect::passes) {
            BOOST_TEST(id_of(look_up(record, speaker)) == id);
            continue;
          }
          const std::string before = logger.line("info", "Starting hive") +
                                     logger.line("info", "Level of logs is set", "", {{"a", "b"}});
          const std::string after = logger.line("info", "Stopped hive");
          const auto word = last_word(tail(before + logger.text(made) + after), speaker);
          BOOST_TEST(id_of(word) == id);
          if (word && word->row != nullptr) {
            const std::string cause = with_caught(word->row->cause, word->caught);
            for (const auto& name : names_in(word->row->cause))
              BOOST_TEST(cause.find('{' + name + '}') == std::string::npos, cause);
            BOOST_TEST(word->record.text.find("11:57:02") == std::string::npos, word->record.text);
          }
        }
      }
    }
  }
  BOOST_TEST(tested.size() == words_rows().size());
}

BOOST_AUTO_TEST_CASE(a_row_does_not_know_what_only_looks_like_it) {
  for (const auto& test : lines_of_rows()) {
    const WordsRow& row = row_of(test.at("row"));
    BOOST_TEST(!test.at("near").empty(), row.id);
    for (const auto& made : test.at("near")) {
      const auto word = look_up(only_record(made, Logger{18}), speaker_of(row, 18));
      BOOST_TEST(id_of(word) != row.id, made.dump());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_healthy_log_has_no_last_word_of_the_table) {
  const std::pair<const char*, Speaker> logs[] = {
      {"agent-1.15", {"agent", false, facts::parse_version("1.15.7")}},
      {"agent-1.18", {"agent", false, facts::parse_version("1.18.5")}},
      {"operator-1.18", {"operator", false, facts::parse_version("1.18.5")}},
      {"config-1.18", {"config", true, facts::parse_version("1.18.5")}},
      {"envoy", {"envoy", false, std::nullopt}},
      {"init", {"mount-cgroup", true, std::nullopt}}};
  for (const auto& [name, speaker] : logs) {
    std::ifstream in(std::string(KPR_SOURCE_DIR) + "/tests/fixtures/logs/" + name + ".log");
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    BOOST_REQUIRE(!text.empty());
    for (const std::string& part : {text, tail(text)}) {
      const auto word = last_word(part, speaker);
      BOOST_TEST((!word || word->row == nullptr), name << ": " << id_of(word));
    }
    for (const auto& record : facts::log_records(text)) {
      const auto known = look_up(record, speaker);
      BOOST_TEST((known.row == nullptr || known.row->effect != Effect::harms),
                 name << ": " << record.text);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_last_failure_decides_and_not_the_last_line) {
  const Logger old{16}, now{18};
  const Speaker agent{"agent", false, facts::parse_version("1.16.5")};
  const std::string bind = "listen tcp 127.0.0.1:9890: bind: address already in use";
  // An error that did no harm, then the fatal one.
  BOOST_TEST(id_of(last_word(old.line("error", "k8sError", "watch of *v1.Node ended") +
                                 old.hook(bind, "gops.registerGopsHooks"),
                             agent)) == "port-gops");
  // A fatal record that the table does not know is quoted as it is.
  const auto unknown = last_word(
      old.line("error", "Start hook failed", "the moon is full", {{"subsys", "hive"}}) +
          old.line("fatal", "failed to start: the moon is full", "", {{"subsys", "daemon"}}) +
          old.line("info", "Stopped hive"),
      agent);
  BOOST_REQUIRE(unknown);
  BOOST_TEST(unknown->row == nullptr);
  BOOST_TEST(unknown->record.text ==
             "level=fatal msg=\"failed to start: the moon is full\" subsys=daemon");
  // One that says nothing sends us to what was said before.
  BOOST_TEST(
      id_of(last_word(
          now.line("error",
                   "Unable to contact k8s api-server",
                   "Get \"https://10.0.0.1:6443/api/v1/namespaces/kube-system\": dial tcp "
                   "10.0.0.1:6443: i/o timeout") +
              now.line("fatal", "unable to run agent: failed to start: context deadline exceeded"),
          agent)) == "api-timeout");
  // What waits counts while nothing else is said.
  const std::string waits =
      old.line("info", "Waiting until all Cilium CRDs are available", "", {{"subsys", "k8s"}});
  BOOST_TEST(id_of(last_word(waits + old.line("info", "Stopped hive"), agent)) ==
             "crds-waited-for");
  BOOST_TEST(!last_word(waits + old.line("info", "All Cilium CRDs have been found"), agent));
  BOOST_TEST(!last_word("", agent));
  BOOST_TEST(!last_word(old.line("info", "Starting hive"), agent));
}

BOOST_AUTO_TEST_CASE(of_rows_with_one_text_the_one_of_the_version_speaks) {
  const std::string text =
      Logger{13}.line("fatal",
                      "Failed to create gateway controller",
                      "error listening on :8080: listen tcp :8080: bind: address already in use");
  const auto in = [&](const char* version) {
    return id_of(last_word(text, {"operator", false, facts::parse_version(version)}));
  };
  BOOST_TEST(in("1.13.0") == "gateway-metrics-port");
  BOOST_TEST(in("1.18.0") == "port-taken");
  BOOST_TEST(id_of(last_word(text, {"operator", false, std::nullopt})) == "gateway-metrics-port");
}

BOOST_AUTO_TEST_CASE(what_was_caught_is_put_in) {
  BOOST_TEST(with_caught("{a} and {b} {", {{"a", "1"}}) == "1 and {b} {");
  BOOST_TEST(with_caught("'{.data.{key}}'", {{"key", "x"}}) == "'{.data.x}'");
}
