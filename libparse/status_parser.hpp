// The state of one parse: a cursor over lines, the facts so far, and what became of each line. One
// member function a part of the text; each begins on the line of its key and leaves the cursor
// behind what it understood. Recursion: none.
#pragma once
#include <string_view>
#include <vector>

#include "kpr/parse.hpp"

namespace kpr::det {

enum class Key : std::uint8_t {
  none,
  kvstore,
  container_runtime,
  kubernetes,
  kubernetes_apis,
  kube_proxy_replacement,
  host_firewall,
  srv6,
  cni_chaining,
  cni_config_file,
  cilium,
  stale_status,
  node_monitor,
  cilium_health_daemon,
  ipam,
  allocated_addresses,
  cluster_mesh,
  ipv4_big_tcp,
  ipv6_big_tcp,
  bandwidth_manager,
  host_routing,
  routing,
  attach_mode,
  device_mode,
  masquerading,
  clock_source,
  controller_status,
  proxy_status,
  global_identity_range,
  hubble,
  kpr_details,
  bpf_maps,
  encryption,
  cluster_health,
  modules_health
};

// The key at the very front of a line, and in `value` what follows its colon. Key::none when it is
// no key of the agent's status.
Key key_of(std::string_view line, std::string_view& value);

// kubectl's, the shell's and the CLI's own lines around the output.
bool is_noise(std::string_view line);

Named<State> state_of(std::string_view text);

// A line that stands at the front and has the look of a key line: a known key with one byte
// damaged, or a capital letter, a few words, a colon and a cell. Such a line is never taken for the
// next line of the message above it.
bool looks_like_key_line(std::string_view line);

// A row of "  Name   Last success   Last error   Count   Message".
bool parse_controller_row(std::string_view line, Controller& out);

// The first bracketed text: version of "1.14.2 (v1.14.2-a6748946)"; empty when the message does not
// begin with one.
std::string_view version_of(std::string_view cilium_msg);

class StatusParser {
 public:
  StatusParser(const std::vector<std::string_view>& lines, StatusDocument& document)
      : lines_(lines),
        document_(document),
        status_(document.status) {}
  void run();

 private:
  // cursor
  bool more() const { return at_ < lines_.size(); }
  std::string_view line() const { return lines_[at_]; }
  Line number() const { return static_cast<Line>(at_ + 1); }
  void accept(LineUse use) { document_.lines[at_++] = use; }
  bool at_key() const;     // the current line begins with a known key
  void unknown_line();     // keeps it, and goes on
  bool continues() const;  // the current line may be the next line of a message: at the front, no
                           // key, no noise, not blank
  void repeated_line();    // a key that was read already: kept as unknown, its rows too
  bool orphan();  // a row whose key line is damaged or missing: read by its own shape; false when
                  // it has none
  void extend(std::string_view& message);  // the current line continues this message; the text
                                           // between is one view

  // head.cpp
  void parse_head_line(Key key, std::string_view value);
  void parse_component(std::optional<Component>& component, std::string_view value);
  void parse_cilium(std::string_view value);
  void parse_api_versions(std::string_view value);
  void parse_stale(std::string_view value);
  void parse_node_monitor(std::string_view value);
  void parse_allocations();
  void parse_allocation_rows();
  bool parse_lost_events();
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
  void parse_kpr_detail_rows();

  // tables.cpp
  void parse_controllers(std::string_view value);
  void parse_controller_rows();
  void parse_redirects();
  void parse_bpf_maps(std::string_view value);
  void parse_bpf_map_rows();

  // clustermesh.cpp
  void parse_cluster_mesh(std::string_view value);
  void parse_cluster_rows();

  // health.cpp
  void parse_cluster_health(std::string_view value);
  void parse_cluster_health_rows();

  // modules.cpp
  void parse_modules(std::string_view value);
  void parse_module_rows();
  void finish_modules();  // depths and sums, when all rows are known

  const std::vector<std::string_view>& lines_;
  StatusDocument& document_;
  AgentStatus& status_;
  std::size_t at_ = 0;
  Key section_ = Key::none;  // the part that rows without a key line of their own belong to
  bool skip_rows_ = false;   // they belong to a repeated part
  std::uint64_t seen_ = 0;   // a bit a key
  bool repeated_said_ = false;
  unsigned mesh_seen_ = 0;                   // which bullets the last remote cluster has had
  std::vector<std::size_t> module_columns_;  // of each row's branch sign, 0 for a root
  bool module_open_ = false;                 // the last leaf's message goes on
  bool module_summary_ = false;
};

// health.cpp; "3/4 reachable   (2026-…)   (Probe interval: 2m11s)". False when it is none.
bool parse_reachable(std::string_view value, ClusterHealth& out);

// Shared with `cilium-health status`. Parses node rows and blocks from lines[at]; stops at the
// first line that is none. `use` gets what became of each line.
void parse_health_nodes(const std::vector<std::string_view>& lines,
                        std::size_t& at,
                        ClusterHealth& health,
                        std::vector<LineUse>& use);

// kpr.cpp: a device list without its brackets.
std::vector<Device> parse_devices(std::string_view list);

}  // namespace kpr::det
