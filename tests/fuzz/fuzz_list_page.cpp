// A page of a list, read item by item, against the same text as one tree: the same verdict, the
// same items.
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "kube/list_page.hpp"
#include "targets.hpp"

using nlohmann::json;

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<json> items;
  const auto page = kpr::kube::read_list_page(std::string(text), [&](json&& item) {
    items.push_back(std::move(item));
  });
  const json tree = json::parse(text, nullptr, false);
  if (!page) {
    if (!items.empty())
      std::abort();
    return 0;
  }
  if (!tree.is_object() || !tree.contains("items"))
    std::abort();
  // Lists that come twice (as a tree only the last is there), perhaps under an escaped name.
  if (text.find("\\u") != text.npos || text.find("items") != text.rfind("items"))
    return 0;
  std::size_t objects = 0;
  if (const json& all = tree["items"]; all.is_array())
    for (const json& item : all) {
      if (!item.is_object())
        continue;
      if (objects == items.size())
        std::abort();
      if (text.find("fieldsV1") == text.npos)  // left out on purpose
        for (const auto& [key, value] : item.items())
          if (items[objects].value(key, json()) != value)
            std::abort();
      ++objects;
    }
  if (objects != items.size())
    std::abort();
  return 0;
}
