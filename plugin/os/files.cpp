#include "os/files.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "os/open.hpp"
#include "os/random.hpp"

namespace kpr::os {
namespace {

namespace fs = std::filesystem;

std::string random_letters() {
  std::string out;
  for (std::uint32_t word = random_word(); out.size() < 6; word /= 26)
    out += static_cast<char>('a' + word % 26);
  return out;
}

std::error_code last_error() {
  return {errno, std::generic_category()};
}

// `bytes` are those that are not written yet, after an error too.
std::error_code write_all(int fd, std::string_view& bytes) {
  while (!bytes.empty()) {
    const auto wrote = ::write(
        fd, bytes.data(), static_cast<unsigned>(std::min<std::size_t>(bytes.size(), 1u << 30)));
    if (wrote <= 0)
      return last_error();
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

bool has_no_links(std::error_code error) {
  return error == std::errc::operation_not_permitted ||
         error == std::errc::function_not_supported ||
         error == std::errc::operation_not_supported || error == std::errc::not_supported ||
         error == std::errc::too_many_links;
}

}  // namespace

std::string text_of(const fs::path& path) {
  const std::u8string text = path.u8string();
  return {text.begin(), text.end()};
}

PartFile::PartFile(const std::string& path, Access access) : path_(path) {
  for (int tries = 0; fd_ < 0 && tries < 100; ++tries) {
    name_ = path + "." + random_letters();
    fd_ = create(name_, access);
    if (fd_ < 0 && errno != EEXIST)
      break;
  }
  if (fd_ >= 0)
    return;
  error_ = last_error();
  name_.clear();
}

PartFile::~PartFile() {
  if (fd_ >= 0)
    ::close(fd_);
  std::error_code ignored;
  if (!name_.empty())
    fs::remove(name_, ignored);
}

void PartFile::write(std::string_view bytes) {
  while (!bytes.empty() && !error_) {
    error_ = write_all(fd_, bytes);
    if (error_ == std::errc::interrupted)
      error_.clear();
  }
}

void PartFile::take_rights_of_path() {
  if (fd_ >= 0)
    take_rights(fd_, path_);
}

std::error_code PartFile::publish(bool replace) {
  if (error_)
    return error_;
  if (::close(fd_) != 0)
    error_ = last_error();
  fd_ = -1;
  if (error_)
    return error_;
  if (!replace) {
    // A link, not a rename: it fails where a file of the name is there. Some file systems have
    // none.
    fs::create_hard_link(name_, path_, error_);
    if (!has_no_links(error_))
      return error_;
    std::error_code ignored;
    if (fs::exists(fs::symlink_status(path_, ignored)))
      return error_ = std::make_error_code(std::errc::file_exists);
  }
  fs::rename(name_, path_, error_);
  if (!error_)
    name_.clear();
  return error_;
}

std::error_code write_file(const std::string& path,
                           std::string_view bytes,
                           Access access,
                           const Interrupt& interrupt) {
  std::error_code unknown;
  const fs::file_type type = fs::symlink_status(path, unknown).type();
  if (type == fs::file_type::not_found || type == fs::file_type::regular) {
    PartFile part(path, access);
    if (type == fs::file_type::regular)
      part.take_rights_of_path();
    part.write(bytes);
    return part.publish(true);
  }
  int fd = open_to_write(path);
  for (; fd < 0 && errno == ENXIO && fs::is_fifo(path, unknown); fd = open_to_write(path))
    if (interrupt.wait(std::chrono::milliseconds(20)))  // until somebody reads there
      return std::make_error_code(std::errc::interrupted);
  if (fd < 0)
    return last_error();
  std::error_code failed = write_all(fd, bytes);
  while (failed == std::errc::resource_unavailable_try_again || failed == std::errc::interrupted) {
    if (interrupt.wait(std::chrono::milliseconds(20))) {
      failed = std::make_error_code(std::errc::interrupted);
      break;
    }
    failed = write_all(fd, bytes);
  }
  return ::close(fd) != 0 && !failed ? last_error() : failed;
}

}  // namespace kpr::os
