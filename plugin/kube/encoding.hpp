// base64, percent-encoding, HTTP dates, small files.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "util/result.hpp"
#include "util/time.hpp"

namespace kpr::kube {

std::optional<std::string> base64_decode(std::string_view text);  // line breaks allowed
std::string base64_encode(std::string_view bytes);
std::optional<Time> parse_http_date(std::string_view text);  // "Tue, 24 Nov 2026 18:50:51 GMT"
Result<std::string> read_file(const std::string& path, std::size_t limit = 16u << 20);  // the Error: "open x: no such file or directory"
std::string url_encode(std::string_view text);

}  // namespace kpr::kube
