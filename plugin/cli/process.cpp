// The one file that touches the process: streams, environment, terminal, clock and signals.
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>

#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#else
#include <sys/ioctl.h>
#include <unistd.h>
extern char** environ;
#endif

#include "cli/run.hpp"

namespace kpr::cli {
namespace {

volatile int g_signal = 0;
int g_pipe[2] = {-1, -1};

// The first signal asks for an orderly end, the second one gets it at once.
extern "C" void on_signal(int number) {
  if (g_signal != 0) std::_Exit(128 + number);
  g_signal = number;
#ifndef _WIN32
  if (g_pipe[1] >= 0) {
    const ssize_t ignored = write(g_pipe[1], "x", 1);  // wakes every poll()
    (void)ignored;
  }
#endif
}

bool is_terminal(int fd) {
#ifdef _WIN32
  return _isatty(fd) != 0;
#else
  return isatty(fd) != 0;
#endif
}

std::size_t terminal_width() {
#ifndef _WIN32
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
#endif
  return 80;
}

void install_signals() {
#ifdef _WIN32
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  _setmode(_fileno(stdout), _O_BINARY);  // the same bytes as everywhere
  _setmode(_fileno(stdin), _O_BINARY);
#else
  if (pipe(g_pipe) != 0) g_pipe[0] = g_pipe[1] = -1;
  struct sigaction action{};
  action.sa_handler = on_signal;  // no SA_RESTART: a signal ends poll()
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a closed connection is an error of that connection
#endif
}

}  // namespace

int main_with_process(int argc, char** argv) {
  install_signals();
  std::ios::sync_with_stdio(false);
  Environment environment;
  environment.out = &std::cout;
  environment.err = &std::cerr;
  environment.getenv = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  environment.out_is_terminal = is_terminal(1);
  environment.err_is_terminal = is_terminal(2);
  environment.in_is_terminal = is_terminal(0);
  environment.width = terminal_width();
  environment.now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  environment.signal = &g_signal;
  environment.interrupt_fd = g_pipe[0];
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) environment.variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  try {
    const int code = run(std::vector<std::string>(argv, argv + argc), environment);
    std::cout.flush();
    return code;
  } catch (const std::exception& e) {
    std::cerr << "error: internal error: " << e.what() << "\nPlease report this with the command you ran.\n";
    return k_failed;
  }
}

}  // namespace kpr::cli
