#include "privacy/redact.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "evidence/helm_release.hpp"

namespace kpr::privacy {
namespace {

using Json = nlohmann::json;

// Blanks everything below a key that is named like a credential.
void blank_credentials(Json& value, bool below, int depth = 0) {
  if (depth > 64) {
    value = "<redacted>";
  } else if (value.is_object()) {
    for (auto& [key, child] : value.items())
      blank_credentials(child, below || names_credential(key), depth + 1);
  } else if (value.is_array()) {
    for (Json& child : value)
      blank_credentials(child, below, depth + 1);
  } else if (below && value.is_string() && !value.get_ref<const std::string&>().empty()) {
    value = "<redacted>";
  }
}

void redact_containers(Json& spec) {
  static constexpr std::array<std::string_view, 10> k_env{"KUBERNETES_SERVICE_HOST",
                                                          "KUBERNETES_SERVICE_PORT",
                                                          "K8S_NODE_NAME",
                                                          "CILIUM_K8S_NAMESPACE",
                                                          "HTTP_PROXY",
                                                          "HTTPS_PROXY",
                                                          "NO_PROXY",
                                                          "http_proxy",
                                                          "https_proxy",
                                                          "no_proxy"};
  if (!spec.is_object())
    return;
  for (const char* list : {"containers", "initContainers", "ephemeralContainers"}) {
    const auto containers = spec.find(list);
    if (containers == spec.end() || !containers->is_array())
      continue;
    for (Json& container : *containers) {
      if (!container.is_object())
        continue;
      if (const auto env = container.find("env"); env != container.end() && env->is_array()) {
        env->erase(std::remove_if(env->begin(),
                                  env->end(),
                                  [](const Json& variable) {
                                    if (!variable.is_object())
                                      return true;
                                    const auto name = variable.find("name");
                                    return name == variable.end() || !name->is_string() ||
                                           std::find(k_env.begin(),
                                                     k_env.end(),
                                                     name->get_ref<const std::string&>()) ==
                                               k_env.end();
                                  }),
                   env->end());
        for (Json& variable : *env) {  // http://user:password@proxy
          const auto value = variable.find("value");
          if (value == variable.end() || !value->is_string())
            continue;
          std::string& text = value->get_ref<std::string&>();
          const std::size_t at = text.rfind('@'), scheme = text.find("://");
          if (at != std::string::npos && scheme != std::string::npos && scheme < at)
            text.replace(scheme + 3, at - scheme - 3, "<redacted>");
        }
      }
      for (const char* words : {"command", "args"}) {
        const auto arguments = container.find(words);
        if (arguments == container.end() || !arguments->is_array())
          continue;
        bool next = false;
        for (Json& argument : *arguments) {
          if (!argument.is_string())
            continue;
          std::string& text = argument.get_ref<std::string&>();
          const std::size_t equals = text.find('=');
          if (next && !text.starts_with('-'))
            text = "<redacted>";
          next = text.starts_with('-') && equals == std::string::npos && names_credential(text);
          if (equals != std::string::npos &&
              names_credential(std::string_view(text).substr(0, equals)))
            text = text.substr(0, equals + 1) + "<redacted>";
        }
      }
    }
  }
}

// Every text of an object: events quote URLs, containers' last words quote headers.
void redact_strings(Json& value, int depth = 0) {
  if (value.is_string()) {
    if (std::string& text = value.get_ref<std::string&>(); text.size() > 8)
      text = redact_text(std::move(text));
  } else if (value.is_structured() && depth < 64) {
    for (Json& child : value)
      redact_strings(child, depth + 1);
  }
}

}  // namespace

bool names_credential(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
  });
  static constexpr std::string_view k_words[] = {"password",
                                                 "passwd",
                                                 "secret",
                                                 "token",
                                                 "credential",
                                                 "privatekey",
                                                 "private-key",
                                                 "apikey",
                                                 "api-key",
                                                 "accesskey",
                                                 "access-key",
                                                 "cert",
                                                 ".key",
                                                 "ssh"};
  return lower == "key" || lower == "keys" ||
         std::any_of(std::begin(k_words), std::end(k_words), [&](std::string_view word) {
           return lower.find(word) != std::string::npos;
         });
}

std::string rewrite_helm_release(std::string_view data, const std::function<void(Json&)>& change) {
  Result<Json> release = evidence::decode_helm_release(data);
  if (!release)
    return {};
  change(*release);
  return evidence::encode_helm_release(*release);
}

std::string slim_helm_release(std::string_view data) {
  return rewrite_helm_release(data, [](Json& release) {
    if (release.contains("config"))
      blank_credentials(release["config"], false);
  });
}

Json redact(std::string_view resource, Json object) {
  if (!object.is_object())
    return object;
  if (resource != "secrets")
    redact_strings(object);
  const auto spec = object.find("spec");
  if (resource == "pods" && spec != object.end())
    redact_containers(*spec);
  if ((resource == "daemonsets" || resource == "deployments" || resource == "statefulsets" ||
       resource == "replicasets") &&
      spec != object.end() && spec->is_object())
    if (const auto pod = spec->find("template");
        pod != spec->end() && pod->is_object() && pod->contains("spec"))
      redact_containers((*pod)["spec"]);
  const auto data = object.find("data");
  if (data != object.end() && data->is_object()) {
    if (resource == "secrets") {
      const auto release = data->find("release");
      const std::string slim = release != data->end() && release->is_string()
                                   ? slim_helm_release(release->get_ref<const std::string&>())
                                   : std::string();
      *data = slim.empty() ? Json::object() : Json{{"release", slim}};
    } else if (resource == "configmaps") {
      for (auto it = data->begin(); it != data->end();)
        it = it.key().starts_with("jws-kubeconfig-") ? data->erase(it) : std::next(it);
      for (auto& [key, value] : data->items()) {
        const bool of_something = key.ends_with("-namespace") || key.ends_with("-name") ||
                                  key.ends_with("-file") || key.ends_with("-path") ||
                                  key.ends_with("-dir") || key.starts_with("enable-");
        if (key == "release" || of_something || !names_credential(key) || !value.is_string())
          continue;
        const std::string& text = value.get_ref<const std::string&>();
        if (!text.empty() && text != "true" && text != "false" && text.front() != '/')
          value = "<redacted>";
      }
      if (data->contains("release") && (*data)["release"].is_string())
        (*data)["release"] = slim_helm_release((*data)["release"].get_ref<const std::string&>());
    }
  }
  if (resource == "helm-values")
    blank_credentials(object, false);
  return object;
}

}  // namespace kpr::privacy
