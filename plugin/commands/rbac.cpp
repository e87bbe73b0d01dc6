#include "commands/rbac.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "evidence/commands.hpp"
#include "report/render.hpp"
#include "util/strings.hpp"

namespace kpr::commands {
namespace {

using Json = nlohmann::ordered_json;

struct Resource {
  std::string_view plural, group;
  bool in_cilium_namespace;
  std::string_view purpose;
};

// What is read of each resource. Everything else than nodes and pods is optional: its checks are
// skipped and said so.
constexpr Resource k_resources[] = {
    {"nodes", "", false, "which nodes there are, their kernel, addresses, conditions and taints"},
    {"pods", "", false, "the agents and where they run; stuck workloads; kube-proxy"},
    {"daemonsets",
     "apps",
     false,
     "agents whose pods carry labels of their own; Cilium's rollout; kube-proxy"},
    {"deployments", "apps", false, "the Cilium operator"},
    {"services", "", false, "what the agents should have programmed"},
    {"endpointslices",
     "discovery.k8s.io",
     false,
     "the API server's addresses, backends of Services"},
    {"events", "", false, "image pulls, sandbox failures"},
    {"namespaces", "", false, "which of them a service mesh works in (names and labels only)"},
    {"configmaps",
     "",
     false,
     "cilium-config; what kubeadm and kube-proxy left; the API server's address"},
    {"secrets", "", true, "helm's release records (type helm.sh/release.v1) and nothing else"},
    {"ciliumnodes", "cilium.io", false, "addresses and pod networks of the nodes"},
    {"ciliumnodeconfigs", "cilium.io", false, "settings of single nodes"},
    {"ciliumendpoints", "cilium.io", false, "which pods Cilium manages (names only)"},
    {"ciliumlocalredirectpolicies", "cilium.io", false, "local redirects"},
    {"ciliuml2announcementpolicies", "cilium.io", false, "who answers for addresses of Services"},
    {"ciliumloadbalancerippools", "cilium.io", false, "addresses for LoadBalancer Services"},
    {"leases", "coordination.k8s.io", false, "which node answers for them (names only)"},
    {"persistentvolumes", "", false, "NFS and SMB volumes behind Services"},
    {"ciliumconfigs", "cilium.io", false, "whether an operator manages Cilium (names only)"},
    {"helmcharts", "helm.cattle.io", false, "whether k3s or RKE2 manages Cilium, without values"},
    {"helmchartconfigs", "helm.cattle.io", false, "whether values are added there"},
    {"helmreleases",
     "helm.toolkit.fluxcd.io",
     false,
     "whether Flux manages Cilium, without values"},
    {"applications",
     "argoproj.io",
     false,
     "whether Argo CD manages Cilium (names and labels only)"},
    {"charts", "helm.k0sproject.io", false, "whether k0s manages Cilium, without values"},
};

std::string yaml_text(std::string_view text) {
  std::string out = report::render_yaml(Json(std::string(text)));
  out.pop_back();
  return out;
}

Json rule(const RightNeeded& right) {
  Json out{{"apiGroups", {right.group}}, {"resources", {right.resource}}};
  if (!right.names.empty())
    out["resourceNames"] = right.names;
  out["verbs"] = right.verbs;
  return out;
}

}  // namespace

Result<std::vector<RightNeeded>> rights_of(std::string_view subcommand) {
  if (subcommand != "status" && subcommand != "doctor" && subcommand != "collect") {
    return Error{ErrorKind::usage,
                 fmt::format("rights are printed for status, doctor and collect, not for \"{}\"",
                             subcommand),
                 ""};
  }
  std::vector<RightNeeded> rights;
  const std::vector<std::string> wanted = evidence::resources_of(subcommand);
  for (const Resource& resource : k_resources) {
    const bool always = resource.plural == "nodes" || resource.plural == "pods";
    const bool finds_agents =
        resource.plural == "daemonsets";  // asked for when no pod has one of the known labels
    if (!always && !finds_agents &&
        std::find(wanted.begin(), wanted.end(), resource.plural) == wanted.end())
      continue;
    RightNeeded right{{"list"},
                      std::string(resource.group),
                      std::string(resource.plural),
                      resource.in_cilium_namespace,
                      !always,
                      std::string(resource.purpose),
                      {}};
    if (resource.plural == "configmaps") {
      right.verbs = {"get"};
      right.names = evidence::config_maps();
    }
    rights.push_back(std::move(right));
  }
  if (std::find(wanted.begin(), wanted.end(), "logs") != wanted.end()) {
    rights.push_back({{"get"},
                      "",
                      "pods/log",
                      true,
                      true,
                      "the last lines of a container that does not run",
                      {}});
  }
  std::string commands;
  for (const std::string& name : evidence::commands_of(subcommand)) {
    if (const evidence::Command* command = evidence::find_command(name))
      commands += (commands.empty() ? "" : "; ") + std::string(command->argv);
  }
  if (subcommand != "status")
    commands += "; with --probe-network also: " +
                std::string(evidence::find_command(evidence::k_network_probe)->argv);
  rights.push_back({{"get", "create"},
                    "",
                    "pods/exec",
                    true,
                    false,
                    "runs in each agent, and nothing else: " + commands +
                        ". Whoever has it is root on every node",
                    {}});
  return rights;
}

Json rbac_document(std::string_view subcommand,
                   const std::vector<RightNeeded>& rights,
                   std::string_view cilium_namespace) {
  const std::string name = fmt::format("kubectl-kpr-{}", subcommand);
  const Json subjects = Json::array(
      {Json{{"kind", "User"}, {"name", "REPLACE-ME"}, {"apiGroup", "rbac.authorization.k8s.io"}}});
  Json cluster_rules = Json::array();
  Json namespace_rules = Json::array();
  for (const RightNeeded& right : rights)
    (right.in_cilium_namespace ? namespace_rules : cluster_rules).push_back(rule(right));
  const auto meta = [&](bool namespaced) {
    Json out{{"name", name}};
    if (namespaced)
      out["namespace"] = std::string(cilium_namespace);
    return out;
  };
  const std::string api = "rbac.authorization.k8s.io/v1";
  Json items = Json::array();
  items.push_back(Json{{"apiVersion", api},
                       {"kind", "ClusterRole"},
                       {"metadata", meta(false)},
                       {"rules", cluster_rules}});
  items.push_back(Json{
      {"apiVersion", api}, {"kind", "Role"}, {"metadata", meta(true)}, {"rules", namespace_rules}});
  items.push_back(
      Json{{"apiVersion", api},
           {"kind", "ClusterRoleBinding"},
           {"metadata", meta(false)},
           {"subjects", subjects},
           {"roleRef",
            {{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "ClusterRole"}, {"name", name}}}});
  items.push_back(Json{
      {"apiVersion", api},
      {"kind", "RoleBinding"},
      {"metadata", meta(true)},
      {"subjects", subjects},
      {"roleRef", {{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "Role"}, {"name", name}}}});
  return Json{{"apiVersion", "v1"}, {"kind", "List"}, {"items", std::move(items)}};
}

std::string rbac_yaml(std::string_view subcommand,
                      const std::vector<RightNeeded>& rights,
                      std::string_view cilium_namespace) {
  std::string out = fmt::format("# The least rights of `kubectl kpr {}`. Replace REPLACE-ME by "
                                "your user, or use a Group or ServiceAccount.\n",
                                subcommand);
  const Json document = rbac_document(subcommand, rights, cilium_namespace);
  for (const Json& item : document["items"]) {
    out += "---\n";
    if (!item.contains("rules")) {
      out += report::render_yaml(item);
      continue;
    }
    Json head = item;
    head.erase("rules");
    out += report::render_yaml(head) + "rules:\n";
    const bool namespaced = item["kind"] == "Role";
    for (const RightNeeded& right : rights) {
      if (right.in_cilium_namespace != namespaced)
        continue;
      out += fmt::format("# {}{}\n- apiGroups: [{}]\n  resources: [{}]\n{}  verbs: [{}]\n",
                         right.purpose,
                         right.optional ? " (optional)" : "",
                         right.group.empty() ? "\"\"" : yaml_text(right.group),
                         yaml_text(right.resource),
                         right.names.empty()
                             ? ""
                             : fmt::format("  resourceNames: [{}]\n", fmt::join(right.names, ", ")),
                         fmt::join(right.verbs, ", "));
    }
  }
  return out;
}

}  // namespace kpr::commands
