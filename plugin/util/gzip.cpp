#include "util/gzip.hpp"

#include <libdeflate.h>

#include <cstdint>
#include <memory>

namespace kpr {
namespace {

struct Free {
  void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
  void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
};

constexpr std::size_t k_frame = 18;  // header and trailer of the shortest gzip
constexpr std::size_t k_ratio =
    1032;  // deflate's best: 258 bytes from one bit of length and one of distance

}  // namespace

std::optional<std::string> gzip(std::string_view data) {
  const std::unique_ptr<libdeflate_compressor, Free> compressor(libdeflate_alloc_compressor(6));
  if (!compressor)
    return std::nullopt;
  std::string out(libdeflate_gzip_compress_bound(compressor.get(), data.size()), '\0');
  out.resize(
      libdeflate_gzip_compress(compressor.get(), data.data(), data.size(), out.data(), out.size()));
  return out;
}

std::optional<std::string> gunzip(std::string_view data, std::size_t most) {
  if (data.size() < k_frame)
    return std::nullopt;
  // The trailer tells the size, lowest byte first. It is input like the rest: no more room is made
  // than so many bytes can fill, and a size that is not what comes out makes it no gzip.
  std::uint32_t size = 0;
  for (std::size_t i = 1; i <= 4; ++i)
    size = size << 8 | static_cast<unsigned char>(data[data.size() - i]);
  if (size > most || size / k_ratio > data.size())
    return std::nullopt;
  // One a call: it is 11 kB, and threads cannot share it.
  const std::unique_ptr<libdeflate_decompressor, Free> decompressor(
      libdeflate_alloc_decompressor());
  if (!decompressor)
    return std::nullopt;
  std::string out(size, '\0');
  std::size_t taken = 0;  // less than all when more stands behind the first stream
  const auto code = libdeflate_gzip_decompress_ex(
      decompressor.get(), data.data(), data.size(), out.data(), out.size(), &taken, nullptr);
  if (code != LIBDEFLATE_SUCCESS || taken != data.size())
    return std::nullopt;
  return out;
}

}  // namespace kpr
