// gzip, with an end to how much comes out.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kpr {

inline bool is_gzip(std::string_view data) {
  return data.starts_with("\x1f\x8b");
}

std::optional<std::string> gzip(std::string_view data);  // nothing without memory

// Nothing when `data` is not one whole gzip stream and no more, or holds more than `most` bytes. 4
// GiB and more, whose size gzip does not tell, are always too much.
std::optional<std::string> gunzip(std::string_view data, std::size_t most);

}  // namespace kpr
