// Takes credentials out of what is written to an archive.
#pragma once
#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace kpr::privacy {

// The object as it may leave the cluster: cut to what evidence/keep.hpp names, and every text of it
// redacted. Doing it twice changes nothing.
nlohmann::json redact(std::string_view resource, nlohmann::json object);

// A text of an agent, a log or a message without tokens, passwords, private keys, URLs' user names
// and passwords, and texts hidden in base64. What merely talks about them ("failed to fetch oauth
// token: denied"), paths of files and hashes stay, and every line stays a line. The time it takes
// grows with the text's length; `steps`, where given, gets how many letters were looked at.
std::string redact_text(std::string_view text, std::size_t* steps = nullptr);

// What a command printed in an agent's container: the lines that are kept of it, redacted.
std::string redact_output(std::string_view command, std::string output);

}  // namespace kpr::privacy
