// A field of a JSON object from outside. What is absent, or has another type than it should, reads
// as nothing: never an exception.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace kpr {

inline const nlohmann::json& at(const nlohmann::json& object,
                                std::string_view key) {  // null where there is no such field
  static const nlohmann::json null;
  if (!object.is_object())
    return null;
  const auto found = object.find(key);
  return found == object.end() ? null : *found;
}

inline std::string text_at(const nlohmann::json& object, std::string_view key) {
  const nlohmann::json& value = at(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

}  // namespace kpr
