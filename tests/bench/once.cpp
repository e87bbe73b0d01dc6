// kpr-once MODE FOLDER [TIMES]: does one thing to every document; run under callgrind, or with
// `load` to measure many big documents. Modes: read (nothing but reading), parse (libkprparse),
// json (nlohmann on the JSON of the same documents), load (1,000 documents of 40 kB).
#include <chrono>
#include <cstdio>
#include <cstring>
#include <kpr/parse.hpp>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include "documents.hpp"

int main(int argc, char** argv) {
  if (argc < 3)
    return 64;
  Documents documents(argv[2]);
  std::size_t seen = 0;
  if (std::strcmp(argv[1], "parse") == 0) {
    for (auto& text : documents.texts)
      seen += kpr::parse_status(std::move(text)).lines.size();
  } else if (std::strcmp(argv[1], "json") == 0) {
    for (const auto& text : documents.jsons)
      seen += nlohmann::json::parse(text).size();
  } else if (std::strcmp(argv[1], "load") == 0) {
    // 40 kB each: the controllers' table of a busy node, repeated; all documents are kept, as a
    // fleet's are.
    std::string big = documents.texts.at(documents.texts.size() / 2);
    const auto table = big.find("\n  Name "), end = big.find("\nProxy Status:");
    if (table == std::string::npos || end == std::string::npos)
      return 1;
    const auto rows = big.substr(big.find('\n', table + 1), end - big.find('\n', table + 1));
    while (big.size() + rows.size() < 40000)
      big.insert(end, rows);
    const auto start = std::chrono::steady_clock::now();
    std::vector<kpr::StatusDocument> fleet;
    for (int i = 0; i < 1000; ++i)
      fleet.push_back(kpr::parse_status(big));
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::printf("1000 documents of %zu bytes: %.3f s, %ld MB\n",
                big.size(),
                spent.count(),
                usage.ru_maxrss / 1024);
    return 0;
  }
  std::printf("{\"documents\": %zu, \"text_bytes\": %zu, \"json_bytes\": %zu, \"seen\": %zu}\n",
              documents.texts.size(),
              documents.text_bytes,
              documents.json_bytes,
              seen);
}
