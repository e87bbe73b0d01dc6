// YAML text as JSON values, bounded in size, depth and number of nodes (aliases count each time
// they are used).
#pragma once
#include <nlohmann/json.hpp>
#include <string_view>

#include "util/result.hpp"

namespace kpr::kube {

// Plain true/false become booleans, plain null or nothing becomes null, every other scalar stays
// text.
Result<nlohmann::json> parse_yaml(std::string_view text);

}  // namespace kpr::kube
