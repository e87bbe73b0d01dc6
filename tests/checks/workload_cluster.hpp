// A small healthy cluster as evidence, to be broken by tests: three Linux nodes, Cilium 1.18 with
// its operator, two application pods.
#pragma once
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "evidence/evidence.hpp"
#include "facts/fleet.hpp"

namespace kpr::test::workloads {

using Json = nlohmann::json;

inline const char* const kNow = "2026-03-01T12:00:00Z";

// "12:00:00 minus N seconds" of that day, or of a day before.
inline std::string at(long long seconds_ago) {
  return format_rfc3339(*parse_rfc3339(kNow) - std::chrono::seconds(seconds_ago));
}

struct Cluster {
  Json nodes = Json::array(), pods = Json::array(), events = Json::array(),
       daemonsets = Json::array(), deployments = Json::array(), services = Json::array(),
       configmaps = Json::array(), secrets = Json::array(), ciliumendpoints = Json::array(),
       ciliumnodes = Json::array();
  std::map<std::string, Json> status;  // by node: `status -o json`
  std::vector<std::string> missing;    // resources that could not be read

  Cluster() {
    for (const char* name : {"n1", "n2", "n3"})
      add_node(name);
    daemonsets.push_back({{"metadata",
                           meta("kube-system",
                                "cilium",
                                864000,
                                {{"k8s-app", "cilium"}, {"app.kubernetes.io/managed-by", "Helm"}})},
                          {"spec",
                           {{"selector", {{"matchLabels", {{"k8s-app", "cilium"}}}}},
                            {"template",
                             {{"metadata", {{"labels", {{"k8s-app", "cilium"}}}}},
                              {"spec",
                               {{"hostNetwork", true},
                                {"nodeSelector", {{"kubernetes.io/os", "linux"}}},
                                {"containers",
                                 Json::array({{{"name", "cilium-agent"},
                                               {"image", "quay.io/cilium/cilium:v1.18.4"}}})}}}}}}},
                          {"status",
                           {{"desiredNumberScheduled", 3},
                            {"currentNumberScheduled", 3},
                            {"numberReady", 3},
                            {"numberAvailable", 3},
                            {"updatedNumberScheduled", 3}}}});
    deployments.push_back(
        {{"metadata",
          meta("kube-system",
               "cilium-operator",
               864000,
               {{"io.cilium/app", "operator"}, {"name", "cilium-operator"}})},
         {"spec",
          {{"replicas", 1},
           {"template",
            {{"spec",
              {{"containers",
                Json::array({{{"name", "cilium-operator"},
                              {"image", "quay.io/cilium/operator-generic:v1.18.4"}}})}}}}}}},
         {"status",
          {{"replicas", 1},
           {"readyReplicas", 1},
           {"availableReplicas", 1},
           {"updatedReplicas", 1}}}});
    auto& op = add_pod("kube-system",
                       "cilium-operator-5c-abc",
                       "n1",
                       "cilium-operator",
                       "quay.io/cilium/operator-generic:v1.18.4");
    op["metadata"]["labels"] = {{"io.cilium/app", "operator"},
                                {"name", "cilium-operator"},
                                {"app.kubernetes.io/name", "cilium-operator"}};
    op["metadata"]["ownerReferences"] = Json::array(
        {{{"kind", "ReplicaSet"}, {"name", "cilium-operator-5c"}, {"controller", true}}});
    op["spec"]["hostNetwork"] = true;
    configmaps.push_back(
        {{"metadata", meta("kube-system", "cilium-config", 864000, {})},
         {"data", {{"kube-proxy-replacement", "true"}, {"cni-chaining-mode", "none"}}}});
    configmaps[0]["metadata"]["managedFields"] =
        Json::array({{{"manager", "helm"}, {"operation", "Update"}, {"time", at(864000)}}});
    add_release(
        1,
        "deployed",
        864000,
        {{"kubeProxyReplacement", true}, {"k8sServiceHost", "10.0.0.1"}, {"k8sServicePort", 6443}});
    for (const char* node : {"n2", "n3"}) {
      add_pod("shop", std::string("web-") + node, node, "web", "nginx");
      ciliumendpoints.push_back(
          {{"metadata", {{"namespace", "shop"}, {"name", std::string("web-") + node}}}});
    }
  }

  static Json
  meta(const std::string& ns, const std::string& name, long long age, const Json& labels) {
    Json m{{"name", name}, {"uid", "uid-" + name}, {"creationTimestamp", at(age)}};
    if (!labels.empty())
      m["labels"] = labels;
    if (!ns.empty())
      m["namespace"] = ns;
    return m;
  }

  Json& add_node(const std::string& name, long long age = 864000, bool with_agent = true) {
    nodes.push_back(
        {{"metadata",
          meta("", name, age, {{"kubernetes.io/os", "linux"}, {"kubernetes.io/hostname", name}})},
         {"spec", Json::object()},
         {"status",
          {{"conditions",
            Json::array({{{"type", "Ready"},
                          {"status", "True"},
                          {"reason", "KubeletReady"},
                          {"lastTransitionTime", at(age)}},
                         {{"type", "NetworkUnavailable"},
                          {"status", "False"},
                          {"reason", "CiliumIsUp"},
                          {"lastTransitionTime", at(age)}}})},
           {"addresses",
            Json::array({{{"type", "InternalIP"}, {"address", "10.0.0." + name.substr(1)}}})},
           {"nodeInfo",
            {{"operatingSystem", "linux"}, {"architecture", "amd64"}, {"kernelVersion", "6.1.0"}}},
           {"images", Json::array()}}}});
    if (with_agent) {
      auto& p = add_pod("kube-system",
                        "cilium-" + name,
                        name,
                        "cilium-agent",
                        "quay.io/cilium/cilium:v1.18.4",
                        age);
      p["metadata"]["labels"] = {{"k8s-app", "cilium"}, {"app.kubernetes.io/name", "cilium-agent"}};
      p["metadata"]["ownerReferences"] =
          Json::array({{{"kind", "DaemonSet"}, {"name", "cilium"}, {"controller", true}}});
      p["spec"]["hostNetwork"] = true;
      status[name] = Json{{"cilium", {{"state", "Ok"}, {"msg", "1.18.4 (v1.18.4-0000000)"}}},
                          {"kubernetes", {{"state", "Ok"}}},
                          {"kube-proxy-replacement", {{"mode", "True"}}},
                          {"controllers", Json::array()}};
    }
    return nodes.back();
  }

  Json& add_pod(const std::string& ns,
                const std::string& name,
                const std::string& node,
                const std::string& container,
                const std::string& image,
                long long age = 86400) {
    pods.push_back(
        {{"metadata", meta(ns, name, age, {{"app", container}})},
         {"spec",
          {{"nodeName", node},
           {"containers", Json::array({{{"name", container}, {"image", image}}})}}},
         {"status",
          {{"phase", "Running"},
           {"podIP", "10.244.0." + std::to_string(pods.size() + 1)},
           {"conditions",
            Json::array(
                {{{"type", "PodScheduled"}, {"status", "True"}, {"lastTransitionTime", at(age)}},
                 {{"type", "Initialized"}, {"status", "True"}, {"lastTransitionTime", at(age)}},
                 {{"type", "Ready"}, {"status", "True"}, {"lastTransitionTime", at(age - 5)}}})},
           {"containerStatuses",
            Json::array({{{"name", container},
                          {"image", image},
                          {"ready", true},
                          {"restartCount", 0},
                          {"state", {{"running", {{"startedAt", at(age - 5)}}}}},
                          {"lastState", Json::object()}}})}}}});
    return pods.back();
  }

  // A pod that is still being started on n2.
  Json& add_waiting(const std::string& name,
                    const std::string& image,
                    long long age,
                    const std::string& reason = "ContainerCreating",
                    const std::string& message = {}) {
    Json& p = add_pod("shop", name, "n2", "web", image, age);
    p["status"]["phase"] = "Pending";
    p["status"].erase("podIP");
    set_condition(p, "Ready", "False", age);
    Json waiting{{"reason", reason}};
    if (!message.empty())
      waiting["message"] = message;
    auto& c = p["status"]["containerStatuses"][0];
    c["ready"] = false;
    c["state"] = {{"waiting", waiting}};
    return p;
  }

  Json& event(const std::string& ns,
              const std::string& pod,
              const std::string& reason,
              const std::string& message,
              long long ago,
              const std::string& container = "web") {
    Json about{{"kind", "Pod"}, {"namespace", ns}, {"name", pod}, {"uid", "uid-" + pod}};
    if (!container.empty())
      about["fieldPath"] = "spec.containers{" + container + "}";
    events.push_back(
        {{"metadata", {{"namespace", ns}, {"name", pod + "." + std::to_string(events.size())}}},
         {"involvedObject", about},
         {"reason", reason},
         {"message", message},
         {"type", "Normal"},
         {"count", 1},
         {"firstTimestamp", at(ago)},
         {"lastTimestamp", at(ago)}});
    return events.back();
  }

  void add_release(int revision,
                   const std::string& state,
                   long long ago,
                   const Json& values,
                   const std::string& version = "1.18.4") {
    secrets.push_back(
        {{"metadata",
          meta("kube-system",
               "sh.helm.release.v1.cilium.v" + std::to_string(revision),
               ago,
               {{"owner", "helm"},
                {"name", "cilium"},
                {"status", state},
                {"version", std::to_string(revision)}})},
         {"type", "helm.sh/release.v1"},
         {"release",
          {{"name", "cilium"},
           {"namespace", "kube-system"},
           {"version", revision},
           {"config", values},
           {"info",
            {{"status", state}, {"last_deployed", at(ago)}, {"first_deployed", at(864000)}}},
           {"chart",
            {{"metadata",
              {{"name", "cilium"}, {"version", version}, {"appVersion", version}}}}}}}});
  }

  Json& pod(const std::string& name) {
    for (auto& p : pods) {
      if (p["metadata"]["name"] == name)
        return p;
    }
    throw std::runtime_error("no pod " + name);
  }
  Json& node(const std::string& name) {
    for (auto& n : nodes) {
      if (n["metadata"]["name"] == name)
        return n;
    }
    throw std::runtime_error("no node " + name);
  }
  void remove_pod(const std::string& name) {
    Json kept = Json::array();
    for (auto& p : pods) {
      if (p["metadata"]["name"] != name)
        kept.push_back(p);
    }
    pods = kept;
  }
  static void
  set_condition(Json& object, const std::string& type, const std::string& value, long long ago) {
    for (auto& c : object["status"]["conditions"]) {
      if (c["type"] != type)
        continue;
      c["status"] = value;
      c["lastTransitionTime"] = at(ago);
    }
  }
  // Its only container ends again and again.
  static void crash(Json& pod,
                    const std::string& message,
                    long long ago = 60,
                    const std::string& reason = "Error") {
    set_condition(pod, "Ready", "False", 3000);
    auto& c = pod["status"]["containerStatuses"][0];
    c["ready"] = false;
    c["restartCount"] = 9;
    c["state"] = {{"waiting",
                   {{"reason", "CrashLoopBackOff"},
                    {"message", "back-off 5m0s restarting failed container"}}}};
    c["lastState"] = {
        {"terminated",
         {{"exitCode", 1}, {"reason", reason}, {"message", message}, {"finishedAt", at(ago)}}}};
  }

  evidence::Evidence evidence() const {
    evidence::Evidence e;
    e.kind = evidence::SourceKind::cluster;
    e.now = parse_rfc3339(kNow);
    e.cilium_namespace = "kube-system";
    const auto put = [&](const char* name, const Json& items) {
      for (const auto& m : missing) {
        if (m == name) {
          e.objects[name] =
              evidence::Missing{evidence::Reason::no_right, std::string(name) + " is forbidden"};
          return;
        }
      }
      evidence::Objects o;
      o.items.assign(items.begin(), items.end());
      o.source = std::string("/api/") + name;
      e.objects[name] = std::move(o);
    };
    put("nodes", nodes);
    put("pods", pods);
    put("events", events);
    put("daemonsets", daemonsets);
    put("deployments", deployments);
    put("services", services);
    put("configmaps", configmaps);
    put("secrets", secrets);
    put("ciliumendpoints", ciliumendpoints);
    put("ciliumnodes", ciliumnodes);
    for (const auto& [node, json] : status) {
      evidence::Agent a;
      a.node = node;
      a.pod = "cilium-" + node;
      a.pod_namespace = "kube-system";
      a.container = "cilium-agent";
      a.outputs["status-json"] =
          evidence::Output{json.dump(), {}, 0, "kubectl -n kube-system exec cilium-" + node};
      e.agents.push_back(std::move(a));
    }
    return e;
  }
};

}  // namespace kpr::test::workloads
