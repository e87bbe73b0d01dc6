// What reading costs, beside finding the lines and beside two JSON parsers on JSON of the same
// facts.
#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <kpr/json.hpp>
#include <kpr/parse.hpp>
#include <nlohmann/json.hpp>

#include "documents.hpp"

namespace {

const Documents& documents() {
  static const Documents all(KPR_BENCH_CORPUS);
  return all;
}

// The JSON of the same facts: what our own reading of each text says, so that all parsers carry the
// same.
const std::vector<std::string>& facts() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> out;
    for (const auto& text : documents().texts) {
      auto j = kpr::to_json(kpr::parse_status(text));
      j.erase("kpr-parse");
      out.push_back(j.dump());
    }
    return out;
  }();
  return all;
}

std::size_t fact_bytes() {
  std::size_t n = 0;
  for (const auto& f : facts())
    n += f.size();
  return n;
}

void done(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(bytes));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(documents().texts.size()));
}

void split_lines(benchmark::State& state) {
  for (auto _ : state) {
    std::size_t lines = 0;
    for (const auto& text : documents().texts)
      for (const char *p = text.data(), *end = p + text.size(); p < end; ++lines) {
        const auto* newline =
            static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)));
        p = newline == nullptr ? end : newline + 1;
      }
    benchmark::DoNotOptimize(lines);
  }
  done(state, documents().text_bytes);
}

void parse_status(benchmark::State& state) {
  for (auto _ : state)
    for (const auto& text : documents().texts)
      benchmark::DoNotOptimize(kpr::parse_status(text));
  done(state, documents().text_bytes);
}

void nlohmann_parse(benchmark::State& state) {
  for (auto _ : state)
    for (const auto& text : facts())
      benchmark::DoNotOptimize(nlohmann::json::parse(text));
  done(state, fact_bytes());
}

void simdjson_dom(benchmark::State& state) {
  std::vector<simdjson::padded_string> padded;
  for (const auto& text : facts())
    padded.emplace_back(text);
  for (auto _ : state)
    for (const auto& text : padded) {
      simdjson::dom::parser parser;
      simdjson::dom::element root;
      if (parser.parse(text).get(root) != simdjson::SUCCESS)
        state.SkipWithError("simdjson");
      benchmark::DoNotOptimize(root);
    }
  done(state, fact_bytes());
}

// Before anything is timed: all three read the same from each document.
void check_equality() {
  for (std::size_t i = 0; i < facts().size(); ++i) {
    auto ours = kpr::to_json(kpr::parse_status(documents().texts[i]));
    ours.erase("kpr-parse");
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    const simdjson::padded_string padded(facts()[i]);
    if (nlohmann::json(ours) != nlohmann::json::parse(facts()[i]) ||
        parser.parse(padded).get(root) != simdjson::SUCCESS ||
        nlohmann::json::parse(simdjson::minify(root)) != nlohmann::json(ours)) {
      std::fprintf(stderr, "document %zu is not read alike; nothing was timed\n", i);
      std::exit(1);
    }
  }
}

}  // namespace

BENCHMARK(split_lines);
BENCHMARK(parse_status);
BENCHMARK(nlohmann_parse);
BENCHMARK(simdjson_dom);

int main(int argc, char** argv) {
  check_equality();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
