// kpr-compare [--table] [--reasons] [--apart SECONDS] DIR...
// Each DIR holds version folders (or is one) with NNNN.json, what the agent said, and NNNN.txt /
// NNNN.short.txt, what `cilium status
// --verbose` / `cilium status` printed of it. Exit 1 when a fact of the text is missing, differs or
// is invented in our reading of it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "facts.hpp"
#include "parsed.hpp"

namespace fs = std::filesystem;
using namespace kpr::compare;

namespace {

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool has_documents(const fs::path& folder) {
  for (const auto& e : fs::directory_iterator(folder))
    if (e.path().extension() == ".json")
      return true;
  return false;
}

struct Totals {
  std::size_t texts = 0, compared = 0, equal = 0, misses = 0;
};

}  // namespace

int main(int argc, char** argv) {
  std::vector<fs::path> folders;
  bool reasons = false;
  int apart = 0;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--table") == 0) {
      for (const auto& row : table_rows())
        std::printf("%s\n", row.c_str());
      return 0;
    }
    if (std::strcmp(argv[i], "--reasons") == 0)
      reasons = true;
    else if (std::strcmp(argv[i], "--apart") == 0 && i + 1 < argc)
      apart = std::atoi(argv[++i]);
    else if (!fs::is_directory(argv[i]))
      return std::fprintf(stderr, "kpr-compare: %s is not a directory\n", argv[i]), 2;
    else if (has_documents(argv[i]))
      folders.emplace_back(argv[i]);
    else
      for (const auto& e : fs::directory_iterator(argv[i]))
        if (e.is_directory() && has_documents(e.path()))
          folders.push_back(e.path());
  }
  std::sort(folders.begin(), folders.end(), [](const auto& a, const auto& b) {
    return parse_version(a.filename()) < parse_version(b.filename());
  });
  Totals all;
  std::map<std::string, int> why;
  for (const auto& folder : folders) {
    const auto version = parse_version(folder.filename());
    if (version.minor == 0) {
      std::fprintf(stderr, "kpr-compare: %s: the folder's name is not a version\n", folder.c_str());
      return 2;
    }
    Totals here;
    std::set<fs::path> documents;
    for (const auto& e : fs::directory_iterator(folder))
      if (e.path().extension() == ".json")
        documents.insert(e.path());
    for (const auto& document : documents) {
      const auto original = nlohmann::json::parse(read(document), nullptr, false);
      if (original.is_discarded())
        return std::fprintf(stderr, "kpr-compare: %s is not JSON\n", document.c_str()), 2;
      for (const char* suffix : {".txt", ".short.txt"}) {
        const auto text = fs::path(document).replace_extension(suffix);
        if (!fs::exists(text))
          continue;
        const auto result = compare(original,
                                    parsed_status(read(text)),
                                    Form{version, std::strcmp(suffix, ".txt") == 0},
                                    apart);
        ++here.texts;
        here.compared += result.compared;
        here.equal += result.equal;
        here.misses += result.misses.size();
        for (const auto& miss : result.misses)
          std::printf(
              "%s/%s: %s\n", folder.filename().c_str(), text.filename().c_str(), miss.c_str());
        for (const auto& [reason, count] : result.reasons)
          why[reason] += count;
      }
    }
    std::printf("%-14s %4zu texts  %7zu facts  %8.4f %%  %zu misses\n",
                folder.filename().c_str(),
                here.texts,
                here.compared,
                here.compared == 0
                    ? 0.0
                    : 100.0 * static_cast<double>(here.equal) / static_cast<double>(here.compared),
                here.misses);
    all.texts += here.texts, all.compared += here.compared, all.equal += here.equal,
        all.misses += here.misses;
  }
  if (reasons)
    for (const auto& [reason, count] : why)
      std::printf("%7d not printed  %s\n", count, reason.c_str());
  if (all.texts == 0)
    return std::fprintf(stderr, "kpr-compare: no documents found\n"), 2;
  std::printf("%-14s %4zu texts  %7zu facts  %8.4f %%  %zu misses\n",
              "all",
              all.texts,
              all.compared,
              100.0 * static_cast<double>(all.equal) / static_cast<double>(all.compared),
              all.misses);
  return all.misses == 0 ? 0 : 1;
}
