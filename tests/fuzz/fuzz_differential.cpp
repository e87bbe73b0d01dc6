// The bytes choose a generated status and what happens to it on its way: a copy's prefix and line
// ends, lost lines, a cut; the library and the reference parser must then give the same facts.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <kpr/json.hpp>
#include <kpr/parse.hpp>
#include <string>
#include <vector>

#include "generator.hpp"
#include "reference.hpp"
#include "targets.hpp"

using namespace kpr::reference;

namespace {

// No heading, no parent of the next line, no message that goes on in it.
bool stands_alone(const std::string& line, const std::string& next) {
  const auto indent = [](const std::string& l) {
    return std::min(l.find_first_not_of(" \t"), l.size());
  };
  for (const char* heading : {"  Name ", "  Protocol "})
    if (line.starts_with(heading))
      return false;
  const auto detail = [](const std::string& l) {
    return l.find("└") != std::string::npos;
  };  // of a remote cluster
  if (detail(next) && !detail(line))
    return false;
  return !line.empty() && line.back() != ':' && indent(next) <= indent(line) &&
         next.find(':') != std::string::npos && !next.starts_with("stderr");
}

// Whether Cilium's JSON would list devices without addresses a second time is a question of the
// version, which the two infer in their own ways from what a harmed text still has. The names stand
// in "devices" all the same.
void drop_names_as_addresses(auto& status) {
  const auto replacement = status.find("kube-proxy-replacement");
  if (replacement == status.end() || !replacement->contains("deviceList"))
    return;
  const auto& list = (*replacement)["deviceList"];
  if (std::none_of(list.begin(), list.end(), [](const auto& d) {
        return d.contains("ip") && !d["ip"].empty();
      }))
    replacement->erase("deviceList");
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  if (size < 3)
    return 0;
  std::uint64_t seed = 0;
  for (std::size_t i = 2; i < size && i < 10; ++i)
    seed = seed << 8 | data[i];
  const int minor = k_first_minor + data[0] % (k_last_minor - k_first_minor + 1);
  Random random(seed);
  auto text = format_status(generate_status(random, minor), minor, (data[1] & 1) != 0);
  const char* const prefixes[] = {"", "    ", "\t", "# "};
  const std::string prefix = prefixes[data[1] >> 1 & 3],
                    ending = (data[1] & 8) != 0 ? "\r\n" : "\n";
  // What is lost: nothing, up to three lines of their own, or all from a line on. Where a heading
  // is lost the two need not agree: the library places rows by their shape, the reference by their
  // heading.
  const unsigned harm = data[1] >> 4 & 3;
  std::vector<std::string> lines;
  for (std::size_t start = 0; start < text.size();) {
    const auto end = std::min(text.find('\n', start), text.size());
    lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  if (harm == 2)
    lines.resize(random.below(lines.size() + 1));
  for (unsigned lost = 0; harm == 1 && lost < 3; ++lost)
    if (const auto at = random.below(lines.size() - 1); stands_alone(lines[at], lines[at + 1]))
      lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at));
  std::string copy;
  for (const auto& line : lines)
    copy += prefix + line + ending;
  auto expected = read_status(copy);
  auto got = kpr::to_json(kpr::parse_status(copy));
  if (harm != 0)
    drop_names_as_addresses(expected), drop_names_as_addresses(got);
  const auto difference_text = difference(expected, got);
  if (!difference_text.empty()) {
    std::fprintf(stderr, "%s\n%s", difference_text.c_str(), copy.c_str());
    std::abort();
  }
  return 0;
}
