#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstring>

#include "facts/fleet.hpp"

namespace kpr::facts {
namespace {

struct Bytes {
  std::array<unsigned char, 16> data{};
  std::size_t size = 0;
};

Bytes bytes_of(std::string_view text) {
  Bytes b;
  if (text.size() > 45) return b;
  const std::string copy(text);
  if (inet_pton(AF_INET, copy.c_str(), b.data.data()) == 1) b.size = 4;
  else if (inet_pton(AF_INET6, copy.c_str(), b.data.data()) == 1) b.size = 16;
  return b;
}

}  // namespace

bool is_ip(std::string_view text) { return bytes_of(text).size != 0; }

bool cidr_contains(std::string_view cidr, std::string_view ip) {
  const auto slash = cidr.find('/');
  const Bytes net = bytes_of(cidr.substr(0, slash)), address = bytes_of(ip);
  if (net.size == 0 || net.size != address.size) return false;
  unsigned bits = static_cast<unsigned>(net.size) * 8;
  if (slash != std::string_view::npos) {
    const auto text = cidr.substr(slash + 1);
    unsigned given = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), given).ec != std::errc() || given > bits) return false;
    bits = given;
  }
  for (unsigned i = 0; i < bits; i += 8) {
    const unsigned left = bits - i >= 8 ? 8 : bits - i;
    const unsigned mask = (0xffu << (8 - left)) & 0xffu;
    if ((net.data[i / 8] & mask) != (address.data[i / 8] & mask)) return false;
  }
  return true;
}

bool is_private_ip(std::string_view text) {
  for (const char* cidr : {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"})
    if (cidr_contains(cidr, text)) return true;
  return false;
}

}  // namespace kpr::facts
