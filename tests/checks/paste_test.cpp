// Property: whatever stands in a cluster, a printed command runs its own program with the values as
// single words, and nothing else. Every text of every firing fixture is replaced by payloads.
#include "paste.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "fixtures.hpp"

namespace kpr::test {
namespace {

// With each text replaced in turn; payloads take turns too, so that all meet every kind of text.
Pasted commands_of_hostile_fixtures() {
  Pasted out;
  std::size_t turn = 0;
  for (const Fixture& fixture : all_fixtures()) {
    checks::Selection selection = fixture.selection;
    selection.only = {fixture.id};
    const evidence::Evidence clean = fixture.evidence();
    for (const std::string& text : texts_of(clean)) {
      const std::string& payload = payloads()[turn++ % payloads().size()];
      for (const std::string& by : {text + payload, payload + text}) {
        const evidence::Evidence hostile = with_texts(clean, {{text, by}});
        out.add(checks::run(facts::make_fleet(hostile), selection));
      }
    }
  }
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_pasted_command_runs_its_program_and_nothing_else) {
  const Pasted pasted = commands_of_hostile_fixtures();
  BOOST_TEST_MESSAGE(pasted.lines.size() << " commands");
  BOOST_TEST(pasted.lines.size() > 250u);
  for (const char* shell : {"sh", "bash", "zsh"}) {
    if (!std::filesystem::exists(std::string("/bin/") + shell)) {
      BOOST_WARN_MESSAGE(false, shell << " is not installed: not tried");
      continue;
    }
    BOOST_TEST(paste(shell, pasted) == "", shell << ": " << paste(shell, pasted));
  }
}

BOOST_AUTO_TEST_CASE(the_paste_test_would_see_it) {
  Pasted bad;
  for (const char* line : {"kubectl get pod $(touch PWN)", "helm status x > PWN"})
    bad.lines.insert(line);
  const std::string said = paste("sh", bad);
  BOOST_TEST(said.find("ran: touch") != std::string::npos, said);
  BOOST_TEST(said.find("made a file: \"PWN\"") != std::string::npos, said);
  Pasted split;
  split.lines.insert("kubectl get pod a b");
  split.argv = {{"kubectl get pod a b", {"kubectl", "get", "pod", "a b"}}};
  BOOST_TEST(paste("sh", split).find("called: kubectl") != std::string::npos);
}

}  // namespace kpr::test
