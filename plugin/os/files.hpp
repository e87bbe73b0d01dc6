// Names of files, and files that appear whole or not at all.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace kpr::os {

// As UTF-8, whatever the code page of Windows: path::string() asks for that one and fails where it
// is UTF-8. The other way there is no such trap.
std::string text_of(const std::filesystem::path& path);

// The file beside `path` that is written first, readable by its owner alone. Gone at the end,
// unless it became `path`.
class PartFile {
 public:
  explicit PartFile(const std::string& path);
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  std::error_code error() const { return error_; }  // set when it could not be made or written
  int fd() const { return fd_; }
  void write(std::string_view bytes);
  // Closes it and gives it its name. Unless it may replace, it fails with file_exists where a file
  // of the name is there.
  std::error_code publish(bool replace);

 private:
  std::string path_, name_;
  int fd_ = -1;
  std::error_code error_;
};

}  // namespace kpr::os
