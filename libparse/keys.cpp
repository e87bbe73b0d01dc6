#include <array>
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
  for (const KeyText& k : k_keys) table[static_cast<unsigned char>(k.text[0])] = true;
  return table;
}();

bool starts_with_any(std::string_view line, std::initializer_list<std::string_view> prefixes) {
  for (const std::string_view p : prefixes) {
    if (line.starts_with(p)) return true;
  }
  return false;
}

}  // namespace

Key key_of(std::string_view line, std::string_view& value) {
  if (line.size() < 5) return Key::none;
  const unsigned char first = static_cast<unsigned char>(line[0]);
  if (first >= 128 || !k_first[first]) return Key::none;
  const void* colon = std::memchr(line.data(), ':', std::min<std::size_t>(line.size(), 30));
  if (colon == nullptr) return Key::none;
  const std::size_t size = static_cast<std::size_t>(static_cast<const char*>(colon) - line.data());
  for (const KeyText& k : k_keys) {
    if (k.text.size() == size && k.text[0] == line[0] && std::memcmp(k.text.data(), line.data(), size) == 0) {
      // "Cilium:" in prose is followed by one blank; a cell by three or a tab, or nothing.
      value = line.substr(size + 1);
      if (!value.empty() && value[0] != ' ' && value[0] != '\t') return Key::none;
      return k.key;
    }
  }
  return Key::none;
}

bool is_noise(std::string_view line) {
  const std::string_view s = trim(line);
  if (s.empty()) return false;
  if (starts_with_any(s, {"Defaulted container ", "Defaulting container name to ", "Use 'kubectl describe pod", "Using config file: ", "Unable to use a TTY",
                          "command terminated with exit code ", "error: ", "Error: ", "Error from server", "> Error while running", "If you don't see a command prompt",
                          "$ ", "# ", "% ", "```", "...", "warning: ", "Warning: "})) {
    return true;
  }
  // a shell prompt with its command: "root@host:~# cilium status", "user@host:~$ kubectl exec …"
  const std::size_t command = s.find("cilium");
  const std::size_t kubectl = s.find("kubectl");
  const std::size_t first = std::min(command, kubectl);
  if (first != npos) {
    const std::string_view before = trim(s.substr(0, first));
    if (s.find(" status") != npos && (before.empty() || before.ends_with('$') || before.ends_with('#') || before.ends_with('>') || before.ends_with("--") ||
                                     s.starts_with("kubectl ") || s.starts_with("cilium"))) {
      return true;
    }
  }
  // a bare prompt at the end of a transcript
  return (s.ends_with('$') || s.ends_with('#')) && s.find('@') != npos && s.find("   ") == npos;
}

Named<State> state_of(std::string_view text) {
  if (text.empty()) return {State::none, text};
  if (text == "Ok") return {State::ok, text};
  if (text == "Warning") return {State::warning, text};
  if (text == "Failure") return {State::failure, text};
  if (text == "Disabled") return {State::disabled, text};
  return {State::other, text};
}

bool StatusParser::at_key() const {
  std::string_view value;
  return more() && key_of(lines_[at_], value) != Key::none;
}

void StatusParser::unknown_line() {
  if (trim(line()).empty()) return accept(LineUse::blank);
  if (is_noise(line())) return accept(LineUse::noise);
  document_.unknown.push_back({number(), line()});
  accept(LineUse::unknown);
}

void StatusParser::extend(std::string_view& message) {
  const std::string_view current = trim_right(line());
  const char* begin = message.empty() ? current.data() : message.data();
  message = std::string_view(begin, static_cast<std::size_t>(current.data() + current.size() - begin));
  accept(LineUse::fact);
}

// A message that Cilium printed raw may hold line breaks: what follows at column 0 and is no key, no noise and not blank belongs to it.
void StatusParser::message_goes_on(std::string_view& message) {
  while (more() && !line().empty() && line()[0] != ' ' && !at_key() && !is_noise(line()) && !message.empty()) extend(message);
}

void StatusParser::run() {
  document_.lines.assign(lines_.size(), LineUse::blank);
  while (more()) {
    std::string_view value;
    const Key key = key_of(line(), value);
    if (key == Key::none) {
      unknown_line();
    } else {
      parse_head_line(key, value);
    }
  }
}

}  // namespace kpr::det
