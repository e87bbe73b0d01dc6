#include "kube/encoding.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>

#include "util/strings.hpp"

namespace kpr::kube {

std::optional<std::string> base64_decode(std::string_view text) {
  std::string clean;
  for (const char c : text)
    if (c != '\n' && c != '\r' && c != ' ' && c != '\t')
      clean += c;
  const auto padding = std::min(clean.find('='), clean.size());  // OpenSSL takes '=' anywhere
  if (clean.size() % 4 != 0 || clean.size() - padding > 2 ||
      clean.find_first_not_of('=', padding) != std::string::npos)
    return std::nullopt;
  std::string out(clean.size() / 4 * 3, '\0');
  if (clean.empty())
    return out;
  if (EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(clean.data()),
                      static_cast<int>(clean.size())) < 0)
    return std::nullopt;
  if (clean.ends_with("=="))
    out.pop_back();
  if (clean.ends_with("="))
    out.pop_back();
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

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                       &std::fclose);
  std::string reason;
  if (!file) {
    reason = std::strerror(errno);
  } else {
    std::string out;
    std::array<char, 16 << 10> buffer{};
    while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
      out.append(buffer.data(), n);
      if (out.size() > limit)
        return Error{.kind = ErrorKind::too_large,
                     .message = "read " + path + ": the file is larger than " +
                                std::to_string(limit >> 20) + " MiB",
                     .hint = {}};
    }
    if (!std::ferror(file.get()))
      return out;
    reason = std::strerror(errno);
  }
  for (char& c : reason)  // Go writes errno texts in lower case
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return Error{.kind = ErrorKind::config, .message = "open " + path + ": " + reason, .hint = {}};
}

bool is_object_name(std::string_view name) {
  const auto alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  for (const std::string_view label : split(name, '.'))
    if (label.empty() || !alphanumeric(label.front()) || !alphanumeric(label.back()) ||
        !std::all_of(label.begin(), label.end(), [&](char c) {
          return alphanumeric(c) || c == '-';
        }))
      return false;
  return name.size() <= 253;
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

}  // namespace kpr::kube
