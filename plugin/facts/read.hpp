// JSON of the API → plain objects. Inside this room only. Every reader takes what has the wrong
// type as absent.
#pragma once
#include <nlohmann/json.hpp>

#include "facts/agent.hpp"
#include "facts/objects.hpp"

namespace kpr::facts::read {

using Json = nlohmann::json;

const Json& at(const Json& j, std::string_view key);  // null where absent or j is no object
std::string text(const Json& j, std::string_view key);
long long number(const Json& j, std::string_view key, long long fallback = 0);
bool flag(const Json& j, std::string_view key, bool fallback = false);
std::optional<Time> time(const Json& j, std::string_view key);
Labels labels(const Json& j);
std::vector<std::string> strings(const Json& j);
Selector selector(const Json& j);  // matchLabels, matchExpressions, matchFields

Meta meta(const Json& object);
Pod pod(const Json& object);
Node node(const Json& object);
Workload workload(const Json& object, std::string kind);
Service service(const Json& object);
EndpointSlice slice(const Json& object);
std::vector<EndpointSlice> endpoints(const Json& object);  // one for each subset
LocalRedirect local_redirect(const Json& object);
ConfigMap config_map(const Json& object);
CiliumNodeConfig node_config(const Json& object);
CiliumNode cilium_node(const Json& object);
Event event(const Json& object);
bool is_helm_release(const Json& object);
HelmRelease helm_release(const Json& object);
HelmRelease helm_from_dump(const Json& values, const Json& metadata, std::string source);

}  // namespace kpr::facts::read
