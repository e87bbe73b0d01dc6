// Frontends of the load balancer, each kept once: the agents of a large cluster all list the same Services.
#pragma once
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace kpr::facts {

// One frontend with its backends, from `service list` (or its JSON).
struct LbFrontend {
  std::string ip;        // in a pool empty for a NodePort
  int port = 0;
  std::string protocol;  // "TCP", …; empty where the version does not print it
  std::string type;      // ClusterIP, NodePort, LoadBalancer, ExternalIPs, HostPort, LocalRedirect
  bool local_scope = false;
  struct Backend {
    std::string ip;
    int port = 0;
    std::string state;  // "active", "terminating", "quarantined", …
  };
  std::vector<Backend> backends;
  std::string address;  // "10.96.0.1:443", "[fd00::1]:443"
};

// An IPv6 address stands in brackets.
std::string at_port(const std::string& ip, int port);

class FrontendPool {
 public:
  using List = std::vector<const LbFrontend*>;  // they live as long as the pool
  List from_text(std::string_view service_list);
  List from_json(const nlohmann::json& service_list);
  std::size_t size() const { return frontends_.size(); }

 private:
  struct BlockHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  const LbFrontend* keep(LbFrontend&& frontend);
  const LbFrontend* read_block(std::string_view header, std::string_view block);  // null for what is more or other than one frontend
  std::unordered_map<std::string, std::unique_ptr<const LbFrontend>> frontends_;  // by all that is in one
  std::unordered_map<std::string, const LbFrontend*, BlockHash, std::equal_to<>> blocks_;  // by its lines as printed, without its id
};

std::vector<LbFrontend> parse_service_list(std::string_view text);
std::vector<LbFrontend> services_from_json(const nlohmann::json& list);

}  // namespace kpr::facts
