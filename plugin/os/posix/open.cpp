#include "os/open.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kpr::os {

int open_to_read(const std::string& path) {
  return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

void wait_to_read(int fd, const Interrupt& interrupt) {
  PollFd wait[] = {{fd, POLLIN, 0}, {interrupt.fd, POLLIN, 0}};
  os::poll(wait, interrupt.fd == k_no_socket ? 1 : 2, -1);
}

int create(const std::string& path, Access access) {
  return ::open(
      path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, access == Access::owner ? 0600 : 0644);
}

int open_to_write(const std::string& path) {
  return ::open(
      path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
}

void take_rights(int file, const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0 && status.st_uid == ::geteuid())
    (void)::fchmod(file, status.st_mode & 0777);
}

}  // namespace kpr::os
