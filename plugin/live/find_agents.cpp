#include "live/find_agents.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "util/encoding.hpp"
#include "util/json.hpp"
#include "util/strings.hpp"

namespace kpr::live {
namespace {

using nlohmann::json;

int number(const json& object, const char* key) {
  const json& v = at(object, key);
  return v.is_number_integer() ? v.get<int>() : 0;
}

const json& named(const json& list, std::string_view name) {
  static const json none;
  if (list.is_array())
    for (const json& item : list)
      if (text_at(item, "name") == name)
        return item;
  return none;
}

std::string last_line(std::string message) {
  std::string_view v = trim(message);
  if (const auto nl = v.rfind('\n'); nl != std::string_view::npos)
    v.remove_prefix(nl + 1);
  return escape_terminal(v.substr(0, 400));
}

// "exited with code 1 (Error): level=fatal msg=…"
std::string ended(const json& terminated) {
  std::string out = "exited with code " + std::to_string(number(terminated, "exitCode"));
  const std::string reason = text_at(terminated, "reason"),
                    message = last_line(text_at(terminated, "message"));
  if (!reason.empty() && reason != "Error" && reason != "Completed")
    out += " (" + escape_terminal(reason) + ")";
  if (!message.empty())
    out += ": " + message;
  return out;
}

// Why a container does not run; nothing when it does.
std::optional<std::string> not_running(const json& status) {
  const json& state = at(status, "state");
  if (at(state, "running").is_object())
    return std::nullopt;
  if (const json& waiting = at(state, "waiting"); waiting.is_object()) {
    std::string out = escape_terminal(
        text_at(waiting, "reason").empty() ? "waiting" : text_at(waiting, "reason"));
    if (const json& last = at(at(status, "lastState"), "terminated"); last.is_object())
      return out + ", " + ended(last);
    if (const std::string message = last_line(text_at(waiting, "message")); !message.empty())
      out += ": " + message;
    return out;
  }
  if (const json& terminated = at(state, "terminated"); terminated.is_object())
    return ended(terminated);
  return "has no state yet";
}

std::optional<std::string> why_down(const json& pod, const std::string& container) {
  const json& status = at(pod, "status");
  const std::string phase = text_at(status, "phase");
  const auto own = not_running(named(at(status, "containerStatuses"), container));
  if (!own && phase == "Running")
    return std::nullopt;
  // An init container that failed or waits is the true reason of a main container that says
  // PodInitializing.
  const json& inits = at(status, "initContainerStatuses");
  if (inits.is_array())
    for (const json& init : inits) {
      const json& done = at(at(init, "state"), "terminated");
      if (done.is_object() && number(done, "exitCode") == 0)
        continue;
      if (at(at(init, "state"), "running").is_object()) {
        if (at(init, "started") == true && at(init, "ready") == true)
          continue;  // a sidecar
        return "init container " + escape_terminal(text_at(init, "name")) + " is still running";
      }
      if (const auto why = not_running(init)) {
        if (text_at(at(at(init, "state"), "waiting"), "reason") == "PodInitializing")
          continue;
        return "init container " + escape_terminal(text_at(init, "name")) + ": " + *why;
      }
    }
  if (phase == "Failed" || phase == "Pending") {
    std::string out = "pod is " + phase;
    if (const std::string reason = text_at(status, "reason"); !reason.empty())
      out += " (" + escape_terminal(reason) + ")";
    if (own && *own != "has no state yet")
      return "container " + container + ": " + *own;
    const json& scheduled = at(status, "conditions");
    if (scheduled.is_array())
      for (const json& c : scheduled)
        if (text_at(c, "status") == "False" && !text_at(c, "message").empty())
          return out + ": " + last_line(text_at(c, "message"));
    return out;
  }
  if (own)
    return "container " + container + ": " + *own;
  return "pod is " + (phase.empty() ? std::string("in an unknown phase") : escape_terminal(phase));
}

Result<void> list_pods(kube::Client& client,
                       const std::string& ns,
                       const std::string& selector,
                       std::string_view container,
                       std::vector<AgentPod>& into) {
  const std::string path =
      ns.empty() ? "/api/v1/pods" : "/api/v1/namespaces/" + url_encode(ns) + "/pods";
  const std::size_t before = into.size();
  auto listed = client.list(
      path,
      {{"labelSelector", selector}},
      [&](json&& pod) {
        if (auto a = agent_pod(pod, container))
          into.push_back(*std::move(a));
      },
      [&] {
        into.resize(before);
      });
  if (!listed)
    return listed.error();
  return {};
}

std::string selector_text(const json& selector) {
  std::vector<std::string> parts;
  if (const json& labels = at(selector, "matchLabels"); labels.is_object())
    for (const auto& [key, value] : labels.items())
      if (value.is_string())
        parts.push_back(key + "=" + value.get<std::string>());
  return join(parts, ",");
}

// DaemonSets whose pods have the agent's container, whatever they are called.
Result<void> by_daemonsets(kube::Client& client,
                           const std::string& ns,
                           std::string_view container,
                           std::vector<AgentPod>& into) {
  std::vector<std::pair<std::string, std::string>> selectors;  // namespace, selector
  const std::string path = ns.empty()
                               ? "/apis/apps/v1/daemonsets"
                               : "/apis/apps/v1/namespaces/" + url_encode(ns) + "/daemonsets";
  auto listed = client.list(
      path,
      {},
      [&](json&& ds) {
        const json& spec = at(ds, "spec");
        if (!named(at(at(at(spec, "template"), "spec"), "containers"), container).is_object())
          return;
        if (std::string s = selector_text(at(spec, "selector")); !s.empty())
          selectors.emplace_back(text_at(at(ds, "metadata"), "namespace"), std::move(s));
      },
      [&] {
        selectors.clear();
      });
  if (!listed)
    return listed.error();
  for (const auto& [namespace_name, selector] : selectors)
    KPR_TRY(list_pods(client, namespace_name, selector, container, into));
  return {};
}

}  // namespace

std::optional<AgentPod> agent_pod(const json& pod, std::string_view container) {
  const json& spec = at(pod, "spec");
  if (!named(at(spec, "containers"), container).is_object())
    return std::nullopt;
  const json& meta = at(pod, "metadata");
  AgentPod a{text_at(meta, "namespace"),
             text_at(meta, "name"),
             text_at(spec, "nodeName"),
             std::string(container),
             std::nullopt,
             text_at(meta, "creationTimestamp")};
  if (a.name.empty())
    return std::nullopt;
  // kubelet's rejections that a newer pod has superseded, and pods on their way out, only count
  // when nothing better is on the node.
  a.down = why_down(pod, a.container);
  if (!text_at(meta, "deletionTimestamp").empty() && !a.down)
    a.down = "pod is being deleted";
  return a;
}

Result<Found>
find_agents(kube::Client& client, const ClusterOptions& options, const std::string& wanted_ns) {
  Found found;
  const std::string container = options.container.empty() ? "cilium-agent" : options.container;
  std::vector<std::string> selectors{"k8s-app=cilium", "app.kubernetes.io/name=cilium-agent"};
  if (!options.agent_selector.empty())
    selectors = {options.agent_selector};
  std::vector<std::string> namespaces{wanted_ns};  // "" is all
  std::vector<AgentPod> pods;
  std::optional<Error> refused;
  for (std::size_t i = 0; i < namespaces.size() && pods.empty(); ++i) {
    const std::string ns = namespaces[i];
    for (const auto& selector : selectors) {
      if (auto listed = list_pods(client, ns, selector, container, pods); !listed) {
        if (listed.error().kind != ErrorKind::forbidden)
          return listed.error();
        if (!refused)
          refused = listed.error();
        if (ns.empty()) {
          namespaces.insert(namespaces.end(), {"kube-system", "cilium"});
          found.notes.emplace_back("no right to list pods in all namespaces: looking for Cilium in "
                                   "kube-system and cilium only (-n names another)");
        }
        break;
      }
      if (!pods.empty())
        break;
    }
    if (pods.empty() && options.agent_selector.empty()) {
      auto listed = by_daemonsets(client, ns, container, pods);
      if (!listed && listed.error().kind == ErrorKind::forbidden && !refused && pods.empty())
        found.notes.push_back("agents under labels of their own could not be looked for: " +
                              listed.error().message);
      else if (!listed && listed.error().kind != ErrorKind::forbidden &&
               listed.error().kind != ErrorKind::not_found)
        return listed.error();
    }
  }
  if (pods.empty() && refused)
    return *refused;
  std::map<std::string, std::size_t> per_namespace;
  for (const auto& p : pods)
    ++per_namespace[p.ns];
  for (const auto& [ns, n] : per_namespace)
    if (found.ns.empty() || n > per_namespace[found.ns])
      found.ns = ns;
  if (per_namespace.size() > 1)
    found.notes.push_back("agents were found in " + count_of(per_namespace.size(), "namespace") +
                          "; most of them in " + found.ns);
  for (auto& p : pods) {
    if (p.node.empty()) {
      found.homeless.push_back(std::move(p));
      continue;
    }
    auto [it, fresh] = found.by_node.try_emplace(p.node, p);
    if (fresh)
      continue;
    const bool better =
        (it->second.down && !p.down) ||
        (it->second.down.has_value() == p.down.has_value() && p.created > it->second.created);
    if (better)
      it->second = std::move(p);
  }
  return found;
}

Result<NodeNames> list_nodes(kube::Client& client, const ClusterOptions& options) {
  NodeNames out;
  std::size_t windows = 0;
  auto listed = client.list(
      "/api/v1/nodes",
      {{"labelSelector", options.selector}, {"fieldSelector", options.field_selector}},
      [&](json&& node) {
        const json& meta = at(node, "metadata");
        if (text_at(at(meta, "labels"), "kubernetes.io/os") == "windows")
          ++windows;
        else if (std::string name = text_at(meta, "name"); !name.empty())
          out.names.push_back(std::move(name));
      },
      [&] {
        out.names.clear(), windows = 0;
      },
      true);
  if (!listed) {
    if (listed.error().kind != ErrorKind::forbidden || !options.selector.empty() ||
        !options.field_selector.empty())
      return listed.error();
    out.unknown = listed.error().message;
    out.notes.push_back("no right to list nodes: nodes without an agent cannot be told. " +
                        listed.error().message);
  }
  if (windows)
    out.notes.push_back(count_of(windows, "Windows node") + " left out: Cilium does not run there");
  return out;
}

}  // namespace kpr::live
