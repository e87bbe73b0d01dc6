#include "privacy/redact.hpp"

#include <nlohmann/json.hpp>

#include "evidence/helm_release.hpp"
#include "evidence/kept_values.hpp"
#include "evidence/reduce.hpp"
#include "privacy/credential_forms.hpp"
#include "privacy/letters.hpp"
#include "util/json.hpp"

namespace kpr::privacy {
namespace {

using Json = nlohmann::json;

constexpr int k_deepest = 64;

// Every text of an object: events quote URLs, containers' last words quote headers, and a label
// may be named password.
void redact_texts(Json& value, std::string_view key, int depth = 0) {
  if (depth > k_deepest) {
    value = k_redacted;
  } else if (value.is_object()) {
    for (auto& [name, child] : value.items())
      redact_texts(child, name, depth + 1);
  } else if (value.is_array()) {
    for (Json& child : value)
      redact_texts(child, key, depth + 1);
  } else if (value.is_string()) {
    std::string& text = value.get_ref<std::string&>();
    text = is_credential(named(key), text, Seen::assigned) ? std::string(k_redacted)
                                                           : redact_text(text);
  }
}

// A Secret of Helm: its release as it may leave the cluster, or none.
void redact_release(Json& secret) {
  const std::string packed = text_at(at(secret, "data"), "release");
  Result<Json> release = evidence::decode_helm_release(packed);
  secret.erase("data");
  redact_texts(secret, "");
  secret["data"] = Json::object();
  if (!release)
    return;
  if (const auto values = release->find("config"); values != release->end())
    evidence::keep_helm_values(*values);
  redact_texts(*release, "");
  secret["data"]["release"] = evidence::encode_helm_release(*release);
}

}  // namespace

Json redact(std::string_view resource, Json object) {
  Json kept = evidence::reduce(resource, std::move(object));
  if (!kept.is_object())
    return kept;
  if (resource == "secrets")
    redact_release(kept);
  else
    redact_texts(kept, "");
  return kept;
}

std::string redact_output(std::string_view command, std::string output) {
  return redact_text(evidence::keep_lines(command, std::move(output)));
}

}  // namespace kpr::privacy
