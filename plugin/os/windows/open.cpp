#include "os/open.hpp"

#include <fcntl.h>
#include <io.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "os/windows/wide.hpp"

#include <sddl.h>

namespace kpr::os {
namespace {

// Nothing comes from the folder, and the user who runs this may do everything. Empty when Windows
// does not say who that is.
std::wstring owner_only() {
  HANDLE token = nullptr;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
    return {};
  DWORD size = 0;
  GetTokenInformation(token, TokenUser, nullptr, 0, &size);
  std::vector<unsigned char> user(size);
  LPWSTR sid = nullptr;
  std::wstring text;
  if (GetTokenInformation(token, TokenUser, user.data(), size, &size) &&
      ConvertSidToStringSidW(reinterpret_cast<TOKEN_USER*>(user.data())->User.Sid, &sid)) {
    text = std::wstring(L"D:P(A;;FA;;;") + sid + L")";
    LocalFree(sid);
  }
  CloseHandle(token);
  return text;
}

}  // namespace

int open_to_read(const std::string& path) {
  return _wopen(wide(path).c_str(), _O_RDONLY | _O_BINARY | _O_NOINHERIT);
}

void wait_to_read(int, const Interrupt&) {
}  // nothing waits for a file there; a console ends itself

int create(const std::string& path, Access access) {
  SECURITY_ATTRIBUTES attributes{sizeof attributes, nullptr, FALSE};
  if (access == Access::owner &&
      !ConvertStringSecurityDescriptorToSecurityDescriptorW(
          owner_only().c_str(), SDDL_REVISION_1, &attributes.lpSecurityDescriptor, nullptr)) {
    errno = EACCES;
    return -1;
  }
  const HANDLE file = CreateFileW(wide(path).c_str(),
                                  GENERIC_WRITE,
                                  FILE_SHARE_READ,
                                  &attributes,
                                  CREATE_NEW,
                                  FILE_ATTRIBUTE_NORMAL,
                                  nullptr);
  const auto error = static_cast<int>(GetLastError());
  LocalFree(attributes.lpSecurityDescriptor);
  if (file != INVALID_HANDLE_VALUE)
    return _open_osfhandle(reinterpret_cast<std::intptr_t>(file), _O_BINARY);
  errno = std::error_code(error, std::system_category()).default_error_condition().value();
  return -1;
}

int open_to_write(const std::string& path) {
  return _wopen(wide(path).c_str(),
                _O_WRONLY | _O_CREAT | _O_TRUNC | _O_BINARY | _O_NOINHERIT,
                _S_IREAD | _S_IWRITE);
}

void take_rights(int, const std::string&) {}  // a folder hands its rights on

}  // namespace kpr::os
