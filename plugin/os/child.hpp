// Child processes without a shell: argv, environment and pipes as values.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "os/environment.hpp"
#include "os/socket.hpp"
#include "util/result.hpp"

namespace kpr::os {

#ifdef _WIN32
inline constexpr std::string_view k_program_ending = ".exe";
#else
inline constexpr std::string_view k_program_ending = "";
#endif

struct Child {
  std::intptr_t process = -1;  // a process id, or a handle
  Socket out = k_no_socket,
         err = k_no_socket;  // for poll() and read(); err is none when it passes through
};

// `program` is a path, or a name that is looked up in the environment's PATH; empty when not found.
std::string find_program(const std::string& program, const Environment& environment);

struct SpawnOptions {
  bool inherit_stdin = false;   // else nothing can be read
  bool capture_stderr = false;  // else it passes through
};
Result<Child> spawn(const std::string& path,
                    const std::vector<std::string>& argv,
                    const Environment& environment,
                    SpawnOptions options);

// Closes the pipes and waits; with `kill`, ends the child first. The exit code; 128 + signal for
// one that was killed by a signal.
int reap(Child& child, bool kill);

}  // namespace kpr::os
