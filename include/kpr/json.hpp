// JSON of parsed documents: the keys of `cilium status -o json`, and keys of our own for what that
// JSON lacks (docs/library.md).
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

#include "kpr/parse.hpp"

namespace kpr {

struct JsonOptions {
  /// The moment that printed ages refer to, in milliseconds since the epoch; with it, ages are also
  /// given as timestamps.
  std::optional<std::int64_t> now_ms;
};

nlohmann::ordered_json to_json(const StatusDocument& document, const JsonOptions& options = {});
nlohmann::ordered_json to_json(const ServiceListDocument& document);
nlohmann::ordered_json to_json(const HealthDocument& document);
nlohmann::ordered_json to_json(const BpfLbListDocument& document);

}  // namespace kpr
