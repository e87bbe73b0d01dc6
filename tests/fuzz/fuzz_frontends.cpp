// Any text as an agent's `service list`, and as its `bpf lb list`, read by a pool that has read
// other agents' before: it comes to an end, and says the same twice.
#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "facts/frontends.hpp"
#include "targets.hpp"

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  kpr::facts::FrontendPool pool;
  (void)pool.from_text(text.substr(0, size / 2));
  const auto first = pool.from_text(text);
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  if (first.size() > lines + 1 || pool.from_text(text) != first)
    std::abort();
  for (const auto listed : first)
    if (listed.frontend >= pool.size() || listed.ip >= pool.ips())
      std::abort();
  const auto kernel = pool.from_kernel(text);
  if (kernel.size() > lines + 1 || pool.from_kernel(text) != kernel)
    std::abort();
  return 0;
}
