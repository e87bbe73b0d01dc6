// Any bytes as a kubeconfig: no crash, no endless time, and a configuration or a reason.
#include <cstdlib>
#include <string>

#include "kube/config_merge.hpp"
#include "kube/credentials.hpp"
#include "net/proxy.hpp"
#include "targets.hpp"

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  kpr::kube::MergedConfig merged;
  if (const auto r = kpr::kube::merge_file(merged, text, "/home/u/.kube/config");
      !r && r.error().message.empty())
    std::abort();
  kpr::kube::ClientConfig config;
  if (auto r = kpr::kube::resolve_config(std::move(merged), {}, {}))
    config = *std::move(r);
  else if (r.error().message.empty())
    std::abort();
  if (const auto url = kpr::net::parse_url(config.server)) {
    if (url->host.empty() || url->port < 1 || url->port > 65535 ||
        url->authority().find_first_of(" \r\n") != std::string::npos)
      std::abort();
    (void)kpr::net::no_proxy_matches(text.substr(0, 200), url->host, url->port);
  }
  (void)kpr::kube::parse_exec_credential(text, "client.authentication.k8s.io/v1");
  return 0;
}
