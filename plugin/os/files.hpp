// Names of files, and files that appear whole or not at all.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "os/socket.hpp"

namespace kpr::os {

// As UTF-8, whatever the code page of Windows: path::string() asks for that one and fails where it
// is UTF-8. The other way there is no such trap.
std::string text_of(const std::filesystem::path& path);

// Who may read a new file: its owner alone, or everybody whom the umask lets.
enum class Access { owner, everybody };

// The file beside `path` that is written first, under a name that nobody can guess. Gone at the
// end, unless it became `path`.
class PartFile {
 public:
  explicit PartFile(const std::string& path, Access access = Access::owner);
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  std::error_code error() const { return error_; }  // set when it could not be made or written
  int fd() const { return fd_; }
  void write(std::string_view bytes);
  void take_rights_of_path();  // of a file that it replaces
  // Closes it and gives it its name. Unless it may replace, it fails with file_exists where a file
  // of the name is there.
  std::error_code publish(bool replace);

 private:
  std::string path_, name_;
  int fd_ = -1;
  std::error_code error_;
};

// The file holds `bytes` then, or, after an error, what it held before; a new one is for `access`,
// another keeps its rights. A device, a FIFO or a link is not replaced but written, as a shell's
// `> path` would; `interrupt` ends the wait for its reader.
std::error_code write_file(const std::string& path,
                           std::string_view bytes,
                           Access access = Access::owner,
                           const Interrupt& interrupt = {});

}  // namespace kpr::os
