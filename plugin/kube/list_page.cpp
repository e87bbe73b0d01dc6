#include "kube/list_page.hpp"

#include <simdjson.h>

#include <utility>

#include "util/json.hpp"

namespace kpr::kube {
namespace {

using nlohmann::json;
using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr std::size_t k_field_set =
    3;  // containers around one of an item's managedFields: item, metadata, managedFields

json built(element from, const Keep* keep, std::size_t depth) {
  switch (from.type()) {
  case element_type::OBJECT: {
    json object = json::object();
    const simdjson::dom::object members = from.get_object().value_unsafe();
    for (const auto& [key, value] : members) {
      if (depth == k_field_set && key == "fieldsV1")
        continue;
      const Keep* below = keep == nullptr ? nullptr : keep->child(key);
      if (keep == nullptr || below != nullptr)
        object[std::string(key)] = built(value, below, depth + 1);
    }
    return object;
  }
  case element_type::ARRAY: {
    json array = json::array();
    const simdjson::dom::array values = from.get_array().value_unsafe();
    for (const element value : values)
      array.push_back(built(value, keep, depth + 1));
    return array;
  }
  case element_type::STRING:
    return std::string(from.get_string().value_unsafe());
  case element_type::INT64: {
    const std::int64_t number = from.get_int64().value_unsafe();
    return number < 0 ? json(number) : json(static_cast<std::uint64_t>(number));
  }
  case element_type::UINT64:
    return from.get_uint64().value_unsafe();
  case element_type::DOUBLE:
    return from.get_double().value_unsafe();
  case element_type::BOOL:
    return from.get_bool().value_unsafe();
  case element_type::NULL_VALUE:
    break;
  }
  return nullptr;
}

Error broken(std::string what) {
  return Error{.kind = ErrorKind::protocol, .message = std::move(what), .hint = {}};
}

}  // namespace

Result<ListPage>
read_list_page(std::string text, const std::function<void(json&&)>& on_item, const Keep* keep) {
  text.reserve(
      text.size() +
      simdjson::SIMDJSON_PADDING);  // with that much room behind it the parser makes no copy
  simdjson::dom::parser parser;
  element root;
  auto bad = parser.allocate(text.size(), limits::depth);
  if (!bad)
    bad = parser.parse(text.data(), text.size(), false).get(root);
  if (bad)
    return broken(bad == simdjson::DEPTH_ERROR ? "nested too deeply" : "not JSON");
  element items;
  if (!root.is_object() || root["items"].get(items))
    return broken("not a list");
  const auto text_at_root = [&root](std::string_view key) {
    std::string_view value;
    return root[key].get(value) ? std::string() : std::string(value);
  };
  std::string kind = text_at_root("kind");
  if (kind.ends_with("List"))
    kind.resize(kind.size() - 4);
  const std::string version = text_at_root("apiVersion");
  simdjson::dom::array all;
  if (!items.get(all)) {
    for (const element from : all) {
      if (!from.is_object())
        continue;
      json item = built(from, keep, 0);
      if (!kind.empty() && !item.contains("kind"))
        item["kind"] = kind;
      if (!version.empty() && !item.contains("apiVersion"))
        item["apiVersion"] = version;
      on_item(std::move(item));
    }
  }
  element metadata;
  if (root["metadata"].get(metadata))
    return ListPage{};
  const json of_list = built(metadata, nullptr, 0);
  return ListPage{text_at(of_list, "resourceVersion"), text_at(of_list, "continue")};
}

}  // namespace kpr::kube
