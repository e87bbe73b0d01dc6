// Parts of the JSON of a parsed status, and how a key is left out as Go's omitempty does.
#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kpr/parse.hpp"

namespace kpr::det {

using Json = nlohmann::ordered_json;

inline void put(Json& object, const char* key, std::string_view value) {
  if (!value.empty())
    object[key] = std::string(value);
}
inline void put_number(Json& object, const char* key, std::uint64_t value) {
  if (value != 0)
    object[key] = value;
}
inline void put_number(Json& object, const char* key, const std::optional<std::uint64_t>& value) {
  if (value)
    object[key] = *value;
}
inline void put_true(Json& object, const char* key, bool value) {
  if (value)
    object[key] = true;
}

inline Json list(const std::vector<std::string_view>& items) {
  Json out = Json::array();
  for (const std::string_view item : items)
    out.push_back(std::string(item));
  return out;
}

// json_kpr.cpp
bool prints_addresses(const AgentStatus& s, const StatusDocument& document);
Json kube_proxy_replacement(const KubeProxyReplacement& k, bool from_1_10);

// json_health.cpp
Json cluster_health(const ClusterHealth& h);
Json modules_health(const ModulesHealth& m);

// bpf_lb_list.cpp
Json bpf_lb_frontends(const std::vector<BpfLbFrontend>& frontends);

}  // namespace kpr::det
