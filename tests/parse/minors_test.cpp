#define BOOST_TEST_MODULE parse_minors
#include <kpr/json.hpp>
#include <kpr/kpr.hpp>
#include <nlohmann/json.hpp>

#include "fixture.hpp"

using namespace kpr;

BOOST_AUTO_TEST_CASE(every_line_of_every_minor_is_understood) {
  for (int minor = 6; minor <= 20; ++minor) {
    BOOST_TEST_CONTEXT("1." << minor) {
      const StatusDocument d = parse_status(minor_text(minor));
      BOOST_TEST(d.recognized);
      BOOST_TEST(d.verbose);
      BOOST_TEST(!d.truncated);
      BOOST_TEST(d.unknown.empty());
      BOOST_TEST(d.diagnostics.empty());
      for (const LineUse use : d.lines)
        BOOST_TEST((use != LineUse::unknown && use != LineUse::noise));
      BOOST_TEST(int{d.minor_low} <= minor);
      BOOST_TEST(int{d.minor_high} >= minor);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_device_list_with_its_extra_blanks) {
  for (const int minor : {10, 14, 15, 18, 20}) {
    const StatusDocument d = parse_status(minor_text(minor));
    const auto& devices = d.status.kube_proxy_replacement->devices;
    BOOST_REQUIRE(devices.size() == 2);
    BOOST_TEST(devices[0].name == "enp1s0");
    BOOST_TEST(devices[0].direct_routing);
    BOOST_REQUIRE(devices[0].ips.size() == 2);
    BOOST_TEST(devices[0].ips[0] == "192.168.6.111");
    BOOST_TEST(devices[0].ips[1] == "fd06::111");
    BOOST_TEST(devices[1].name == "eth1");
    BOOST_TEST(!devices[1].direct_routing);
    BOOST_REQUIRE(devices[1].ips.size() == 1);
    BOOST_TEST(devices[1].ips[0] == "10.9.0.11");
  }
}

BOOST_AUTO_TEST_CASE(feature_lists_of_1_7_and_1_8) {
  const StatusDocument seven = parse_status(minor_text(7));
  const KprFeatures& f7 = *seven.status.kube_proxy_replacement->features;
  BOOST_TEST(seven.status.kube_proxy_replacement->devices.empty());
  BOOST_TEST(f7.node_port.mode == "SNAT");
  BOOST_TEST(f7.node_port.port_max == 32767u);
  BOOST_TEST(f7.external_ips.value());
  BOOST_TEST(!f7.host_port.has_value());  // 1.7 does not list it
  BOOST_TEST(f7.socket_protocols.size() == 2u);
  const StatusDocument eight = parse_status(minor_text(8));
  const KprFeatures& f8 = *eight.status.kube_proxy_replacement->features;
  BOOST_TEST((eight.status.kube_proxy_replacement->mode.value == KprMode::partial));
  BOOST_REQUIRE(eight.status.kube_proxy_replacement->devices.size() == 2);
  BOOST_TEST(eight.status.kube_proxy_replacement->devices[0].direct_routing);
  BOOST_TEST(f8.node_port.mode == "HYBRID");
  BOOST_TEST(f8.node_port.acceleration == "NATIVE");
  BOOST_TEST(f8.session_affinity.value());
}

BOOST_AUTO_TEST_CASE(details_with_two_keys_named_services) {
  const StatusDocument d = parse_status(minor_text(17));
  const KprFeatures& f = *d.status.kube_proxy_replacement->features;
  BOOST_TEST(f.nat46x64.value());
  BOOST_TEST(f.nat46x64_service.value());
  BOOST_TEST(f.nat46x64_gateway.value());
  BOOST_REQUIRE(f.nat46x64_prefixes.size() == 2);
  BOOST_TEST(f.nat46x64_prefixes[1] == "2001:db8:64::/96");
  BOOST_TEST(f.cluster_ip.value());
  BOOST_TEST(f.node_port.port_min == 30000u);
  BOOST_TEST(!f.host_port.value());
  BOOST_TEST(f.socket_lb_coverage == "Hostns-only");
  BOOST_TEST(f.node_port.algorithm == "Maglev");
  BOOST_TEST(f.node_port.lut_size == 16381u);
  BOOST_TEST(f.node_port.dsr_mode == "IP Option/Extension");
  BOOST_REQUIRE(f.annotations.has_value());
  BOOST_TEST(f.annotations->size() == 2u);
  BOOST_TEST(
      parse_status(minor_text(19)).status.kube_proxy_replacement->features->annotations->empty());
}

BOOST_AUTO_TEST_CASE(controllers_keep_their_messages) {
  const StatusDocument d = parse_status(minor_text(13));
  const Controllers& c = *d.status.controllers;
  BOOST_TEST(c.healthy == 6u);
  BOOST_TEST(c.total == 7u);
  BOOST_REQUIRE(c.rows.size() == 6);
  BOOST_TEST(c.rows[4].name == "sync-to-k8s-ciliumendpoint (1044)");
  BOOST_TEST(c.rows[4].last_failure_msg ==
             "unable to write:  no space left on device: map cilium_lb4_services_v2");
  BOOST_TEST(c.rows[4].consecutive_failures == 17u);
  BOOST_TEST(c.rows[3].last_success_ago == "26h1m9s");
  BOOST_TEST(c.rows[5].last_success_ago == "never");
}

BOOST_AUTO_TEST_CASE(cluster_health_as_table_and_as_blocks) {
  const StatusDocument table = parse_status(minor_text(15));
  const ClusterHealth& t = *table.status.cluster_health;
  BOOST_TEST(*t.reachable == 1u);
  BOOST_REQUIRE(t.nodes.size() == 2);
  BOOST_TEST(t.nodes[0].local);
  BOOST_TEST(t.nodes[0].name == "lab/z-k8s-n-1");
  BOOST_TEST(t.nodes[0].host.size() == 2u);
  BOOST_TEST(t.nodes[1].endpoint_status == "unreachable");
  const StatusDocument blocks = parse_status(minor_text(18));
  const ClusterHealth& b = *blocks.status.cluster_health;
  BOOST_TEST(b.probe_interval == "1m36.566274746s");
  BOOST_REQUIRE(b.nodes.size() == 2);
  BOOST_TEST(b.nodes[0].host.size() == 2u);
  BOOST_TEST(b.nodes[0].host[1].secondary);
  BOOST_TEST(*b.nodes[0].host[1].http == "OK, RTT=411.2\xc2\xb5s");
  BOOST_TEST(b.nodes[0].host[1].http_last_probed == "2026-11-24T14:44:29Z");
  BOOST_TEST(*b.nodes[1].host[0].icmp == "Connection timed out");
  BOOST_TEST(b.nodes[1].endpoint_status == "nil");
}

BOOST_AUTO_TEST_CASE(modules_health_in_its_forms) {
  for (const int minor : {15, 16, 18, 20}) {
    BOOST_TEST_CONTEXT("1." << minor) {
      const StatusDocument d = parse_status(minor_text(minor));
      const ModulesHealth& m = *d.status.modules_health;
      BOOST_TEST(*m.ok == 2u);
      BOOST_TEST(*m.degraded == 1u);
      BOOST_TEST(*m.stopped == 1u);
      BOOST_REQUIRE(m.tree.size() == 11);
      BOOST_TEST(m.tree[0].name == "agent");
      BOOST_TEST(m.tree[0].depth == 0u);
      BOOST_TEST(m.tree[3].name == "");
      BOOST_TEST(m.tree[3].message == "daemon-validate-config");
      BOOST_TEST(m.tree[3].count == 3u);
      BOOST_TEST(m.tree[7].depth == 4u);
      BOOST_TEST(m.tree[7].level == "DEGRADED");
      BOOST_TEST(m.tree[7].age == "61s");
      BOOST_TEST(m.tree[8].depth == 1u);
    }
  }
}

BOOST_AUTO_TEST_CASE(every_fact_knows_its_line) {
  const std::string text = minor_text(18);
  const std::vector<std::string> lines = lines_of(text);
  const StatusDocument d = parse_status(text);
  BOOST_TEST(lines[d.status.kube_proxy_replacement->line - 1].starts_with("KubeProxyReplacement:"));
  BOOST_TEST(lines[d.status.controllers->rows[2].line - 1].starts_with("  resolve-identity-812"));
  BOOST_TEST(lines[d.status.cluster_mesh->clusters[1].line - 1].starts_with("   east: not-ready"));
  BOOST_TEST(lines[d.status.modules_health->tree[10].line - 1].ends_with("(9m, x1)"));
}

BOOST_AUTO_TEST_CASE(json_has_the_keys_of_cilium) {
  const nlohmann::ordered_json j = to_json(parse_status(minor_text(18)), {.now_ms = 1764000000000});
  BOOST_TEST(j["kube-proxy-replacement"]["deviceList"][0]["ip"][1] == "fd06::111");
  BOOST_TEST(j["kube-proxy-replacement"]["directRoutingDevice"] == "enp1s0");
  BOOST_TEST(j["attach-mode"] == "tc");
  BOOST_TEST(j["masquerading"]["snat-exclusion-cidr-v6"] == "fd00::/48");
  BOOST_TEST(j["bandwidth-manager"]["congestionControl"] == "bbr");
  BOOST_TEST(j["controllers"][0]["status"]["last-success-ago"] == "59s");
  BOOST_TEST(j["controllers"][0]["status"]["last-success-timestamp"] == "2025-11-24T15:59:01Z");
  BOOST_TEST(j["controllers"][0]["status"]["last-failure-timestamp"] == "0001-01-01T00:00:00.000Z");
  BOOST_TEST(j["hubble-metrics"]["state"] == "Disabled");
  BOOST_TEST(!j["hubble"].contains("metrics"));
  BOOST_TEST(j["nodeMonitor"]["lost"] == 173);
  BOOST_TEST(j["cluster-mesh"]["clusters"][0]["config"]["cluster-id"] == 7);
  BOOST_TEST(j["kpr-parse"]["lines"]["unknown"] == 0);
  BOOST_TEST(to_json(parse_status(minor_text(12)))["hubble"]["metrics"]["state"] == "Disabled");
}

BOOST_AUTO_TEST_CASE(copies_share_the_text) {
  StatusDocument copy;
  {
    const StatusDocument d = parse_status(minor_text(14));
    copy = d;
    BOOST_TEST(copy.text.get() == d.text.get());
  }
  BOOST_TEST(copy.status.cni_chaining.value() == "none");
}
