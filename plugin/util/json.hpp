// JSON from outside: the one reader of texts, and fields of what it gave. A field that is absent,
// or has another type than it should, reads as nothing: never an exception.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "util/keep.hpp"
#include "util/limits.hpp"
#include "util/result.hpp"

namespace kpr {

struct JsonLimits {
  std::size_t bytes = limits::json_bytes;
  std::size_t depth = limits::depth;
  std::size_t values = limits::json_values;
};

// The Error: "not JSON" (input), "nested too deeply", "larger than 64 MiB", "it has too many
// values" (too_large). Nothing else reads a text as JSON, so no value is anywhere that is nested
// deeper than what copies and dump(), which recurse, can take. With `keep`, what it does not name
// is left out.
Result<nlohmann::json>
read_json(std::string_view text, const JsonLimits& limits = {}, const Keep* keep = nullptr);

// Null where it is not JSON or too much, for who asks no further.
nlohmann::json json_or_null(std::string_view text, const JsonLimits& limits = {});

// On one line; bytes that are not UTF-8 are replaced.
std::string json_text(const nlohmann::json& value);

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
