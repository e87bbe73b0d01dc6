// Files that a kubeconfig names.
#pragma once
#include <string>

#include "util/limits.hpp"
#include "util/result.hpp"

namespace kpr::kube {

// The Error in Go's words: "open x: no such file or directory".
Result<std::string> read_file(const std::string& path, std::size_t limit = limits::yaml_bytes);

}  // namespace kpr::kube
