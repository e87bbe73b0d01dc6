#include "os/input.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "os/open.hpp"

namespace kpr::os {

Input::Input(Interrupt interrupt) : interrupt_(interrupt) {}

Input::Input(const std::string& path, Interrupt interrupt)
    : fd_(open_to_read(path)),
      ours_(fd_ >= 0),
      interrupt_(interrupt) {
  if (fd_ < 0)
    error_ = {errno, std::generic_category()};
}

Input::~Input() {
  if (ours_)
    ::close(fd_);
}

long Input::read(char* to, std::size_t n) {
  while (!error_) {
    if (wait_to_read(fd_, interrupt_); interrupt_.raised()) {
      error_ = std::make_error_code(std::errc::interrupted);
      break;
    }
    const auto got = ::read(fd_, to, static_cast<unsigned>(std::min<std::size_t>(n, 1u << 30)));
    if (got >= 0)
      return static_cast<long>(got);
    if (errno != EINTR && errno != EAGAIN)
      error_ = {errno, std::generic_category()};
  }
  return -1;
}

std::int64_t Input::seek(std::int64_t offset, int whence) {
  return ::lseek(fd_, static_cast<off_t>(offset), whence);
}

}  // namespace kpr::os
