// base64, percent-encoding, small files.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "util/result.hpp"

namespace kpr::kube {

std::optional<std::string> base64_decode(std::string_view text);  // line breaks allowed
std::string base64_encode(std::string_view bytes);
Result<std::string>
read_file(const std::string& path,
          std::size_t limit = 16u << 20);  // the Error: "open x: no such file or directory"
std::string url_encode(std::string_view text);

// Whether an API server lets an object be called so: a DNS subdomain of RFC 1123
// (apimachinery/pkg/api/validation/generic.go).
bool is_object_name(std::string_view name);

}  // namespace kpr::kube
