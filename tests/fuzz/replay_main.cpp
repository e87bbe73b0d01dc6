// Runs a target over files and folders, each text in a heap block of exactly its size; for builds
// without libFuzzer.
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "targets.hpp"

namespace fs = std::filesystem;

namespace {

void run(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const std::unique_ptr<std::uint8_t[]> exact(new std::uint8_t[text.size()]);
  std::memcpy(exact.get(), text.data(), text.size());
  fuzz_one(exact.get(), text.size());
}

}  // namespace

int main(int argc, char** argv) {
  int inputs = 0;
  for (int i = 1; i < argc; ++i) {
    if (!fs::is_directory(argv[i]))
      run(argv[i]), ++inputs;
    else
      for (const auto& e : fs::recursive_directory_iterator(argv[i]))
        if (e.is_regular_file())
          run(e.path()), ++inputs;
  }
  std::printf("%d inputs\n", inputs);
  return inputs > 0 ? 0 : 1;
}
