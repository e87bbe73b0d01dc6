// Texts of tools that agents run on their nodes.
#include <boost/test/unit_test.hpp>

#include "facts/bpf_programs.hpp"
#include "facts/cgroup.hpp"
#include "facts/metrics.hpp"
#include "facts/network.hpp"

namespace kpr::facts {

BOOST_AUTO_TEST_SUITE(tools)

BOOST_AUTO_TEST_CASE(an_address_with_a_peer_is_an_address) {
  const auto all = parse_ip_address(
      "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen "
      "1000\n"
      "    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n"
      "    inet 127.0.0.1/8 scope host lo\n"
      "       valid_lft forever preferred_lft forever\n"
      "2: enp0s31f6: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq state UP group default\n"
      "    link/ether 90:1b:0e:00:00:01 brd ff:ff:ff:ff:ff:ff\n"
      "    inet 203.0.113.7 peer 203.0.113.1/32 scope global enp0s31f6\n"
      "    inet6 2001:db8::2/64 scope global\n");
  BOOST_REQUIRE_EQUAL(all.size(), 2u);
  BOOST_REQUIRE_EQUAL(all[1].addresses.size(), 2u);
  BOOST_TEST(all[1].addresses[0].ip == "203.0.113.7");
  BOOST_TEST(all[1].addresses[0].peer == "203.0.113.1");
  BOOST_TEST(all[1].addresses[0].prefix == 32);
  BOOST_TEST(all[1].mac == "90:1b:0e:00:00:01");
  BOOST_TEST(all[1].state == "UP");
  BOOST_TEST(interface_with_ip(all, "2001:db8::2") == &all[1]);
  BOOST_TEST(interface_with_ip(all, "203.0.113.1") == nullptr);  // the other end is another host's
}

BOOST_AUTO_TEST_CASE(names_lose_what_stands_behind_the_at_sign) {
  const auto all = parse_ip_address(
      "3: eth0.100@eth0: <BROADCAST,UP> mtu 1500 qdisc noqueue master bond0 state UP\r\n"
      "7: lxc12ab@if6: <BROADCAST,UP> mtu 1450 qdisc noqueue state UP\r\n");
  BOOST_REQUIRE_EQUAL(all.size(), 2u);
  BOOST_TEST(all[0].name == "eth0.100");
  BOOST_TEST(all[0].parent == "eth0");
  BOOST_TEST(all[0].master == "bond0");
  BOOST_TEST(all[0].mtu == 1500);
  BOOST_TEST(all[1].name == "lxc12ab");
  BOOST_TEST(all[1].parent == "");
  BOOST_TEST(find_interface(all, "eth0") == nullptr);
}

BOOST_AUTO_TEST_CASE(rules_are_read_with_and_without_details) {
  const auto rules = parse_ip_rules("9:\tfrom all fwmark 0x200/0xf00 lookup 2004 proto kernel\n"
                                    "111:\tfrom 10.20.1.160 to 10.0.0.0/16 lookup 11\n"
                                    "> Error while running 'ip -d rule':  exit status 1\n"
                                    "32766:\tfrom all lookup main\n");
  BOOST_REQUIRE_EQUAL(rules.size(), 3u);
  BOOST_TEST(rules[0].fwmark == "0x200/0xf00");
  BOOST_TEST(rules[0].protocol == "kernel");
  BOOST_TEST(rules[1].priority == 111);
  BOOST_TEST(rules[1].from == "10.20.1.160");
  BOOST_TEST(rules[1].to == "10.0.0.0/16");
  BOOST_TEST(rules[1].table == "11");
  BOOST_TEST(rules[2].table == "main");
}

BOOST_AUTO_TEST_CASE(routes_tell_their_table_and_type) {
  const auto routes = parse_ip_routes(
      "default via 10.0.0.1 dev eth0 table 11 proto kernel\n"
      "local 169.254.7.127 dev lo table local proto kernel scope host src 169.254.7.127\n"
      "10.4.0.0/24 via 10.4.1.7 dev cilium_host proto kernel src 10.4.1.7 mtu 1450\n"
      "default proto static\n"
      "\tnexthop via 10.0.0.3 dev eth1 weight 1\n"
      "unreachable fd00::/64 dev lo metric 1024\n");
  BOOST_REQUIRE_EQUAL(routes.size(), 5u);
  BOOST_TEST(routes[0].destination == "default");
  BOOST_TEST(routes[0].table == "11");
  BOOST_TEST(routes[1].type == "local");
  BOOST_TEST(routes[1].destination == "169.254.7.127");
  BOOST_TEST(routes[2].device == "cilium_host");
  BOOST_TEST(routes[4].type == "unreachable");
}

BOOST_AUTO_TEST_CASE(metrics_are_read_with_and_without_quotes) {
  const auto metrics = parse_metrics(
      "Metric                      Labels                                             Value\n"
      "cilium_drop_count_total     direction=\"EGRESS\" reason=\"Policy denied\"          "
      "3.000000\n"
      "cilium_drop_count_total     direction=INGRESS reason=CT: Map insertion failed  12.000000\n"
      "cilium_unreachable_nodes                                                        1.000000\n"
      "cilium_errors_warnings_total level=error\n");
  BOOST_REQUIRE_EQUAL(metrics.size(), 3u);
  BOOST_TEST(metrics[0].label("reason") == "Policy denied");
  BOOST_TEST(metrics[0].label("direction") == "EGRESS");
  BOOST_TEST(metrics[1].label("reason") == "CT: Map insertion failed");
  BOOST_TEST(metrics[1].value == 12.0);
  BOOST_TEST(metrics[1].line ==
             "cilium_drop_count_total direction=INGRESS reason=CT: Map insertion failed 12.000000");
  BOOST_TEST(metrics[2].labels.empty());
  BOOST_TEST(metrics[2].value == 1.0);
}

BOOST_AUTO_TEST_CASE(programs_hang_on_devices_by_tc_tcx_netkit_and_xdp) {
  const auto programs = parse_bpftool_net(
      "xdp:\neth0(2) driver id 77\n\ntc:\n"
      "eth0(2) clsact/ingress cil_from_netdev-eth0 id 3001\n"
      "eth1(3) tcx/ingress cil_from_netdev prog_id 1234 link_id 12\n"
      "lxc1(9) netkit/peer cil_from_container prog_id 55 link_id 4\n\nflow_dissector:\n\n");
  BOOST_REQUIRE_EQUAL(programs.size(), 4u);
  BOOST_TEST(programs[0].hook == "driver");
  BOOST_TEST(programs[0].program == "");
  BOOST_TEST(programs[1].device == "eth0");
  BOOST_TEST(programs[1].program == "cil_from_netdev-eth0");
  BOOST_TEST(programs[2].hook == "tcx/ingress");
  BOOST_TEST(programs[3].program == "cil_from_container");
}

BOOST_AUTO_TEST_CASE(a_program_hangs_on_the_cgroup_below_whose_path_it_stands) {
  const char* const text = "CgroupPath\n"
                           "ID       AttachType      AttachFlags     Name\n"
                           "/run/cilium/cgroupv2/kubepods.slice\n"
                           "    9        cgroup_inet4_connect multi           cil_sock4_connect\n"
                           "/run/cilium/cgroupv2/system.slice/systemd-udevd.service\n"
                           "    4        cgroup_device   multi\n";
  const auto tree = parse_bpftool_cgroup(text, "a/cmd/bpftool-cgroup-tree--run-cilium-cgroupv2.md");
  BOOST_TEST(tree.root == "-run-cilium-cgroupv2");
  BOOST_REQUIRE_EQUAL(tree.programs.size(), 2u);
  BOOST_TEST(tree.programs[1].name == "");
  BOOST_REQUIRE(tree.connect() != nullptr);
  BOOST_TEST(tree.connect()->cgroup == "/run/cilium/cgroupv2/kubepods.slice");
  BOOST_TEST(!tree.is_root(*tree.connect()));
}

BOOST_AUTO_TEST_CASE(only_ciliums_program_on_the_root_counts) {
  const auto connect = [](const char* programs, const char* source) {
    const auto tree = parse_bpftool_cgroup(programs, source);
    const auto* p = tree.connect();
    return p == nullptr ? "none" : tree.is_root(*p) ? "root" : p->cgroup;
  };
  const char* const live = "kubectl exec cilium-x -- bpftool cgroup tree /run/cilium/cgroupv2";
  BOOST_TEST(connect("/run/cilium/cgroupv2\n 1 cgroup_inet4_connect foreign_connect\n", live) ==
             "none");
  BOOST_TEST(connect("/run/cilium/cgroupv2\n 1 connect4 multi sock4_connect\n", live) == "root");
  BOOST_TEST(connect("/run/cilium/cgroupv2\n 1 cgroup_inet4_connect cil_sock4_conne\n", live) ==
             "root");
  BOOST_TEST(connect("/sys/fs/cgroup/a\n 1 cgroup_inet4_connect multi cil_sock4_connect\n"
                     "/sys/fs/cgroup\n 1 cgroup_inet4_connect multi cil_sock4_connect\n",
                     "bpftool-cgroup-tree-.md") == "root");
  BOOST_TEST(connect("/sys/fs/cgroup\n 7 cgroup_device multi\n", "") == "none");
  BOOST_TEST(connect("Error: can't open /run/cilium/cgroupv2\n", live) == "none");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kpr::facts
