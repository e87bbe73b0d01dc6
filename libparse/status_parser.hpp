// The state of one parse: a cursor over lines, the facts so far, and what became of each line. One member function a part of the text;
// each begins on the line of its key and leaves the cursor behind what it understood. Recursion: none.
#pragma once
#include <string_view>
#include <vector>

#include "kpr/parse.hpp"

namespace kpr::det {

enum class Key : std::uint8_t {
  none, kvstore, container_runtime, kubernetes, kubernetes_apis, kube_proxy_replacement, host_firewall, srv6, cni_chaining, cni_config_file,
  cilium, stale_status, node_monitor, cilium_health_daemon, ipam, allocated_addresses, cluster_mesh, ipv4_big_tcp, ipv6_big_tcp,
  bandwidth_manager, host_routing, routing, attach_mode, device_mode, masquerading, clock_source, controller_status, proxy_status,
  global_identity_range, hubble, kpr_details, bpf_maps, encryption, cluster_health, modules_health
};

// The key at the very front of a line, and in `value` what follows its colon. Key::none when it is no key of the agent's status.
Key key_of(std::string_view line, std::string_view& value);

// kubectl's, the shell's and the CLI's own lines around the output.
bool is_noise(std::string_view line);

Named<State> state_of(std::string_view text);

class StatusParser {
 public:
  StatusParser(const std::vector<std::string_view>& lines, StatusDocument& document) : lines_(lines), document_(document), status_(document.status) {}
  void run();

 private:
  // cursor
  bool more() const { return at_ < lines_.size(); }
  std::string_view line() const { return lines_[at_]; }
  Line number() const { return static_cast<Line>(at_ + 1); }
  void accept(LineUse use) { document_.lines[at_++] = use; }
  bool at_key() const;           // the current line begins with a known key
  void unknown_line();           // keeps it, and goes on
  void extend(std::string_view& message);  // the current line continues this message; the text between is one view

  // head.cpp
  void parse_head_line(Key key, std::string_view value);
  void parse_component(std::optional<Component>& component, std::string_view value);
  void parse_cilium(std::string_view value);
  void parse_api_versions(std::string_view value);
  void parse_stale(std::string_view value);
  void parse_node_monitor(std::string_view value);
  void parse_allocations();
  void parse_big_tcp(std::optional<BigTcp>& out, std::string_view value);
  void parse_bandwidth(std::string_view value);
  void parse_routing(std::string_view value);
  void parse_masquerading(std::string_view value);
  void parse_clock(std::string_view value);
  void parse_proxy(std::string_view value);
  void parse_hubble(std::string_view value);
  void parse_encryption(std::string_view value);
  void message_goes_on(std::string_view& message);  // takes continuation lines

  // kpr.cpp
  void parse_kpr(std::string_view value);
  void parse_kpr_details();

  // tables.cpp
  void parse_controllers(std::string_view value);
  void parse_redirects(Proxy& proxy);
  void parse_bpf_maps(std::string_view value);

  // clustermesh.cpp
  void parse_cluster_mesh(std::string_view value);

  // health.cpp
  void parse_cluster_health(std::string_view value);

  // modules.cpp
  void parse_modules(std::string_view value);

  const std::vector<std::string_view>& lines_;
  StatusDocument& document_;
  AgentStatus& status_;
  std::size_t at_ = 0;
};

// health.cpp; shared with `cilium-health status`. Parses node rows and blocks from lines[at]; stops at the first line that is none.
// `use` gets what became of each line.
void parse_health_nodes(const std::vector<std::string_view>& lines, std::size_t& at, ClusterHealth& health, std::vector<LineUse>& use);

// kpr.cpp: a device list without its brackets.
std::vector<Device> parse_devices(std::string_view list);

}  // namespace kpr::det
