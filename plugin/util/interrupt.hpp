// SIGINT/SIGTERM as a value: the read end of a pipe that the program's signal handler writes to. Nobody drains it, so once raised it stays raised,
// and every poll() that watches the descriptor wakes up. Who has no signal handling passes a default-made one, which is never raised.
#pragma once
#include <poll.h>

namespace kpr {

struct Interrupt {
  int fd = -1;
  bool raised() const {
    if (fd < 0) return false;
    pollfd p{fd, POLLIN, 0};
    return ::poll(&p, 1, 0) > 0;
  }
};

}  // namespace kpr
