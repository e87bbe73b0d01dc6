// From argv to an exit code: the only room that knows argv, environment, clock and terminal. They
// come in here as values.
#pragma once
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "os/environment.hpp"
#include "os/socket.hpp"
#include "util/time.hpp"

namespace kpr::cli {

struct Environment {
  std::ostream* out = nullptr;  // the data
  std::ostream* err = nullptr;  // everything else
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool in_is_terminal = false;
  std::size_t width = 80;                // of the terminal, 80 when there is none
  Time now{};                            // the local clock
  const volatile int* signal = nullptr;  // number of the first SIGINT or SIGTERM, 0 before
  os::Interrupt interrupt;               // raised with it
  os::Environment
      variables;  // the whole environment, for kubeconfig, proxies and credential plugins too

  std::optional<std::string> getenv(const std::string& name) const {
    const auto it = variables.find(name);
    return it == variables.end() ? std::nullopt : std::optional<std::string>(it->second);
  }
};

// Exit codes: 0 nothing at or above --fail-on, 1 findings at or above it, 2 evidence incomplete, 3
// could not run, 64 usage, 130/143 signals.
enum Exit {
  k_ok = 0,
  k_findings = 1,
  k_incomplete = 2,
  k_failed = 3,
  k_usage = 64,
  k_interrupted = 130,
  k_terminated = 143
};

// argv[0] decides the name in help ("kubectl kpr" when started as kubectl-kpr by kubectl or from a
// PATH) and whether we complete.
int run(const std::vector<std::string>& argv, const Environment& environment);

// The process's own streams, environment, terminal and signals.
int main_with_process(int argc, char** argv);

}  // namespace kpr::cli
