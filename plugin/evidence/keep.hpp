// Which fields of a resource are in use: for the kinds of which a cluster has thousands. Others are
// kept but for what reduce() takes off.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "util/keep.hpp"

namespace kpr::evidence {

// The tree of a resource; null where all is kept.
const Keep* keep_of(std::string_view resource);

// Takes off what the tree does not name.
void prune(nlohmann::json& value, const Keep& keep);

}  // namespace kpr::evidence
