// The keys of an agent's status: the lines that FormatStatusResponse (Cilium's
// pkg/client/client.go) begins at the front.
#pragma once
#include <cstdint>
#include <string_view>

#include "kpr/status.hpp"

namespace kpr::det {

// In the order printed, which no version ever changed: lines came and went, none moved.
enum class Key : std::uint8_t {
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
  modules_health,
  none
};

constexpr std::uint64_t bit_of(Key key) {
  return std::uint64_t{1} << static_cast<unsigned>(key);
}

// The minors of Cilium 1.N that this library knows.
inline constexpr int k_oldest_minor = 6;
inline constexpr int k_newest_minor = 21;

// The minors that print all of `keys` (bits): the greatest first one, the smallest last one.
struct MinorRange {
  int low = k_oldest_minor;
  int high = k_newest_minor;
};
MinorRange minors_of_keys(std::uint64_t keys);

// The key at the very front of a line, and in `value` what follows its colon. Key::none when it is
// no key of the agent's status.
Key key_of(std::string_view line, std::string_view& value);

// A line that stands at the front and has the look of a key line: a known key with one byte
// damaged, or a capital letter, a few words, a colon and a cell. Such a line is never taken for the
// next line of the message above it.
bool looks_like_key_line(std::string_view line);

Named<State> state_of(std::string_view text);

// The version of "1.14.2 (v1.14.2-a6748946)"; empty when the message does not begin with one.
std::string_view version_of(std::string_view cilium_msg);

}  // namespace kpr::det
