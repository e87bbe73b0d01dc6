#include "os/process.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include "os/certificates.hpp"
#include "os/environment.hpp"
#include "os/posix/pipe.hpp"

extern char** environ;

namespace kpr::os {
namespace {

volatile int g_signal = 0;
int g_pipe[2] = {-1, -1};

extern "C" void on_signal(int number) {
  if (g_signal != 0)
    std::_Exit(128 + number);
  g_signal = number;
  const ssize_t ignored = ::write(g_pipe[1], "x", 1);  // wakes every poll()
  (void)ignored;
}

}  // namespace

void prepare_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
      continue;
    // The wrong way round, so that who reads or writes there is told. An empty root has no /dev.
    if (::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
      (void)::open("/", O_RDONLY);
  }
}

void forbid_core_dumps() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
#if defined(__linux__)
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // a program that the kernel pipes cores to has no limit
#endif
}

bool is_terminal(Stream stream) {
  return ::isatty(static_cast<int>(stream)) != 0;
}

std::size_t terminal_width() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

Signals catch_signals() {
  if (open_pipe(g_pipe))
    ::fcntl(g_pipe[1], F_SETFL, O_NONBLOCK);
  else
    g_pipe[0] = g_pipe[1] = -1;
  struct sigaction action {};
  action.sa_handler = on_signal;  // no SA_RESTART: a signal ends poll()
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a closed connection is an error of that connection
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of that file
  return {&g_signal, {g_pipe[0]}};
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 65536);
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

Environment environment() {
  Environment all;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos)
      all.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return all;
}

std::vector<std::string> home_folders(const Environment& environment) {
  const auto home = environment.find("HOME");
  if (home == environment.end() || home->second.empty())
    return {};
  return {home->second};
}

std::string root_certificates() {
  return {};
}

}  // namespace kpr::os
