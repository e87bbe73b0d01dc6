#include "cli/lookup.hpp"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "checks/catalogue.hpp"
#include "cli/source.hpp"
#include "kube/client.hpp"
#include "util/strings.hpp"

namespace kpr::cli {
namespace {

// The last word is being typed, and the one before it may be a flag that waits for it.
FlagValues flags_typed(std::vector<std::string> words) {
  for (int i = 0; i < 2 && !words.empty(); ++i) {
    words.pop_back();
    if (Result<FlagValues> flags = parse(words, all_flags()))
      return *flags;
  }
  return {};
}

std::vector<std::string> names_in_cluster(std::string_view path,
                                          const live::ClusterOptions& options) {
  Result<kube::ClientConfig> config = kube::load_config(options.config, options.environment);
  if (!config)
    return {};
  constexpr std::chrono::seconds patience{3};
  kube::ClientOptions o;
  o.user_agent = options.user_agent;
  o.request_timeout = o.connect_timeout = patience;
  o.deadline = std::chrono::steady_clock::now() + patience;
  o.tries = 1;
  const Result<std::unique_ptr<kube::Client>> client =
      kube::Client::create(std::move(*config), std::move(o));
  if (!client)
    return {};
  std::vector<std::string> names;
  const auto take = [&](nlohmann::json&& item) {
    const nlohmann::json* name = item.contains("metadata") && item["metadata"].contains("name")
                                     ? &item["metadata"]["name"]
                                     : nullptr;
    if (name != nullptr && name->is_string())
      names.push_back(name->get<std::string>());
  };
  if (!(*client)->list(
          path,
          {},
          take,
          [&] {
            names.clear();
          },
          true))
    return {};
  std::sort(names.begin(), names.end(), natural_less);
  return names;
}

}  // namespace

Lookup lookup_for(const std::vector<std::string>& words, const Environment& environment) {
  return [words, &environment](Complete what) -> std::vector<std::string> {
    if (what == Complete::checks) {
      std::vector<std::string> ids;
      for (const checks::Entry& entry : checks::catalogue())
        ids.push_back(entry.id);
      return ids;
    }
    const FlagValues flags = flags_typed(words);
    const Result<live::ClusterOptions> options = cluster_options(flags, environment);
    if (!options)
      return {};
    if (what == Complete::contexts)
      return kube::context_names(options->config, options->environment)
          .value_or(std::vector<std::string>{});
    if (what == Complete::namespaces)
      return names_in_cluster("/api/v1/namespaces", *options);
    if (what == Complete::nodes)
      return names_in_cluster("/api/v1/nodes", *options);
    return {};
  };
}

}  // namespace kpr::cli
