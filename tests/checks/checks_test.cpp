#define BOOST_TEST_MODULE checks
#include <boost/test/unit_test.hpp>
#include <set>

#include "cluster.hpp"
#include "fixtures.hpp"

namespace kpr::test {

constexpr const char* k_now = "2026-11-24T12:00:00Z";
constexpr const char* k_old = "2026-11-20T12:00:00Z";

Cluster::Cluster() {
  config = {{"kube-proxy-replacement", "true"},
            {"routing-mode", "tunnel"},
            {"tunnel-protocol", "vxlan"},
            {"enable-bpf-masquerade", "true"},
            {"enable-ipv4", "true"},
            {"enable-ipv6", "false"},
            {"bpf-lb-sock", "false"},
            {"bpf-lb-map-max", "65536"},
            {"cni-exclusive", "true"}};
  const json env = json::parse(
      R"([{"name":"KUBERNETES_SERVICE_HOST","value":"api.example"},{"name":"KUBERNETES_SERVICE_PORT","value":"6443"}])");
  const json init_config = {
      {"name", "config"}, {"image", "quay.io/cilium/cilium:v1.16.5"}, {"env", env}};
  const json agent = {
      {"name", "cilium-agent"}, {"image", "quay.io/cilium/cilium:v1.16.5"}, {"env", env}};
  ds = {
      {"metadata",
       {{"name", "cilium"},
        {"namespace", "kube-system"},
        {"labels", {{"k8s-app", "cilium"}}},
        {"creationTimestamp", k_old}}},
      {"spec",
       {{"selector", {{"matchLabels", {{"k8s-app", "cilium"}}}}},
        {"updateStrategy", {{"type", "RollingUpdate"}}},
        {"template",
         {{"spec",
           {{"hostNetwork", true}, {"initContainers", {init_config}}, {"containers", {agent}}}}}}}},
      {"status",
       {{"desiredNumberScheduled", 3},
        {"numberReady", 3},
        {"updatedNumberScheduled", 3},
        {"numberAvailable", 3}}}};
  operator_deploy = {{"metadata",
                      {{"name", "cilium-operator"},
                       {"namespace", "kube-system"},
                       {"labels", {{"io.cilium/app", "operator"}}}}},
                     {"spec",
                      {{"replicas", 1},
                       {"template",
                        {{"spec",
                          {{"hostNetwork", true},
                           {"containers", {{{"name", "cilium-operator"}, {"env", env}}}}}}}}}},
                     {"status", {{"readyReplicas", 1}, {"availableReplicas", 1}}}};
  for (int i = 1; i <= 3; ++i) {
    const std::string n = "n" + std::to_string(i), ip = "10.0.0." + std::to_string(i);
    nodes[n] = {{"metadata",
                 {{"name", n},
                  {"labels", {{"kubernetes.io/os", "linux"}}},
                  {"annotations", {{"kubeadm.alpha.kubernetes.io/cri-socket", "x"}}}}},
                {"spec", json::object()},
                {"status",
                 {{"addresses", {{{"type", "InternalIP"}, {"address", ip}}}},
                  {"nodeInfo",
                   {{"kernelVersion", "6.8.0-40-generic"},
                    {"operatingSystem", "linux"},
                    {"kubeletVersion", "v1.31.4"},
                    {"osImage", "Ubuntu 24.04"}}},
                  {"conditions", {{{"type", "Ready"}, {"status", "True"}}}}}}};
    if (i == 1)
      nodes[n]["metadata"]["labels"]["node-role.kubernetes.io/control-plane"] = "";
    status[n] = json::parse(
        R"j({"cilium":{"state":"Ok","msg":"1.16.5 (v1.16.5-aaaaaaaa)"},"kubernetes":{"state":"Ok","msg":"1.31"},
      "kube-proxy-replacement":{"mode":"True","directRoutingDevice":"eth0","features":{"socketLB":{"enabled":true},"hostPort":{"enabled":true},"externalIPs":{"enabled":true},
      "sessionAffinity":{"enabled":true},"bpfSocketLBHostnsOnly":false,"nodePort":{"enabled":true,"mode":"SNAT","algorithm":"Random","acceleration":"Disabled","portMin":30000,"portMax":32767}}},
      "routing":{"inter-host-routing-mode":"Tunnel","intra-host-routing-mode":"BPF","tunnel-protocol":"vxlan"},"masquerading":{"enabled":true,"mode":"BPF"},
      "controllers":[],"cluster-health":{"reachable":3,"total":3,"nodes":[]}})j");
    status[n]["kube-proxy-replacement"]["deviceList"] = {{{"name", "eth0"}, {"ip", {ip}}}};
    service_list[n] = json::array();
    out[n]["ip-a"] = "1: lo: <LOOPBACK> mtu 65536\n    inet 127.0.0.1/8 scope host lo\n2: eth0: "
                     "<BROADCAST,UP> mtu 1500 state UP\n    inet " +
                     ip + "/24 scope global eth0\n";
    for (const char* c : {"iptables-nft-save",
                          "iptables-legacy-save",
                          "ip6tables-nft-save",
                          "ip6tables-legacy-save"})
      out[n][c] =
          "*mangle\n:KUBE-IPTABLES-HINT - [0:0]\n:KUBE-KUBELET-CANARY - "
          "[0:0]\nCOMMIT\n*filter\n:KUBE-FIREWALL - [0:0]\n-A INPUT -j KUBE-FIREWALL\nCOMMIT\n";
    out[n]["metrics"] =
        "cilium_drop_count_total  direction=\"EGRESS\" reason=\"Policy denied\"  3.000000\n";
    out[n]["bpftool-cgroup"] = "CgroupPath\nID AttachType AttachFlags Name\n/sys/fs/cgroup\n    "
                               "123 cgroup_inet4_connect multi cil_sock4_connect\n";
    out[n]["nft-tables"] = "table ip nat\n";
    agent_pods[n] = {
        {"metadata",
         {{"name", "cilium-" + n},
          {"namespace", "kube-system"},
          {"labels", {{"k8s-app", "cilium"}}},
          {"ownerReferences",
           {{{"kind", "DaemonSet"}, {"name", "cilium"}, {"controller", true}}}}}},
        {"spec",
         {{"nodeName", n},
          {"hostNetwork", true},
          {"initContainers", {init_config}},
          {"containers", {agent}}}},
        {"status",
         {{"phase", "Running"},
          {"startTime", k_old},
          {"conditions", {{{"type", "Ready"}, {"status", "True"}}}},
          {"initContainerStatuses",
           {{{"name", "config"}, {"ready", true}, {"state", {{"terminated", {{"exitCode", 0}}}}}}}},
          {"containerStatuses",
           {{{"name", "cilium-agent"},
             {"ready", true},
             {"state", {{"running", {{"startedAt", k_old}}}}}}}}}}};
  }
  service("default", "kubernetes", "10.96.0.1", 443);
  services.back()["spec"].erase("selector");
  slices.back()["endpoints"][0]["addresses"] = {"10.0.0.1"};
  slices.back()["ports"][0]["port"] = 6443;
  served("10.96.0.1", 443, {"10.0.0.1:6443"});
  pod("kube-system",
      "cilium-operator-1",
      "n2",
      {{"metadata", {{"labels", {{"io.cilium/app", "operator"}}}}},
       {"spec", {{"hostNetwork", true}, {"containers", {{{"name", "cilium-operator"}}}}}},
       {"status", {{"startTime", k_old}}}});
  for (const char* r :
       {"ciliumnodeconfigs", "ciliumlocalredirectpolicies", "persistentvolumes", "namespaces"})
    more[r];
}

void Cluster::version(const std::string& v) {
  for (auto& [n, s] : status)
    if (!s.is_null())
      s["cilium"]["msg"] = v + " (v" + v + "-aaaaaaaa)";
  ds["spec"]["template"]["spec"]["containers"][0]["image"] = "quay.io/cilium/cilium:v" + v;
  for (auto& [n, p] : agent_pods)
    p["spec"]["containers"][0]["image"] = "quay.io/cilium/cilium:v" + v;
}
void Cluster::every_agent(const std::function<void(json&)>& change) {
  for (auto& [n, s] : status)
    change(s);
}
void Cluster::mode(const std::string& node, const std::string& mode) {
  status[node]["kube-proxy-replacement"]["mode"] = mode;
  if (mode == "False")
    status[node]["kube-proxy-replacement"]["features"]["nodePort"]["enabled"] =
        status[node]["kube-proxy-replacement"]["features"]["hostPort"]["enabled"] = false;
}
void Cluster::words(const std::string& node,
                    const std::string& container,
                    const std::string& text) {
  auto& p = agent_pods[node];
  p["status"]["conditions"][0]["status"] = "False";
  json& list =
      p["status"][container == "cilium-agent" ? "containerStatuses" : "initContainerStatuses"];
  for (auto& c : list)
    if (c["name"] == container) {
      c["ready"] = false;
      c["state"] = {{"waiting", {{"reason", "CrashLoopBackOff"}}}};
      c["lastState"] = {{"terminated", {{"exitCode", 1}, {"message", text}}}};
    }
  status[node] = nullptr;
}
json& Cluster::init(const std::string& node, const std::string& container, json state) {
  auto& p = agent_pods[node];
  p["spec"]["initContainers"].push_back({{"name", container}});
  p["status"]["initContainerStatuses"].push_back(
      {{"name", container}, {"ready", false}, {"state", std::move(state)}});
  p["status"]["conditions"][0]["status"] = "False";
  status[node] = nullptr;
  return p;
}
void Cluster::pod(const std::string& ns,
                  const std::string& name,
                  const std::string& node,
                  json changes) {
  json p = {
      {"metadata", {{"name", name}, {"namespace", ns}}},
      {"spec", {{"nodeName", node}, {"containers", {{{"name", "main"}, {"image", "app:1"}}}}}},
      {"status",
       {{"phase", "Running"}, {"conditions", {{{"type", "Ready"}, {"status", "True"}}}}}}};
  p.merge_patch(changes);
  pods.push_back(std::move(p));
}
void Cluster::kube_proxy() {
  daemonsets.push_back({{"metadata",
                         {{"name", "kube-proxy"},
                          {"namespace", "kube-system"},
                          {"creationTimestamp", "2026-11-01T00:00:00Z"}}},
                        {"spec",
                         {{"selector", {{"matchLabels", {{"k8s-app", "kube-proxy"}}}}},
                          {"template", {{"spec", {{"containers", {{{"name", "kube-proxy"}}}}}}}}}},
                        {"status", {{"desiredNumberScheduled", 3}}}});
  for (const auto& [n, node] : nodes)
    pod("kube-system",
        "kube-proxy-" + n,
        n,
        {{"metadata",
          {{"labels", {{"k8s-app", "kube-proxy"}}},
           {"ownerReferences",
            {{{"kind", "DaemonSet"}, {"name", "kube-proxy"}, {"controller", true}}}}}},
         {"spec", {{"containers", {{{"name", "kube-proxy"}}}}}}});
}
json& Cluster::service(const std::string& ns,
                       const std::string& name,
                       const std::string& ip,
                       int port,
                       const std::string& type,
                       int node_port) {
  json p = {{"port", port}, {"protocol", "TCP"}};
  if (node_port != 0)
    p["nodePort"] = node_port;
  services.push_back(
      {{"metadata", {{"name", name}, {"namespace", ns}, {"creationTimestamp", k_old}}},
       {"spec",
        {{"type", type},
         {"clusterIP", ip},
         {"clusterIPs", {ip}},
         {"ipFamilies", {"IPv4"}},
         {"ports", {p}},
         {"selector", {{"app", name}}}}}});
  slices.push_back(
      {{"metadata",
        {{"name", name + "-1"},
         {"namespace", ns},
         {"labels", {{"kubernetes.io/service-name", name}}}}},
       {"addressType", "IPv4"},
       {"ports", {{{"port", 8080}, {"protocol", "TCP"}}}},
       {"endpoints", {{{"addresses", {"10.1.0.5"}}, {"conditions", {{"ready", true}}}}}}});
  return services.back();
}
void Cluster::served(const std::string& ip,
                     int port,
                     std::vector<std::string> backends,
                     const std::string& type) {
  json list = json::array();
  for (const auto& b : backends)
    list.push_back({{"ip", b.substr(0, b.find(':'))},
                    {"port", std::stoi(b.substr(b.find(':') + 1))},
                    {"state", "active"}});
  for (auto& [n, l] : service_list)
    l.push_back({{"spec",
                  {{"frontend-address", {{"ip", ip}, {"port", port}, {"protocol", "TCP"}}},
                   {"flags", {{"type", type}}},
                   {"backend-addresses", list}}}});
}

namespace {
// What the kernel has of a `service list`, and the rows that a case adds; or the case's own text.
std::string bpf_lb_list(const json& service_list, const std::string& given) {
  if (given.starts_with("SERVICE ADDRESS"))
    return given;
  std::string out = "SERVICE ADDRESS BACKEND ADDRESS (REVNAT_ID) (SLOT)\n";
  int id = 0;
  for (const auto& service : service_list) {
    const json& spec = service["spec"];
    const json& front = spec["frontend-address"];
    const std::string address = front["ip"].get<std::string>() + ":" +
                                std::to_string(front["port"].get<int>()) + "/" +
                                front.value("protocol", "TCP");
    const std::string number = " (" + std::to_string(++id) + ") (";
    out += address + " (0)   0.0.0.0:0" + number + "0) [" +
           spec["flags"]["type"].get<std::string>() + ", non-routable]\n";
    int slot = 0;
    for (const auto& b : spec["backend-addresses"]) {
      const std::string at = std::to_string(++slot);
      out += address + " (" + at + ")   " + b["ip"].get<std::string>() + ":" +
             std::to_string(b["port"].get<int>()) + "/TCP" + number + at + ")\n";
    }
  }
  return out + given;
}
}  // namespace

evidence::Evidence Cluster::evidence() const {
  evidence::Evidence e;
  e.kind = kind;
  e.now = parse_rfc3339(k_now);
  e.cilium_namespace = "kube-system";
  const auto put = [&](const char* resource, std::vector<json> items) {
    evidence::Objects o;
    o.items = std::move(items);
    o.source = resource;
    if (const auto part = partial.find(resource); part != partial.end())
      o.partial = true, o.partial_detail = part->second;
    e.objects[resource] = std::move(o);
  };
  std::vector<json> list;
  for (const auto& [n, j] : nodes)
    list.push_back(j);
  put("nodes", list);
  list = pods;
  for (const auto& [n, j] : agent_pods)
    list.push_back(j);
  put("pods", list);
  put("services", services);
  put("endpointslices", slices);
  list = config_maps;
  list.push_back(
      {{"metadata", {{"name", "cilium-config"}, {"namespace", "kube-system"}}}, {"data", config}});
  put("configmaps", list);
  list = daemonsets;
  list.push_back(ds);
  put("daemonsets", list);
  put("deployments", {operator_deploy});
  put("events", {});
  put("secrets", {});
  for (const auto& [resource, items] : more)
    put(resource.c_str(), items);
  for (const auto& [n, j] : agent_pods) {
    evidence::Agent a;
    a.node = n;
    a.pod = j["metadata"]["name"];
    a.pod_namespace = "kube-system";
    a.container = "cilium-agent";
    if (status.at(n).is_null()) {
      a.unreachable = evidence::Missing{evidence::Reason::agent_down, "not running"};
    } else {
      const auto output = [&](const std::string& name, std::string text) {
        a.outputs[name] = evidence::Output{std::move(text), "", 0, a.pod + ": " + name};
      };
      output("status-json", status.at(n).dump());
      output("service-list-json", service_list.at(n).dump());
      for (const auto& [name, text] : out.at(n))
        output(name, text);
      const auto kernel = out.at(n).find("bpf-lb-list");
      output("bpf-lb-list",
             bpf_lb_list(service_list.at(n), kernel == out.at(n).end() ? "" : kernel->second));
      if (const auto failed = exits.find(n); failed != exits.end())
        for (const auto& [name, answer] : failed->second)
          a.outputs[name] =
              evidence::Output{answer.out, answer.err, answer.exit_code, a.pod + ": " + name};
    }
    if (const auto why = unreachable.find(n); why != unreachable.end()) {
      a.outputs.clear();
      a.unreachable = evidence::Missing{evidence::Reason::failed, why->second};
    }
    if (const auto lacks = no_program.find(n); lacks != no_program.end())
      for (const auto& name : lacks->second)
        a.outputs[name] =
            evidence::Missing{evidence::Reason::no_such_file, "the image has no such command"};
    e.agents.push_back(std::move(a));
  }
  e.logs = logs;
  return e;
}

checks::RunResult Cluster::run(const checks::Selection& selection) const {
  const evidence::Evidence e = evidence();
  return checks::run(facts::make_fleet(e), selection);
}

bool has(const checks::RunResult& r, const std::string& id) {
  for (const auto* list : {&r.findings, &r.explained})
    for (const auto& f : *list)
      if (f.id == id)
        return true;
  return false;
}

}  // namespace kpr::test

using namespace kpr;
using namespace kpr::test;

static std::vector<Case> all_cases() {
  auto all = mode_cases();
  for (auto* more : {&datapath_cases, &node_cases})
    for (auto& c : more())
      all.push_back(std::move(c));
  return all;
}

std::vector<Fixture> kpr::test::cluster_fixtures() {
  std::vector<Fixture> out;
  for (auto& c : all_cases())
    out.push_back({c.id, [fires = std::move(c.fires)] {
                     Cluster bad;
                     fires(bad);
                     return bad.evidence();
                   }});
  return out;
}

BOOST_AUTO_TEST_CASE(the_healthy_cluster_has_no_finding_of_error_or_worse) {
  const auto r = Cluster().run();
  for (const auto& f : r.findings)
    BOOST_TEST((f.severity < checks::Severity::error), f.id << ": " << f.summary);
}

BOOST_AUTO_TEST_CASE(every_check_fires_where_it_must_and_only_there) {
  for (const auto& c : all_cases()) {
    Cluster bad;
    c.fires(bad);
    checks::Selection only;
    only.only = {c.id};
    const auto r = bad.run(only);
    BOOST_TEST(has(r, c.id), c.id << " does not fire");
    for (const auto& f : r.findings) {
      BOOST_TEST(!f.summary.empty(), c.id << " has no summary");
      BOOST_TEST(!f.evidence.empty(), c.id << " has no evidence");
      BOOST_TEST(!f.fix.empty(), c.id << " has no fix");
    }
    Cluster near;
    c.near_miss(near);
    const auto n = near.run(only);
    BOOST_TEST(!has(n, c.id),
               c.id << " fires at its near miss: "
                    << (n.findings.empty() ? "" : n.findings.front().summary));
    BOOST_REQUIRE_EQUAL(n.checks.size(), 1u);
    BOOST_TEST((n.checks.front().outcome != checks::Outcome::skipped),
               c.id << " was skipped at its near miss: " << n.checks.front().reason);
  }
}

BOOST_AUTO_TEST_CASE(every_check_has_an_entry_in_the_catalogue) {
  BOOST_TEST(checks::catalogue_problem() == "");
  std::set<std::string> ids;
  for (const auto& e : checks::catalogue()) {
    BOOST_TEST(ids.insert(e.id).second, e.id << " stands twice");
    BOOST_TEST(!e.title.empty());
    BOOST_TEST(!e.what.empty());
    BOOST_TEST(!e.why.empty());
  }
  for (const auto& check : checks::registry())
    BOOST_TEST(ids.count(std::string(check.id)) == 1, check.id << " has no entry");
}
