// UTF-8, which the program speaks, and UTF-16, which Windows does. Only for this folder.
#pragma once
#include <windows.h>
#include <winsock2.h>  // before windows.h

#include <string>
#include <string_view>

namespace kpr::os {

inline std::wstring wide(std::string_view text) {
  const int n = static_cast<int>(text.size());
  std::wstring out(
      static_cast<std::size_t>(MultiByteToWideChar(CP_UTF8, 0, text.data(), n, nullptr, 0)), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, text.data(), n, out.data(), static_cast<int>(out.size()));
  return out;
}

inline std::string narrow(std::wstring_view text) {
  const int n = static_cast<int>(text.size());
  std::string out(static_cast<std::size_t>(WideCharToMultiByte(
                      CP_UTF8, 0, text.data(), n, nullptr, 0, nullptr, nullptr)),
                  '\0');
  WideCharToMultiByte(
      CP_UTF8, 0, text.data(), n, out.data(), static_cast<int>(out.size()), nullptr, nullptr);
  return out;
}

}  // namespace kpr::os
