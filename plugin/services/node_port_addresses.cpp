#include "services/node_port_addresses.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

namespace kpr::services {
namespace {

using facts::FrontendPool;

struct Row {
  std::uint32_t key = 0, ip = 0, frontend = 0;
};

// Rows of one family and scope.
void judge(std::vector<Row>& rows, std::vector<OddAddress>& out) {
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return std::tie(a.key, a.ip) < std::tie(b.key, b.ip);
  });
  std::size_t keys = 0;
  std::map<std::uint32_t, std::size_t> counts;  // by address
  for (std::size_t i = 0; i < rows.size(); ++i) {
    keys += i == 0 || rows[i].key != rows[i - 1].key ? 1 : 0;
    ++counts[rows[i].ip];
  }
  if (std::all_of(counts.begin(), counts.end(), [&](const auto& c) {
        return c.second == keys;
      }))
    return;
  for (auto begin = rows.begin(); begin != rows.end();) {
    const auto end = std::find_if(begin, rows.end(), [key = begin->key](const Row& row) {
      return row.key != key;
    });
    for (const auto& [ip, n] : counts) {
      const bool here = std::any_of(begin, end, [ip = ip](const Row& row) {
        return row.ip == ip;
      });
      const bool usual = 2 * n >= keys;
      if (here != usual)
        out.push_back({{begin->frontend, ip}, usual});
    }
    begin = end;
  }
}

}  // namespace

std::vector<OddAddress> odd_addresses(const FrontendPool& pool, const FrontendPool::List& list) {
  std::array<std::vector<Row>, 4> buckets;
  for (const auto listed : list) {
    const facts::LbFrontend& f = pool[listed];
    if (f.type == "NodePort")
      buckets[(f.ip == "::" ? 2 : 0) + (f.local_scope ? 1 : 0)].push_back(
          {f.key, listed.ip, listed.frontend});
  }
  std::vector<OddAddress> out;
  for (auto& rows : buckets)
    judge(rows, out);
  return out;
}

}  // namespace kpr::services
