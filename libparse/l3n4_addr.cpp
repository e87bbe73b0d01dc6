#include "l3n4_addr.hpp"

#include "scan.hpp"

namespace kpr::det {

bool parse_address(std::string_view text, ServiceAddress& out) {
  std::string_view rest = text;
  if (rest.ends_with("/i")) {
    out.internal_scope = true;
    rest.remove_suffix(2);
  }
  std::size_t colon = npos;
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == npos || close + 1 >= rest.size() || rest[close + 1] != ':')
      return false;
    out.ip = rest.substr(1, close - 1);
    colon = close + 1;
  } else {
    colon = rest.find(':');
    if (colon == npos || colon == 0)
      return false;
    out.ip = rest.substr(0, colon);
  }
  const std::size_t at = out.ip.find('@');
  if (at != npos) {
    if (!to_number(out.ip.substr(at + 1), out.cluster_id))
      return false;
    out.ip = out.ip.substr(0, at);
  }
  if (out.ip.empty() || out.ip.find_first_not_of("0123456789abcdefABCDEF:.%") != npos)
    return false;
  rest.remove_prefix(colon + 1);
  if (!take_number(rest, out.port))
    return false;
  if (take(rest, "/")) {
    out.protocol = rest;
    rest = {};
  }
  return rest.empty();
}

}  // namespace kpr::det
