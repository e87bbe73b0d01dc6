#include "os/address.hpp"

#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#endif

namespace kpr::os {

std::optional<Address> parse_address(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos)
    return std::nullopt;
  char copy[INET6_ADDRSTRLEN] = "";
  text.copy(copy, text.size());
  Address a;
  if (inet_pton(AF_INET, copy, a.bytes.data()) == 1)
    a.size = 4;
  else if (inet_pton(AF_INET6, copy, a.bytes.data()) == 1)
    a.size = 16;
  else
    return std::nullopt;
  return a;
}

std::string format_address(const Address& address) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(address.size == 4 ? AF_INET : AF_INET6, address.bytes.data(), text, sizeof text);
  return text;
}

}  // namespace kpr::os
