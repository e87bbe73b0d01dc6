// JSON of an agent, read into the model and written again: what was written is read to the same
// facts.
#include <cstdlib>
#include <kpr/json.hpp>
#include <kpr/parse.hpp>
#include <nlohmann/json.hpp>

#include "targets.hpp"

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  if (text.find('{') == std::string::npos)
    text = "{" + text + "}";
  const auto document = kpr::parse_status(text);
  (void)kpr::parse_service_list(text);
  (void)kpr::to_json(document).dump(
      -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return 0;
}
