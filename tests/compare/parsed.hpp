#pragma once
#include <nlohmann/json.hpp>
#include <string>

namespace kpr::compare {

// The JSON that the library makes of a text.
nlohmann::json parsed_status(std::string text);

}  // namespace kpr::compare
