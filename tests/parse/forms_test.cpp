// Copies, noise, texts that are something else, and the two other commands.
#define BOOST_TEST_MODULE parse_forms
#include <kpr/json.hpp>
#include <kpr/kpr.hpp>
#include <nlohmann/json.hpp>

#include "fixture.hpp"

using namespace kpr;

namespace {

nlohmann::ordered_json facts(const std::string& text) {
  nlohmann::ordered_json j = to_json(parse_status(text));
  j.erase("kpr-parse");
  return j;
}

std::string
each_line(const std::string& text, const std::string& before, const std::string& after) {
  std::string out;
  for (const std::string& line : lines_of(text))
    out += before + line + after + "\n";
  return out;
}

std::string stripped(const std::string& text) {
  std::string out;
  for (std::string line : lines_of(text)) {
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(copies_say_the_same) {
  for (const int minor : {8, 14, 18}) {
    const std::string text = minor_text(minor);
    const auto wanted = facts(text);
    BOOST_TEST(facts(each_line(text, "", "\r")) == wanted);
    BOOST_TEST(facts(each_line(text, "    ", "")) == wanted);
    BOOST_TEST(facts(each_line(text, "\t ", "")) == wanted);
    BOOST_TEST(facts(each_line(text, "# ", "")) == wanted);
    BOOST_TEST(facts(each_line(text, "> ", "")) == wanted);
    BOOST_TEST(facts("\xef\xbb\xbf" + text) == wanted);
    BOOST_TEST(facts("\x1b[0m" + text + "\x1b[0m") == wanted);
    BOOST_TEST(facts("Defaulted container \"cilium-agent\" out of: cilium-agent, config (init)\n" +
                     text + "command terminated with exit code 1\n") == wanted);
    BOOST_TEST(
        facts("root@m-1:~# kubectl -n kube-system exec ds/cilium -- cilium status --verbose\n" +
              text + "root@m-1:~#\n") == wanted);
    auto bare = facts(stripped(text));
    auto ipam = wanted;
    bare.erase("ipam"), ipam.erase("ipam");  // "…/24, " keeps its last blank only in the original
    BOOST_TEST(bare == ipam);
  }
}

BOOST_AUTO_TEST_CASE(one_line_is_what_people_paste) {
  const StatusDocument d =
      parse_status("KubeProxyReplacement:    Strict   [eth0 192.168.6.101 (Direct Routing)]\n");
  BOOST_TEST(d.recognized);
  BOOST_TEST(d.truncated);
  BOOST_TEST(d.status.kube_proxy_replacement->devices[0].ips[0] == "192.168.6.101");
  BOOST_TEST(d.diagnostics.at(0).message ==
             "only some lines of a status are here (a grep?), the rest is not known");
  BOOST_TEST(parse_status("KubeProxyReplacement:\n").status.kube_proxy_replacement->mode.text ==
             "");
  BOOST_TEST(parse_status("KubeProxyReplacement:   False   \n")
                 .status.kube_proxy_replacement->devices.empty());
  BOOST_TEST(parse_status("KubeProxyReplacement:   Probe   ()   []\n")
                 .status.kube_proxy_replacement->devices.empty());
  const StatusDocument odd = parse_status(
      "KubeProxyReplacement:   True   [eth0 10.0.0.1, eth1 , eth2   ::1 (Direct Routing), ]\n");
  BOOST_TEST(odd.status.kube_proxy_replacement->devices.size() == 3u);
  BOOST_TEST(odd.status.kube_proxy_replacement->devices[1].ips.empty());
  BOOST_TEST(odd.status.kube_proxy_replacement->devices[2].direct_routing);
}

BOOST_AUTO_TEST_CASE(messages_with_line_breaks_and_tabs) {
  const StatusDocument d = parse_status(
      "Controller Status:   1/3 healthy\n"
      "  Name   Last success   Last error   Count   Message\n"
      "  sync-x             never          3s ago       7       Command failed: exit status 1\n"
      "stderr: Error: RTNETLINK answers: Invalid argument\n"
      "\n"
      "We have an error talking to the kernel   \n"
      "  y   never   1s ago   2   a      b\n"
      "  z                                      never   never   0   no error   \n"
      "Proxy Status:   No managed proxy redirect\n");
  BOOST_REQUIRE(d.status.controllers->rows.size() == 3);
  BOOST_TEST(d.status.controllers->rows[0].last_failure_msg ==
             "Command failed: exit status 1\nstderr: Error: RTNETLINK answers: Invalid "
             "argument\n\nWe have an error talking to the kernel");
  BOOST_TEST(d.status.controllers->rows[1].last_failure_msg == "a      b");
  BOOST_TEST(d.unknown.empty());
}

BOOST_AUTO_TEST_CASE(a_second_status_is_not_mixed_in) {
  const StatusDocument d = parse_status(minor_text(18) + minor_text(13));
  BOOST_TEST(d.cilium_version == "1.18.16");
  BOOST_TEST(d.status.controllers->rows.size() == 6u);
  BOOST_TEST(d.status.cluster_mesh->clusters.size() == 2u);
  bool said = false;
  for (const Diagnostic& x : d.diagnostics)
    said = said ||
           x.message == "a part of the status stands here a second time; the first one is kept";
  BOOST_TEST(said);
}

BOOST_AUTO_TEST_CASE(texts_of_other_kinds) {
  const auto kind = [](const std::string& text) {
    return std::string(to_string(parse_status(text).kind));
  };
  BOOST_TEST(kind("") == "empty");
  BOOST_TEST(kind(" \n\t\n") == "empty");
  BOOST_TEST(kind(std::string(64, '\0')) == "binary");
  BOOST_TEST(kind("    /\xc2\xaf\xc2\xaf\\\n /\xc2\xaf\xc2\xaf\\__/\xc2\xaf\xc2\xaf\\    Cilium:   "
                  "          OK\n") == "cilium-cli-status");
  BOOST_TEST(kind("Get \"http://%2Fvar%2Frun%2Fcilium%2Fcilium.sock/v1/healthz\": dial unix\nIs "
                  "the agent running?\n") == "agent-down");
  BOOST_TEST(kind("Error from server (NotFound): pods \"cilium-x\" not found\n") ==
             "kubectl-error");
  BOOST_TEST(kind("hello\n") == "unknown");
  BOOST_TEST(kind("{\"a\": 1}") == "unknown");
  BOOST_TEST(kind("OK\n") == "brief");
}

BOOST_AUTO_TEST_CASE(json_is_read_into_the_same_model) {
  const StatusDocument d = parse_status(
      "Defaulted container \"cilium-agent\" out of: cilium-agent\n"
      R"j({"cilium":{"state":"Ok","msg":"1.18.3 (v1.18.3-c1601689)"},"kvstore":{"state":"Disabled"},"kubernetes":{"state":"Ok","k8s-api-versions":["a"]},)j"
      R"j("kube-proxy-replacement":{"mode":"True","directRoutingDevice":"eth0","deviceList":[{"name":"eth0","ip":["","10.0.0.1"]}],)j"
      R"j("features":{"nodePort":{"enabled":true,"mode":"DSR","portMin":30000,"portMax":32767},"nat46X64":{}}},)j"
      R"j("cluster-mesh":{"clusters":[{"name":"west","ready":true,"num-nodes":3}]},"nodeMonitor":{"cpus":4},"clock-source":{"mode":"jiffies","hertz":250}})j"
      "\n");
  BOOST_TEST(std::string(to_string(d.kind)) == "status-json");
  BOOST_TEST(d.cilium_version == "1.18.3");
  BOOST_TEST(d.status.kube_proxy_replacement->devices[0].ips.size() == 1u);
  BOOST_TEST(d.status.kube_proxy_replacement->devices[0].direct_routing);
  BOOST_TEST(d.status.kube_proxy_replacement->features->node_port.mode == "DSR");
  BOOST_TEST(d.status.cluster_mesh->ready == 1u);
  BOOST_TEST(*d.status.cluster_mesh->clusters[0].nodes == 3u);
  BOOST_TEST(d.status.node_monitor->cpus == 4u);
  BOOST_TEST(d.status.clock_source->hertz == 250u);
  BOOST_TEST(to_json(d)["kvstore"]["state"] == "Disabled");
}

BOOST_AUTO_TEST_CASE(service_lists) {
  const ServiceListDocument d =
      parse_service_list("ID   Frontend                  Service Type           Backend            "
                         "                              \n"
                         "1    10.96.0.1:443/TCP         ClusterIP              1 => "
                         "192.168.6.101:6443/TCP (active)             \n"
                         "                                                      2 => "
                         "192.168.6.102:6443/TCP (terminating) (preferred)   \n"
                         "2    [fd00::1]:53/UDP/i        NodePort (Remote)                         "
                         "                              \n"
                         "7    10.0.0.1@3:80             LocalRedirect          1 => 10.0.3.7:8080 "
                         "                              \n");
  BOOST_TEST(d.recognized);
  BOOST_TEST(d.unknown.empty());
  BOOST_REQUIRE(d.services.size() == 3);
  BOOST_TEST(d.services[0].backends.size() == 2u);
  BOOST_TEST(d.services[0].backends[1].preferred);
  BOOST_TEST(d.services[0].backends[1].state == "terminating");
  BOOST_TEST(d.services[1].frontend.internal_scope);
  BOOST_TEST(d.services[1].frontend.protocol == "UDP");
  BOOST_TEST(d.services[1].frontend.ip == "fd00::1");
  BOOST_TEST(d.services[1].remote);
  BOOST_TEST(d.services[1].backends.empty());
  BOOST_TEST(d.services[2].frontend.cluster_id == 3u);
  const ServiceListDocument old =
      parse_service_list("ID   Frontend        Backend                   \n3    10.96.0.10:53   1 "
                         "=> 10.0.0.9:53 (W: 4)   \n");
  BOOST_TEST(old.services.at(0).backends.at(0).weight == 4u);
}

BOOST_AUTO_TEST_CASE(cilium_health) {
  const HealthDocument old = parse_cilium_health(
      "Probe time:   2026-11-24T14:44:29Z\nNodes:\n  z-k8s-n-1 (localhost):\n    Host connectivity "
      "to 192.168.6.111:\n      ICMP to stack:   OK, RTT=87us\n"
      "      HTTP to agent:   OK, RTT=405us\n    Endpoint connectivity to 10.0.3.174:\n      ICMP "
      "to stack:   OK, RTT=430us\n      HTTP to agent:   Connection timed out\n");
  BOOST_TEST(old.recognized);
  BOOST_TEST(old.health.timestamp == "2026-11-24T14:44:29Z");
  BOOST_TEST(*old.health.nodes.at(0).endpoint.at(0).http == "Connection timed out");
  const HealthDocument now =
      parse_cilium_health("Cluster health:   1/2 reachable   (2026-02-25T20:06:27Z)   (Probe "
                          "interval: 1m36s)\nName   IP   Node   Endpoints\n"
                          "  a (localhost)   10.14.125.157   0/1 (1 unknown)   1/1\n");
  BOOST_TEST(now.recognized);
  BOOST_TEST(now.unknown.empty());
  BOOST_TEST(*now.health.reachable == 1u);
  BOOST_TEST(now.health.nodes.at(0).host.at(0).unknown == 1u);
}
