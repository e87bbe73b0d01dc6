// Settings of Cilium that fixes set: what they are called in its chart, in cilium-config and by the
// version that runs.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "facts/version.hpp"

namespace kpr::facts {

struct Fleet;

// A setting as one version takes it.
struct Setting {
  std::string helm, value;  // of the chart; `helm` is empty where this version has no such setting
  std::string key, in_config;  // of cilium-config; no key: it is written into the pods' templates
  int since = 0;               // the minor version 1.N that has it first, where this one has not
  // "helm: value" as YAML, in one line: "socketLB: {enabled: true}".
  std::string yaml() const;
};

// `helm` and `value` as the newest chart takes them ("--set helm=value"). Without a version: as the
// newest takes them.
Setting
spelled(std::string_view helm, std::string_view value, const std::optional<Version>& version);

// Whether the cluster has it: cilium-config, or the environment of the agents' containers. Nothing
// where that was not read or cannot be seen.
std::optional<bool> is_set(const Fleet& fleet, const Setting& setting);

}  // namespace kpr::facts
