#include "os/child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

#include "os/posix/pipe.hpp"
#include "util/strings.hpp"

namespace kpr::os {
namespace {

bool runs(const std::string& path) {
  std::error_code error;
  return ::access(path.c_str(), X_OK) == 0 && !std::filesystem::is_directory(path, error);
}

// Those of libcurl among them, which knows no O_CLOEXEC.
void keep_descriptors_from_child(posix_spawn_file_actions_t& actions) {
#ifdef __GLIBC_PREREQ  // musl has no such macro, and reads what stands behind && all the same
#define KPR_HAS_CLOSEFROM __GLIBC_PREREQ(2, 34)
#else
#define KPR_HAS_CLOSEFROM 0
#endif
#if KPR_HAS_CLOSEFROM
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
#else
  (void)actions;
  const long most = std::min(::sysconf(_SC_OPEN_MAX), 65536L);
  for (int fd = 3; fd < most; ++fd)
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
#endif
}

}  // namespace

std::string find_program(const std::string& program, const Environment& environment) {
  if (program.find('/') != std::string::npos)
    return runs(program) ? program : std::string();
  const auto path = environment.find("PATH");
  if (path == environment.end())
    return {};
  for (const auto folder : split(path->second, k_list_separator)) {
    if (folder.empty())
      continue;  // the current folder is not trusted
    std::string candidate = std::string(folder) + "/" + program;
    if (runs(candidate))
      return candidate;
  }
  return {};
}

Result<Child> spawn(const std::string& path,
                    const std::vector<std::string>& argv,
                    const Environment& environment,
                    SpawnOptions options) {
  int out[2] = {-1, -1}, err[2] = {-1, -1};
  if (!open_pipe(out) || (options.capture_stderr && !open_pipe(err))) {
    const std::string why = std::strerror(errno);
    for (const int fd : {out[0], out[1]})
      if (fd >= 0)
        ::close(fd);
    return Error{.kind = ErrorKind::internal, .message = "pipe: " + why, .hint = {}};
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (!options.inherit_stdin)
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  if (options.capture_stderr)
    posix_spawn_file_actions_adddup2(&actions, err[1], 2);
  keep_descriptors_from_child(actions);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t defaults, none;
  sigemptyset(&none);
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  sigaddset(&defaults, SIGXFSZ);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setsigmask(&attributes, &none);
  const bool leads_group = !options.inherit_stdin;  // only the terminal's own group may read it
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           static_cast<short>(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                                              (leads_group ? POSIX_SPAWN_SETPGROUP : 0)));
  std::vector<char*> args, vars;
  for (const auto& a : argv)
    args.push_back(const_cast<char*>(a.c_str()));
  args.push_back(nullptr);
  std::vector<std::string> pairs;
  for (const auto& [k, v] : environment)
    pairs.push_back(k + "=" + v);
  for (auto& p : pairs)
    vars.push_back(p.data());
  vars.push_back(nullptr);
  Child child;
  pid_t pid = -1;
  const int rc = ::posix_spawn(&pid, path.c_str(), &actions, &attributes, args.data(), vars.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  ::close(out[1]);
  if (err[1] >= 0)
    ::close(err[1]);
  if (rc != 0) {
    ::close(out[0]);
    if (err[0] >= 0)
      ::close(err[0]);
    return Error{.kind = ErrorKind::config,
                 .message = "fork/exec " + path + ": " + std::strerror(rc),
                 .hint = {}};
  }
  child.process = pid;
  child.out = out[0];
  child.err = err[0];
  child.leads_group = leads_group;
  for (const int fd : {child.out, child.err})
    if (fd >= 0)
      ::fcntl(fd, F_SETFL, O_NONBLOCK);
  return child;
}

std::optional<int> ended(Child& child) {
  const auto pid = static_cast<pid_t>(child.process);
  int status = 0;
  if (pid <= 0 || ::waitpid(pid, &status, WNOHANG) != pid)
    return std::nullopt;
  child.process = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void end(Child& child) {
  close(child.out);
  close(child.err);
  const auto pid = static_cast<pid_t>(child.process);
  if (pid <= 0)
    return;
  ::kill(child.leads_group ? -pid : pid, SIGKILL);
  // One that hangs in the kernel, on a dead file system say, does not even hear that.
  for (int tries = 0; tries < 500 && !ended(child); ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  child.process = -1;
}

}  // namespace kpr::os
