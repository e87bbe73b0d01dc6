// `kubectl kpr rbac`: the least rights a subcommand needs, and what each is for.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "report/report.hpp"
#include "util/result.hpp"

namespace kpr::commands {

struct RightNeeded {
  std::vector<std::string> verbs;
  std::string group;                 // "" for core
  std::string resource;              // "pods", "pods/exec"
  bool in_cilium_namespace = false;  // a Role there; else a ClusterRole
  bool optional =
      false;  // without it something is skipped; with the others the subcommand still runs
  std::string purpose;
  std::vector<std::string>
      names;  // resourceNames: nothing else of that resource is read; empty for all
};

// Of status, doctor or collect; an Error (usage) for another word.
Result<std::vector<RightNeeded>> rights_of(std::string_view subcommand);

// ClusterRole, Role and their bindings as YAML with a comment for each rule, or as one JSON List.
// The subject is left to the reader: a placeholder user that RBAC accepts and nobody is.
std::string rbac_yaml(std::string_view subcommand,
                      const std::vector<RightNeeded>& rights,
                      std::string_view cilium_namespace);
nlohmann::ordered_json rbac_document(std::string_view subcommand,
                                     const std::vector<RightNeeded>& rights,
                                     std::string_view cilium_namespace);

}  // namespace kpr::commands
