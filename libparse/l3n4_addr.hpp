// Addresses as `service list` and `bpf lb list` print them (Cilium's L3n4Addr).
#pragma once
#include <string_view>

#include "kpr/service_list.hpp"

namespace kpr::det {

// "10.0.0.1:80", "[fd00::1]:80", "10.0.0.1@3:80/TCP/i", "0.0.0.0:30080/UDP", "10.0.0.1:80/" (empty
// protocol). False when it is none.
bool parse_address(std::string_view text, ServiceAddress& out);

}  // namespace kpr::det
