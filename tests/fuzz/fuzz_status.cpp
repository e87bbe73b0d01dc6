// Any bytes as a status: no crash, views stay inside the text, each line has a use, and JSON can be
// made of it.
#include <cstdlib>
#include <kpr/json.hpp>
#include <kpr/parse.hpp>
#include <nlohmann/json.hpp>

#include "targets.hpp"

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  const auto document = kpr::parse_status(std::string(reinterpret_cast<const char*>(data), size));
  if (document.text == nullptr)
    std::abort();
  for (const auto& u : document.unknown)
    if (u.line == 0 || u.line > document.lines.size())
      std::abort();
  (void)kpr::to_json(document).dump(
      -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return 0;
}
