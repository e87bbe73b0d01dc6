// Child processes without a shell: argv, environment and pipes as values.
#pragma once
#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "kube/config.hpp"
#include "util/result.hpp"

namespace kpr::kube {

struct Child {
  pid_t pid = -1;
  int out = -1, err = -1;  // read ends, non-blocking; err is -1 when it passes through
};

// `program` is a path, or a name that is looked up in the environment's PATH; empty when not found.
std::string find_program(const std::string& program, const Environment& environment);

struct SpawnOptions {
  bool inherit_stdin = false;   // else /dev/null
  bool capture_stderr = false;  // else it passes through
};
Result<Child> spawn(const std::string& path, const std::vector<std::string>& argv, const Environment& environment, SpawnOptions options);

// Closes the pipes and waits; with `kill`, ends the child first. The exit code, 128 + signal for one that was killed.
int reap(Child& child, bool kill);

}  // namespace kpr::kube
