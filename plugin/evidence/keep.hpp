// Which fields of a resource are in use. What stays is a list: what is not named here is neither
// kept in memory nor saved by `collect`.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "util/keep.hpp"

namespace kpr::evidence {

// The tree of a resource; of an unknown one, its metadata.
const Keep* keep_of(std::string_view resource);

// Takes off what the tree does not name.
void prune(nlohmann::json& value, const Keep& keep);

// Of what is pruned: a text where the API has a map or a list of maps is none of its fields.
void drop_misplaced(nlohmann::json& value, const Keep& keep);

}  // namespace kpr::evidence
