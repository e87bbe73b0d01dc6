#include "keys.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "noise.hpp"
#include "scan.hpp"
#include "status_parser.hpp"

namespace kpr::det {

// All there is to know of a key line: its text, the first and the last minor of Cilium that print
// it, who reads its value, and who reads the rows below.
struct StatusParser::Table {
  struct Row {
    Key key;
    std::string_view text;
    int since, until;
    Reading (StatusParser::*read)(std::string_view value);
    void (StatusParser::*rows)();  // null: none
  };
  using P = StatusParser;
  static constexpr int k_old = k_oldest_minor;
  static constexpr int k_new = k_newest_minor;
  static constexpr std::array k_rows{
      Row{Key::kvstore, "KVStore", k_old, k_new, &P::read_kvstore, nullptr},
      Row{Key::container_runtime,
          "ContainerRuntime",
          k_old,
          6,
          &P::read_container_runtime,
          nullptr},
      Row{Key::kubernetes, "Kubernetes", k_old, k_new, &P::read_kubernetes, nullptr},
      Row{Key::kubernetes_apis, "Kubernetes APIs", k_old, k_new, &P::read_kubernetes_apis, nullptr},
      Row{Key::kube_proxy_replacement, "KubeProxyReplacement", 7, k_new, &P::read_kpr, nullptr},
      Row{Key::host_firewall, "Host firewall", 11, k_new, &P::read_host_firewall, nullptr},
      Row{Key::srv6, "SRv6", 15, k_new, &P::read_srv6, nullptr},
      Row{Key::cni_chaining, "CNI Chaining", 12, k_new, &P::read_cni_chaining, nullptr},
      Row{Key::cni_config_file, "CNI Config file", 13, k_new, &P::read_cni_config_file, nullptr},
      Row{Key::cilium, "Cilium", k_old, k_new, &P::read_cilium, nullptr},
      Row{Key::stale_status, "Stale status", k_old, k_new, &P::read_stale, nullptr},
      Row{Key::node_monitor,
          "NodeMonitor",
          k_old,
          k_new,
          &P::read_node_monitor,
          &P::parse_lost_events},
      Row{Key::cilium_health_daemon,
          "Cilium health daemon",
          k_old,
          k_new,
          &P::read_cilium_health_daemon,
          nullptr},
      Row{Key::ipam, "IPAM", k_old, k_new, &P::read_ipam, nullptr},
      Row{Key::allocated_addresses,
          "Allocated addresses",
          k_old,
          k_new,
          &P::read_allocated_addresses,
          &P::parse_allocation_rows},
      Row{Key::cluster_mesh,
          "ClusterMesh",
          7,
          k_new,
          &P::read_cluster_mesh,
          &P::parse_cluster_rows},
      Row{Key::ipv4_big_tcp, "IPv4 BIG TCP", 14, k_new, &P::read_ipv4_big_tcp, nullptr},
      Row{Key::ipv6_big_tcp, "IPv6 BIG TCP", 13, k_new, &P::read_ipv6_big_tcp, nullptr},
      Row{Key::bandwidth_manager,
          "BandwidthManager",
          9,
          k_new,
          &P::read_bandwidth_manager,
          nullptr},
      Row{Key::host_routing, "Host Routing", 9, 15, &P::read_host_routing, nullptr},
      Row{Key::routing, "Routing", 16, k_new, &P::read_routing, nullptr},
      Row{Key::attach_mode, "Attach Mode", 16, k_new, &P::read_attach_mode, nullptr},
      Row{Key::device_mode, "Device Mode", 16, k_new, &P::read_device_mode, nullptr},
      Row{Key::masquerading, "Masquerading", 8, k_new, &P::read_masquerading, nullptr},
      Row{Key::clock_source, "Clock Source for BPF", 9, k_new, &P::read_clock_source, nullptr},
      Row{Key::controller_status,
          "Controller Status",
          k_old,
          k_new,
          &P::read_controller_status,
          &P::parse_controller_rows},
      Row{Key::proxy_status,
          "Proxy Status",
          k_old,
          k_new,
          &P::read_proxy_status,
          &P::parse_redirects},
      Row{Key::global_identity_range,
          "Global Identity Range",
          12,
          k_new,
          &P::read_global_identity_range,
          nullptr},
      Row{Key::hubble, "Hubble", 8, k_new, &P::read_hubble, nullptr},
      Row{Key::kpr_details,
          "KubeProxyReplacement Details",
          9,
          k_new,
          &P::read_kpr_details,
          &P::parse_kpr_detail_rows},
      Row{Key::bpf_maps, "BPF Maps", 9, k_new, &P::read_bpf_maps, &P::parse_bpf_map_rows},
      Row{Key::encryption, "Encryption", 10, k_new, &P::read_encryption, nullptr},
      Row{Key::cluster_health,
          "Cluster health",
          k_old,
          k_new,
          &P::read_cluster_health,
          &P::parse_cluster_health_rows},
      Row{Key::modules_health,
          "Modules Health",
          15,
          k_new,
          &P::read_modules_health,
          &P::parse_module_rows},
  };
};

namespace {

using Table = StatusParser::Table;
constexpr const auto& k_rows = Table::k_rows;

constexpr bool in_the_order_of_keys() {
  for (std::size_t i = 0; i < k_rows.size(); ++i) {
    if (static_cast<std::size_t>(k_rows[i].key) != i)
      return false;
  }
  return k_rows.size() == static_cast<std::size_t>(Key::none) && k_rows.size() <= 64;
}
static_assert(in_the_order_of_keys());

// First letters of all keys: most lines are ruled out by one look.
constexpr std::array<bool, 128> k_first = [] {
  std::array<bool, 128> table{};
  for (const Table::Row& row : k_rows)
    table[static_cast<unsigned char>(row.text[0])] = true;
  return table;
}();

// The keys of each length, as bits of their places: few share one.
constexpr std::size_t k_longest =
    std::max_element(k_rows.begin(), k_rows.end(), [](const Table::Row& a, const Table::Row& b) {
      return a.text.size() < b.text.size();
    })->text.size();
constexpr std::array<std::uint64_t, k_longest + 1> k_of_size = [] {
  std::array<std::uint64_t, k_longest + 1> table{};
  for (std::size_t i = 0; i < k_rows.size(); ++i)
    table[k_rows[i].text.size()] |= std::uint64_t{1} << i;
  return table;
}();

bool nearly_a_key(std::string_view line) {
  for (const Table::Row& row : k_rows) {
    const std::size_t n = row.text.size();
    if (line.size() < n || line.size() < 5)
      continue;
    std::size_t wrong = line.size() == n || line[n] != ':' ? 1 : 0;
    for (std::size_t i = 0; i < n && wrong < 2; ++i)
      wrong += line[i] != row.text[i] ? 1 : 0;
    if (wrong < 2)
      return true;
  }
  return false;
}

}  // namespace

Key key_of(std::string_view line, std::string_view& value) {
  if (line.size() < 5)
    return Key::none;
  const unsigned char first = static_cast<unsigned char>(line[0]);
  if (first >= 128 || !k_first[first])
    return Key::none;
  const std::size_t size = line.substr(0, k_longest + 1).find(':');
  if (size == npos)
    return Key::none;
  for (std::uint64_t places = k_of_size[size]; places != 0; places &= places - 1) {
    const Table::Row& row = k_rows[static_cast<std::size_t>(std::countr_zero(places))];
    if (row.text[0] == line[0] && std::memcmp(row.text.data(), line.data(), size) == 0) {
      value = line.substr(size + 1);
      if (!value.empty() && value[0] != ' ' && value[0] != '\t')
        return Key::none;
      return row.key;
    }
  }
  return Key::none;
}

MinorRange minors_of_keys(std::uint64_t keys) {
  MinorRange range;
  for (; keys != 0; keys &= keys - 1) {
    const Table::Row& row = k_rows[static_cast<std::size_t>(std::countr_zero(keys))];
    range.low = std::max(range.low, row.since);
    range.high = std::min(range.high, row.until);
  }
  return range;
}

bool looks_like_key_line(std::string_view line) {
  if (nearly_a_key(line))
    return true;
  if (line.empty() || line[0] < 'A' || line[0] > 'Z')
    return false;
  const std::size_t colon = line.substr(0, 40).find(':');
  if (colon == npos)
    return false;
  const std::string_view cell = line.substr(colon + 1);
  return cell.empty() || cell.starts_with("   ") || cell.starts_with('\t');
}

Named<State> state_of(std::string_view text) {
  if (text.empty())
    return {State::none, text};
  if (text == "Ok")
    return {State::ok, text};
  if (text == "Warning")
    return {State::warning, text};
  if (text == "Failure")
    return {State::failure, text};
  if (text == "Disabled")
    return {State::disabled, text};
  return {State::other, text};
}

bool StatusParser::at_key() const {
  std::string_view value;
  return more() && key_of(lines_[at_], value) != Key::none;
}

void StatusParser::accept(Reading reading) {
  if (reading == Reading::foreign)
    return unknown_line();
  if (reading == Reading::cut)
    unfinished_.push_back(at_);
  accept(reading == Reading::heading ? LineUse::header : LineUse::fact);
}

void StatusParser::unknown_line() {
  if (trim(line()).empty())
    return accept(LineUse::blank);
  if (is_noise(line()))
    return accept(LineUse::noise);
  document_.unknown.push_back({number(), line()});
  accept(LineUse::unknown);
}

bool StatusParser::line_is_cut() const {
  if (!source_.cut.empty() && source_.cut[at_] != 0)
    return true;
  return source_.cut_column != 0 && width_of(line()) >= source_.cut_column;
}

void StatusParser::leftover(std::string_view text) {
  odd_ = true;
  document_.diagnostics.push_back({Severity::warning,
                                   "leftover",
                                   "not understood: " + std::string(text.substr(0, 200)),
                                   "",
                                   number()});
}

Reading StatusParser::free_text(std::string_view text, std::string_view& out) {
  if (line_is_cut() && !text.empty())
    return Reading::cut;
  out = text;
  return Reading::whole;
}

void StatusParser::extend(std::string_view& message) {
  const std::string_view current = trim_right(line());
  const char* begin = message.empty() ? current.data() : message.data();
  message =
      std::string_view(begin, static_cast<std::size_t>(current.data() + current.size() - begin));
  goes_on_.push_back(at_);
  accept(LineUse::fact);
}

bool StatusParser::continues() const {
  return more() && !line().empty() && line()[0] != ' ' && !at_key() && !is_noise(line()) &&
         !looks_like_key_line(line());
}

// A message that Cilium printed raw may hold line breaks: what follows at column 0 and is no key,
// no noise and not blank belongs to it.
void StatusParser::message_goes_on() {
  if (open_message_ == nullptr)
    return;
  while (!open_message_->empty() && continues())
    extend(*open_message_);
  open_message_ = nullptr;
}

void StatusParser::repeated_line() {
  skip_rows_ = true;
  odd_ = true;
  if (!repeated_said_) {
    document_.diagnostics.push_back(
        {Severity::warning,
         "repeated",
         "a part of the status stands here a second time; the first one is kept",
         "Save the output of one agent in a file of its own.",
         number()});
    repeated_said_ = true;
  }
  document_.unknown.push_back({number(), line()});
  accept(LineUse::unknown);
}

void StatusParser::read_key_line(Key key, std::string_view value) {
  section_ = key;
  // IPv4's line stands above IPv6's: of two of IPv6 in a row, the first is one of IPv4 with a
  // damaged digit.
  const bool instead = key == Key::ipv6_big_tcp && status_.ipv6_big_tcp &&
                       status_.ipv6_big_tcp->line + 1 == number();
  if ((seen_ & bit_of(key)) != 0 && !instead)
    return repeated_line();
  skip_rows_ = false;
  const Table::Row& row = k_rows[static_cast<std::size_t>(key)];
  const Reading reading = (this->*row.read)(value);
  if (reading != Reading::foreign)
    seen_ |= bit_of(key);
  else
    open_message_ = nullptr;
  accept(reading);
  message_goes_on();
  if (row.rows != nullptr && reading != Reading::foreign)
    (this->*row.rows)();
}

void StatusParser::run() {
  document_.lines.assign(lines_.size(), LineUse::blank);
  while (more()) {
    std::string_view value;
    const Key key = key_of(line(), value);
    if (key != Key::none)
      read_key_line(key, value);
    else if (line().empty())
      accept(LineUse::blank);
    else if (!orphan())
      unknown_line();
  }
  finish_modules();
}

}  // namespace kpr::det
