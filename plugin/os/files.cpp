#include "os/files.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "os/create_private.hpp"
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

PartFile::PartFile(const std::string& path) : path_(path) {
  for (int tries = 0; fd_ < 0 && tries < 100; ++tries) {
    name_ = path + "." + random_letters();
    fd_ = create_private(name_);
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
    const auto wrote = ::write(
        fd_, bytes.data(), static_cast<unsigned>(std::min<std::size_t>(bytes.size(), 1u << 30)));
    if (wrote > 0)
      bytes.remove_prefix(static_cast<std::size_t>(wrote));
    else if (errno != EINTR)
      error_ = last_error();
  }
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

}  // namespace kpr::os
