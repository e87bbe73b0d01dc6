// IP addresses as inet_pton reads and inet_ntop writes them.
#pragma once
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kpr::os {

struct Address {
  std::array<unsigned char, 16> bytes{};
  std::size_t size = 0;  // 4 or 16
  bool operator==(const Address&) const = default;
};

std::optional<Address> parse_address(std::string_view text);
std::string format_address(const Address& address);

}  // namespace kpr::os
