// Saved texts of `cilium status`: files, a folder of them, or a stream. A node for each text, named
// by its file.
#pragma once
#include <string>
#include <vector>

#include "evidence/evidence.hpp"
#include "os/socket.hpp"
#include "util/result.hpp"

namespace kpr::archive {

inline constexpr std::size_t k_max_text_file_bytes = 64u << 20;

// Reads each path; "-" is standard input. A file that cannot be read is an agent with the reason; a
// path that names nothing readable at all, or a folder without a status in it, is an Error. Devices
// and endless streams end at the limit, and all reading with the interrupt (cancelled).
Result<evidence::Evidence> from_texts(const std::vector<std::string>& paths,
                                      os::Interrupt interrupt = {});

// The whole of one regular file or stream, at most `limit` bytes.
Result<std::string>
read_file(const std::string& path, std::size_t limit, os::Interrupt interrupt = {});
Result<std::string> read_standard_input(std::size_t limit, os::Interrupt interrupt = {});

}  // namespace kpr::archive
