#include <charconv>

#include "facts/fleet.hpp"
#include "os/address.hpp"

namespace kpr::facts {

bool is_ip(std::string_view text) {
  return os::parse_address(text).has_value();
}

bool cidr_contains(std::string_view cidr, std::string_view ip) {
  const auto slash = cidr.find('/');
  const auto net = os::parse_address(cidr.substr(0, slash)), address = os::parse_address(ip);
  if (!net || !address || net->size != address->size)
    return false;
  unsigned bits = static_cast<unsigned>(net->size) * 8;
  if (slash != std::string_view::npos) {
    const auto text = cidr.substr(slash + 1);
    unsigned given = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), given).ec != std::errc() ||
        given > bits)
      return false;
    bits = given;
  }
  for (unsigned i = 0; i < bits; i += 8) {
    const unsigned left = bits - i >= 8 ? 8 : bits - i;
    const unsigned mask = (0xffu << (8 - left)) & 0xffu;
    if ((net->bytes[i / 8] & mask) != (address->bytes[i / 8] & mask))
      return false;
  }
  return true;
}

bool is_private_ip(std::string_view text) {
  for (const char* cidr : {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"})
    if (cidr_contains(cidr, text))
      return true;
  return false;
}

}  // namespace kpr::facts
