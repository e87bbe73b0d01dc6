#include "util/gzip.hpp"

#include <zlib.h>

#include <algorithm>

namespace kpr {

std::optional<std::string> gzip(std::string_view data) {
  z_stream z{};
  if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return std::nullopt;
  std::string out(deflateBound(&z, static_cast<uLong>(data.size())) + 32, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  z.avail_in = static_cast<uInt>(data.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  const int code = deflate(&z, Z_FINISH);
  out.resize(out.size() - z.avail_out);
  deflateEnd(&z);
  if (code != Z_STREAM_END) return std::nullopt;
  return out;
}

std::optional<std::string> gunzip(std::string_view data, std::size_t most) {
  z_stream z{};
  if (inflateInit2(&z, 15 + 16) != Z_OK) return std::nullopt;
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  z.avail_in = static_cast<uInt>(data.size());
  // Most texts become three to twelve times as long; the buffer grows with what really comes out.
  std::string out(std::min(most, std::min(data.size(), std::size_t{8} << 20) * 16) + 1, '\0');
  std::size_t n = 0;
  int code = Z_OK;
  while (code == Z_OK && n <= most) {
    if (n == out.size()) out.resize(std::min(most, 2 * n) + 1);
    const std::size_t room = std::min<std::size_t>(out.size() - n, 1u << 30);
    z.next_out = reinterpret_cast<Bytef*>(out.data() + n);
    z.avail_out = static_cast<uInt>(room);
    code = inflate(&z, Z_NO_FLUSH);
    n += room - z.avail_out;
  }
  out.resize(n);
  const bool whole = code == Z_STREAM_END && z.avail_in == 0 && n <= most;
  inflateEnd(&z);
  if (!whole) return std::nullopt;
  return out;
}

}  // namespace kpr
