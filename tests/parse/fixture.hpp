// The project's own texts, one for each minor of Cilium.
#pragma once
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

inline std::string fixture(const std::string& name) {
  std::ifstream in(std::string(KPR_SOURCE_DIR) + "/tests/fixtures/status/" + name,
                   std::ios::binary);
  BOOST_REQUIRE_MESSAGE(in.good(), "no fixture " << name);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string minor_text(int minor) {
  return fixture("1." + std::to_string(minor) + "-verbose.txt");
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}
