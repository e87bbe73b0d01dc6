// Is it an IP address? Half of one is none.
#pragma once
#include <string_view>

#include "scan.hpp"

namespace kpr::det {

inline bool is_ipv4(std::string_view s) {
  int parts = 0;
  for (; parts < 4; ++parts) {
    unsigned n = 0;
    if ((parts > 0 && !take(s, ".")) || s.empty() || !is_digit(s[0]) || !take_number(s, n) ||
        n > 255)
      return false;
  }
  return s.empty();
}

// Groups of hexadecimal digits: all eight, or "::" once; an IPv4 address may be the last.
inline bool is_ipv6(std::string_view s) {
  s = s.substr(0, s.find('%'));
  const std::size_t gap = s.find("::");
  if (s.size() < 2 || s.size() > 45 || (s[0] == ':' && s[1] != ':') ||
      (gap != npos && s.find("::", gap + 1) != npos))
    return false;
  std::size_t groups = 0;
  while (!s.empty()) {
    if (take(s, "::") || take(s, ":")) {
      if (s.empty() && gap == npos)
        return false;
      continue;
    }
    const std::string_view group = s.substr(0, s.find(':'));
    if (group.find('.') != npos) {
      groups += 2;
      if (!is_ipv4(group) || group.size() != s.size())
        return false;
    } else if (group.size() > 4 || group.find_first_not_of("0123456789abcdefABCDEF") != npos) {
      return false;
    } else {
      ++groups;
    }
    s.remove_prefix(group.size());
  }
  return gap != npos ? groups < 8 : groups == 8;
}

inline bool is_ip(std::string_view s) {
  return s.find(':') == npos ? is_ipv4(s) : is_ipv6(s);
}

}  // namespace kpr::det
