#pragma once
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

// The verbose texts below a folder and the JSON beside each.
struct Documents {
  std::vector<std::string> texts, jsons;
  std::size_t text_bytes = 0, json_bytes = 0;

  explicit Documents(const std::filesystem::path& root) {
    std::vector<std::filesystem::path> paths;
    for (const auto& e : std::filesystem::recursive_directory_iterator(root)) {
      const auto name = e.path().filename().string();
      if (name.ends_with(".txt") && !name.ends_with(".short.txt"))
        paths.push_back(e.path());
    }
    std::sort(paths.begin(), paths.end());
    const auto read = [](const std::filesystem::path& path) {
      std::ifstream in(path, std::ios::binary);
      return std::string{std::istreambuf_iterator<char>(in), {}};
    };
    for (auto path : paths) {
      texts.push_back(read(path));
      jsons.push_back(read(path.replace_extension(".json")));
      text_bytes += texts.back().size(), json_bytes += jsons.back().size();
    }
  }
};
