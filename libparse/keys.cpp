#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "scan.hpp"
#include "status_parser.hpp"

namespace kpr::det {
namespace {

struct KeyText {
  std::string_view text;
  Key key;
};

// In the order of pkg/client/client.go FormatStatusResponse.
constexpr std::array k_keys{
    KeyText{"KVStore", Key::kvstore},
    KeyText{"ContainerRuntime", Key::container_runtime},
    KeyText{"Kubernetes", Key::kubernetes},
    KeyText{"Kubernetes APIs", Key::kubernetes_apis},
    KeyText{"KubeProxyReplacement", Key::kube_proxy_replacement},
    KeyText{"Host firewall", Key::host_firewall},
    KeyText{"SRv6", Key::srv6},
    KeyText{"CNI Chaining", Key::cni_chaining},
    KeyText{"CNI Config file", Key::cni_config_file},
    KeyText{"Cilium", Key::cilium},
    KeyText{"Stale status", Key::stale_status},
    KeyText{"NodeMonitor", Key::node_monitor},
    KeyText{"Cilium health daemon", Key::cilium_health_daemon},
    KeyText{"IPAM", Key::ipam},
    KeyText{"Allocated addresses", Key::allocated_addresses},
    KeyText{"ClusterMesh", Key::cluster_mesh},
    KeyText{"IPv4 BIG TCP", Key::ipv4_big_tcp},
    KeyText{"IPv6 BIG TCP", Key::ipv6_big_tcp},
    KeyText{"BandwidthManager", Key::bandwidth_manager},
    KeyText{"Host Routing", Key::host_routing},
    KeyText{"Routing", Key::routing},
    KeyText{"Attach Mode", Key::attach_mode},
    KeyText{"Device Mode", Key::device_mode},
    KeyText{"Masquerading", Key::masquerading},
    KeyText{"Clock Source for BPF", Key::clock_source},
    KeyText{"Controller Status", Key::controller_status},
    KeyText{"Proxy Status", Key::proxy_status},
    KeyText{"Global Identity Range", Key::global_identity_range},
    KeyText{"Hubble", Key::hubble},
    KeyText{"KubeProxyReplacement Details", Key::kpr_details},
    KeyText{"BPF Maps", Key::bpf_maps},
    KeyText{"Encryption", Key::encryption},
    KeyText{"Cluster health", Key::cluster_health},
    KeyText{"Modules Health", Key::modules_health},
};

// First letters of all keys: most lines are ruled out by one look.
constexpr std::array<bool, 128> k_first = [] {
  std::array<bool, 128> table{};
  for (const KeyText& k : k_keys)
    table[static_cast<unsigned char>(k.text[0])] = true;
  return table;
}();

// The keys of each length, as bits of their places in k_keys: few share one.
constexpr std::size_t k_longest =
    std::max_element(k_keys.begin(), k_keys.end(), [](const KeyText& a, const KeyText& b) {
      return a.text.size() < b.text.size();
    })->text.size();
constexpr std::array<std::uint64_t, k_longest + 1> k_of_size = [] {
  static_assert(k_keys.size() <= 64);
  std::array<std::uint64_t, k_longest + 1> table{};
  for (std::size_t i = 0; i < k_keys.size(); ++i)
    table[k_keys[i].text.size()] |= std::uint64_t{1} << i;
  return table;
}();

bool starts_with_any(std::string_view line, std::initializer_list<std::string_view> prefixes) {
  for (const std::string_view p : prefixes) {
    if (line.starts_with(p))
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
    const KeyText& k = k_keys[static_cast<std::size_t>(std::countr_zero(places))];
    if (k.text[0] == line[0] && std::memcmp(k.text.data(), line.data(), size) == 0) {
      // "Cilium:" in prose is followed by one blank; a cell by three or a tab, or nothing.
      value = line.substr(size + 1);
      if (!value.empty() && value[0] != ' ' && value[0] != '\t')
        return Key::none;
      return k.key;
    }
  }
  return Key::none;
}

bool looks_like_key_line(std::string_view line) {
  for (const KeyText& k : k_keys) {
    const std::size_t n = k.text.size();
    if (line.size() < n || line.size() < 5)
      continue;
    std::size_t wrong = line.size() == n || line[n] != ':' ? 1 : 0;
    for (std::size_t i = 0; i < n && wrong < 2; ++i)
      wrong += line[i] != k.text[i] ? 1 : 0;
    if (wrong < 2)
      return true;
  }
  if (line.empty() || line[0] < 'A' || line[0] > 'Z')
    return false;
  const std::size_t colon = line.substr(0, 40).find(':');
  if (colon == npos)
    return false;
  const std::string_view cell = line.substr(colon + 1);
  return cell.empty() || cell.starts_with("   ") || cell.starts_with('\t');
}

bool is_noise(std::string_view line) {
  const std::string_view s = trim(line);
  if (s.empty())
    return false;
  if (starts_with_any(s,
                      {"Defaulted container ",
                       "Defaulting container name to ",
                       "Use 'kubectl describe pod",
                       "Using config file: ",
                       "Unable to use a TTY",
                       "command terminated with exit code ",
                       "error: ",
                       "Error: ",
                       "Error from server",
                       "> Error while running",
                       "If you don't see a command prompt",
                       "$ ",
                       "# ",
                       "% ",
                       "```",
                       "...",
                       "warning: ",
                       "Warning: "})) {
    return true;
  }
  // a shell prompt with its command: "root@host:~# cilium status", "user@host:~$ kubectl exec …"
  const std::size_t command = s.find("cilium");
  const std::size_t kubectl = s.find("kubectl");
  const std::size_t first = std::min(command, kubectl);
  if (first != npos) {
    const std::string_view before = trim(s.substr(0, first));
    if (s.find(" status") != npos &&
        (before.empty() || before.ends_with('$') || before.ends_with('#') ||
         before.ends_with('>') || before.ends_with("--") || s.starts_with("kubectl ") ||
         s.starts_with("cilium"))) {
      return true;
    }
  }
  // a bare prompt at the end of a transcript
  return (s.ends_with('$') || s.ends_with('#')) && s.find('@') != npos && s.find("   ") == npos;
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

void StatusParser::unknown_line() {
  if (trim(line()).empty())
    return accept(LineUse::blank);
  if (is_noise(line()))
    return accept(LineUse::noise);
  document_.unknown.push_back({number(), line()});
  accept(LineUse::unknown);
}

void StatusParser::extend(std::string_view& message) {
  const std::string_view current = trim_right(line());
  const char* begin = message.empty() ? current.data() : message.data();
  message =
      std::string_view(begin, static_cast<std::size_t>(current.data() + current.size() - begin));
  accept(LineUse::fact);
}

bool StatusParser::continues() const {
  return more() && !line().empty() && line()[0] != ' ' && !at_key() && !is_noise(line()) &&
         !looks_like_key_line(line());
}

// A message that Cilium printed raw may hold line breaks: what follows at column 0 and is no key,
// no noise and not blank belongs to it.
void StatusParser::message_goes_on(std::string_view& message) {
  while (!message.empty() && continues())
    extend(message);
}

void StatusParser::repeated_line() {
  skip_rows_ = true;
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

bool StatusParser::orphan() {
  const std::string_view s = trim(line());
  if (!skip_rows_ && s.find(' ') == npos && at_ + 1 < lines_.size() &&
      lines_[at_ + 1].find("\xe2\x94\x80\xe2\x94\x80 ") != npos) {
    const std::size_t here = at_;  // the root of the tree of modules
    parse_module_rows();
    return at_ != here;
  }
  if (skip_rows_ || s.size() < 3 ||
      (line()[0] != ' ' && line()[0] != '\t' && !s.starts_with("Name"))) {
    // trees of 1.15 stand at the front
    if (skip_rows_ || s.find("\xe2\x94\x80\xe2\x94\x80") == npos)
      return false;
  }
  const std::size_t before = at_;
  Controller controller;
  if (s.find("\xe2\x94\x80\xe2\x94\x80 ") != npos ||
      (section_ == Key::modules_health && module_open_)) {
    parse_module_rows();
  } else if (parse_controller_row(line(), controller) || s.find("Last success") != npos) {
    parse_controller_rows();
  } else if (s.starts_with("Protocol") && s.ends_with("Proxy Port")) {
    parse_redirects();
  } else if (s.starts_with("Name") && s.ends_with("Size")) {
    parse_bpf_map_rows();
  } else if (s.starts_with("\xe2\x94\x94  ") || s.find(": ready, ") != npos ||
             s.find(": not-ready, ") != npos) {
    parse_cluster_rows();
  } else if (s.ends_with(" unknown notifications")) {
    parse_lost_events();
  } else if (section_ == Key::cluster_health || s.starts_with("ICMP to stack:") ||
             s.starts_with("HTTP to agent:") || s.find(" connectivity to ") != npos ||
             (s.starts_with("Name") && s.find("Endpoints") != npos)) {
    parse_cluster_health_rows();
  } else if (section_ == Key::bpf_maps) {
    parse_bpf_map_rows();
  } else if (s.ends_with(')') &&
             (is_digit(s[0]) || s.find(':') < s.find(' ') || s.find('/') < s.find(' '))) {
    parse_allocation_rows();
  } else {
    if (section_ == Key::proxy_status)
      parse_redirects();
    if (at_ == before)
      parse_kpr_detail_rows();
  }
  return at_ != before;
}

void StatusParser::run() {
  document_.lines.assign(lines_.size(), LineUse::blank);
  while (more()) {
    std::string_view value;
    const Key key = key_of(line(), value);
    if (key != Key::none) {
      const std::uint64_t bit = std::uint64_t{1} << static_cast<unsigned>(key);
      section_ = key;
      // IPv4's line stands above IPv6's: of two of IPv6 in a row, the first is one of IPv4 with a
      // damaged digit.
      const bool instead = key == Key::ipv6_big_tcp && status_.ipv6_big_tcp &&
                           status_.ipv6_big_tcp->line + 1 == number();
      if ((seen_ & bit) != 0 && !instead) {
        repeated_line();
        continue;
      }
      seen_ |= bit;
      skip_rows_ = false;
      parse_head_line(key, value);
    } else if (line().empty()) {
      accept(LineUse::blank);
    } else if (!orphan()) {
      unknown_line();
    }
  }
  finish_modules();
}

}  // namespace kpr::det
