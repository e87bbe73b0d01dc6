// Selectors of Kubernetes, and on which nodes a workload's pods may stand.
#pragma once
#include <map>
#include <string>
#include <vector>

namespace kpr::facts {

using Labels = std::map<std::string, std::string>;
struct Node;
struct Taint;

// One line of matchExpressions; matchLabels are In with one value.
struct Requirement {
  std::string key, op;  // op: In, NotIn, Exists, DoesNotExist, Gt, Lt
  std::vector<std::string> values;
};

// Selects what meets all of them; an empty one selects everything
// (apimachinery/pkg/apis/meta/v1, LabelSelector).
struct Selector {
  std::vector<Requirement> requirements;
  bool selects(const Labels& labels) const;
};

struct Toleration {
  std::string key, op, value, effect;  // empty key with Exists tolerates every taint
  bool tolerates(const Taint& taint) const;
};

// What of a pod's spec says where it may stand.
struct Placement {
  Selector node_selector;
  std::vector<Selector>
      node_affinity;  // required terms, one of which has to hold; empty: none asked
  std::vector<Toleration> tolerations;

  // Why pods of a DaemonSet with it do not stand on this node, in words: "its nodeSelector
  // {role=gpu} does not match", "taint dedicated=db:NoSchedule". Empty where they do.
  std::string excludes(const Node& node) const;
};

// Nodes that no kubelet of their own stands behind (virtual-kubelet and what is built on it,
// Fargate): no DaemonSet's pod runs there.
bool is_virtual(const Node& node);

}  // namespace kpr::facts
