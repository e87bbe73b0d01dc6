// kpr-generate OUT [COUNT] [SEED]: writes OUT/<version>/NNNN.json, .txt and .short.txt for every
// minor release.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "generator.hpp"

using namespace kpr::reference;

int main(int argc, char** argv) {
  if (argc < 2)
    return std::fprintf(stderr, "usage: kpr-generate OUT [COUNT] [SEED]\n"), 64;
  const int count = argc > 2 ? std::atoi(argv[2]) : 2;
  const auto seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
  for (int minor = k_first_minor; minor <= k_last_minor; ++minor) {
    const auto folder = std::filesystem::path(argv[1]) /
                        ("1." + std::to_string(minor) + "." + std::to_string(patch_of(minor)));
    std::filesystem::create_directories(folder);
    for (int n = 0; n < count; ++n) {
      Random random(seed * 1000003 + static_cast<unsigned>(minor) * 1009 +
                    static_cast<unsigned>(n));
      auto status = generate_status(random, minor);
      char name[16];
      std::snprintf(name, sizeof name, "%04d", n);
      std::ofstream(folder / (std::string(name) + ".txt")) << format_status(status, minor, true);
      std::ofstream(folder / (std::string(name) + ".short.txt"))
          << format_status(status, minor, false);
      status.erase("health"), status.erase("modules");
      std::ofstream(folder / (std::string(name) + ".json")) << status.dump(1) << "\n";
    }
  }
}
