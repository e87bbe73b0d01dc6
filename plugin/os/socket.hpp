// What poll() can wait for: sockets everywhere, pipes too where the system allows it. os::read()
// and os::close() know what it is.
#pragma once
#ifdef _WIN32
#include <winsock2.h>
#else
#include <poll.h>
#endif

#include <chrono>
#include <cstddef>
#include <system_error>

namespace kpr::os {

#ifdef _WIN32
using Socket = SOCKET;
using PollFd = WSAPOLLFD;
inline constexpr Socket k_no_socket = INVALID_SOCKET;
#else
using Socket = int;
using PollFd = pollfd;
inline constexpr Socket k_no_socket = -1;
#endif

// As POSIX has it: the number of those that are ready, 0 when the time has passed, -1 for a failure
// or a signal. -1 ms waits for ever.
int poll(PollFd* fds, std::size_t n, int milliseconds);

constexpr long k_nothing_yet = -1, k_broken = -2;
// Never blocks on what this room made: the number of bytes, 0 at the end, k_nothing_yet or
// k_broken.
long read(Socket from, char* to, std::size_t n);
void close(Socket& socket);  // and forgets it; nothing for k_no_socket

// What the system's number for a failure of a socket means: errno, but Windows has numbers of its
// own.
std::error_condition socket_error(long number);

// SIGINT, SIGTERM or Ctrl-C as a value: something that becomes readable then. Nobody drains it, so
// once raised it stays raised, and every poll() that watches it wakes up. A default-made one is
// never raised.
struct Interrupt {
  Socket fd = k_no_socket;
  bool raised() const { return wait(std::chrono::milliseconds(0)); }
  // True as soon as it is raised, false when the time has passed.
  bool wait(std::chrono::milliseconds most) const;
};

}  // namespace kpr::os
