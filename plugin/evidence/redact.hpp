// Takes credentials out of objects before they are written to an archive.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace kpr::evidence {

// The object as it may leave the cluster. Call with reduced objects.
nlohmann::json redact(std::string_view resource, nlohmann::json object);

// Helm's release (base64 of base64 of gzip of JSON, as in a Secret's data) with what checks need and nothing more; empty when it cannot be decoded.
std::string slim_helm_release(std::string_view data);

// Whether a key or option is named like something that holds a credential.
bool names_credential(std::string_view name);

}  // namespace kpr::evidence
