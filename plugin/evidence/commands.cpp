#include "evidence/commands.hpp"

#include <algorithm>
#include <array>

namespace kpr::evidence {
namespace {

constexpr std::size_t mib = 1u << 20;

constexpr std::array k_commands{
    Command{"status-verbose",
            "cilium-dbg status --verbose",
            "",
            8 * mib,
            15,
            "the agent's state, and all details of its kube-proxy replacement"},
    Command{"status-json",
            "cilium-dbg status -o json",
            "",
            8 * mib,
            15,
            "the same as JSON, where the text leaves something out"},
    Command{"health-json",
            "cilium-health status -o json",
            "",
            8 * mib,
            10,
            "which nodes this one reaches"},
    Command{"service-list",
            "cilium-dbg service list",
            "",
            16 * mib,
            15,
            "Services and backends as the agent knows them"},
    Command{"service-list-json",
            "cilium-dbg service list -o json",
            "",
            32 * mib,
            15,
            "the same as JSON"},
    Command{"bpf-lb-list",
            "cilium-dbg bpf lb list",
            "",
            16 * mib,
            15,
            "Services and backends as the datapath has them"},
    Command{"bpf-lb-count",
            "cilium-dbg bpf lb list",
            "",
            16 * mib,
            15,
            "how many entries the datapath has for Services and backends",
            true},
    Command{
        "bpf-lb-list-json", "cilium-dbg bpf lb list -o json", "", 16 * mib, 15, "the same as JSON"},
    Command{"config-all",
            "cilium-dbg config --all",
            "",
            1 * mib,
            10,
            "the configuration that the running agent uses"},
    Command{"version", "cilium-dbg version", "", 64u << 10, 5, "client and daemon version"},
    Command{"hostname", "hostname", "", 64u << 10, 5, "the node's own name"},
    Command{"uname", "uname -a", "", 64u << 10, 5, "the kernel's version"},
    Command{"ip-a", "ip a", "", 8 * mib, 10, "devices and addresses of the node"},
    Command{"ip-rule", "ip rule", "", 1 * mib, 10, "which ways out the node has for its pods"},
    Command{
        "iptables-save", "iptables-save", "", 16 * mib, 10, "rules that kube-proxy may have left"},
    Command{"iptables-nft-save",
            "iptables-nft-save",
            "",
            16 * mib,
            10,
            "rules that kube-proxy may have left (nf_tables)"},
    Command{"iptables-legacy-save",
            "iptables-legacy-save",
            "",
            16 * mib,
            10,
            "rules that kube-proxy may have left (legacy)"},
    Command{"ip6tables-save",
            "ip6tables-save",
            "",
            16 * mib,
            10,
            "rules that kube-proxy may have left, IPv6"},
    Command{"ip6tables-nft-save",
            "ip6tables-nft-save",
            "",
            16 * mib,
            10,
            "rules that kube-proxy may have left, IPv6 (nf_tables)"},
    Command{"ip6tables-legacy-save",
            "ip6tables-legacy-save",
            "",
            16 * mib,
            10,
            "rules that kube-proxy may have left, IPv6 (legacy)"},
    Command{"nft-tables",
            "nft list tables",
            "",
            1 * mib,
            10,
            "tables that kube-proxy may have left (nftables)"},
    Command{"metrics", "cilium-dbg metrics list", "", 8 * mib, 15, "counters of the agent"},
    Command{"bpftool-net",
            "bpftool net show",
            "",
            4 * mib,
            10,
            "which BPF programs are attached to devices"},
    Command{"bpftool-cgroup",
            "bpftool cgroup tree /run/cilium/cgroupv2",
            "",
            4 * mib,
            10,
            "which BPF programs the socket load balancer has attached"},
    Command{"sysctl", "sysctl -a", "", 4 * mib, 10, "kernel settings: rp_filter, port range"},
    Command{"db-frontends",
            "cilium-dbg shell -- db/show frontends",
            "1.17",
            16 * mib,
            15,
            "frontends in the agent's state database"},
    // Opens a connection to the kubernetes Service's own address and closes it; the variables are
    // the kubelet's, which no chart overrides.
    Command{k_network_probe,
            "bash -c "
            "'echo${IFS}$KUBERNETES_PORT_443_TCP_ADDR:$KUBERNETES_PORT_443_TCP_PORT;:</dev/tcp/"
            "$KUBERNETES_PORT_443_TCP_ADDR/$KUBERNETES_PORT_443_TCP_PORT'",
            "",
            64u << 10,
            5,
            "whether a host reaches the kubernetes Service (--probe-network only)"},
    Command{"lrp-list", "cilium-dbg lrp list", "1.10", 4 * mib, 10, "local redirect policies"},
};

}  // namespace

std::span<const Command> agent_commands() {
  return k_commands;
}

const Command* find_command(std::string_view name) {
  const auto it = std::find_if(k_commands.begin(), k_commands.end(), [name](const Command& c) {
    return c.name == name;
  });
  return it == k_commands.end() ? nullptr : &*it;
}

std::vector<std::string> commands_of(std::string_view subcommand) {
  if (subcommand == "status")
    return {"status-verbose"};
  if (subcommand == "doctor")
    return {"status-verbose",
            "service-list",
            "bpf-lb-list",
            "config-all",
            "uname",
            "ip-a",
            "iptables-nft-save",
            "iptables-legacy-save",
            "ip6tables-nft-save",
            "ip6tables-legacy-save",
            "nft-tables",
            "metrics",
            "bpftool-cgroup",
            "bpftool-net",
            "ip-rule",
            "lrp-list"};
  if (subcommand == "collect") {
    // What doctor asks, and outputs that people read and no fact or check is made of: a live doctor
    // and one of the archive have to say the same.
    std::vector<std::string> all = commands_of("doctor");
    std::replace(all.begin(),
                 all.end(),
                 std::string("bpf-lb-count"),
                 std::string("bpf-lb-list"));  // the same to doctor, and a file that people know
    for (const char* name : {"hostname", "sysctl", "db-frontends"})
      all.emplace_back(name);
    return all;
  }
  return {};
}

std::vector<std::string> config_maps() {
  return {"cilium-config",
          "kube-proxy",
          "kubeadm-config",
          "cluster-info",  // of kube-public: the address of the API server
          "talos-bootstrap-manifests-inventory",
          "shoot-info"};
}

std::vector<std::string> resources_of(std::string_view subcommand) {
  if (subcommand == "doctor" || subcommand == "collect")
    return {"nodes",
            "pods",
            "services",
            "endpointslices",
            "configmaps",
            "daemonsets",
            "deployments",
            "ciliumnodes",
            "ciliumnodeconfigs",
            "ciliumendpoints",
            "ciliumlocalredirectpolicies",
            "ciliuml2announcementpolicies",
            "ciliumloadbalancerippools",
            "leases",
            "namespaces",
            "persistentvolumes",
            "events",
            "secrets",
            "ciliumconfigs",
            "helmcharts",
            "helmchartconfigs",
            "helmreleases",
            "applications",
            "charts",
            "logs"};
  return {};
}

}  // namespace kpr::evidence
