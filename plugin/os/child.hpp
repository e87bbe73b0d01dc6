// Child processes without a shell: argv, environment and pipes as values.
#pragma once
#include <cstdint>
#include <optional>
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
  bool leads_group = false;  // of its own: what it starts ends with it
};

// `program` is a path, or a name that is looked up in the environment's PATH; empty when not found.
std::string find_program(const std::string& program, const Environment& environment);

struct SpawnOptions {
  bool inherit_stdin = false;   // and the terminal that it is; else nothing can be read
  bool capture_stderr = false;  // else it passes through
};
// Of our descriptors it gets the three standard ones and no other.
Result<Child> spawn(const std::string& path,
                    const std::vector<std::string>& argv,
                    const Environment& environment,
                    SpawnOptions options);

// Its exit code, 128 + signal for one that a signal ended; nothing while it runs. Never waits. The
// pipes stay: what it started may hold their other ends.
std::optional<int> ended(Child& child);

// Closes the pipes. One that runs is ended, with all that it started, unless it shares our
// terminal.
void end(Child& child);

}  // namespace kpr::os
