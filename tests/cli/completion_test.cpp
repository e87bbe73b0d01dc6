#include <boost/test/unit_test.hpp>

#include "cli/completion.hpp"

using namespace kpr::cli;

namespace {
std::string answer(const std::vector<std::string>& words) {
  return complete(words, [](Complete what) {
    if (what == Complete::nodes)
      return std::vector<std::string>{"node-a", "node-b", "other"};
    if (what == Complete::checks)
      return std::vector<std::string>{"image-pull-dns", "kpr-nodes-differ"};
    return std::vector<std::string>{};
  });
}
}  // namespace

BOOST_AUTO_TEST_CASE(completion_of_commands_flags_and_values) {
  BOOST_TEST(answer({"st"}) == "status\tShow the kube-proxy replacement of every node\n:4\n");
  BOOST_TEST(answer({"status", "-o", ""}) == "json\nyaml\nname\nwide\n:4\n");
  BOOST_TEST(answer({"status", "--output=j"}) == "--output=json\n:4\n");
  BOOST_TEST(answer({"status", "--node", "node"}) == "node-a\nnode-b\n:4\n");
  BOOST_TEST(answer({"doctor", "--checks", "kpr-nodes-differ,im"}) ==
             "kpr-nodes-differ,image-pull-dns\n:4\n");
  BOOST_TEST(answer({"doctor", "--skip=kpr-nodes-differ,im"}) ==
             "--skip=kpr-nodes-differ,image-pull-dns\n:4\n");
  BOOST_TEST(answer({"explain", "kpr"}) == "kpr-nodes-differ\n:4\n");
  BOOST_TEST(answer({"status", "--coh"}) ==
             "--cohorts\tGroup nodes with equal settings, and name the settings that differ\n:4\n");
  BOOST_TEST(answer({"status", "-f", ""}) == ":0\n");
  BOOST_TEST(answer({"rbac", "d"}) == "doctor\n:4\n");
  BOOST_TEST(answer({"--context", "x", "vers"}) == "version\tPrint the version\n:4\n");
}

BOOST_AUTO_TEST_CASE(scripts_exist_for_three_shells_only) {
  for (const char* shell : {"bash", "zsh", "fish"})
    BOOST_TEST(completion_script(shell).has_value());
  BOOST_TEST(completion_script("tcsh").error().message ==
             "unsupported shell \"tcsh\", supported: bash, zsh, fish");
}
