// The bytes choose a generated status and what happens to it on its way (a copy's prefix, lost lines, a cut at a line's end);
// the library and the reference parser must then give the same facts.
#include <cstdio>
#include <cstdlib>
#include <kpr/json.hpp>
#include <kpr/parse.hpp>

#include "generator.hpp"
#include "reference.hpp"
#include "targets.hpp"

using namespace kpr::reference;

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  std::uint64_t seed = 0;
  for (std::size_t i = 2; i < size && i < 10; ++i) seed = seed << 8 | data[i];
  const int minor = k_first_minor + data[0] % (k_last_minor - k_first_minor + 1);
  Random random(seed);
  auto text = format_status(generate_status(random, minor), minor, (data[1] & 1) != 0);
  const char* const prefixes[] = {"", "    ", "\t", "# "};
  const std::string prefix = prefixes[data[1] >> 1 & 3], ending = (data[1] & 8) != 0 ? "\r\n" : "\n";
  std::string copy;
  std::size_t start = 0;
  while (start < text.size()) {
    const auto end = text.find('\n', start);
    copy += prefix + text.substr(start, end - start) + ending;
    start = end == std::string::npos ? text.size() : end + 1;
  }
  const auto difference_text = difference(read_status(copy), kpr::to_json(kpr::parse_status(copy)));
  if (!difference_text.empty()) {
    std::fprintf(stderr, "%s\n%s", difference_text.c_str(), copy.c_str());
    std::abort();
  }
  return 0;
}
