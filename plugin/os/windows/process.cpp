#include "os/process.hpp"

#include <fcntl.h>
#include <io.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "os/certificates.hpp"
#include "os/environment.hpp"
#include "os/windows/sockets.hpp"
#include "os/windows/wide.hpp"

#include <wincrypt.h>

namespace kpr::os {
namespace {

volatile int g_signal = 0;
Socket g_wake = k_no_socket;
UINT g_code_page = 0;

// Runs in a thread of its own.
BOOL WINAPI on_control(DWORD event) {
  const int number = event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT ? 2 : 15;
  if (g_signal != 0)
    std::_Exit(128 + number);
  g_signal = number;
  send(g_wake, "x", 1, 0);
  if (number == 15)
    Sleep(INFINITE);  // the console is going: Windows ends the process a few seconds from now, or
                      // when this returns
  return TRUE;
}

HANDLE handle_of(Stream stream) {
  return GetStdHandle(stream == Stream::in    ? STD_INPUT_HANDLE
                      : stream == Stream::out ? STD_OUTPUT_HANDLE
                                              : STD_ERROR_HANDLE);
}

int compare(const std::string& a, const std::string& b) {
  const std::wstring x = wide(a), y = wide(b);
  return CompareStringOrdinal(
      x.data(), static_cast<int>(x.size()), y.data(), static_cast<int>(y.size()), TRUE);
}

}  // namespace

void prepare_streams() {
  for (std::FILE* file : {stdin, stdout, stderr})
    _setmode(_fileno(file), _O_BINARY);
  // The code page is the console's, not ours: it gets its own one back.
  if (is_terminal(Stream::out) || is_terminal(Stream::err)) {
    g_code_page = GetConsoleOutputCP();
    if (g_code_page != 0 && g_code_page != CP_UTF8 && SetConsoleOutputCP(CP_UTF8))
      std::atexit([] {
        SetConsoleOutputCP(g_code_page);
      });
  }
}

bool is_terminal(Stream stream) {
  DWORD mode = 0;
  const HANDLE handle = handle_of(stream);
  if (!GetConsoleMode(handle, &mode))
    return false;  // a file, a pipe, NUL
  if (stream == Stream::in || (mode & ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0)
    return true;
  return SetConsoleMode(handle,
                        mode | ENABLE_PROCESSED_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

std::size_t terminal_width() {
  CONSOLE_SCREEN_BUFFER_INFO info{};
  if (!GetConsoleScreenBufferInfo(handle_of(Stream::out), &info))
    return 80;
  return static_cast<std::size_t>(std::max(1, info.srWindow.Right - info.srWindow.Left + 1));
}

Signals catch_signals() {
  const SocketPair pair = make_pair();
  g_wake = pair.write;
  SetConsoleCtrlHandler(on_control, TRUE);
  return {&g_signal, {pair.read}};
}

void raise_descriptor_limit() {}  // there is none

// Windows Error Reporting writes none unless an administrator asks for them.
void forbid_core_dumps() {}

bool NameLess::operator()(const std::string& a, const std::string& b) const {
  return compare(a, b) == CSTR_LESS_THAN;
}

Environment environment() {
  Environment all;
  wchar_t* const block = GetEnvironmentStringsW();
  for (const wchar_t* at = block; at != nullptr && *at != 0;) {
    const std::wstring_view text(at);
    const std::size_t equals =
        text.find(L'=', 1);  // "=C:=C:\folder" is how cmd keeps the folder of each drive
    if (equals != std::wstring_view::npos)
      all.emplace(narrow(text.substr(0, equals)), narrow(text.substr(equals + 1)));
    at += text.size() + 1;
  }
  FreeEnvironmentStringsW(block);
  return all;
}

std::vector<std::string> home_folders(const Environment& environment) {
  const auto value = [&environment](const char* name) {
    const auto it = environment.find(name);
    return it == environment.end() ? std::string() : it->second;
  };
  const std::string drive = value("HOMEDRIVE"), path = value("HOMEPATH");
  std::vector<std::string> folders;
  for (const std::string& folder : {value("HOME"),
                                    drive.empty() || path.empty() ? std::string() : drive + path,
                                    value("USERPROFILE")})
    if (!folder.empty())
      folders.push_back(folder);
  return folders;
}

std::string root_certificates() {
  std::string pem;
  const HCERTSTORE store = CertOpenSystemStoreW(0, L"ROOT");
  if (store == nullptr)
    return pem;
  for (const CERT_CONTEXT* cert = nullptr;
       (cert = CertEnumCertificatesInStore(store, cert)) != nullptr;) {
    DWORD size = 0;
    CryptBinaryToStringA(
        cert->pbCertEncoded, cert->cbCertEncoded, CRYPT_STRING_BASE64HEADER, nullptr, &size);
    std::string text(size, '\0');
    if (!CryptBinaryToStringA(cert->pbCertEncoded,
                              cert->cbCertEncoded,
                              CRYPT_STRING_BASE64HEADER,
                              text.data(),
                              &size))
      continue;
    text.resize(size);
    pem += text;
  }
  CertCloseStore(store, 0);
  return pem;
}

}  // namespace kpr::os
