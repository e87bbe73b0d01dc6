#include "evidence/reduce.hpp"

#include <string>

#include "evidence/keep.hpp"
#include "util/json.hpp"

namespace kpr::evidence {
namespace {

using Json = nlohmann::json;

void reduce_metadata(Json& metadata) {
  if (!metadata.is_object())
    return;
  if (const auto fields = metadata.find("managedFields");
      fields != metadata.end() && fields->is_array()) {
    Json times = Json::array();
    for (const Json& field : *fields) {
      Json kept = Json::object();
      for (const char* key : {"manager", "operation", "time"}) {
        if (const std::string value = text_at(field, key); !value.empty())
          kept[key] = value;
      }
      times.push_back(std::move(kept));
    }
    *fields = std::move(times);
  }
  if (const auto annotations = metadata.find("annotations");
      annotations != metadata.end() && annotations->is_object()) {
    // That somebody applied it is told; what, is the object itself.
    if (const auto applied = annotations->find("kubectl.kubernetes.io/last-applied-configuration");
        applied != annotations->end())
      *applied = "";
    for (auto it = annotations->begin(); it != annotations->end();)
      it = it->is_string() && it->get_ref<const std::string&>().size() > 4096
               ? annotations->erase(it)
               : std::next(it);
  }
  metadata.erase("selfLink");
}

bool is_cilium_pod(const Json& pod) {
  const Json labels = pod.value(Json::json_pointer("/metadata/labels"), Json::object());
  return labels.is_object() && (text_at(labels, "k8s-app") == "cilium" ||
                                text_at(labels, "app.kubernetes.io/part-of") == "cilium" ||
                                text_at(labels, "app.kubernetes.io/name") == "cilium-agent" ||
                                text_at(labels, "name") == "cilium-operator");
}

void reduce_pod(Json& pod) {
  const auto spec = pod.find("spec");
  if (spec == pod.end() || !spec->is_object() || is_cilium_pod(pod))
    return;
  for (const char* list : {"containers", "initContainers", "ephemeralContainers"}) {
    const auto containers = spec->find(list);
    if (containers == spec->end() || !containers->is_array())
      continue;
    for (Json& container : *containers) {
      if (!container.is_object())
        continue;
      for (const char* key : {"env",
                              "envFrom",
                              "volumeMounts",
                              "livenessProbe",
                              "readinessProbe",
                              "startupProbe",
                              "lifecycle",
                              "resources"}) {
        // kube-proxy and sidecars are told by their command and args; those stay
        container.erase(key);
      }
    }
  }
  for (const char* key :
       {"affinity", "topologySpreadConstraints", "readinessGates", "schedulingGates"})
    spec->erase(key);
}

}  // namespace

Json reduce(std::string_view resource, Json&& object) {
  if (!object.is_object())
    return nullptr;
  if (const Keep* keep = keep_of(resource))
    prune(object, *keep);
  if (const auto metadata = object.find("metadata"); metadata != object.end())
    reduce_metadata(*metadata);
  if (resource == "pods") {
    reduce_pod(object);
  } else if (resource == "nodes") {
    if (const auto status = object.find("status"); status != object.end() && status->is_object()) {
      if (const auto images = status->find("images");
          images != status->end() && images->is_array() && images->size() > 50)
        images->erase(images->begin() + 50, images->end());
      status->erase("volumesAttached");
      status->erase("volumesInUse");
    }
  } else if (resource == "secrets") {
    if (text_at(object, "type") != "helm.sh/release.v1")
      return nullptr;
    Json kept{{"type", "helm.sh/release.v1"},
              {"metadata", object.value("metadata", Json::object())}};
    if (const auto data = object.find("data");
        data != object.end() && data->is_object() && data->contains("release"))
      kept["data"]["release"] = (*data)["release"];
    return kept;
  } else if (resource == "configmaps") {
    const std::string name = text_at(object.value("metadata", Json::object()), "name");
    const bool used = name.find("cilium") != std::string::npos ||
                      name.find("kube-proxy") != std::string::npos || name.starts_with("kubeadm") ||
                      name == "cluster-info" || name.find("coredns") != std::string::npos ||
                      name.find("node-local-dns") != std::string::npos ||
                      name.find("calico") != std::string::npos ||
                      name.find("flannel") != std::string::npos ||
                      name.find("metallb") != std::string::npos || name == "config";
    if (!used) {
      object.erase("data");
      object.erase("binaryData");
    }
  }
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
