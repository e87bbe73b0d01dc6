// Bytes as text and back.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace kpr {

// Standard alphabet with padding. Blanks and line breaks in it are passed over; anything else that
// does not belong is nothing.
std::optional<std::string> base64_decode(std::string_view text);
std::string base64_encode(std::string_view bytes);

// All but letters, digits and "-_.~" as %NN.
std::string url_encode(std::string_view text);

}  // namespace kpr
