#include "util/encoding.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace kpr {

std::optional<std::string> base64_decode(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (const char c : text)
    if (c != '\n' && c != '\r' && c != ' ' && c != '\t')
      clean += c;
  // OpenSSL takes '=' anywhere, and stops at '-' as PEM does.
  const auto padding = std::min(clean.find('='), clean.size());
  if (clean.size() % 4 != 0 || clean.size() - padding > 2 ||
      clean.find_first_not_of('=', padding) != std::string::npos ||
      clean.find('-') != std::string::npos)
    return std::nullopt;
  std::string out(clean.size() / 4 * 3, '\0');
  if (clean.empty())
    return out;
  if (EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(clean.data()),
                      static_cast<int>(clean.size())) < 0)
    return std::nullopt;
  out.resize(out.size() - (clean.size() - padding));
  return out;
}

std::string base64_encode(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  out.resize(
      static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                               reinterpret_cast<const unsigned char*>(bytes.data()),
                                               static_cast<int>(bytes.size()))));
  return out;
}

std::string url_encode(std::string_view text) {
  static constexpr char hex[] = "0123456789ABCDEF";
  std::string out;
  for (const unsigned char c : text) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
        c == '_' || c == '.' || c == '~')
      out += static_cast<char>(c);
    else {
      out += '%';
      out += hex[c >> 4];
      out += hex[c & 15];
    }
  }
  return out;
}

}  // namespace kpr
