#include <algorithm>

#include "os/socket.hpp"

namespace kpr::os {

bool Interrupt::wait(std::chrono::milliseconds most) const {
  PollFd p{fd, POLLIN, 0};
  const std::size_t n = fd == k_no_socket ? 0 : 1;
  const int ready =
      os::poll(&p, n, static_cast<int>(std::clamp<long long>(most.count(), 0, 86'400'000)));
  return ready < 0 ? n == 1 && os::poll(&p, n, 0) > 0
                   : ready > 0;  // a signal ended the wait: ours, or another
}

}  // namespace kpr::os
