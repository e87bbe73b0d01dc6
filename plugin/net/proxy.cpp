#include "net/proxy.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include "os/address.hpp"
#include "util/strings.hpp"

namespace kpr::net {
namespace {

using os::Address;
using os::parse_address;

bool in_cidr(const Address& a, std::string_view cidr) {
  const auto slash = cidr.find('/');
  const auto net = parse_address(cidr.substr(0, slash));
  int bits = 0;
  const std::string_view n = cidr.substr(slash + 1);
  const auto [end, ec] = std::from_chars(n.data(), n.data() + n.size(), bits);
  if (!net || net->size != a.size || ec != std::errc() || end != n.data() + n.size() || bits < 0 ||
      bits > static_cast<int>(a.size) * 8)
    return false;
  for (int i = 0; i < bits; ++i) {
    const int shift = 7 - i % 8;
    if (((a.bytes[static_cast<std::size_t>(i / 8)] ^ net->bytes[static_cast<std::size_t>(i / 8)]) >>
         shift) &
        1)
      return false;
  }
  return true;
}

const std::string* find(const os::Environment& env, const char* upper, const char* lower_name) {
  for (const char* name : {upper, lower_name})
    if (const auto it = env.find(name); it != env.end() && !it->second.empty())
      return &it->second;
  return nullptr;
}

}  // namespace

bool no_proxy_matches(std::string_view no_proxy, std::string_view raw_host, int port) {
  const std::string host = lower(raw_host);
  const auto address = parse_address(host);
  for (std::string_view item : split(no_proxy, ',')) {
    item = trim(item);
    if (item.empty())
      continue;
    if (item == "*")
      return true;
    std::string p = lower(item);
    if (p.find('/') != std::string::npos) {
      if (address && in_cidr(*address, p))
        return true;
      continue;
    }
    std::optional<int> want_port;
    const bool bracket = p.starts_with('[');
    if (bracket || std::count(p.begin(), p.end(), ':') == 1) {
      const auto colon = p.rfind(':');
      const auto close = p.find(']');
      if (colon != std::string::npos &&
          (!bracket || (close != std::string::npos && colon > close))) {
        int n = 0;
        std::from_chars(p.data() + colon + 1, p.data() + p.size(), n);
        want_port = n;
        p.resize(colon);
      }
      if (bracket && p.size() >= 2)
        p = p.substr(1, p.find(']') - 1);
    }
    if (want_port && *want_port != port)
      continue;
    if (const auto pa = parse_address(p)) {
      if (address == pa)
        return true;
      continue;
    }
    if (p.starts_with("*."))
      p.erase(0, 1);
    if (p.starts_with('.')) {
      if (host.size() > p.size() && host.ends_with(p))
        return true;
    } else if (host == p || (host.size() > p.size() + 1 && host.ends_with("." + p))) {
      return true;
    }
  }
  return false;
}

std::string proxy_from_environment(const Url& server, const os::Environment& environment) {
  // Go never sends loopback through a proxy of the environment.
  const std::string host = lower(server.host);
  if (host == "localhost")
    return {};
  if (const auto a = parse_address(host)) {
    const bool loopback = a->size == 4 ? a->bytes[0] == 127 : host == "::1";
    if (loopback)
      return {};
  }
  const std::string* proxy = server.scheme == "https"
                                 ? find(environment, "HTTPS_PROXY", "https_proxy")
                                 : find(environment, "HTTP_PROXY", "http_proxy");
  if (!proxy)
    return {};
  if (const std::string* no = find(environment, "NO_PROXY", "no_proxy");
      no && no_proxy_matches(*no, host, server.port))
    return {};
  return proxy->find("://") == std::string::npos ? "http://" + *proxy : *proxy;
}

}  // namespace kpr::net
