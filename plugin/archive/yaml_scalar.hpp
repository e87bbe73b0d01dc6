// What a YAML scalar means: the same for both readers.
#pragma once
#include <nlohmann/json.hpp>
#include <string_view>

namespace kpr::archive {

// A plain scalar as YAML 1.2's core schema and Go's sigs.k8s.io/yaml see it.
nlohmann::json plain_scalar(std::string_view text);

}  // namespace kpr::archive
