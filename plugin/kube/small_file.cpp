#include "kube/small_file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace kpr::kube {

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

}  // namespace kpr::kube
