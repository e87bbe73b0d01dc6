#include "os/socket.hpp"

#include <unistd.h>

#include <cerrno>

namespace kpr::os {

int poll(PollFd* fds, std::size_t n, int milliseconds) {
  return ::poll(fds, static_cast<nfds_t>(n), milliseconds);
}

long read(Socket from, char* to, std::size_t n) {
  for (;;) {
    const ssize_t got = ::read(from, to, n);
    if (got >= 0)
      return static_cast<long>(got);
    if (errno != EINTR)
      return errno == EAGAIN ? k_nothing_yet : k_broken;
  }
}

void close(Socket& socket) {
  if (socket >= 0)
    ::close(socket);
  socket = k_no_socket;
}

std::error_condition socket_error(long number) {
  return {static_cast<int>(number), std::generic_category()};
}

}  // namespace kpr::os
