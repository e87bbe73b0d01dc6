// The library and the reference parser must give the same facts for every text there is.
#define BOOST_TEST_MODULE reference
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <kpr/json.hpp>
#include <kpr/parse.hpp>

#include "generator.hpp"
#include "reference.hpp"

namespace fs = std::filesystem;

namespace {

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

int compare_below(const std::string& root) {
  std::vector<fs::path> files;
  if (!root.empty() && fs::exists(root))
    for (const auto& e : fs::recursive_directory_iterator(root)) {
      const auto name = e.path().filename().string();
      const bool status = e.path().string().find("real-agents") == std::string::npos ||
                          name.starts_with("status.") || name.starts_with("status-verbose");
      if (e.is_regular_file() &&
          (e.path().extension() == ".txt" || e.path().extension() == ".golden") && status &&
          !name.starts_with("service-list") &&
          name.find("cilium-health-status") == std::string::npos)
        files.push_back(e.path());
    }
  std::sort(files.begin(), files.end());
  for (const auto& path : files) {
    const auto text = read(path);
    const auto difference = kpr::reference::difference(kpr::reference::read_status(text),
                                                       kpr::to_json(kpr::parse_status(text)));
    BOOST_TEST(difference.empty(), path.string() + "\n" + difference);
  }
  return static_cast<int>(files.size());
}

}  // namespace

BOOST_AUTO_TEST_CASE(corpus) {
  const int shared = compare_below(KPR_CORPUS), own = compare_below(KPR_OWN_CORPUS);
  BOOST_TEST_MESSAGE(shared << " shared and " << own << " own texts");
  BOOST_TEST(shared + own > 0);
}

BOOST_AUTO_TEST_CASE(samples) {
  const int files = compare_below(KPR_SAMPLES);
  BOOST_TEST_MESSAGE(files << " samples");
  BOOST_TEST((files > 0 || !fs::exists(KPR_SAMPLES)));
}

// Statuses of every minor release from seeds; KPR_SEEDS=N asks for more of them.
BOOST_AUTO_TEST_CASE(generated) {
  const char* more = std::getenv("KPR_SEEDS");
  const unsigned seeds = more != nullptr ? static_cast<unsigned>(std::atoi(more)) : 60;
  for (int minor = kpr::reference::k_first_minor; minor <= kpr::reference::k_last_minor; ++minor)
    for (unsigned seed = 0; seed < seeds; ++seed) {
      kpr::reference::Random random(seed * 101 + static_cast<unsigned>(minor));
      const auto status = kpr::reference::generate_status(random, minor);
      for (const bool verbose : {true, false}) {
        const auto text = kpr::reference::format_status(status, minor, verbose);
        const auto difference = kpr::reference::difference(kpr::reference::read_status(text),
                                                           kpr::to_json(kpr::parse_status(text)));
        BOOST_TEST(difference.empty(),
                   "1." + std::to_string(minor) + " seed " + std::to_string(seed) + "\n" +
                       difference + text);
      }
    }
}
