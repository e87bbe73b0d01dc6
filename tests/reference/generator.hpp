#pragma once
// Makes statuses of any minor release from a seed: the JSON an agent of that release would answer
// with, and the text its CLI prints of it.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace kpr::reference {

// A small deterministic generator (splitmix64), so that a seed gives the same document everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::uint64_t below(std::uint64_t n) { return n == 0 ? 0 : next() % n; }
  bool chance(unsigned percent) { return below(100) < percent; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }

 private:
  std::uint64_t state_;
};

inline constexpr int k_first_minor = 6, k_last_minor = 20;
// The patch release whose lines are printed for a minor one.
int patch_of(int minor);

// Cilium's JSON of an agent of 1.<minor>; cluster health and modules come under "health" and
// "modules", which the agent's JSON has not.
nlohmann::json generate_status(Random& random, int minor);
// What `cilium status [--verbose]` prints of it at the generator's fixed moment.
std::string format_status(const nlohmann::json& status, int minor, bool verbose);
// `cilium service list`.
std::string generate_service_list(Random& random, int minor);

// Go's text/tabwriter with minwidth, padding 3 and blanks: cells are ended by tabs, columns are
// aligned over adjacent lines.
std::string tabwriter(const std::string& text, std::size_t minwidth);

}  // namespace kpr::reference
