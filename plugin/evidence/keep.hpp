// Which fields of a resource are in use: for the kinds of which a cluster has thousands. Others are kept but for what reduce() takes off.
#pragma once
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace kpr::evidence {

// A tree of keys; lists are looked through. One without children keeps all that is below it.
struct Keep {
  std::map<std::string, Keep, std::less<>> children;
  const Keep* child(std::string_view key) const;  // null: not wanted. `everything` below a leaf
};

// The tree of a resource; null where all is kept.
const Keep* keep_of(std::string_view resource);

// Takes off what the tree does not name.
void prune(nlohmann::json& value, const Keep& keep);

}  // namespace kpr::evidence
