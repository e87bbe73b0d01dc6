// Objects cut down on arrival, so that memory grows with facts and not with the JSON that carried them.
#pragma once
#include <nlohmann/json.hpp>
#include <string_view>

namespace kpr::evidence {

// Takes off what no fact is made of: managedFields (their times stay), last-applied copies, pods' env and volumes of workloads, images'
// long lists, Secrets other than helm's, contents of unrelated ConfigMaps. An object of an unknown resource keeps all but managedFields.
// A Secret that is not helm's comes back null: it is not kept at all.
nlohmann::json reduce(std::string_view resource, nlohmann::json&& object);

}  // namespace kpr::evidence
