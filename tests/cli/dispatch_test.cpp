#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/dispatch.hpp"
#include "cli/output.hpp"

using namespace kpr;
using namespace kpr::cli;

namespace {
struct Run {
  std::ostringstream out, err;
  int code = -1;
  Environment environment;
  explicit Run(std::vector<std::string> argv) {
    environment.out = &out;
    environment.err = &err;
    code = run(argv, environment);
  }
};
}  // namespace

BOOST_AUTO_TEST_CASE(the_name_in_help_is_how_it_was_started) {
  BOOST_TEST(
      Run({"/usr/local/bin/kubectl-kpr"}).out.str().find("Usage:\n  kubectl kpr COMMAND [flags]") !=
      std::string::npos);
  BOOST_TEST(Run({"kubectl-kpr", "status", "-h"})
                 .out.str()
                 .find("  kubectl kpr status -o wide --cohorts") != std::string::npos);
  BOOST_TEST(Run({"kpr", "help", "status"}).out.str().find("  kpr status -o wide --cohorts") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(usage_errors) {
  const Run unknown({"kubectl-kpr", "stats"});
  BOOST_TEST(unknown.code == 64);
  BOOST_TEST(unknown.err.str() == "error: unknown command \"stats\" for \"kubectl kpr\"\nSee "
                                  "'kubectl kpr --help' for usage.\n");
  const Run foreign({"kubectl-kpr", "version", "--cohorts"});
  BOOST_TEST(foreign.code == 64);
  BOOST_TEST(foreign.err.str() ==
             "error: unknown flag: --cohorts\nSee 'kubectl kpr version --help' for usage.\n");
  const Run format({"kubectl-kpr", "status", "-o", "go-template"});
  BOOST_TEST(format.code == 64);
  BOOST_TEST(format.err.str() == "error: unable to match a printer suitable for the output format "
                                 "\"go-template\", allowed formats are: json,yaml,name,wide\n");
}

BOOST_AUTO_TEST_CASE(doctor_writes_a_file_whole_or_says_why_not) {
  namespace fs = std::filesystem;
  const fs::path folder =
      fs::temp_directory_path() / fs::path("kpr-run-test-" + std::to_string(getpid()));
  fs::create_directory(folder);
  const std::string dump = KPR_SOURCE_DIR "/tests/fixtures/sysdump",
                    file = (folder / "kpr.prom").string();
  const Run printed({"kubectl-kpr", "doctor", "--from", dump, "-o", "prometheus"});
  const Run written(
      {"kubectl-kpr", "doctor", "--from", dump, "-o", "prometheus", "--output-file", file});
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  BOOST_TEST(text.str() == printed.out.str());
  BOOST_TEST(text.str().starts_with("# HELP kpr_findings "));
  BOOST_TEST(written.out.str() == "");
  BOOST_TEST(written.code == printed.code);
  BOOST_TEST(!fs::exists(file + ".part"));
  const Run nowhere(
      {"kubectl-kpr", "doctor", "--from", dump, "--output-file", "/nonexistent/kpr.prom"});
  BOOST_TEST(nowhere.code == 3);
  BOOST_TEST(nowhere.err.str() ==
             "error: cannot write /nonexistent/kpr.prom: No such file or directory\n");
  fs::remove_all(folder);
}

BOOST_AUTO_TEST_CASE(completion_answers_under_kubectls_name) {
  BOOST_TEST(Run({"kubectl_complete-kpr", "vers"}).out.str() == "version\tPrint the version\n:4\n");
}

BOOST_AUTO_TEST_CASE(colour_only_where_it_is_wanted) {
  FlagValues flags;
  Run run({"kubectl-kpr", "version"});
  run.environment.out_is_terminal = true;
  BOOST_TEST(!wants_colour(flags, run.environment));  // nobody says which terminal
  run.environment.variables["TERM"] = "xterm";
  BOOST_TEST(wants_colour(flags, run.environment));
  run.environment.variables["NO_COLOR"] = "";
  BOOST_TEST(!wants_colour(flags, run.environment));
  flags.add("color", "always");
  BOOST_TEST(wants_colour(flags, run.environment));
  run.environment.variables = {{"TERM", "dumb"}};
  BOOST_TEST(!wants_colour(FlagValues{}, run.environment));
}
