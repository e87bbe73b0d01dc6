// The table of `cilium lrp list`: where a local redirect policy sends what comes to its frontends.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace kpr::facts {

struct RedirectFrontend {
  std::string address;                // "169.254.20.10:53/UDP"
  std::vector<std::string> backends;  // "10.0.0.7:53(kube-system/node-local-dns-x)"
};

struct Redirect {
  std::string ns, name;
  std::string type;     // FrontendType: "addr+named-ports", "clusterIP + all svc ports", …
  std::string service;  // "kube-system/kube-dns"; "" for an address
  std::vector<RedirectFrontend> frontends;
};

// Nothing that looks like the table (its header is missing) gives an empty list.
std::vector<Redirect> parse_redirects(std::string_view text);

}  // namespace kpr::facts
