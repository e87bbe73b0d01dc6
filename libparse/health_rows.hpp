// The nodes of Cluster health: a part of the agent's status, and what `cilium-health status`
// prints.
#pragma once
#include <functional>
#include <string_view>
#include <vector>

#include "kpr/parse.hpp"
#include "reading.hpp"
#include "status_parser.hpp"

namespace kpr::det {

// "3/4 reachable   (2026-…)   (Probe interval: 2m11s)"
Reading read_reachable(std::string_view value, ClusterHealth& out);

// Reads rows and blocks from one line on, and stops at the first that is none.
class HealthRows {
 public:
  HealthRows(const Lines& lines,
             ClusterHealth& health,
             std::vector<LineUse>& use,
             std::vector<std::size_t>& unfinished,
             std::vector<std::size_t>& goes_on)
      : source_(lines),
        lines_(lines.text),
        health_(health),
        use_(use),
        unfinished_(unfinished),
        goes_on_(goes_on) {}

  std::size_t run(std::size_t at);  // gives where it stopped

 private:
  void accept(Reading reading);
  bool line_is_cut() const;
  void resume();  // with the node that was open, after a damaged line
  NodeHealth& fresh_node();
  bool more_nodes(std::string_view s);    // "..."
  bool message_line(std::string_view s);  // the error above goes on
  bool block_line(std::string_view s);
  bool path_line(std::string_view s);
  bool probe_line(std::string_view s);
  bool is_hosts_probe() const;
  bool node_line(std::string_view s);
  bool row(std::string_view s);

  const Lines& source_;
  const std::vector<std::string_view>& lines_;
  ClusterHealth& health_;
  std::vector<LineUse>& use_;
  std::vector<std::size_t>& unfinished_;
  std::vector<std::size_t>& goes_on_;
  std::size_t at_ = 0;
  NodeHealth* node_ = nullptr;
  HealthPath* path_ = nullptr;
  std::optional<std::string_view>* message_ = nullptr;  // a probe's error may hold a line break
};

}  // namespace kpr::det
