// Any text as what a tool printed on a node: each reader comes to an end and makes no more than a
// fact a line.
#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "facts/bpf_programs.hpp"
#include "facts/cgroup.hpp"
#include "facts/metrics.hpp"
#include "facts/network.hpp"
#include "targets.hpp"

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  using namespace kpr::facts;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  const auto interfaces = parse_ip_address(text);
  for (const auto& one : interfaces)
    if (one.name.empty() || one.addresses.size() > lines)
      std::abort();
  for (const std::size_t facts : {interfaces.size(),
                                  parse_ip_rules(text).size(),
                                  parse_ip_routes(text).size(),
                                  parse_metrics(text).size(),
                                  parse_bpftool_net(text).size(),
                                  parse_bpftool_cgroup(text, text).programs.size()})
    if (facts > lines)
      std::abort();
  return 0;
}
