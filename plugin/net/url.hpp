// The part of URLs that a Kubernetes client needs: scheme, host, port, path prefix.
#pragma once
#include <string>
#include <string_view>

#include "util/result.hpp"

namespace kpr::net {

struct Url {
  std::string scheme;  // lower case
  std::string host;    // IPv6 without brackets
  int port = 0;        // the scheme's own when the text has none
  bool port_given = false;
  std::string path;  // "" or "/prefix", without a trailing slash
  std::string user_info;

  std::string
  authority() const;  // host[:port] as the text had it, IPv6 in brackets: what a Host header holds
  std::string origin() const;  // scheme://authority
};

// "host:port" without a scheme is taken as https, as client-go does. Control characters and spaces
// are refused.
Result<Url> parse_url(std::string_view text);

}  // namespace kpr::net
