#pragma once
// What a text of `cilium status` carries, as a flat list of facts, so that the JSON a text was
// formatted from and the JSON that we read out of the text can be laid side by side. A fact is a
// path (`hubble.observer.max-flows`) and a value.
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace kpr::compare {

struct Version {
  int minor = 0;
  int patch = 0;
  auto operator<=>(const Version&) const = default;
};

// "1.13.0-rc5" -> {13, 0}; a name that is no version gives minor 0.
Version parse_version(const std::string& folder);

struct Form {
  Version version;
  bool verbose = true;
};

using Facts = std::map<std::string, std::string>;

struct Expected {
  Facts printed;    // must be in our JSON with this value
  Facts unprinted;  // the text lacks them; we may state them only with this value
  std::map<std::string, int> reasons;  // why facts are in `unprinted`, with their number
};

// The facts of Cilium's own JSON, divided by what a text of this version and form prints.
Expected expected_facts(nlohmann::json original, const Form& form);

// The facts of the JSON made from a text; keys that Cilium's JSON lacks by design (kpr-parse,
// cluster-health, modules-health) are left out.
Facts our_facts(nlohmann::json ours);

struct Comparison {
  std::size_t compared = 0;
  std::size_t equal = 0;
  std::vector<std::string> misses;  // one line each
  std::map<std::string, int> reasons;
};

// `seconds_apart`: how far apart the text and the JSON were taken (0: formatted from the same
// reply).
Comparison compare(const nlohmann::json& original,
                   const nlohmann::json& ours,
                   const Form& form,
                   int seconds_apart = 0);

// Every row of the table of facts that are not printed, for --table and the documentation.
std::vector<std::string> table_rows();

}  // namespace kpr::compare
