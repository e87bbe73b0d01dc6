// Where the reader of block YAML does not give up, yaml-cpp takes the text too and reads the same.
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "archive/yaml_block.hpp"
#include "archive/yaml_items.hpp"
#include "targets.hpp"

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  nlohmann::json fast, slow;
  const bool knows = kpr::archive::read_block_yaml(text, nullptr, fast);
  if (knows && (!kpr::archive::read_yaml_slowly(text, slow, nullptr) || fast != slow)) {
    std::fprintf(stderr,
                 "fast %s\nslow %s\n",
                 fast.dump().c_str(),
                 slow.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
    std::abort();
  }
  for (const char* resource : {"pods", "events"}) {
    nlohmann::json cut;
    (void)kpr::archive::read_block_yaml(text, kpr::evidence::keep_of(resource), cut);
    (void)kpr::archive::read_yaml_items(
        text, [](nlohmann::json&&) {}, kpr::evidence::keep_of(resource));
  }
  return 0;
}
