// Helm's release as its Secret holds it: base64 of base64 of gzip of JSON
// (helm: pkg/storage/driver/util.go; the outer base64 is the Secret's own).
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "util/result.hpp"

namespace kpr::evidence {

// What facts are made of: name, namespace, version, info without the notes, the chart's name and
// versions, and the user's values. Manifest and templates, nearly all of it, are never built. The
// Error's message goes behind "the release's payload ": "is not base64", "is nested too deeply", …
Result<nlohmann::json> decode_helm_release(std::string_view data);

std::string encode_helm_release(const nlohmann::json& release);  // empty without memory

}  // namespace kpr::evidence
