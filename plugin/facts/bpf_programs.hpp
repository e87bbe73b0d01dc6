// Which BPF programs hang on a node's devices, as `bpftool net show` prints them.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace kpr::facts {

struct BpfProgram {
  std::string device;  // "eth0"
  std::string hook;  // "clsact/ingress", "tcx/ingress", "netkit/peer", "driver" or "generic" (XDP)
  std::string program;  // "cil_from_netdev"; bpftool may print it with the device behind it
  std::string line;
};

// Sections are "xdp:", "tc:", "flow_dissector:", "netfilter:". A bpftool that is older than tcx and
// netkit (before 7.4) shows nothing of these: an empty list proves nothing.
std::vector<BpfProgram> parse_bpftool_net(std::string_view text);

}  // namespace kpr::facts
