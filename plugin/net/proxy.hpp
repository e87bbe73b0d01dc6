// Which proxy leads to a server: proxy-url of the kubeconfig, else HTTPS_PROXY, HTTP_PROXY and
// NO_PROXY as Go's net/http reads them.
#pragma once
#include <string>
#include <string_view>

#include "net/url.hpp"
#include "os/environment.hpp"

namespace kpr::net {

// "" is a direct connection.
std::string proxy_from_environment(const Url& server, const os::Environment& environment);

// Go's NO_PROXY: "*", host names (with all their subdomains), ".domain" (subdomains only),
// addresses, CIDRs, each with an optional :port.
bool no_proxy_matches(std::string_view no_proxy, std::string_view host, int port);

}  // namespace kpr::net
