// The state of one parse: a cursor over lines, the facts so far, and what became of each line. A
// reader of a key's value (`read_…`) says whether the value was whole; what stands below is read by
// `parse_…_rows`, which leave the cursor behind what they understood. Recursion: none.
#pragma once
#include <string_view>
#include <vector>

#include "keys.hpp"
#include "kpr/parse.hpp"
#include "reading.hpp"

namespace kpr::det {

// The lines of one document.
struct Lines {
  std::vector<std::string_view> text;
  std::vector<Line> numbers;   // of each, the line of the input it begins on; empty: its own place
  std::vector<char> cut;       // of each, whether something stood behind it; empty: of none known
  std::size_t cut_column = 0;  // 0, or where every longer line was cut off
};

// A row of "  Name   Last success   Last error   Count   Message".
bool parse_controller_row(std::string_view line, Controller& out);

class StatusParser {
 public:
  StatusParser(const Lines& lines, StatusDocument& document)
      : source_(lines),
        lines_(lines.text),
        document_(document),
        status_(document.status) {}
  void run();

  struct Table;  // keys.cpp: all there is to know of each key line

  std::uint64_t seen() const { return seen_; }  // a bit a key that was read
  // Something stands there that a plain output has not: lines that were not understood, a second
  // status, half values.
  bool odd() const { return odd_ || !document_.unknown.empty(); }
  const std::vector<std::size_t>& unfinished() const { return unfinished_; }  // places of lines
  const std::vector<std::size_t>& goes_on() const { return goes_on_; }  // that went on from above

 private:
  // cursor
  bool more() const { return at_ < lines_.size(); }
  std::string_view line() const { return lines_[at_]; }
  Line number_of(std::size_t at) const {
    return source_.numbers.empty() ? static_cast<Line>(at + 1) : source_.numbers[at];
  }
  Line number() const { return number_of(at_); }
  void accept(LineUse use) { document_.lines[at_++] = use; }
  void accept(Reading reading);  // of the current line
  bool at_key() const;           // the current line begins with a known key
  void unknown_line();           // keeps it, and goes on
  bool line_is_cut() const;      // known beforehand: its last word may be half of one
  bool continues() const;  // the current line may be the next line of a message: at the front,
                           // no key, no noise, not blank
  void extend(std::string_view& message);  // the current line continues this message; the text
                                           // between is one view
  void message_goes_on();                  // takes what continues open_message_
  void leftover(std::string_view text);    // says that it was not understood
  Reading free_text(std::string_view text, std::string_view& out);  // ends where its line ends

  // keys.cpp
  void read_key_line(Key key, std::string_view value);
  void repeated_line();  // a key that was read already: kept as unknown, its rows too

  // orphans.cpp
  struct Orphan;
  bool orphan();  // a row whose key line is damaged or missing: read by its own shape; false when
                  // it has none

  // head.cpp
  Reading read_component(std::optional<Component>& component, std::string_view value);
  Reading read_kvstore(std::string_view value);
  Reading read_container_runtime(std::string_view value);
  Reading read_kubernetes(std::string_view value);
  Reading read_kubernetes_apis(std::string_view value);
  Reading read_host_firewall(std::string_view value);
  Reading read_srv6(std::string_view value);
  Reading read_cni_chaining(std::string_view value);
  Reading read_cni_config_file(std::string_view value);
  Reading read_cilium(std::string_view value);
  Reading read_stale(std::string_view value);
  Reading read_node_monitor(std::string_view value);
  void parse_lost_events();
  Reading read_cilium_health_daemon(std::string_view value);
  Reading read_ipam(std::string_view value);
  Reading read_allocated_addresses(std::string_view value);
  void parse_allocation_rows();

  // datapath.cpp
  Reading read_big_tcp(std::optional<BigTcp>& out, std::string_view value);
  Reading read_ipv4_big_tcp(std::string_view value);
  Reading read_ipv6_big_tcp(std::string_view value);
  Reading read_bandwidth_manager(std::string_view value);
  Reading read_host_routing(std::string_view value);
  Reading read_routing(std::string_view value);
  Reading read_attach_mode(std::string_view value);
  Reading read_device_mode(std::string_view value);
  Reading read_masquerading(std::string_view value);
  Reading read_clock_source(std::string_view value);
  Reading read_global_identity_range(std::string_view value);
  Reading read_hubble(std::string_view value);
  Reading read_encryption(std::string_view value);

  // kpr.cpp
  Reading read_kpr(std::string_view value);
  bool take_kpr_list(std::string_view& rest, std::string_view& inside);
  void kpr_lists(std::string_view lists, KubeProxyReplacement& out);
  void kpr_features(std::string_view list, bool whole, KprFeatures& out);
  void node_port_detail(std::string_view detail, NodePort& out);
  void kpr_devices(std::string_view list, bool whole, KubeProxyReplacement& out);
  Reading read_kpr_details(std::string_view value);
  void parse_kpr_detail_rows();
  KubeProxyReplacement& details();  // there is a row of them
  bool parse_detail_row();
  bool parse_annotation();
  Reading read_details_devices(std::string_view value, KubeProxyReplacement& kpr);
  bool is_detail_row(std::size_t at) const;

  // tables.cpp
  Reading read_controller_status(std::string_view value);
  void parse_controller_rows();
  bool controller_message_goes_on() const;
  bool take_blanks_of_message();
  Reading read_controller_message(Controller& row);
  Reading read_proxy_status(std::string_view value);
  void parse_redirects();
  Reading read_bpf_maps(std::string_view value);
  void parse_bpf_map_rows();

  // clustermesh.cpp
  Reading read_cluster_mesh(std::string_view value);
  void parse_cluster_rows();
  RemoteCluster& cluster_of_bullet(unsigned bit);
  void parse_bullet(std::string_view text);
  bool status_of_cluster_goes_on() const;

  // health.cpp
  Reading read_cluster_health(std::string_view value);
  void parse_cluster_health_rows();

  // modules.cpp
  Reading read_modules_health(std::string_view value);
  void parse_module_rows();
  bool blank_in_tree();
  void branch_line(std::size_t column, std::string_view text);
  bool message_of_module_goes_on(std::string_view text);
  bool root_line(std::string_view text);
  Reading finish_leaf(Module& leaf, bool open);
  void add_module(const Module& row, std::size_t column);
  bool is_whole_tree();
  void finish_modules();  // depths and sums, when all rows are known

  const Lines& source_;
  const std::vector<std::string_view>& lines_;
  StatusDocument& document_;
  AgentStatus& status_;
  std::size_t at_ = 0;
  Key section_ = Key::none;  // the part that rows without a key line of their own belong to
  bool skip_rows_ = false;   // they belong to a repeated part
  std::uint64_t seen_ = 0;
  std::uint64_t details_seen_ = 0;  // a bit a row of the Details
  bool odd_ = false;
  bool repeated_said_ = false;
  std::vector<std::size_t> unfinished_, goes_on_;
  std::string_view* open_message_ = nullptr;  // of the line just read: it may go on in the next
  unsigned mesh_seen_ = 0;                    // which bullets the last remote cluster has had
  std::vector<std::size_t> module_columns_;   // of each row's branch sign, 0 for a root
  bool module_open_ = false;                  // the last leaf's message goes on
  bool module_summary_ = false;
  std::vector<std::size_t> module_places_;  // of each row, that of its (last) line
};

// kpr.cpp: a device list without its brackets, to its end. False when a part of it is no device.
bool parse_devices(std::string_view list, std::vector<Device>& out);

}  // namespace kpr::det
