// The one file that touches the process: streams, environment, terminal, clock and signals.
#include "os/process.hpp"

#include <exception>
#include <iostream>

#include "cli/dispatch.hpp"
#include "cli/output.hpp"
#include "os/output_stream.hpp"

namespace kpr::cli {
namespace {

// A report that nobody got is no success. Who closed the pipe, as head does, wanted no more.
int finish(int code, std::error_code failed, const Environment& environment) {
  if (!failed || failed == std::errc::broken_pipe)
    return code;
  if (failed == std::errc::interrupted)
    return exit_code(code, environment);
  return fail(Error{ErrorKind::input, "cannot write to standard output: " + failed.message(), ""},
              environment);
}

}  // namespace

int main_with_process(int argc, char** argv) {
  os::prepare_streams();
  os::forbid_core_dumps();
  const os::Signals signals = os::catch_signals();
  std::ios::sync_with_stdio(false);
  os::Output output(static_cast<int>(os::Stream::out), signals.number);
  std::ostream out(&output);
  Environment environment;
  environment.out = &out;
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
    out.flush();
    return finish(code, output.error(), environment);
  } catch (const std::exception& e) {
    std::cerr << "error: internal error: " << e.what()
              << "\nPlease report this with the command you ran.\n";
    return k_failed;
  }
}

}  // namespace kpr::cli
