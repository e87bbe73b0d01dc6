// The files of a kubeconfig and how they become one: only for config.cpp and its tests.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "kube/config.hpp"

namespace kpr::kube {

// clusters, users, contexts by name; current-context. Relative paths are made absolute against
// their own file.
struct MergedConfig {
  nlohmann::json clusters = nlohmann::json::object(), users = nlohmann::json::object(),
                 contexts = nlohmann::json::object();
  std::string current_context;
  std::vector<std::string> files, warnings;
  bool empty() const {
    return clusters.empty() && users.empty() && contexts.empty() && current_context.empty();
  }
};

Result<void> merge_file(MergedConfig& into, std::string_view text, const std::string& path);
Result<MergedConfig> load_files(const ConfigOverrides& overrides, const Environment& environment);
// Context, cluster and user of the merged files, with the flags over them; reads no file.
Result<ClientConfig> resolve_config(MergedConfig merged,
                                    const ConfigOverrides& overrides,
                                    const Environment& environment);

}  // namespace kpr::kube
