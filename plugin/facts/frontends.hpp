// Frontends of the load balancer, each kept once: the agents of a large cluster all list the same
// Services.
#pragma once
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace kpr::facts {

// One frontend with its backends, from `service list` (or its JSON).
struct LbFrontend {
  std::string ip;  // in a pool empty for a NodePort
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
  // The lines of one frontend as printed, without its id and, of a NodePort, without its address.
  struct Block {
    std::string text;
    bool node_port = false;
    const LbFrontend* frontend = nullptr;  // null for what is more or other than one
    Block* next = nullptr;  // stood behind it last time: agents mostly print them in one order, and
                            // a look at it saves a search
    std::size_t end_in(std::string_view text, std::size_t address) const;
  };
  const LbFrontend* keep(LbFrontend&& frontend);
  const LbFrontend* read(std::string_view header, std::string_view lines);
  Block* block_of(std::string_view header, std::string_view lines, std::size_t address);
  std::unordered_map<std::string, std::unique_ptr<const LbFrontend>>
      frontends_;                                                        // by all that is in one
  std::unordered_map<std::string_view, std::unique_ptr<Block>> blocks_;  // by their text
};

std::vector<LbFrontend> parse_service_list(std::string_view text);
std::vector<LbFrontend> services_from_json(const nlohmann::json& list);

}  // namespace kpr::facts
