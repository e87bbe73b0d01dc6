#include "os/child.hpp"

#include <filesystem>
#include <memory>
#include <thread>

#include "os/files.hpp"
#include "os/windows/command_line.hpp"
#include "os/windows/sockets.hpp"
#include "os/windows/wide.hpp"
#include "util/strings.hpp"

namespace kpr::os {
namespace {

namespace fs = std::filesystem;

struct Closer {
  void operator()(HANDLE handle) const {
    if (handle != nullptr && handle != INVALID_HANDLE_VALUE)
      CloseHandle(handle);
  }
};
using Handle = std::unique_ptr<void, Closer>;

std::string message_of(DWORD error) {
  return std::error_code(static_cast<int>(error), std::system_category()).message();
}

// A pipe whose other end poll() can wait for: a thread carries the bytes over to a socket, and ends
// with the pipe or with the socket.
struct Pipe {
  Handle child_end;
  Socket socket = k_no_socket;
};

Result<Pipe> make_pipe() {
  SECURITY_ATTRIBUTES inheritable{sizeof inheritable, nullptr, TRUE};
  HANDLE ours = nullptr, theirs = nullptr;
  SocketPair sockets = make_pair();
  if (sockets.read == k_no_socket || !CreatePipe(&ours, &theirs, &inheritable, 0)) {
    const std::string why = message_of(GetLastError());
    close(sockets.read);
    close(sockets.write);
    return Error{.kind = ErrorKind::internal, .message = "pipe: " + why, .hint = {}};
  }
  SetHandleInformation(ours, HANDLE_FLAG_INHERIT, 0);
  std::thread([pipe = Handle(ours), to = sockets.write]() mutable {
    char buffer[16 << 10];
    DWORD got = 0;
    bool open = true;
    while (open && ReadFile(pipe.get(), buffer, sizeof buffer, &got, nullptr)) {
      for (DWORD sent = 0; open && sent < got;) {
        const int n = send(to, buffer + sent, static_cast<int>(got - sent), 0);
        open = n > 0;
        if (open)
          sent += static_cast<DWORD>(n);
      }
    }
    close(to);
  }).detach();
  return Pipe{Handle(theirs), sockets.read};
}

// NAME=value strings in the order of their names, each with a NUL behind it and one more at the
// end.
std::wstring block_of(const Environment& environment) {
  std::wstring block;
  for (const auto& [name, value] : environment)
    block += wide(name + "=" + value) + L'\0';
  return block + L'\0';
}

// The file itself, or with one of the endings of programs.
std::string with_ending(const fs::path& path, const Environment& environment) {
  std::error_code error;
  if (path.has_extension() && fs::is_regular_file(path, error))
    return text_of(path);
  const auto endings = environment.find("PATHEXT");
  const std::string_view known = endings == environment.end() || endings->second.empty()
                                     ? std::string_view(".COM;.EXE;.BAT;.CMD")
                                     : endings->second;
  for (const auto ending : split(known, ';')) {
    const std::string candidate = text_of(path) + std::string(ending);
    if (!ending.empty() && fs::is_regular_file(candidate, error))
      return candidate;
  }
  return {};
}

}  // namespace

std::string find_program(const std::string& program, const Environment& environment) {
  if (program.find_first_of("/\\:") != std::string::npos)
    return with_ending(program, environment);
  const auto path = environment.find("PATH");
  if (path == environment.end())
    return {};
  for (const auto folder : split(path->second, k_list_separator)) {
    if (folder.empty())
      continue;  // the current folder is not trusted
    if (std::string found = with_ending(fs::path(folder) / program, environment); !found.empty())
      return found;
  }
  return {};
}

Result<Child> spawn(const std::string& path,
                    const std::vector<std::string>& argv,
                    const Environment& environment,
                    SpawnOptions options) {
  KPR_TRY_ASSIGN(Pipe out, make_pipe());
  Pipe err;
  if (options.capture_stderr) {
    auto made = make_pipe();
    if (!made) {
      close(out.socket);
      return made.error();
    }
    err = *std::move(made);
  }
  SECURITY_ATTRIBUTES inheritable{sizeof inheritable, nullptr, TRUE};
  const Handle nothing(CreateFileW(L"NUL",
                                   GENERIC_READ,
                                   FILE_SHARE_READ | FILE_SHARE_WRITE,
                                   &inheritable,
                                   OPEN_EXISTING,
                                   0,
                                   nullptr));
  STARTUPINFOW start{};
  start.cb = sizeof start;
  start.dwFlags = STARTF_USESTDHANDLES;
  start.hStdInput = options.inherit_stdin ? GetStdHandle(STD_INPUT_HANDLE) : nothing.get();
  start.hStdOutput = out.child_end.get();
  start.hStdError = options.capture_stderr ? err.child_end.get() : GetStdHandle(STD_ERROR_HANDLE);
  std::wstring line = wide(command_line(argv)), block = block_of(environment);
  PROCESS_INFORMATION made{};
  if (!CreateProcessW(wide(path).c_str(),
                      line.data(),
                      nullptr,
                      nullptr,
                      TRUE,
                      CREATE_UNICODE_ENVIRONMENT,
                      block.data(),
                      nullptr,
                      &start,
                      &made)) {
    const std::string why = message_of(GetLastError());
    close(out.socket);
    close(err.socket);
    return Error{
        .kind = ErrorKind::config, .message = "fork/exec " + path + ": " + why, .hint = {}};
  }
  CloseHandle(made.hThread);
  return Child{reinterpret_cast<std::intptr_t>(made.hProcess), out.socket, err.socket};
}

std::optional<int> ended(Child& child) {
  if (child.process == -1)
    return std::nullopt;
  const auto process = reinterpret_cast<HANDLE>(child.process);
  DWORD code = 0;
  if (WaitForSingleObject(process, 0) != WAIT_OBJECT_0 || !GetExitCodeProcess(process, &code))
    return std::nullopt;
  CloseHandle(process);
  child.process = -1;
  return static_cast<int>(code);
}

void end(Child& child) {
  close(child.out);
  close(child.err);
  if (child.process == -1)
    return;
  const Handle process(reinterpret_cast<HANDLE>(child.process));
  child.process = -1;
  TerminateProcess(process.get(), 128 + 9);
  WaitForSingleObject(process.get(), 500);
}

}  // namespace kpr::os
