#define BOOST_TEST_MODULE cli
#include <boost/test/unit_test.hpp>

#include <algorithm>

#include "cli/command_table.hpp"
#include "cli/flags.hpp"

using namespace kpr::cli;

namespace {
FlagValues parsed(std::vector<std::string> argv) {
  auto values = parse(argv, all_flags());
  BOOST_REQUIRE(values.has_value());
  return *values;
}
std::string refused(std::vector<std::string> argv) {
  auto values = parse(argv, all_flags());
  BOOST_REQUIRE(!values.has_value());
  return values.error().message;
}
}  // namespace

BOOST_AUTO_TEST_CASE(every_way_to_write_a_flag) {
  for (const auto& argv :
       std::vector<std::vector<std::string>>{{"status", "-o", "json"},
                                             {"status", "-o=json"},
                                             {"status", "-ojson"},
                                             {"--output", "json", "status"},
                                             {"status", "--output=json"},
                                             {"-o", "yaml", "status", "-o", "json"}}) {
    const FlagValues values = parsed(argv);
    BOOST_TEST(values.get("output") == "json");
    BOOST_TEST(values.arguments().size() == 1u);
    BOOST_TEST(values.arguments()[0] == "status");
  }
}

BOOST_AUTO_TEST_CASE(switches_values_and_arguments) {
  BOOST_TEST(parsed({"--cohorts"}).on("cohorts"));
  BOOST_TEST(!parsed({"--cohorts=false"}).on("cohorts"));
  BOOST_TEST(!parsed({"--cohorts", "--cohorts=0"}).on("cohorts"));
  BOOST_TEST(parsed({"-wh"}).on("watch"));
  BOOST_TEST(parsed({"-wh"}).on("help"));
  BOOST_TEST(parsed({"--selector="}).has("selector"));
  BOOST_TEST(parsed({"--selector=a=b,c!=d"}).get("selector") == "a=b,c!=d");
  BOOST_TEST(parsed({"-f", "a", "-f", "b"}).all("filename").size() == 2u);
  BOOST_TEST(parsed({"-f", "-"}).get("filename") == "-");
  BOOST_TEST(parsed({"status", "--", "--not-a-flag"}).arguments()[1] == "--not-a-flag");
  BOOST_TEST(parsed({"-v=6"}).get("v") == "6");
}

BOOST_AUTO_TEST_CASE(refusals_are_pflags) {
  BOOST_TEST(refused({"--outpu=json"}) == "unknown flag: --outpu");
  BOOST_TEST(refused({"-x"}) == "unknown shorthand flag: 'x' in -x");
  BOOST_TEST(refused({"--output"}) == "flag needs an argument: --output");
  BOOST_TEST(refused({"-o"}) == "flag needs an argument: 'o' in -o");
  BOOST_TEST(refused({"--cohorts=maybe"}) ==
             "invalid argument \"maybe\" for \"--cohorts\" flag: must be true or false");
}

BOOST_AUTO_TEST_CASE(the_tables_are_sound) {
  for (const Command& command : commands()) {
    BOOST_TEST_CONTEXT(command.name) {
      BOOST_TEST(!command.summary.ends_with('.'));
      BOOST_TEST(!command.examples.empty());
      std::vector<std::string_view> names;
      std::string letters;
      for (const Flag& flag : flags_of(command)) {
        BOOST_TEST_CONTEXT(flag.name) {
          BOOST_TEST(!flag.help.ends_with('.'));
          BOOST_TEST((flag.help[0] >= 'A' && flag.help[0] <= 'Z'));
          BOOST_TEST(std::count(names.begin(), names.end(), flag.name) == 0);
          names.push_back(flag.name);
          if (flag.letter != 0) {
            BOOST_TEST(letters.find(flag.letter) == std::string::npos);
            letters += flag.letter;
          }
        }
      }
      BOOST_TEST(
          help_text(command, "kubectl kpr").find("kubectl kpr " + std::string(command.name)) !=
          std::string::npos);
      BOOST_TEST(man_page(&command, "0.1.0", "2026-11-24").starts_with(".TH KUBECTL\\-KPR\\-"));
    }
  }
}
