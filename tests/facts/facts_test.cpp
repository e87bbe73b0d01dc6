#define BOOST_TEST_MODULE facts
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "evidence/helm_release.hpp"
#include "facts/fleet.hpp"
#include "kpr/json.hpp"
#include "kpr/parse.hpp"
#include "util/encoding.hpp"
#include "util/gzip.hpp"

using namespace kpr;
using namespace kpr::facts;
using nlohmann::json;

BOOST_AUTO_TEST_CASE(versions) {
  BOOST_TEST(parse_version("v1.16.5-ad688277")->text == "1.16.5-ad688277");
  BOOST_TEST((*parse_version("1.20.0-dev") == Version{1, 20, 0, {}}));
  BOOST_TEST(parse_version("1.31")->minor == 31);
  BOOST_TEST(!parse_version("latest"));
  BOOST_TEST(!parse_version(""));
  BOOST_TEST(version_of_image("registry.example:5000/cilium/cilium:v1.15.7@sha256:00")->patch == 7);
  BOOST_TEST(!version_of_image("registry.example:5000/cilium/cilium"));
  BOOST_TEST(!version_of_image("cilium@sha256:00"));
}

BOOST_AUTO_TEST_CASE(addresses) {
  BOOST_TEST(cidr_contains("10.96.0.0/12", "10.111.255.255"));
  BOOST_TEST(!cidr_contains("10.96.0.0/12", "10.112.0.0"));
  BOOST_TEST(cidr_contains("fd00::/8", "fd12::1"));
  BOOST_TEST(!cidr_contains("10.0.0.0/8", "fd12::1"));
  BOOST_TEST(!cidr_contains("10.0.0.0/99", "10.0.0.1"));
  BOOST_TEST(!is_ip("api.example"));
}

BOOST_AUTO_TEST_CASE(iptables_of_the_kubelet_are_no_leftovers) {
  const auto kubelet =
      scan_iptables(":KUBE-KUBELET-CANARY - [0:0]\n:KUBE-IPTABLES-HINT - [0:0]\n:KUBE-FIREWALL - "
                    "[0:0]\n-A KUBE-FIREWALL -j DROP\n-A KUBE-POSTROUTING -j MASQUERADE\n",
                    "iptables-save",
                    "s");
  BOOST_TEST(!kubelet.left());
  BOOST_TEST(kubelet.rules == 0u);
  const auto proxy =
      scan_iptables(":KUBE-PROXY-CANARY - [0:0]\n:KUBE-SVC-ABCDEFGHIJKLMNOP - [0:0]\n[1:60] -A "
                    "KUBE-SERVICES -d 10.0.0.1/32 -j REJECT --reject-with icmp-port-unreachable\n",
                    "iptables-save",
                    "s");
  BOOST_TEST(proxy.left());
  BOOST_TEST(proxy.canary);
  BOOST_TEST(proxy.service_chains == 1u);
  BOOST_TEST(proxy.rejects == 1u);
  BOOST_TEST(scan_iptables(":KUBE-SVC-short - [0:0]\n", "c", "s").service_chains == 0u);
}

static Fleet fleet_of(evidence::Evidence& e, const char* resource, json items) {
  evidence::Objects o;
  for (auto& i : items)
    o.items.push_back(i);
  e.objects[resource] = std::move(o);
  return make_fleet(e);
}

BOOST_AUTO_TEST_CASE(events_of_both_apis_are_one) {
  evidence::Evidence e;
  const Fleet f = fleet_of(e, "events", json::parse(R"j([
    {"reason":"Pulling","message":"m","count":3,"firstTimestamp":"2026-01-01T00:00:00Z","lastTimestamp":"2026-01-01T00:05:00Z","source":{"component":"kubelet","host":"n1"},
     "involvedObject":{"kind":"Pod","namespace":"a","name":"p","fieldPath":"spec.containers{x}"}},
    {"reason":"Pulling","note":"(combined from similar events): m","eventTime":"2026-01-01T00:00:00.5Z","series":{"count":9,"lastObservedTime":"2026-01-01T00:09:00Z"},
     "reportingController":"kubelet","regarding":{"kind":"Pod","namespace":"a","name":"p"}}])j"));
  BOOST_REQUIRE(f.events);
  BOOST_REQUIRE_EQUAL(f.events->size(), 2u);
  const auto& a = (*f.events)[0];
  const auto& b = (*f.events)[1];
  BOOST_TEST(a.count == 3);
  BOOST_TEST(format_rfc3339(*a.last) == "2026-01-01T00:05:00Z");
  BOOST_TEST(a.field_path == "spec.containers{x}");
  BOOST_TEST(b.message == "m");
  BOOST_TEST(b.combined);
  BOOST_TEST(b.count == 9);
  BOOST_TEST(format_rfc3339(*b.last) == "2026-01-01T00:09:00Z");
}

BOOST_AUTO_TEST_CASE(what_was_not_collected_is_missing_not_empty) {
  evidence::Evidence e;
  e.objects["pods"] = evidence::Missing{evidence::Reason::no_right, "pods is forbidden"};
  const Fleet f = make_fleet(e);
  BOOST_TEST(!f.pods);
  BOOST_TEST(f.pods.missing().detail == "pods is forbidden");
  BOOST_TEST(!f.kube_proxies);
  BOOST_TEST((f.nodes.missing().reason == evidence::Reason::not_asked));
  BOOST_TEST((f.configured_mode() == facts::KprMode::unknown));
}

BOOST_AUTO_TEST_CASE(a_broken_helm_payload_says_so) {
  evidence::Evidence e;
  const Fleet f = fleet_of(
      e,
      "secrets",
      json::parse(
          R"j([{"type":"helm.sh/release.v1","metadata":{"name":"sh.helm.release.v1.cilium.v2","namespace":"kube-system","labels":{"owner":"helm","name":"cilium","status":"failed","version":"2"}},"data":{"release":"AAAA"}}])j"));
  BOOST_REQUIRE(f.helm);
  BOOST_REQUIRE_EQUAL(f.helm->size(), 1u);
  BOOST_TEST(!f.helm->front().decoded);
  BOOST_TEST(f.helm->front().status == "failed");
  BOOST_TEST(f.helm->front().revision == 2);
  BOOST_TEST(!f.helm->front().problem.empty());
}

BOOST_AUTO_TEST_CASE(values_nested_too_deeply_leave_a_release_undecoded) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  const auto release_of = [](const std::string& release) {
    const auto packed = gzip(release);
    evidence::Evidence e;
    const Fleet f =
        fleet_of(e,
                 "secrets",
                 json{{{"type", "helm.sh/release.v1"},
                       {"metadata",
                        {{"name", "sh.helm.release.v1.cilium.v1"}, {"namespace", "kube-system"}}},
                       {"data", {{"release", base64_encode(base64_encode(*packed))}}}}});
    return f.helm->front();
  };
  const auto bad = release_of(R"({"name":"cilium","config":{"a":)" + deep + "}}");
  BOOST_TEST(!bad.decoded);
  BOOST_TEST(bad.problem == "the release's payload is nested too deeply");
  const auto good = release_of(R"({"name":"cilium","config":{"a":1},"manifest":)" + deep + "}");
  BOOST_TEST(good.decoded);
  BOOST_TEST(good.values_json == R"({"a":1})");
}

BOOST_AUTO_TEST_CASE(a_release_ends_at_8_mib_packed_and_64_unpacked) {
  const std::string large(9u << 20, 'A');
  BOOST_TEST(evidence::decode_helm_release(large).error().message == "is larger than 8 MiB");
  const auto bomb = gzip(std::string(65u << 20, ' '));
  BOOST_TEST(evidence::decode_helm_release(base64_encode(base64_encode(*bomb))).error().message ==
             "cannot be unpacked, or is larger than 64 MiB");
}

BOOST_AUTO_TEST_CASE(services_nested_too_deeply_are_missing_with_the_reason) {
  evidence::Evidence e;
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  e.agents.emplace_back();
  e.agents.back().outputs["service-list-json"] = evidence::Output{deep, "", 0, "s.md"};
  const Fleet f = make_fleet(e);
  BOOST_REQUIRE(!f.agents.front().services);
  BOOST_TEST(f.agents.front().services.missing().detail == "s.md is nested too deeply");
}

BOOST_AUTO_TEST_CASE(objects_of_the_wrong_types_do_no_harm) {
  evidence::Evidence e;
  for (const char* resource : {"pods",
                               "nodes",
                               "services",
                               "endpointslices",
                               "configmaps",
                               "daemonsets",
                               "deployments",
                               "events",
                               "secrets",
                               "ciliumnodeconfigs",
                               "ciliumnodes"}) {
    evidence::Objects o;
    for (
        const char* text :
        {"null",
         "[]",
         "7",
         R"({"metadata":7,"spec":[],"status":"x"})",
         R"({"metadata":{"labels":[1],"ownerReferences":{}},"spec":{"containers":7,"ports":[3]},"status":{"conditions":{}}})"})
      o.items.push_back(json::parse(text));
    e.objects[resource] = std::move(o);
  }
  const Fleet f = make_fleet(e);
  BOOST_TEST(f.pods->size() == 5u);
  BOOST_TEST(f.services->size() == 5u);
}

BOOST_AUTO_TEST_CASE(entries_of_the_load_balancer_are_counted_here_or_in_the_agent) {
  const auto entries = [](const char* command, std::string out, int code = 0) {
    evidence::Agent raw;
    raw.outputs[command] = evidence::Output{std::move(out), {}, code, "exec"};
    FrontendPool pool;
    const Agent a = make_agent(raw, pool);
    return a.bpf_lb_entries ? std::to_string(*a.bpf_lb_entries) : a.bpf_lb_entries.missing().detail;
  };
  const std::string header = "SERVICE ADDRESS   BACKEND ADDRESS (REVNAT_ID) (SLOT)\n";
  BOOST_TEST(
      entries("bpf-lb-list",
              header +
                  "10.0.0.1:80 (1)  10.1.0.1:80 (1) (1)\n                 10.1.0.2:80 (1) (2)\n") ==
      "2");
  BOOST_TEST(entries("bpf-lb-count", header + "3\n") == "2");
  BOOST_TEST(entries("bpf-lb-count", header + "1\n") == "0");
  BOOST_TEST(entries("bpf-lb-count", header + "3\n", 1) == "exec ended with exit code 1");
  BOOST_TEST(entries("bpf-lb-count", header) == "exec ended with exit code 0");
  BOOST_TEST(entries("bpf-lb-count", "level=warning\n3\n") == "exec holds no table");
  BOOST_TEST(entries("bpf-lb-count", "SERVICE ADDRESS") == "exec ended with exit code 0");
}

BOOST_AUTO_TEST_CASE(what_is_well_is_left_out_and_nothing_else) {
  const auto told = [](const facts::AgentStatus& s) {
    std::string out = s.mode_text + "|" + s.cilium_msg + "|" + s.kubernetes_state + "|" +
                      s.host_routing + "|" + s.network_routing + "|" + s.masquerade_mode + "|" +
                      s.health_state + "|" + std::to_string(s.health_named);
    for (const auto& d : s.devices)
      out += "|" + d.name;
    for (const auto& c : s.failing_controllers)
      out += "|" + c.name + " " + std::to_string(c.failures) + " " + c.message;
    for (const auto& m : s.degraded)
      out += "|" + m.name + " " + m.message;
    for (const auto& h : s.health_nodes)
      out += "|" + h.name;
    for (const auto& since : s.stale)
      out += "|" + since;
    return out;
  };
  std::size_t texts = 0, degraded = 0, failing = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(KPR_SOURCE_DIR "/tests/fixtures/status")) {
    if (entry.path().extension() != ".txt")
      continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    evidence::Agent raw;
    raw.outputs["status-verbose"] = evidence::Output{text, {}, 0, "exec"};
    FrontendPool pool;
    const Agent a = make_agent(raw, pool);
    const StatusDocument document = parse_status(text);
    BOOST_REQUIRE_MESSAGE(bool(a.status) == document.recognized, entry.path());
    if (!a.status)
      continue;
    const facts::AgentStatus all = status_from_json(json(to_json(document)), "exec");
    BOOST_TEST(told(*a.status) == told(all), entry.path());
    ++texts, degraded += all.degraded.size(), failing += all.failing_controllers.size();
  }
  BOOST_TEST(texts > 5u);
  BOOST_TEST(degraded > 3u);
  BOOST_TEST(failing > 0u);
}
