// The one file that touches the process: streams, environment, terminal, clock and signals.
#include "os/process.hpp"

#include <exception>
#include <iostream>

#include "cli/dispatch.hpp"

namespace kpr::cli {

int main_with_process(int argc, char** argv) {
  os::prepare_streams();
  const os::Signals signals = os::catch_signals();
  std::ios::sync_with_stdio(false);
  Environment environment;
  environment.out = &std::cout;
  environment.err = &std::cerr;
  environment.out_is_terminal = os::is_terminal(os::Stream::out);
  environment.err_is_terminal = os::is_terminal(os::Stream::err);
  environment.in_is_terminal = os::is_terminal(os::Stream::in);
  environment.width = os::terminal_width();
  environment.now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  environment.signal = signals.number;
  environment.interrupt = signals.interrupt;
  environment.variables = os::environment();
  try {
    const int code = run(std::vector<std::string>(argv, argv + argc), environment);
    std::cout.flush();
    return code;
  } catch (const std::exception& e) {
    std::cerr << "error: internal error: " << e.what()
              << "\nPlease report this with the command you ran.\n";
    return k_failed;
  }
}

}  // namespace kpr::cli
