// Rows whose key line is damaged or missing: each is known by a shape that no other part has.
#include <algorithm>

#include "addresses.hpp"
#include "scan.hpp"
#include "status_parser.hpp"

namespace kpr::det {
namespace {

// What a guess looks at.
struct Candidate {
  std::string_view line, s;  // s: without the blanks around it
  std::string_view next;     // the line below, or nothing
  Key section;
  bool module_open;
  bool indented() const { return !line.empty() && (line[0] == ' ' || line[0] == '\t'); }
};

constexpr std::string_view k_lines = "\xe2\x94\x80\xe2\x94\x80 ";  // ──

// "agent", with "├── …" below it
bool is_root_of_modules(const Candidate& c) {
  return c.s.find(' ') == npos && c.next.find(k_lines) != npos;
}
// "│   ├── job-refresh   [OK] Running (34s, x1)"; trees of 1.15 stand at the front
bool is_module(const Candidate& c) {
  return c.s.find(k_lines) != npos ||
         (c.indented() && c.section == Key::modules_health && c.module_open);
}
// "  sync-lb-maps   5s ago   never   0   no error"
bool is_controller(const Candidate& c) {
  Controller ignored;
  return c.indented() &&
         (parse_controller_row(c.line, ignored) || c.s.find("Last success") != npos);
}
// "  Protocol   Redirect   Proxy Port"
bool is_redirect_header(const Candidate& c) {
  return c.indented() && c.s.starts_with("Protocol") && c.s.ends_with("Proxy Port");
}
// "  Name   Size"
bool is_bpf_map_header(const Candidate& c) {
  return c.indented() && c.s.starts_with("Name") && trim(c.s.substr(4)) == "Size";
}
// "   west: ready, 8 nodes, …", "   └  etcd: 1/1 connected, …"
bool is_remote_cluster(const Candidate& c) {
  return c.indented() && (c.s.starts_with("\xe2\x94\x94  ") || c.s.find(": ready, ") != npos ||
                          c.s.find(": not-ready, ") != npos);
}
// "                        12 events lost, 0 unknown notifications"
bool is_lost_events(const Candidate& c) {
  return c.indented() && c.s.ends_with(" unknown notifications");
}
// "      ICMP to stack:   OK, RTT=1.2ms", "Name   IP   Node   Endpoints", and rows in their section
bool is_node_health(const Candidate& c) {
  if (c.s.starts_with("Name") && c.s.find("Endpoints") != npos)
    return true;
  return c.indented() &&
         (c.section == Key::cluster_health || c.s.starts_with("ICMP to stack:") ||
          c.s.starts_with("HTTP to agent:") || c.s.find(" connectivity to ") != npos);
}
// "  TCP connection tracking   434452", in its section
bool is_bpf_map(const Candidate& c) {
  return c.indented() && c.section == Key::bpf_maps && is_digit(c.s.back());
}
// "  10.0.0.29 (health)", "  blue/10.1.2.3 (ns/pod)"
bool is_allocation(const Candidate& c) {
  const std::size_t open = c.s.find(" (");
  if (!c.indented() || open == npos || !c.s.ends_with(')'))
    return false;
  const std::string_view owner = c.s.substr(open + 2, c.s.size() - open - 3);
  const std::string_view ip = c.s.substr(0, open);
  const bool number = !owner.empty() && std::all_of(owner.begin(), owner.end(), is_digit);
  return is_ip(ip.substr(ip.find_last_of('/') + 1)) && !number;  // "(7)" is of `bpf lb list`
}
// "  cilium-dns-egress   1023:egress:UDP:53:   38411", in its section
bool is_redirect(const Candidate& c) {
  return c.indented() && c.section == Key::proxy_status && is_digit(c.s.back());
}
// "  Socket LB:   Enabled", "  - NodePort:   Enabled (Range: 30000-32767)"
bool is_detail(const Candidate& c) {
  return c.indented();
}

}  // namespace

struct StatusParser::Orphan {
  std::string_view name;
  bool (*fits)(const Candidate& candidate);
  void (StatusParser::*read)();
};

bool StatusParser::orphan() {
  using P = StatusParser;
  static constexpr Orphan k_orphans[] = {
      {"root of modules", is_root_of_modules, &P::parse_module_rows},
      {"module", is_module, &P::parse_module_rows},
      {"controller", is_controller, &P::parse_controller_rows},
      {"redirect header", is_redirect_header, &P::parse_redirects},
      {"BPF map header", is_bpf_map_header, &P::parse_bpf_map_rows},
      {"remote cluster", is_remote_cluster, &P::parse_cluster_rows},
      {"lost events", is_lost_events, &P::parse_lost_events},
      {"node health", is_node_health, &P::parse_cluster_health_rows},
      {"BPF map", is_bpf_map, &P::parse_bpf_map_rows},
      {"allocation", is_allocation, &P::parse_allocation_rows},
      {"redirect", is_redirect, &P::parse_redirects},
      {"detail", is_detail, &P::parse_kpr_detail_rows},
  };
  const std::string_view s = trim(line());
  if (skip_rows_ || s.size() < 3)
    return false;
  const Candidate candidate{line(),
                            s,
                            at_ + 1 < lines_.size() ? lines_[at_ + 1] : std::string_view{},
                            section_,
                            module_open_};
  const std::size_t before = at_;
  for (const Orphan& guess : k_orphans) {
    if (!guess.fits(candidate))
      continue;
    (this->*guess.read)();
    if (at_ != before)
      return true;
  }
  return false;
}

}  // namespace kpr::det
