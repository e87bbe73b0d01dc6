#include "net/url.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace kpr::net {
namespace {

Error bad(std::string_view text, std::string_view why) {
  return {.kind = ErrorKind::config,
          .message = "cannot parse the URL \"" + std::string(text.substr(0, 200)) +
                     "\": " + std::string(why),
          .hint = {}};
}

int default_port(std::string_view scheme) {
  if (scheme == "http")
    return 80;
  if (scheme.starts_with("socks5"))
    return 1080;
  return 443;
}

}  // namespace

std::string Url::authority() const {
  std::string h = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port_given ? h + ":" + std::to_string(port) : h;
}

std::string Url::origin() const {
  return scheme + "://" + authority();
}

Result<Url> parse_url(std::string_view text) {
  const std::string_view whole = text;
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) {
        return c <= 0x20 || c == 0x7f;
      }))
    return bad("…", "it holds a space or a control character");
  Url url;
  if (const auto at = text.find("://"); at != std::string_view::npos) {
    url.scheme = std::string(text.substr(0, at));
    std::transform(url.scheme.begin(), url.scheme.end(), url.scheme.begin(), [](unsigned char c) {
      return static_cast<char>(std::tolower(c));
    });
    text.remove_prefix(at + 3);
  } else {
    url.scheme = "https";
  }
  if (url.scheme != "https" && url.scheme != "http" && url.scheme != "socks5" &&
      url.scheme != "socks5h")
    return bad(whole, "unsupported scheme \"" + url.scheme + "\"");
  const auto path_at = text.find_first_of("/?#");
  std::string_view authority = text.substr(0, path_at);
  std::string_view path =
      path_at == std::string_view::npos ? std::string_view{} : text.substr(path_at);
  path = path.substr(0, path.find_first_of("?#"));
  while (path.ends_with('/'))
    path.remove_suffix(1);
  url.path = std::string(path);
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    url.user_info = std::string(authority.substr(0, at));
    authority.remove_prefix(at + 1);
  }
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos)
      return bad(whole, "missing ']' in host");
    url.host = std::string(authority.substr(1, close - 1));
    port = authority.substr(close + 1);
    if (!port.empty() && port.front() != ':')
      return bad(whole, "text after ']'");
  } else if (std::count(authority.begin(), authority.end(), ':') > 1) {
    return bad(whole, "an IPv6 address needs brackets");
  } else {
    const auto colon = authority.find(':');
    url.host = std::string(authority.substr(0, colon));
    if (colon != std::string_view::npos)
      port = authority.substr(colon);
  }
  if (url.host.empty())
    return bad(whole, "no host");
  url.port = default_port(url.scheme);
  if (port.size() > 1) {
    port.remove_prefix(1);
    const auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (ec != std::errc() || end != port.data() + port.size() || url.port < 1 || url.port > 65535)
      return bad(whole, "invalid port");
    url.port_given = true;
  }
  return url;
}

}  // namespace kpr::net
