#include "owned.hpp"

namespace kpr::test {
namespace {

json named(const std::string& ns, const std::string& name) {
  json m{{"name", name}, {"creationTimestamp", "2026-02-01T00:00:00Z"}};
  if (!ns.empty())
    m["namespace"] = ns;
  return m;
}

json workload(const std::string& ns,
              const std::string& name,
              const std::string& container,
              const std::string& image,
              json labels) {
  json metadata = named(ns, name);
  metadata["labels"] = labels;
  return {{"metadata", metadata},
          {"spec",
           {{"selector", {{"matchLabels", labels}}},
            {"template",
             {{"metadata", {{"labels", labels}}},
              {"spec",
               {{"hostNetwork", true},
                {"containers", json::array({{{"name", container}, {"image", image}}})}}}}}}},
          {"status", {{"desiredNumberScheduled", 2}, {"numberReady", 2}}}};
}

}  // namespace

Owned::Owned()
    : ds(workload("kube-system",
                  "cilium",
                  "cilium-agent",
                  "quay.io/cilium/cilium:v1.18.4",
                  {{"k8s-app", "cilium"}})),
      config({{"metadata", named("kube-system", "cilium-config")},
              {"data", {{"kube-proxy-replacement", "false"}}}}),
      op(workload("kube-system",
                  "cilium-operator",
                  "cilium-operator",
                  "quay.io/cilium/operator-generic:v1.18.4",
                  {{"io.cilium/app", "operator"}})) {
  ds["spec"]["template"]["spec"]["initContainers"] =
      json::array({{{"name", "config"}, {"image", "quay.io/cilium/cilium:v1.18.4"}}});
  for (const char* name : {"n1", "n2"}) {
    json m = named("", name);
    m["labels"] = {{"kubernetes.io/os", "linux"}};
    m["annotations"] = json::object();
    nodes.push_back(
        {{"metadata", m},
         {"spec", json::object()},
         {"status",
          {{"addresses",
            json::array({{{"type", "InternalIP"}, {"address", std::string("10.0.0.") + name[1]}}})},
           {"nodeInfo",
            {{"kubeletVersion", "v1.33.1"},
             {"osImage", "Debian GNU/Linux 12 (bookworm)"},
             {"operatingSystem", "linux"}}}}}});
  }
}

void Owned::label(const std::string& key, const std::string& value) {
  for (json* object : {&ds, &config, &op})
    (*object)["metadata"]["labels"][key] = value;
}
void Owned::annotate(const std::string& key, const std::string& value) {
  for (json* object : {&ds, &config, &op})
    (*object)["metadata"]["annotations"][key] = value;
}
void Owned::manager(const std::string& name,
                    const std::string& time,
                    const std::string& operation) {
  for (json* object : {&ds, &config, &op})
    (*object)["metadata"]["managedFields"].push_back(
        {{"manager", name}, {"operation", operation}, {"time", time}});
}
void Owned::node_label(const std::string& key, const std::string& value) {
  for (json& node : nodes)
    node["metadata"]["labels"][key] = value;
}
void Owned::node_annotation(const std::string& key, const std::string& value) {
  for (json& node : nodes)
    node["metadata"]["annotations"][key] = value;
}
void Owned::kubelet(const std::string& version) {
  for (json& node : nodes)
    node["status"]["nodeInfo"]["kubeletVersion"] = version;
}
void Owned::os_image(const std::string& name) {
  for (json& node : nodes)
    node["status"]["nodeInfo"]["osImage"] = name;
}
void Owned::provider(const std::string& id) {
  for (json& node : nodes)
    node["spec"]["providerID"] = id + node["metadata"]["name"].get<std::string>();
}
void Owned::image(const std::string& name) {
  ds["spec"]["template"]["spec"]["containers"][0]["image"] = name;
}

void Owned::helm_marks(const std::string& name, const std::string& ns) {
  label("app.kubernetes.io/managed-by", "Helm");
  annotate("meta.helm.sh/release-name", name);
  annotate("meta.helm.sh/release-namespace", ns);
}

json& Owned::release(int revision,
                     const std::string& status,
                     const std::string& name,
                     const std::string& ns,
                     const std::string& version) {
  json metadata = named(ns, "sh.helm.release.v1." + name + ".v" + std::to_string(revision));
  metadata["labels"] = {
      {"owner", "helm"}, {"name", name}, {"status", status}, {"version", std::to_string(revision)}};
  const std::string chart = name == "rke2-cilium" ? "rke2-cilium" : "cilium";
  secrets.push_back(
      {{"metadata", metadata},
       {"type", "helm.sh/release.v1"},
       {"release",
        {{"name", name},
         {"namespace", ns},
         {"version", revision},
         {"config", json::object()},
         {"info", {{"status", status}, {"last_deployed", "2026-03-01T10:00:00Z"}}},
         {"chart",
          {{"metadata", {{"name", chart}, {"version", version}, {"appVersion", version}}}}}}}});
  return secrets.back();
}

void Owned::tracking_id(const std::string& app) {
  const std::string id = "argocd.argoproj.io/tracking-id";
  ds["metadata"]["annotations"][id] = app + ":apps/DaemonSet:kube-system/cilium";
  config["metadata"]["annotations"][id] = app + ":/ConfigMap:kube-system/cilium-config";
  op["metadata"]["annotations"][id] = app + ":apps/Deployment:kube-system/cilium-operator";
}

void Owned::static_pod(const std::string& name, const std::string& image) {
  json m = named("kube-system", name);
  m["annotations"] = {{"kubernetes.io/config.source", "file"}};
  pods.push_back({{"metadata", m},
                  {"spec",
                   {{"nodeName", "n1"},
                    {"hostNetwork", true},
                    {"containers", json::array({{{"name", name}, {"image", image}}})}}},
                  {"status", {{"phase", "Running"}}}});
}

json& Owned::kube_proxy(const std::string& by) {
  json w = workload("kube-system",
                    "kube-proxy",
                    "kube-proxy",
                    "registry.k8s.io/kube-proxy:v1.33.1",
                    {{"k8s-app", "kube-proxy"}});
  w["metadata"]["managedFields"] =
      json::array({{{"manager", by}, {"operation", "Update"}, {"time", "2026-02-01T00:00:00Z"}}});
  daemonsets.push_back(w);
  config_maps.push_back(
      {{"metadata", named("kube-system", "kube-proxy")}, {"data", json::object()}});
  return daemonsets.back();
}

facts::Fleet Owned::fleet() {
  evidence = {};
  evidence.kind = evidence::SourceKind::cluster;
  evidence.cilium_namespace = ds["metadata"]["namespace"];
  evidence.now = parse_rfc3339("2026-03-01T12:00:00Z");
  const auto put = [this](const std::string& resource, std::vector<json> items) {
    evidence.objects[resource] = evidence::Objects{std::move(items), resource, false, {}};
  };
  std::vector<json> all = daemonsets, maps = config_maps;
  all.push_back(ds);
  maps.push_back(config);
  put("nodes", nodes);
  put("pods", pods);
  put("daemonsets", all);
  put("deployments", {op});
  put("configmaps", maps);
  put("secrets", secrets);
  for (const char* resource :
       {"helmcharts", "helmchartconfigs", "applications", "helmreleases", "charts"})
    put(resource, {});
  for (const auto& [resource, items] : more)
    put(resource, items);
  for (const std::string& resource : forbidden)
    evidence.objects[resource] = evidence::Missing{evidence::Reason::no_right, "forbidden"};
  for (const std::string& resource : absent)
    evidence.objects[resource] = evidence::Missing{evidence::Reason::no_such_resource, "404"};
  return facts::make_fleet(evidence);
}

}  // namespace kpr::test
