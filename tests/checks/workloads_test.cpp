// Each check has one fleet in which it fires and one near miss in which it does not; the healthy
// cluster gives nothing.
#include <boost/test/unit_test.hpp>
#include <set>

#include "checks/check.hpp"
#include "checks/run.hpp"
#include "fixtures.hpp"
#include "workload_cluster.hpp"

using kpr::checks::Finding;
using kpr::checks::RunResult;
using kpr::checks::Severity;
using kpr::test::workloads::at;
using kpr::test::workloads::Cluster;
using kpr::test::workloads::Json;

namespace {

RunResult run(const Cluster& cluster, const std::string& id) {
  const auto evidence = cluster.evidence();
  const auto fleet = kpr::facts::make_fleet(evidence);
  kpr::checks::Selection selection;
  if (!id.empty())
    selection.only = {id};
  return kpr::checks::run(fleet, selection);
}

const Finding* find(const RunResult& r, const std::string& id) {
  for (const auto* list : {&r.findings, &r.explained}) {
    for (const auto& f : *list) {
      if (f.id == id)
        return &f;
    }
  }
  return nullptr;
}

struct Fleet {
  const char* id;
  const char* node;  // that the finding has to name, "" for none
  std::function<void(Cluster&)> fires;
  std::function<void(Cluster&)> near_miss;
};

void fail_pull(Cluster& c,
               const std::string& error,
               const std::string& image = "r.corp/shop/web:1") {
  c.add_waiting("bad",
                image,
                1200,
                "ImagePullBackOff",
                "Back-off pulling image \"" + image + "\": ErrImagePull: " + error);
}

// A failing pull whose words are another cause's.
std::function<void(Cluster&)> pull(std::string error) {
  return [error](Cluster& c) {
    fail_pull(c, error);
  };
}

void sandbox_failure(Cluster& c, const std::string& message, long long ago = 30) {
  c.add_waiting("bad", "nginx", 1200);
  c.event("shop",
          "bad",
          "FailedCreatePodSandBox",
          "Failed to create pod sandbox: rpc error: code = Unknown desc = " + message,
          ago,
          "");
}

// The same failure, but the pod got its sandbox meanwhile.
std::function<void(Cluster&)> sandbox_recovered(std::string message) {
  return [message](Cluster& c) {
    sandbox_failure(c, message, 1100);
    c.event("shop", "bad", "Pulled", "Container image \"nginx\" already present on machine", 900);
  };
}

const char* const kAgentDown =
    R"(failed to setup network for sandbox "00ff": plugin type="cilium-cni" failed (add): unable to connect to Cilium agent: failed to create cilium agent client after 30.000000 seconds timeout: Get "http://localhost/v1/config": dial unix /var/run/cilium/cilium.sock: connect: no such file or directory
Is the agent running?)";

const std::vector<Fleet>& fleets() {
  static const std::vector<Fleet> all{
      {"image-pull-invalid-name",
       "n2",
       [](Cluster& c) {
         c.add_waiting(
             "bad",
             "Shop/Web:1",
             1200,
             "InvalidImageName",
             "Failed to apply default image tag \"Shop/Web:1\": couldn't parse image reference");
       },
       pull("r.corp/shop/web:1: not found")},
      {"image-pull-never",
       "n2",
       [](Cluster& c) {
         c.add_waiting("bad",
                       "web:dev",
                       1200,
                       "ErrImageNeverPull",
                       "Container image \"web:dev\" is not present with pull policy of Never");
       },
       [](Cluster& c) {
         c.add_waiting(
             "bad", "web:dev", 1200, "CreateContainerConfigError", "secret \"x\" not found");
       }},
      {"image-pull-signature",
       "n2",
       pull("Source image rejected: A signature was required, but no signature exists"),
       pull("manifest unknown")},
      {"image-pull-rate-limit",
       "n2",
       pull("429 Too Many Requests - Server message: toomanyrequests: limit"),
       pull("unexpected status: 403 Forbidden")},
      {"image-pull-unauthorized",
       "n2",
       pull("pull access denied, repository does not exist or may require authorization: server "
            "message: insufficient_scope: authorization failed"),
       pull("failed to authorize: failed to fetch anonymous token: Get \"https://r.corp/token\": "
            "dial tcp: lookup r.corp: no such host")},
      {"image-pull-platform",
       "n2",
       pull("rpc error: code = NotFound desc = no match for platform in manifest: not found"),
       pull("rpc error: code = NotFound desc = r.corp/shop/web:1: not found")},
      {"image-pull-not-found",
       "n2",
       pull("rpc error: code = NotFound desc = r.corp/shop/web:1: not found"),
       pull("exec: docker-credential-x: executable file not found in $PATH")},
      {"image-pull-no-space",
       "n2",
       pull("failed to extract layer: write /var/lib/containerd/x: no space left on device"),
       [](Cluster& c) {
         Cluster::set_condition(c.node("n2"), "Ready", "True", 100);
       }},
      {"image-pull-x509",
       "n2",
       pull("tls: failed to verify certificate: x509: certificate signed by unknown authority"),
       pull("net/http: TLS handshake timeout")},
      {"image-pull-http-https",
       "n2",
       pull("http: server gave HTTP response to HTTPS client"),
       pull("x509: certificate has expired or is not yet valid")},
      {"image-pull-dns",
       "n2",
       pull("dial tcp: lookup r.corp on 10.0.2.3:53: no such host"),
       pull("dial tcp 10.0.2.3:443: i/o timeout")},
      {"image-pull-proxy",
       "n2",
       pull("proxyconnect tcp: dial tcp 10.1.1.1:3128: connect: connection refused"),
       pull("dial tcp 10.1.1.1:443: connect: connection refused")},
      {"image-pull-refused",
       "n2",
       pull("dial tcp 10.1.1.1:443: connect: connection refused"),
       pull("dial unix /run/containerd/containerd.sock: connect: connection refused")},
      {"image-pull-net-timeout",
       "n2",
       pull("dial tcp 10.1.1.1:443: i/o timeout"),
       pull("rpc error: code = DeadlineExceeded desc = context deadline exceeded")},
      {"image-pull-cancelled-no-progress",
       "n2",
       pull("rpc error: code = Canceled desc = context canceled"),
       pull("net/http: request canceled while waiting for connection")},
      {"image-pull-deadline",
       "n2",
       pull("context deadline exceeded"),
       pull("context deadline exceeded (Client.Timeout exceeded while awaiting headers)")},
      {"image-pull-unqualified",
       "n2",
       pull("short-name resolution enforced but cannot prompt without a TTY"),
       pull("manifest unknown")},
      {"image-pull-unknown",
       "n2",
       pull("failed to prepare extraction snapshot: parent snapshot does not exist"),
       pull("manifest unknown")},
      {"image-pull-stuck-pulling",
       "n2",
       [](Cluster& c) {
         c.add_waiting("hung", "nginx:1.27", 960);
         c.event("shop", "hung", "Pulling", "Pulling image \"nginx:1.27\"", 958);
       },
       [](Cluster& c) {
         c.add_waiting("young", "nginx:1.27", 33);
         c.event("shop", "young", "Pulling", "Pulling image \"nginx:1.27\"", 30);
         c.add_waiting("pulled", "nginx:1.27", 960);
         c.event("shop", "pulled", "Pulling", "Pulling image \"nginx:1.27\"", 950);
         c.event("shop", "pulled", "Pulled", "Successfully pulled image \"nginx:1.27\" in 9s", 941);
       }},
      {"image-pull-through-service",
       "n2",
       [](Cluster& c) {
         c.services.push_back(
             {{"metadata", Cluster::meta("registry", "registry", 86400, {})},
              {"spec",
               {{"type", "NodePort"},
                {"clusterIP", "10.96.5.5"},
                {"clusterIPs", {"10.96.5.5"}},
                {"ports",
                 Json::array({{{"port", 5000}, {"nodePort", 30500}, {"protocol", "TCP"}}})}}}});
         fail_pull(c,
                   "dial tcp 127.0.0.1:30500: connect: connection refused",
                   "localhost:30500/shop/web:1");
       },
       [](Cluster& c) {
         c.services.push_back(
             {{"metadata", Cluster::meta("registry", "registry", 86400, {})},
              {"spec",
               {{"type", "NodePort"},
                {"clusterIP", "10.96.5.5"},
                {"clusterIPs", {"10.96.5.5"}},
                {"ports",
                 Json::array({{{"port", 5000}, {"nodePort", 30500}, {"protocol", "TCP"}}})}}}});
         fail_pull(c, "dial tcp 192.0.2.9:443: connect: connection refused");
         c.add_pod("shop", "fine", "n2", "web", "localhost:30500/shop/web:1");
         c.ciliumendpoints.push_back({{"metadata", {{"namespace", "shop"}, {"name", "fine"}}}});
       }},
      {"sandbox-image-pull",
       "n2",
       [](Cluster& c) {
         sandbox_failure(
             c,
             R"(failed to get sandbox image "registry.k8s.io/pause:3.8": failed to pull image "registry.k8s.io/pause:3.8": dial tcp 34.96.108.209:443: i/o timeout)");
       },
       sandbox_recovered(
           R"(failed to get sandbox image "registry.k8s.io/pause:3.8": dial tcp 34.96.108.209:443: i/o timeout)")},
      {"cni-agent-down",
       "n2",
       [](Cluster& c) {
         sandbox_failure(c, kAgentDown);
       },
       sandbox_recovered(kAgentDown)},
      {"cni-agent-slow",
       "n2",
       [](Cluster& c) {
         sandbox_failure(
             c,
             R"(failed to setup network for sandbox "00": plugin type="cilium-cni" failed (add): Unable to create endpoint: Cilium API client timeout exceeded)");
       },
       [](Cluster& c) {
         sandbox_failure(c, kAgentDown);
       }},
      {"ipam-exhausted",
       "n2",
       [](Cluster& c) {
         sandbox_failure(
             c,
             R"(failed to setup network for sandbox "00": plugin type="cilium-cni" failed (add): unable to allocate IP via local cilium agent: range is full)");
       },
       [](Cluster& c) {
         sandbox_failure(c, kAgentDown);
       }},
      {"cni-config-leftover",
       "n2",
       [](Cluster& c) {
         sandbox_failure(
             c,
             R"(failed to setup network for sandbox "00": plugin type="flannel" failed (add): loadFlannelSubnetEnv failed: open /run/flannel/subnet.env: no such file or directory)");
       },
       [](Cluster& c) {
         sandbox_failure(
             c,
             R"(failed to setup network for sandbox "00": plugin type="aws-cni" failed (add): add cmd: failed to assign an IP address to container)");
         c.configmaps[0]["data"]["cni-chaining-mode"] = "aws-cni";
       }},
      {"cni-sandbox-failures",
       "n2",
       [](Cluster& c) {
         sandbox_failure(
             c,
             R"(failed to setup network for sandbox "00": plugin type="cilium-cni" failed (add): unable to move veth: file exists)");
       },
       [](Cluster& c) {
         sandbox_failure(c,
                         "failed to create shim task: OCI runtime create failed: runc create "
                         "failed: unable to start container process");
       }},
      {"helm-pending",
       "",
       [](Cluster& c) {
         c.add_release(2, "pending-upgrade", 3600, {{"kubeProxyReplacement", true}});
       },
       [](Cluster& c) {
         c.add_release(2, "pending-upgrade", 60, {{"kubeProxyReplacement", true}});
       }},
      {"helm-failed-or-no-deployed",
       "",
       [](Cluster& c) {
         c.add_release(2, "failed", 3600, {{"kubeProxyReplacement", true}});
       },
       [](Cluster& c) {  // a failed attempt that a later one made good
         c.add_release(2, "failed", 3600, {{"kubeProxyReplacement", true}});
         c.add_release(
             3, "deployed", 1800, {{"kubeProxyReplacement", true}, {"k8sServiceHost", "10.0.0.1"}});
       }},
      {"helm-name-in-use",
       "",
       [](Cluster& c) {
         c.secrets.clear();
         c.add_release(1, "failed", 3600, Json::object());
       },
       [](Cluster& c) {
         c.add_release(2, "failed", 3600, Json::object());
       }},
      {"helm-not-owner",
       "",
       [](Cluster& c) {
         c.secrets.clear();
       },
       [](Cluster& c) {
         c.missing.push_back("secrets");
       }},
      {"helm-values-reset",
       "",
       [](Cluster& c) {
         c.add_release(2, "deployed", 3600, {{"hubble", {{"enabled", true}}}});
       },
       [](Cluster& c) {
         c.add_release(2,
                       "deployed",
                       3600,
                       {{"kubeProxyReplacement", true},
                        {"k8sServiceHost", "10.0.0.9"},
                        {"k8sServicePort", 6443}});
       }},
      {"helm-chart-vs-running-version",
       "n1",
       [](Cluster& c) {
         c.secrets.clear();
         c.add_release(2, "deployed", 3600, {{"kubeProxyReplacement", true}}, "1.18.5");
       },
       [](Cluster& c) {  // the image is named by digest, the agents say what they are
         c.daemonsets[0]["spec"]["template"]["spec"]["containers"][0]["image"] =
             "mirror.corp/cilium@sha256:00ff";
       }},
      {"cilium-config-edited-by-hand",
       "",
       [](Cluster& c) {
         c.configmaps[0]["metadata"]["managedFields"].push_back(
             {{"manager", "kubectl-edit"}, {"operation", "Update"}, {"time", at(600)}});
       },
       [](Cluster& c) {
         c.configmaps[0]["metadata"]["managedFields"].push_back(
             {{"manager", "kubectl-edit"}, {"operation", "Update"}, {"time", at(900000)}});
       }},
      {"agent-not-on-every-node",
       "n4",
       [](Cluster& c) {
         c.add_node("n4", 86400, false);
       },
       [](Cluster& c) {  // a Windows node, a virtual one, and one that joined just now
         c.add_node("n4", 86400, false)["status"]["nodeInfo"]["operatingSystem"] = "windows";
         c.add_node("n5", 86400, false)["metadata"]["labels"]["type"] = "virtual-kubelet";
         c.add_node("n6", 40, false);
         c.add_node("n7", 86400, false)["metadata"]["labels"]["role"] = "cloud";  // left out
         c.daemonsets[0]["spec"]["template"]["spec"]["affinity"] = Json::parse(R"({"nodeAffinity":
             {"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[
               {"matchExpressions":[{"key":"role","operator":"NotIn","values":["cloud"]}]}]}}})");
       }},
      {"agent-not-ready",
       "n2",
       [](Cluster& c) {
         Cluster::crash(c.pod("cilium-n2"), "level=fatal msg=\"boom\"");
       },
       [](Cluster& c) {  // one that starts, and a rejected pod whose successor serves the node
         c.remove_pod("cilium-n2");
         Json& p = c.add_pod(
             "kube-system", "cilium-n2", "n2", "cilium-agent", "quay.io/cilium/cilium:v1.18.4", 40);
         p["metadata"]["labels"] = {{"k8s-app", "cilium"}};
         p["metadata"]["ownerReferences"] =
             Json::array({{{"kind", "DaemonSet"}, {"name", "cilium"}, {"controller", true}}});
         p["spec"]["hostNetwork"] = true;
         Cluster::set_condition(p, "Ready", "False", 40);
         p["status"]["containerStatuses"][0]["ready"] = false;
         Json old = c.pod("cilium-n3");
         old["metadata"]["name"] = "cilium-old";
         old["status"] = {{"phase", "Failed"},
                          {"reason", "Evicted"},
                          {"message", "The node had condition: [DiskPressure]."}};
         c.pods.push_back(old);
       }},
      {"agent-start-failed",
       "n2",
       [](Cluster& c) {
         Cluster::crash(
             c.pod("cilium-n2"),
             "time=2026-03-01T11:58:20.118Z level=error source=/go/src/x.go:1 msg=\"Start hook "
             "failed\" function=\"gops.registerGopsHooks.func1 (pkg/gops/cell.go:49)\" "
             "error=\"listen tcp 127.0.0.1:9890: bind: address already in use\"\n"
             "time=2026-03-01T11:58:20.119Z level=fatal source=/go/src/y.go:2 msg=\"unable to run "
             "agent: failed to start: listen tcp 127.0.0.1:9890: bind: address already in use\"\n"
             "time=2026-03-01T11:58:20.120Z level=info source=/go/src/z.go:3 msg=\"Stopped "
             "hive\"\n");
         Json& other = c.add_pod("monitoring", "profiler", "n2", "profiler", "profiler:1", 90000);
         other["spec"]["hostNetwork"] = true;
         other["spec"]["containers"][0]["ports"] = Json::array({{{"containerPort", 9890}}});
       },
       [](Cluster& c) {  // words that nobody knows
         Cluster::crash(
             c.pod("cilium-n2"),
             "time=2026-03-01T11:58:20.118Z level=fatal msg=\"unable to run agent: failed "
             "to start: the moon is full\"\n");
       }},
      {"envoy-not-running",
       "n2",
       [](Cluster& c) {
         c.configmaps[0]["data"]["external-envoy-proxy"] = "true";
         c.configmaps[0]["data"]["enable-gateway-api"] = "true";
         Json& envoy = c.add_pod("kube-system",
                                 "cilium-envoy-n2",
                                 "n2",
                                 "cilium-envoy",
                                 "quay.io/cilium/envoy:1",
                                 90000);
         envoy["metadata"]["labels"] = {{"k8s-app", "cilium-envoy"}};
         Cluster::crash(
             envoy,
             "[2026-03-01 11:58:20.118][7][critical][main] [source/server/server.cc:131] "
             "error initializing configuration '/var/run/cilium/envoy/bootstrap-config.json'"
             ": error adding listener named 'envoy-health-listener': cannot bind "
             "'127.0.0.1:9878': Address already in use\n");
       },
       [](Cluster& c) {
         c.configmaps[0]["data"]["external-envoy-proxy"] = "true";
         Json& envoy = c.add_pod("kube-system",
                                 "cilium-envoy-n2",
                                 "n2",
                                 "cilium-envoy",
                                 "quay.io/cilium/envoy:1",
                                 90000);
         envoy["metadata"]["labels"] = {{"k8s-app", "cilium-envoy"}};
       }},
      {"agent-restarts",
       "n2",
       [](Cluster& c) {
         auto& s = c.pod("cilium-n2")["status"]["containerStatuses"][0];
         s["restartCount"] = 3;
         s["lastState"] = {
             {"terminated", {{"exitCode", 137}, {"reason", "OOMKilled"}, {"finishedAt", at(900)}}}};
       },
       [](Cluster& c) {
         auto& s = c.pod("cilium-n2")["status"]["containerStatuses"][0];
         s["restartCount"] = 3;
         s["lastState"] = {
             {"terminated", {{"exitCode", 1}, {"reason", "Error"}, {"finishedAt", at(90000)}}}};
         auto& r = c.pod("cilium-n3")["status"]["containerStatuses"][0];  // the node was rebooted
         r["restartCount"] = 1;
         r["lastState"] = {
             {"terminated", {{"exitCode", 255}, {"reason", "Unknown"}, {"finishedAt", at(900)}}}};
       }},
      {"node-taint-left",
       "n2",
       [](Cluster& c) {
         c.node("n2")["spec"]["taints"] =
             Json::array({{{"key", "node.cilium.io/agent-not-ready"}, {"effect", "NoExecute"}}});
       },
       [](Cluster& c) {  // the agent is down: the taint does what it is for
         c.node("n2")["spec"]["taints"] =
             Json::array({{{"key", "node.cilium.io/agent-not-ready"}, {"effect", "NoExecute"}}});
         Cluster::crash(c.pod("cilium-n2"), "boom");
         c.node("n3")["spec"]["taints"] =
             Json::array({{{"key", "node.kubernetes.io/unschedulable"}, {"effect", "NoSchedule"}}});
       }},
      {"node-ready-but-agent-down",
       "n2",
       [](Cluster& c) {
         Cluster::crash(c.pod("cilium-n2"), "boom");
       },
       [](Cluster& c) {
         Cluster::crash(c.pod("cilium-n2"), "boom");
         c.node("n2")["spec"]["unschedulable"] = true;
       }},
      {"operator-unhealthy",
       "n1",
       [](Cluster& c) {
         Cluster::crash(c.pod("cilium-operator-5c-abc"), "boom");
         c.deployments[0]["status"]["availableReplicas"] = 0;
       },
       [](Cluster& c) {  // being replaced: the new pod is young
         c.deployments[0]["status"]["unavailableReplicas"] = 1;
         Json p = c.pod("cilium-operator-5c-abc");
         p["metadata"]["name"] = "cilium-operator-6d-def";
         p["metadata"]["creationTimestamp"] = at(20);
         Cluster::set_condition(p, "Ready", "False", 20);
         c.pods.push_back(p);
       }},
      {"unmanaged-pods",
       "n2",
       [](Cluster& c) {
         c.add_pod("shop", "old", "n2", "web", "nginx", 900000);
       },
       [](Cluster& c) {
         c.add_pod("shop", "host", "n2", "web", "nginx")["spec"]["hostNetwork"] = true;
         c.add_pod("shop", "done", "n2", "web", "nginx")["status"]["phase"] = "Succeeded";
         c.add_pod("shop", "new", "n2", "web", "nginx", 20);
       }},
      {"two-cnis",
       "n2",
       [](Cluster& c) {
         Json& p =
             c.add_pod("kube-system", "calico-node-x", "n2", "calico-node", "calico/node:v3.28.0");
         p["metadata"]["labels"] = {{"k8s-app", "calico-node"}};
         p["metadata"]["ownerReferences"] =
             Json::array({{{"kind", "DaemonSet"}, {"name", "calico-node"}, {"controller", true}}});
         p["spec"]["hostNetwork"] = true;
       },
       [](Cluster& c) {
         Json& p =
             c.add_pod("kube-system", "aws-node-x", "n2", "aws-node", "amazon-k8s-cni:v1.18.0");
         p["metadata"]["labels"] = {{"k8s-app", "aws-node"}};
         p["metadata"]["ownerReferences"] =
             Json::array({{{"kind", "DaemonSet"}, {"name", "aws-node"}, {"controller", true}}});
         p["spec"]["hostNetwork"] = true;
         c.configmaps[0]["data"]["cni-chaining-mode"] = "aws-cni";
       }},
      {"conflicting-service-proxies",
       "n2",
       [](Cluster& c) {
         Json& p = c.add_pod("kube-system",
                             "kube-router-x",
                             "n2",
                             "kube-router",
                             "cloudnativelabs/kube-router:v2.1.0");
         p["spec"]["hostNetwork"] = true;
         p["spec"]["containers"][0]["args"] = {"--run-router=true", "--run-service-proxy=true"};
       },
       [](Cluster& c) {
         Json& p = c.add_pod("kube-system",
                             "kube-router-x",
                             "n2",
                             "kube-router",
                             "cloudnativelabs/kube-router:v2.1.0");
         p["spec"]["hostNetwork"] = true;
         p["spec"]["containers"][0]["args"] = {"--run-router=true", "--run-service-proxy=false"};
       }},
      {"rollout-makes-node-notready",
       "n2",
       [](Cluster& c) {
         for (auto& [node, s] : c.status)
           s["cilium"]["msg"] = "1.13.2 (v1.13.2-0000000)";
         c.events.push_back({{"metadata", {{"name", "n2.1"}}},
                             {"involvedObject", {{"kind", "Node"}, {"name", "n2"}}},
                             {"reason", "NodeNotReady"},
                             {"message", "Node n2 status is now: NodeNotReady"},
                             {"lastTimestamp", at(86400 * 10 + 30)},
                             {"firstTimestamp", at(86400 * 10 + 30)}});
       },
       [](Cluster& c) {
         c.events.push_back({{"metadata", {{"name", "n2.1"}}},
                             {"involvedObject", {{"kind", "Node"}, {"name", "n2"}}},
                             {"reason", "NodeNotReady"},
                             {"message", "Node n2 status is now: NodeNotReady"},
                             {"lastTimestamp", at(86400 * 10 + 30)},
                             {"firstTimestamp", at(86400 * 10 + 30)}});
       }},
  };
  return all;
}

}  // namespace

std::vector<kpr::test::Fixture> kpr::test::workload_fixtures() {
  std::vector<Fixture> out;
  for (const Fleet& fleet : fleets())
    out.push_back({fleet.id, [&fleet] {
                     Cluster broken;
                     fleet.fires(broken);
                     return broken.evidence();
                   }});
  return out;
}

BOOST_AUTO_TEST_CASE(each_check_fires_in_its_fleet_and_not_in_the_near_miss) {
  for (const Fleet& fleet : fleets()) {
    Cluster broken;
    fleet.fires(broken);
    const RunResult result = run(broken, fleet.id);
    const Finding* f = find(result, fleet.id);
    BOOST_CHECK_MESSAGE(
        f,
        fleet.id << " does not fire: "
                 << (result.checks.empty() ? "unknown check" : result.checks[0].reason));
    if (f) {
      BOOST_CHECK_MESSAGE(*fleet.node == 0 ||
                              std::find(f->nodes.begin(), f->nodes.end(), fleet.node) !=
                                  f->nodes.end(),
                          fleet.id << " does not name " << fleet.node);
      BOOST_CHECK_MESSAGE(!f->evidence.empty(), fleet.id << " shows no evidence");
      BOOST_CHECK_MESSAGE(!f->fix.empty() && !f->why.empty(),
                          fleet.id << " has no fix or no reason");
    }
    Cluster near;
    fleet.near_miss(near);
    const RunResult near_result = run(near, fleet.id);
    const Finding* false_alarm = find(near_result, fleet.id);
    BOOST_CHECK_MESSAGE(!false_alarm,
                        fleet.id << " fires in the near miss: "
                                 << (false_alarm ? false_alarm->summary : ""));
  }
}

BOOST_AUTO_TEST_CASE(the_healthy_cluster_gives_nothing) {
  for (const auto& check : kpr::checks::workloads_checks()) {
    const auto result = run(Cluster(), std::string(check.id));
    for (const auto& f : result.findings)
      BOOST_ERROR(f.id << ": " << f.summary);
    for (const auto& f : result.explained)
      BOOST_ERROR(f.id << ": " << f.summary);
  }
}

BOOST_AUTO_TEST_CASE(what_could_not_be_read_is_skipped_and_not_passed) {
  Cluster c;
  c.missing = {"pods", "secrets", "ciliumendpoints"};
  for (const char* id :
       {"image-pull-stuck-pulling", "agent-not-ready", "helm-pending", "unmanaged-pods"}) {
    const auto result = run(c, id);
    BOOST_REQUIRE(result.checks.size() == 1u);
    BOOST_CHECK_MESSAGE(result.checks[0].outcome == kpr::checks::Outcome::skipped,
                        id << " is not skipped");
    BOOST_TEST(!result.checks[0].reason.empty());
  }
}

BOOST_AUTO_TEST_CASE(a_hung_pull_says_what_is_known) {
  Cluster c;
  c.add_waiting("hung-1", "nginx:1.27", 960);
  c.event("shop", "hung-1", "Pulling", "Pulling image \"nginx:1.27\"", 958);
  Json& second = c.add_waiting("hung-2", "nginx:1.27", 960);
  second["spec"]["nodeName"] = "n3";
  c.event("shop", "hung-2", "Pulling", "Pulling image \"nginx:1.27\"", 958);
  const auto result = run(c, "image-pull-stuck-pulling");
  const Finding* f = find(result, "image-pull-stuck-pulling");
  BOOST_REQUIRE(f);
  BOOST_TEST(
      f->summary ==
      "2 pods have been pulling nginx:1.27 for up to 15m on n2 and n3 without success or error");
  BOOST_CHECK(f->severity == Severity::error);
  BOOST_TEST(f->nodes.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_dead_agent_is_one_finding) {
  Cluster c;
  Cluster::crash(c.pod("cilium-n2"), "level=fatal msg=\"boom\"");
  sandbox_failure(c, kAgentDown);
  const auto result = run(c, "");
  BOOST_TEST(find(result, "agent-not-ready"));
  for (const char* id : {"cni-agent-down", "node-ready-but-agent-down"}) {
    const Finding* f = find(result, id);
    BOOST_REQUIRE_MESSAGE(f, id);
    BOOST_TEST(f->explained_by == "agent-not-ready");
  }
}
