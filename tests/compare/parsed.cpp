#include "parsed.hpp"

#include <kpr/json.hpp>

namespace kpr::compare {

nlohmann::json parsed_status(std::string text) {
  return kpr::to_json(kpr::parse_status(std::move(text)));
}

}  // namespace kpr::compare
