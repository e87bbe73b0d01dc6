#include <cstdlib>
#include <kpr/json.hpp>
#include <kpr/parse.hpp>
#include <nlohmann/json.hpp>

#include "targets.hpp"

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  const auto document =
      kpr::parse_cilium_health(std::string(reinterpret_cast<const char*>(data), size));
  if (document.text == nullptr)
    std::abort();
  (void)kpr::to_json(document).dump(
      -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return 0;
}
