// Which values stay where the keys are anybody's: annotations, environment variables, arguments,
// data of ConfigMaps, values of Helm. Every one of these lists says what stays; the rest goes, or
// leaves its key with k_left_out. Doing it twice changes nothing.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace kpr::evidence {

inline constexpr std::string_view k_left_out = "<redacted>";

// The ones that checks read and that tell who manages Cilium. Lists of arguments (k3s.io/node-args)
// are cut to known ones.
void keep_annotations(nlohmann::json& annotations);

// A container of a pod or template: of programs that have a part in how Services are served
// (Cilium's own, kube-proxy, other CNIs, cloud controllers, …) the known arguments and variables;
// of others neither.
void keep_container(nlohmann::json& container);

// cilium-config: values of Cilium's settings; kubeadm's, kube-proxy's and cluster-info's: the known
// lines of their YAML; the Talos inventory: its keys. Of others nothing but that they are there.
void keep_config_map(nlohmann::json& object);

// The values of Cilium's settings, of cilium-config or a CiliumNodeConfig.
void keep_settings(nlohmann::json& data);

// What the user gave to Helm: all keys, since a lost one is a finding, and the values of those that
// have to do with Services, addresses and the network.
void keep_helm_values(nlohmann::json& values);

// A command's output in which each line is a setting of its own: those that have to do with the
// network.
std::string keep_lines(std::string_view command, std::string&& output);

}  // namespace kpr::evidence
