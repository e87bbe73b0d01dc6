// What iproute2's tools print of a node, parsed once for all checks.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kpr::facts {

// An address as `ip a` shows it: "inet 10.0.0.1/24", or "inet 10.0.0.1 peer 10.0.0.2/32".
struct InterfaceAddress {
  std::string ip, peer;  // without prefix length; peer: "" where there is none
  int prefix = -1;       // -1: not printed
  std::string scope;     // "global", "link", "host"
};

struct Interface {
  std::string name;    // without "@if7"
  std::string parent;  // "eth0" of "eth0.100@eth0"; "" where there is none
  std::string master;  // bond or bridge that it is a slave of
  std::string state;   // "UP", "DOWN", "UNKNOWN"; "" where not printed
  std::vector<std::string> flags;
  int mtu = 0;
  std::string mac;
  std::vector<InterfaceAddress> addresses;
  std::string line;  // the first one, as evidence
  bool has_ip(std::string_view ip) const;
};

// `ip a`, `ip addr show`, with or without -d. Lines that are none of an interface's are passed
// over.
std::vector<Interface> parse_ip_address(std::string_view text);

const Interface* find_interface(const std::vector<Interface>& all, std::string_view name);
const Interface* interface_with_ip(const std::vector<Interface>& all, std::string_view ip);

// One line of `ip rule` or `ip -d rule`: "111:\tfrom 10.0.1.5 to 10.0.0.0/16 lookup 11 proto
// unspec".
struct IpRule {
  long priority = 0;
  std::string from, to;  // "all" where printed so; "" where not printed
  std::string fwmark, table, protocol;
  std::string line;
};
std::vector<IpRule> parse_ip_rules(std::string_view text);

// One line of `ip route`: "10.0.1.0/24 via 10.0.0.2 dev eth0 table 11 proto kernel".
struct IpRoute {
  std::string type;         // "unicast" where none is printed; else "blackhole", "local", …
  std::string destination;  // "default" or a prefix
  std::string via, device, source, table, protocol;
  std::string line;
};
std::vector<IpRoute> parse_ip_routes(std::string_view text);

}  // namespace kpr::facts
