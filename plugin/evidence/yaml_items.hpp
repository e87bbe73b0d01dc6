// Kubernetes objects in YAML, as a sysdump holds them: a list is split at its items and each one is parsed, reduced and dropped on its own.
#pragma once
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace kpr::evidence {

struct YamlItems {
  std::size_t items = 0;
  std::string problem;  // of the first item that could not be read; items before and behind it are there
};

// Calls `take` with each item of a List, or with the one object that the text is. JSON is taken too.
// Anchors, aliases and nesting deeper than 64 are refused.
YamlItems read_yaml_items(std::string_view text, const std::function<void(nlohmann::json&&)>& take);

}  // namespace kpr::evidence
