// Saved texts of `cilium status`: files, a folder of them, or a stream. A node for each text, named
// by its file.
#pragma once
#include <istream>
#include <string>
#include <vector>

#include "evidence/evidence.hpp"
#include "util/result.hpp"

namespace kpr::archive {

inline constexpr std::size_t k_max_text_file_bytes = 64u << 20;

// Reads each path; "-" is `input`. A file that cannot be read is an agent with the reason; a path
// that names nothing readable at all, or a folder without a status in it, is an Error. Devices and
// endless streams end at the limit.
Result<evidence::Evidence> from_texts(const std::vector<std::string>& paths, std::istream& input);

// The whole of one regular file or stream, at most `limit` bytes.
Result<std::string> read_file(const std::string& path, std::size_t limit);

}  // namespace kpr::archive
