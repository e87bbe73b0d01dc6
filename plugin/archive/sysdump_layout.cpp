#include "archive/sysdump_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "archive/sysdump_reader.hpp"

namespace kpr::archive {
namespace {

// bugtool's file for each command, without "cilium-"/"cilium-dbg-" and ".md".
struct CommandFile {
  std::string_view stem;
  std::string_view name;
  bool agent_binary;
};
constexpr CommandFile k_command_files[] = {
    {"status---verbose", "status-verbose", true},
    {"service-list", "service-list", true},
    {"service-list--o-json", "service-list-json", true},
    {"bpf-lb-list", "bpf-lb-list", true},
    {"config--a", "config-all", true},
    {"config", "config-all", true},
    {"metrics-list", "metrics", true},
    {"lrp-list", "lrp-list", true},
    {"version", "version", true},
    {"health-status--o-json", "health-json", true},
    {"hostname", "hostname", false},
    {"uname--a", "uname", false},
    {"ip-a", "ip-a", false},
    {"ip--d-rule", "ip-rule", false},
    {"ip-rule", "ip-rule", false},
    {"iptables-save--c", "iptables-save", false},
    {"iptables-nft-save--c", "iptables-nft-save", false},
    {"iptables-legacy-save--c", "iptables-legacy-save", false},
    {"ip6tables-save--c", "ip6tables-save", false},
    {"ip6tables-nft-save--c", "ip6tables-nft-save", false},
    {"ip6tables-legacy-save--c", "ip6tables-legacy-save", false},
    {"bpftool-net-show", "bpftool-net", false},
    {"sysctl--a", "sysctl", false},
};

}  // namespace

std::string command_of(std::string_view name) {
  if (!name.ends_with(".md"))
    return {};
  name.remove_suffix(3);
  if (name.starts_with("kpr-"))
    return std::string(name.substr(4));  // written by `collect` where bugtool has no such file
  bool binary = false;
  for (const std::string_view prefix :
       {std::string_view("cilium-dbg-"), std::string_view("cilium-")}) {
    if (name.starts_with(prefix)) {
      name.remove_prefix(prefix.size());
      binary = true;
      break;
    }
  }
  for (const CommandFile& file : k_command_files) {
    if (file.stem == name && file.agent_binary == binary)
      return std::string(file.name);
  }
  if (!binary && name.starts_with("bpftool-cgroup-tree-"))
    return "bpftool-cgroup";
  return {};
}

std::string without_stamp(std::string_view name) {
  const std::size_t n = name.size();
  if (n > 16 && name[n - 16] == '-' && name[n - 7] == '-') {
    const std::string_view digits = name.substr(n - 15);
    if (std::all_of(digits.begin(), digits.end(), [](char c) {
          return (c >= '0' && c <= '9') || c == '-';
        }))
      return std::string(name.substr(0, n - 16));
  }
  return std::string(name);
}

std::string resource_of(std::string_view name) {
  std::string_view stem = name;
  if (stem.ends_with(".yaml") || stem.ends_with(".json"))
    stem = stem.substr(0, stem.rfind('.'));
  else
    return {};
  const std::string base = without_stamp(stem);
  constexpr std::pair<std::string_view, std::string_view> k_files[] = {
      {"k8s-nodes", "nodes"},
      {"k8s-pods", "pods"},
      {"k8s-services", "services"},
      {"k8s-endpoints", "endpoints"},
      {"k8s-endpointslices", "endpointslices"},
      {"k8s-events", "events"},
      {"k8s-namespaces", "namespaces"},
      {"k8s-leases", "leases"},
      {"cilium-configmap", "configmaps"},
      {"cilium-config-configmap", "configmaps"},
      {"cilium-daemonset", "daemonsets"},
      {"cilium-envoy-daemonset", "daemonsets"},
      {"cilium-node-init-daemonset", "daemonsets"},
      {"cilium-operator-deployment", "deployments"},
      {"hubble-relay-deployment", "deployments"},
      {"ciliumnodes", "ciliumnodes"},
      {"ciliumnodeconfigs", "ciliumnodeconfigs"},
      {"ciliumendpoints", "ciliumendpoints"},
      {"ciliumlocalredirectpolicies", "ciliumlocalredirectpolicies"},
      {"ciliuml2announcementpolicies", "ciliuml2announcementpolicies"},
      {"ciliumloadbalancerippools", "ciliumloadbalancerippools"},
      {"cilium-helm-values", "helm-values"},
      {"cilium-helm-metadata", "helm-metadata"},
  };
  for (const auto& [file, resource] : k_files) {
    if (base == file)
      return std::string(resource);
  }
  // `collect` writes more lists than cilium does, all under their plural.
  if (base.starts_with("k8s-") && base != "k8s-metrics" && base != "k8s-networkpolicies" &&
      base.find_first_not_of("abcdefghijklmnopqrstuvwxyz", 4) == std::string::npos)
    return base.substr(4);
  return {};
}

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::optional<std::string> bugtool_pod(std::string_view path) {
  const std::size_t cmd = path.rfind("/cmd/");
  std::string_view folder =
      cmd == std::string_view::npos ? std::string_view{} : path.substr(0, cmd);
  if (cmd == std::string_view::npos && !path.starts_with("cmd/"))
    return std::nullopt;
  folder = base_name(folder);
  constexpr std::string_view k_prefix = "cilium-bugtool-";
  if (!folder.starts_with(k_prefix))
    return std::string();
  return without_stamp(folder.substr(k_prefix.size()));
}

std::string bugtool_file_of(std::string_view command) {
  for (const CommandFile& file : k_command_files) {
    if (file.name != command)
      continue;
    const bool health = file.stem.starts_with("health-");
    return fmt::format("{}{}.md",
                       !file.agent_binary ? ""
                       : health           ? "cilium-"
                                          : "cilium-dbg-",
                       file.stem);
  }
  return command == "bpftool-cgroup" ? "bpftool-cgroup-tree-.md"
                                     : fmt::format("kpr-{}.md", command);
}

}  // namespace kpr::archive
