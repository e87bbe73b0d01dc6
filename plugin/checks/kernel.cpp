// Section 3: kernels. Those of the RHEL family carry back-ports, so they are judged by their own
// table, never by number.
#include <charconv>
#include <map>
#include <set>

#include "checks/agents.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

struct Kernel {
  int major = 0, minor = 0, patch = 0;
  bool rhel = false;
  int rhel_major = 0, rhel_minor = -1;  // minor -1: not in the name
};

int number_at(std::string_view text, std::size_t at) {
  int n = -1;
  if (at < text.size())
    std::from_chars(text.data() + at, text.data() + text.size(), n);
  return n;
}

std::optional<Kernel> parse_kernel(std::string_view text) {
  const auto v = facts::parse_version(text);
  if (!v)
    return std::nullopt;
  Kernel k{v->major, v->minor, v->patch, false, 0, -1};
  if (const auto el = text.find(".el"); el != std::string_view::npos &&
                                        number_at(text, el + 3) > 0 &&
                                        text.find("uek") == std::string_view::npos) {
    k.rhel = true;
    k.rhel_major = number_at(text, el + 3);
    if (const auto underscore = text.find('_', el); underscore != std::string_view::npos)
      k.rhel_minor = number_at(text, underscore + 1);
  }
  return k;
}

bool below(const Kernel& k, int major, int minor, int patch = 0) {
  return std::tie(k.major, k.minor, k.patch) < std::tie(major, minor, patch);
}

struct Minimum {
  int major, minor, patch;
  int rhel_minor;  // of RHEL 8; -1: any RHEL 8
  const char* words;
};
Minimum minimum_for(const facts::Version& v) {
  if (v.major == 1 && v.minor <= 13)
    return {4, 9, 17, -1, "4.9.17"};
  if (v.is_minor(1, 14) || v.is_minor(1, 15))
    return {4, 19, 57, -1, "4.19.57"};
  if (v.is_minor(1, 16) || v.is_minor(1, 17))
    return {5, 4, 0, 6, "5.4, or 4.18 of RHEL 8.6"};
  if (v.is_minor(1, 18))
    return {5, 10, 0, 6, "5.10, or 4.18 of RHEL 8.6"};
  return {5, 10, 0, 10, "5.10, or 4.18 of RHEL 8.10"};
}

bool too_old(const Kernel& k, const Minimum& m) {
  if (!k.rhel)
    return below(k, m.major, m.minor, m.patch);
  if (k.rhel_major >= 9)
    return false;
  if (k.rhel_major <= 7)
    return below(k, m.major, m.minor, m.patch);
  return m.rhel_minor >= 0 && k.rhel_minor >= 0 && k.rhel_minor < m.rhel_minor;
}

void kernel_below_minimum(const facts::Fleet& fleet, Sink& sink) {
  const Minimum minimum = minimum_for(*fleet.version);
  Finding f = sink.make("");
  for (const auto& node : *fleet.nodes) {
    if (!node.is_linux())
      continue;
    const auto k = parse_kernel(node.kernel);
    if (!k || !too_old(*k, minimum))
      continue;
    f.nodes.push_back(node.name);
    f.evidence.push_back({node.path("Node") + " .status.nodeInfo.kernelVersion", node.kernel});
  }
  for (const auto& w : last_words(fleet)) {
    const auto line = line_with(w.text, "minimal supported kernel version is");
    if (line.empty() || w.running)
      continue;
    f.nodes.push_back(w.node);
    f.evidence.push_back({w.source, line});
  }
  if (f.nodes.empty())
    return;
  const std::set<std::string> distinct(f.nodes.begin(), f.nodes.end());
  f.summary = "the kernel of " + nodes_of(distinct.size()) + " is older than Cilium " +
              fleet.version->text + " supports (" + minimum.words + ")";
  sink.add(std::move(f));
}

void kernel_missing_kpr_feature(const facts::Fleet& fleet, Sink& sink) {
  static constexpr std::string_view fatal[] = {
      "BPF NodePort services needs kernel",
      "BPF host-reachable services for TCP needs kernel",
      "BPF host-reachable services for UDP needs kernel",
      "kernel does not support attaching bpf programs to cgroups",
      "Without network namespace cookie lookup functionality",
      "exceeds max(uint16)"};
  static constexpr std::string_view degraded[] = {
      "Session affinity for host reachable services needs kernel",
      "Disabling socket-LB tracing as it requires kernel",
      "BPF host routing requires kernel"};
  Finding f = sink.make("");
  bool is_fatal = false;
  for (const auto& w : last_words(fleet)) {
    const auto look = [&](std::string_view needle, bool kills) {
      const auto line = line_with(w.text, needle);
      if (line.empty() || (w.running && kills))
        return;
      f.nodes.push_back(w.node);
      f.evidence.push_back({w.source, line});
      is_fatal = is_fatal || kills;
    };
    for (const auto needle : fatal)
      look(needle, true);
    for (const auto needle : degraded)
      look(needle, false);
  }
  if (f.nodes.empty())
    return;
  f.severity = is_fatal ? Severity::error : Severity::warn;
  f.summary = is_fatal ? "the kernel lacks something that the kube-proxy replacement needs; the "
                         "agent does not start"
                       : "the kernel lacks something that part of the kube-proxy replacement needs";
  sink.add(std::move(f));
}

// Where the rewrite of addresses by connect() inside the kernel was mended (0bdf399342c5,
// 86a7e0b69bd5, cedc019b9f26: in 6.6, and in all stable series of autumn 2023). A release that lies
// between the first part of the series and the last one says nothing.
struct StableFix {
  int major, minor, broken_below, fixed_from;
};
constexpr StableFix k_nfs_stable[] = {
    {5, 4, 257, 260}, {5, 10, 197, 200}, {5, 15, 134, 140}, {6, 1, 56, 61}, {6, 5, 6, 10}};

// Ubuntu's and Debian's names hold a number of their own (5.15.0-113-generic, 6.1.0-13-amd64), not
// the patch level.
struct PackagedFix {
  std::string_view flavour;
  int major, minor, fixed_from;
};
constexpr PackagedFix k_nfs_packaged[] = {{"-generic", 5, 4, 187},
                                          {"-generic", 5, 15, 113},
                                          {"-generic", 6, 5, 41},
                                          {"-amd64", 6, 1, 14},
                                          {"-arm64", 6, 1, 14},
                                          {"-amd64", 5, 10, 27},
                                          {"-arm64", 5, 10, 27}};

// "-553.8.1.el8_10": the numbers behind the dash.
std::vector<int> release_of(std::string_view kernel) {
  std::vector<int> numbers;
  for (const auto part :
       split(kernel.substr(std::min(kernel.find('-'), kernel.size() - 1) + 1), '.'))
    if (const int n = number_at(part, 0); n >= 0)
      numbers.push_back(n);
    else
      break;
  return numbers;
}

std::optional<bool> rhel_has_nfs_fix(const Kernel& kernel, std::string_view text) {
  const auto release = release_of(text);
  if (kernel.rhel_major == 8)
    return release >= std::vector{553, 8, 1};
  if (kernel.rhel_major == 9)
    return release >= std::vector{427, 31, 1};
  if (kernel.rhel_major > 9)
    return true;
  return std::nullopt;
}

// Nothing where the name does not tell: kernels of other vendors carry patches of their own.
std::optional<bool> has_nfs_fix(std::string_view text) {
  const auto kernel = parse_kernel(text);
  if (!kernel)
    return std::nullopt;
  if (kernel->rhel)
    return rhel_has_nfs_fix(*kernel, text);
  if (!below(*kernel, 6, 6))
    return true;
  const auto release = release_of(text);
  for (const PackagedFix& fix : k_nfs_packaged)
    if (text.ends_with(fix.flavour) && kernel->major == fix.major && kernel->minor == fix.minor &&
        !release.empty())
      return release.front() >= fix.fixed_from;
  for (const StableFix& fix : k_nfs_stable) {
    if (kernel->major != fix.major || kernel->minor != fix.minor)
      continue;
    if (kernel->patch >= fix.fixed_from)
      return true;
    if (kernel->patch > 0 && kernel->patch < fix.broken_below)
      return false;
  }
  return std::nullopt;
}

void kernel_nfs_hang(const facts::Fleet& fleet, Sink& sink) {
  const auto* volumes = fleet.raw("persistentvolumes");
  if (volumes == nullptr)
    return sink.not_applicable("the API server has no PersistentVolumes");
  bool socket_lb = false, judged = false;
  for (const auto& a : fleet.agents)
    if (a.status && a.status->socket_lb) {
      judged = true;
      socket_lb = socket_lb || *a.status->socket_lb;
    }
  if (judged && !socket_lb)
    return sink.not_applicable("the socket load balancer is off");
  std::set<std::string> cluster_ips;
  for (const auto& s : *fleet.services)
    cluster_ips.insert(s.cluster_ips.begin(), s.cluster_ips.end());
  const auto is_service = [&](const std::string& server) {
    const auto colon = facts::is_ip(server) ? std::string::npos : server.find(':');
    std::string host = server.substr(0, colon);
    while (!host.empty() && host.front() == '/')
      host.erase(0, 1);
    host = host.substr(0, host.find('/'));
    return cluster_ips.count(host) > 0 || host.ends_with(".svc") ||
           host.ends_with(".svc.cluster.local");
  };
  Finding f = sink.make("");
  const nlohmann::json empty;
  for (const auto& pv : volumes->items) {
    const auto get = [&](const char* path) {
      const auto pointer = nlohmann::json::json_pointer(path);
      return pv.contains(pointer) && pv[pointer].is_string() ? pv[pointer].get<std::string>()
                                                             : std::string();
    };
    for (const char* path : {"/spec/nfs/server",
                             "/spec/csi/volumeAttributes/server",
                             "/spec/csi/volumeAttributes/share",
                             "/spec/csi/volumeAttributes/source"}) {
      const std::string server = get(path);
      if (server.empty() || !is_service(server))
        continue;
      f.objects.push_back("PersistentVolume " + get("/metadata/name"));
      f.evidence.push_back({f.objects.back() + " " + path, server});
    }
  }
  if (f.objects.empty())
    return;
  for (const auto& node : *fleet.nodes) {
    if (!node.is_linux() || has_nfs_fix(node.kernel).value_or(true))
      continue;
    f.nodes.push_back(node.name);
    f.evidence.push_back({node.path("Node") + " .status.nodeInfo.kernelVersion", node.kernel});
  }
  if (f.nodes.empty())
    return;
  f.summary = "volumes are mounted from a Service, and the kernel of " + nodes_of(f.nodes.size()) +
              " can hang on such mounts with the socket load balancer";
  sink.add(std::move(f));
}

void kernel_nodes_differ(const facts::Fleet& fleet, Sink& sink) {
  std::map<std::string, std::vector<std::string>> by_release;
  for (const auto& node : *fleet.nodes)
    if (const auto k = parse_kernel(node.kernel); k && node.is_linux())
      by_release[std::to_string(k->major) + "." + std::to_string(k->minor)].push_back(node.name);
  if (by_release.size() < 2)
    return;
  Finding f = sink.make("");
  std::vector<std::string> parts;
  std::size_t most = 0;
  for (const auto& [release, names] : by_release)
    most = std::max(most, names.size());
  bool spared = false;
  for (const auto& [release, names] : by_release) {
    parts.push_back(release + " on " + nodes_of(names.size()));
    f.evidence.push_back({"Nodes .status.nodeInfo.kernelVersion", release + ": " + list_of(names)});
    if (names.size() == most && !spared)
      spared = true;
    else
      f.nodes.insert(f.nodes.end(), names.begin(), names.end());
  }
  // With agents that probe the same features the difference has no effect.
  std::set<std::string> routing;
  for (const auto& a : fleet.agents)
    if (a.status && !a.status->host_routing.empty())
      routing.insert(a.status->host_routing);
  f.severity = routing.size() > 1 ? Severity::warn : Severity::info;
  f.summary = "nodes run kernels of different releases: " + join(parts, ", ");
  sink.add(std::move(f));
}

}  // namespace

Checks kernel_checks() {
  return {
      {"kernel-below-minimum", {Need::nodes, Need::version}, kernel_below_minimum},
      {"kernel-missing-kpr-feature", {Need::pods}, kernel_missing_kpr_feature},
      {"kernel-nfs-smb-socketlb-hang",
       {Need::nodes, Need::services, Need::persistent_volumes},
       kernel_nfs_hang},
      {"kernel-nodes-differ", {Need::nodes}, kernel_nodes_differ},
  };
}

}  // namespace kpr::checks
