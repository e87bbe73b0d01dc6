// Takes credentials out of objects before they are written to an archive.
#pragma once
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace kpr::privacy {

// The object as it may leave the cluster. Call with reduced objects.
nlohmann::json redact(std::string_view resource, nlohmann::json object);

// A text of an agent, a log or a message without tokens, passwords, private keys and URLs' user
// names and passwords. What merely talks about them ("failed to fetch oauth token: denied") and
// paths of files stay.
std::string redact_text(std::string text);

// Helm's release (base64 of base64 of gzip of JSON, as in a Secret's data) with what checks need
// and nothing more; empty when it cannot be decoded.
std::string slim_helm_release(std::string_view data);

// The same, changed as `change` wants instead of redacted; empty when it cannot be decoded.
std::string rewrite_helm_release(std::string_view data,
                                 const std::function<void(nlohmann::json&)>& change);

// Whether a key or option is named like something that holds a credential.
bool names_credential(std::string_view name);

}  // namespace kpr::privacy
