// Objects cut down on arrival, so that memory grows with facts and not with the JSON that carried
// them.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace kpr::evidence {

// Takes off what no fact is made of: what keep.hpp and kept_values.hpp do not name. A Secret that
// is not helm's comes back null: it is not kept at all. Doing it twice changes nothing.
nlohmann::json reduce(std::string_view resource, nlohmann::json&& object);

// A command's output, short where it is long and only a part of it is in use: `service list -o
// json` of thousands of Services, which every agent of a dump repeats. Output below 64 KiB, and
// what does not look as expected, stays as it is.
std::string reduce_output(std::string_view command, std::string&& text);

}  // namespace kpr::evidence
