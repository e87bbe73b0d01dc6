// Frontends of the load balancer as agents tell of them (`service list`) and as kernels have them
// (`bpf lb list`), each kept once: the agents of a large cluster all list the same Services.
#pragma once
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace kpr::facts {

// One frontend with its backends.
struct LbFrontend {
  std::uint32_t id = 0;   // its place in the pool
  std::uint32_t key = 0;  // of what it listens on: equal address, port, protocol and scope have one
  std::string ip;  // of a NodePort in a pool "0.0.0.0" or "::", wherever it was listed (Listed::ip)
  int port = 0;
  std::string protocol;  // "TCP", …; empty where the version does not print it
  std::string type;      // ClusterIP, NodePort, LoadBalancer, ExternalIPs, HostPort, LocalRedirect
  bool local_scope = false;
  bool remote = false;  // of another cluster
  struct Backend {
    std::string ip;
    int port = 0;
    std::string state;  // "active", "terminating", "quarantined", …; empty where it is not printed
    int weight = -1;    // in JSON of some versions only
    friend bool operator==(const Backend&, const Backend&) = default;
  };
  std::vector<Backend> backends;
  std::string address;  // "10.96.0.1:443", "[fd00::1]:443"
  // JSON alone has these.
  std::string ns, name, ext_policy, int_policy;
  // `bpf lb list` alone has this: "ClusterIP, Local, non-routable".
  std::string flags;
  bool master = true;  // slot 0 is there: without it nothing is served
};

// An IPv6 address stands in brackets.
std::string at_port(const std::string& ip, int port);
// "10.96.0.1:443/TCP", "[::]:30080/UDP/i".
std::string frontend_name(const LbFrontend& frontend);

class FrontendPool {
 public:
  struct Listed {
    std::uint32_t frontend = 0;  // in the pool
    std::uint32_t ip = 0;        // ip() of it: the address that was listed
    friend bool operator==(const Listed&, const Listed&) = default;
  };
  using List = std::vector<Listed>;

  List from_text(std::string_view service_list);
  List from_json(const nlohmann::json& service_list);
  List from_kernel(std::string_view bpf_lb_list);
  List from(std::vector<LbFrontend> frontends);  // in their order

  const LbFrontend& operator[](std::uint32_t id) const { return *all_[id]; }
  const LbFrontend& operator[](Listed listed) const { return *all_[listed.frontend]; }
  const std::string& ip(std::uint32_t id) const { return *ips_[id]; }
  std::size_t size() const { return all_.size(); }
  std::size_t ips() const { return ips_.size(); }
  // Numbers of what frontends listen on, see LbFrontend::key.
  std::uint32_t key(std::string_view ip, int port, std::string_view protocol, bool local_scope);
  std::size_t keys() const { return keys_.size(); }

 private:
  // The lines of one frontend as printed, without its id and, of a NodePort, without its address.
  struct Block {
    std::string text;
    bool node_port = false;
    bool one = false;       // false for what is more or other than one frontend
    Listed listed;          // of a NodePort the ip is another in each list
    Block* next = nullptr;  // stood behind it last time: agents mostly print them in one order, and
                            // a look at it saves a search
    std::size_t end_in(std::string_view text, std::size_t address) const;
  };
  Listed keep(LbFrontend&& frontend);
  bool read(std::string_view header, std::string_view lines, Listed& into);
  Block* block_of(std::string_view header, std::string_view lines, std::size_t address);
  std::uint32_t ip_number(std::string_view ip);

  std::vector<std::unique_ptr<const LbFrontend>> all_;
  std::unordered_map<std::string, std::uint32_t> frontends_;  // by all that is in one
  std::unordered_map<std::string, std::uint32_t> keys_, ip_numbers_;
  std::vector<const std::string*> ips_;
  std::unordered_map<std::string_view, std::unique_ptr<Block>> blocks_;  // by their text
};

std::vector<LbFrontend> parse_service_list(std::string_view text);
std::vector<LbFrontend> services_from_json(const nlohmann::json& list);
std::vector<LbFrontend> parse_bpf_lb_list(std::string_view text);

}  // namespace kpr::facts
