// A pipe that children do not inherit.
#pragma once
#include <fcntl.h>
#include <unistd.h>

namespace kpr::os {

// pipe2 is atomic, but macOS has it only since version 27.
inline bool open_pipe(int (&ends)[2]) {
#if defined(__APPLE__)
  return ::pipe(ends) == 0 && ::fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 &&
         ::fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0;
#else
  return ::pipe2(ends, O_CLOEXEC) == 0;
#endif
}

}  // namespace kpr::os
