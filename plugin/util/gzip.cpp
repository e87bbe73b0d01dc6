#include "util/gzip.hpp"

#include <zlib.h>

#include <array>

namespace kpr {

std::optional<std::string> gunzip(std::string_view data, std::size_t most) {
  z_stream z{};
  if (inflateInit2(&z, 15 + 16) != Z_OK) return std::nullopt;
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  z.avail_in = static_cast<uInt>(data.size());
  std::string out;
  std::array<char, 1 << 16> buffer;
  int code = Z_OK;
  while (code == Z_OK && out.size() <= most) {
    z.next_out = reinterpret_cast<Bytef*>(buffer.data());
    z.avail_out = buffer.size();
    code = inflate(&z, Z_NO_FLUSH);
    out.append(buffer.data(), buffer.size() - z.avail_out);
  }
  const bool whole = code == Z_STREAM_END && z.avail_in == 0 && out.size() <= most;
  inflateEnd(&z);
  if (!whole) return std::nullopt;
  return out;
}

}  // namespace kpr
