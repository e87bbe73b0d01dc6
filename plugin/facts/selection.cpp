#include "facts/selection.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "facts/objects.hpp"
#include "util/strings.hpp"

namespace kpr::facts {
namespace {

std::optional<long long> number(const std::string& text) {
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

bool compares(const Requirement& r, const std::string& label) {
  const auto left = number(label);
  const auto right = r.values.empty() ? std::nullopt : number(r.values.front());
  if (!left || !right)
    return false;
  return r.op == "Gt" ? *left > *right : *left < *right;
}

bool met(const Requirement& r, const Labels& labels) {
  const auto label = labels.find(r.key);
  const bool there = label != labels.end();
  const bool listed =
      there && std::find(r.values.begin(), r.values.end(), label->second) != r.values.end();
  if (r.op == "In")
    return listed;
  if (r.op == "NotIn")
    return !listed;
  if (r.op == "Exists")
    return there;
  if (r.op == "DoesNotExist")
    return !there;
  return there && compares(r, label->second);
}

std::string words_of(const Requirement& r) {
  if (r.op == "In" && r.values.size() == 1)
    return r.key + "=" + r.values.front();
  return r.key + " " + r.op + (r.values.empty() ? "" : " (" + join(r.values, ", ") + ")");
}

std::string words_of(const Selector& selector) {
  std::vector<std::string> parts;
  for (const auto& r : selector.requirements)
    parts.push_back(words_of(r));
  return "{" + join(parts, ", ") + "}";
}

std::string words_of(const Taint& taint) {
  return taint.key + (taint.value.empty() ? "" : "=" + taint.value) + ":" + taint.effect;
}

// What the DaemonSet controller adds to its pods (concepts/workloads/controllers/daemonset,
// "Taints and tolerations").
constexpr std::array<std::string_view, 7> k_daemons_tolerate = {
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/pid-pressure",
    "node.kubernetes.io/unschedulable",
    "node.kubernetes.io/network-unavailable"};

bool daemons_tolerate(const Taint& taint) {
  return taint.effect == "PreferNoSchedule" ||
         std::find(k_daemons_tolerate.begin(), k_daemons_tolerate.end(), taint.key) !=
             k_daemons_tolerate.end();
}

// A value of "" stands for any.
struct VirtualSign {
  std::string_view key, value;
};
constexpr VirtualSign k_virtual_labels[] = {
    {"type", "virtual-kubelet"},
    {"eks.amazonaws.com/compute-type", "fargate"},
    {"node.kubernetes.io/instance-type", "eklet"},  // Tencent's super nodes
    {"liqo.io/type", "virtual-node"},               // Liqo
    {"alpha.service-controller.kubernetes.io/exclude-balancer", "virtual"},
};
constexpr std::string_view k_virtual_taints[] = {"virtual-kubelet.io/provider",
                                                 "eks.amazonaws.com/compute-type",
                                                 "eks.tke.cloud.tencent.com/eklet",
                                                 "virtual-node.liqo.io/not-allowed"};

bool labelled(const Node& node, const VirtualSign& sign) {
  const auto label = node.labels.find(std::string(sign.key));
  return label != node.labels.end() && (sign.value.empty() || label->second == sign.value);
}

}  // namespace

bool Selector::selects(const Labels& labels) const {
  return std::all_of(requirements.begin(), requirements.end(), [&](const Requirement& r) {
    return met(r, labels);
  });
}

bool Toleration::tolerates(const Taint& taint) const {
  if (!effect.empty() && effect != taint.effect)
    return false;
  if (key.empty())
    return op == "Exists";
  return key == taint.key && (op == "Exists" || value == taint.value);
}

std::string Placement::excludes(const Node& node) const {
  if (!node_selector.selects(node.labels))
    return "its nodeSelector " + words_of(node_selector) + " does not match";
  Labels with_fields = node.labels;  // matchFields knows one field
  with_fields["metadata.name"] = node.name;
  const auto matches = [&](const Selector& term) {
    return term.selects(with_fields);
  };
  if (!node_affinity.empty() && std::none_of(node_affinity.begin(), node_affinity.end(), matches))
    return "its node affinity " + words_of(node_affinity.front()) + " does not match";
  for (const Taint& taint : node.taints) {
    const auto tolerated = [&](const Toleration& t) {
      return t.tolerates(taint);
    };
    if (!daemons_tolerate(taint) && std::none_of(tolerations.begin(), tolerations.end(), tolerated))
      return "it does not tolerate the taint " + words_of(taint);
  }
  return {};
}

bool is_virtual(const Node& node) {
  const bool by_label = std::any_of(
      std::begin(k_virtual_labels), std::end(k_virtual_labels), [&](const VirtualSign& sign) {
        return labelled(node, sign);
      });
  return by_label || std::any_of(node.taints.begin(), node.taints.end(), [](const Taint& taint) {
           return std::find(std::begin(k_virtual_taints), std::end(k_virtual_taints), taint.key) !=
                  std::end(k_virtual_taints);
         });
}

}  // namespace kpr::facts
