#include "evidence/reduce.hpp"

#include <string>

#include "evidence/keep.hpp"
#include "evidence/kept_values.hpp"
#include "util/json.hpp"

namespace kpr::evidence {
namespace {

using Json = nlohmann::json;

void reduce_metadata(Json& object) {
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object())
    return;
  if (const auto annotations = metadata->find("annotations"); annotations != metadata->end())
    keep_annotations(*annotations);
}

void reduce_pod(Json& spec) {
  if (!spec.is_object())
    return;
  for (const char* list : {"containers", "initContainers", "ephemeralContainers"})
    if (const auto containers = spec.find(list); containers != spec.end() && containers->is_array())
      for (Json& container : *containers)
        keep_container(container);
}

void reduce_workload(Json& object) {
  const auto spec = object.find("spec");
  if (spec == object.end() || !spec->is_object() || !spec->contains("template"))
    return;
  Json& pod = (*spec)["template"];
  if (!pod.is_object())
    return;
  reduce_metadata(pod);
  if (const auto pod_spec = pod.find("spec"); pod_spec != pod.end())
    reduce_pod(*pod_spec);
}

void reduce_node(Json& object) {
  constexpr std::size_t k_most_images = 50;
  const auto status = object.find("status");
  if (status == object.end() || !status->is_object())
    return;
  if (const auto images = status->find("images");
      images != status->end() && images->is_array() && images->size() > k_most_images)
    images->erase(images->begin() + k_most_images, images->end());
}

void reduce_secret(Json& object) {
  if (text_at(object, "type") != "helm.sh/release.v1")
    object = nullptr;
}

void reduce_node_config(Json& object) {
  if (const auto spec = object.find("spec"); spec != object.end() && spec->is_object())
    if (const auto defaults = spec->find("defaults"); defaults != spec->end())
      keep_settings(*defaults);
}

// What a resource needs besides its tree.
struct Step {
  std::string_view resource;
  void (*reduce)(Json& object);
};
constexpr Step k_steps[] = {
    {"ciliumnodeconfigs", reduce_node_config},
    {"configmaps", keep_config_map},
    {"daemonsets", reduce_workload},
    {"deployments", reduce_workload},
    {"helm-values", keep_helm_values},
    {"nodes", reduce_node},
    {"pods",
     [](Json& object) {
       if (const auto spec = object.find("spec"); spec != object.end())
         reduce_pod(*spec);
     }},
    {"secrets", reduce_secret},
};

}  // namespace

Json reduce(std::string_view resource, Json&& object) {
  if (!object.is_object())
    return nullptr;
  prune(object, *keep_of(resource));
  drop_misplaced(object, *keep_of(resource));
  reduce_metadata(object);
  for (const Step& step : k_steps)
    if (step.resource == resource)
      step.reduce(object);
  return std::move(object);
}

std::string reduce_output(std::string_view command, std::string&& text) {
  if (command != "service-list-json" || text.size() < (64u << 10))
    return std::move(text);
  const Json list = json_or_null(text);
  if (!list.is_array())
    return std::move(text);
  const auto copy = [](const Json& from, std::initializer_list<const char*> keys) {
    Json out = Json::object();
    if (!from.is_object())
      return out;
    for (const char* key : keys)
      if (const auto it = from.find(key); it != from.end())
        out[key] = *it;
    return out;
  };
  static const Json none;
  const auto at = [](const Json& from, const char* key) -> const Json& {
    const auto it = from.is_object() ? from.find(key) : from.end();
    return from.is_object() && it != from.end() ? *it : none;
  };
  std::string out = "[";
  for (const Json& service : list) {
    const Json& realized = at(at(service, "status"), "realized");
    const Json& from = realized.is_object() ? realized : at(service, "spec");
    Json kept = copy(from, {"id"});
    kept["flags"] = copy(at(from, "flags"), {"type", "name", "namespace"});
    kept["frontend-address"] =
        copy(at(from, "frontend-address"), {"ip", "port", "protocol", "scope"});
    Json& backends = kept["backend-addresses"] = Json::array();
    for (const Json& backend : at(from, "backend-addresses"))
      backends.push_back(copy(backend, {"ip", "port", "state"}));
    if (!from.is_object())
      continue;
    out += (out.size() == 1 ? "\n" : ",\n") +
           json_text(Json{{"status", {{"realized", std::move(kept)}}}});
  }
  return out + "\n]\n";
}

}  // namespace kpr::evidence
