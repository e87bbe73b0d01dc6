// Which host and port agents should use for the API server when no kube-proxy serves its Service.
#pragma once
#include <string>

#include "facts/fleet.hpp"

namespace kpr::checks {

struct ApiHost {
  std::string host, port, source;  // host empty when nothing tells
};
ApiHost suggest_api_host(const facts::Fleet& fleet);

}  // namespace kpr::checks
