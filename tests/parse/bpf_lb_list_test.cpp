// `cilium bpf lb list` in the forms of all versions, as text and as JSON.
#define BOOST_TEST_MODULE parse_bpf_lb_list
#include <boost/test/unit_test.hpp>
#include <kpr/json.hpp>
#include <kpr/kpr.hpp>
#include <nlohmann/json.hpp>

using namespace kpr;

namespace {

std::string backends_of(const BpfLbFrontend& f) {
  std::string out;
  for (const BpfLbBackend& b : f.backends) {
    out += out.empty() ? "" : ", ";
    if (b.missing_id)
      out += "no backend " + std::to_string(*b.missing_id);
    else
      out += std::string(b.address.ip) + " " + std::to_string(b.address.port) +
             (b.address.protocol.empty() ? "" : "/" + std::string(b.address.protocol));
    out += b.slot ? " slot " + std::to_string(*b.slot) : "";
  }
  return out;
}

std::string flags_of(const BpfLbFrontend& f) {
  std::string out(f.type);
  for (const std::string_view flag : f.flags)
    out += "|" + std::string(flag);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_first_form_has_one_number) {
  const BpfLbListDocument d =
      parse_bpf_lb_list("SERVICE ADDRESS   BACKEND ADDRESS\n"
                        "10.96.0.1:443     0.0.0.0:0 (3)\n"
                        "                  192.168.17.9:6443 (3)\n"
                        "[1.1.1.1]:8080    [f00d::2]:6443 (7)\n"
                        "                  [::]:0 (7) [ExternalIPs, 46x64]\n"
                        "10.96.0.10:80/i   10.217.0.25:80 (4)\n"
                        "                  backend 12 not found\n"
                        "                  0.0.0.0:0 (4) [NodePort, Local]\n");
  BOOST_TEST((d.kind == InputKind::bpf_lb_list));
  BOOST_TEST(d.unknown.empty());
  BOOST_REQUIRE(d.frontends.size() == 3);
  BOOST_TEST(d.frontends[0].address.ip == "10.96.0.1");
  BOOST_TEST(d.frontends[0].has_master);
  BOOST_TEST(d.frontends[0].type == "");
  BOOST_TEST(*d.frontends[0].rev_nat == 3u);
  BOOST_TEST(backends_of(d.frontends[0]) == "192.168.17.9 6443");
  BOOST_TEST(d.frontends[1].address.ip == "1.1.1.1");
  BOOST_TEST(flags_of(d.frontends[1]) == "ExternalIPs|46x64");
  BOOST_TEST(backends_of(d.frontends[1]) == "f00d::2 6443");
  BOOST_TEST(d.frontends[2].address.internal_scope);
  BOOST_TEST(backends_of(d.frontends[2]) == "10.217.0.25 80, no backend 12");
  BOOST_TEST(flags_of(d.frontends[2]) == "NodePort|Local");
  BOOST_TEST(d.frontends[2].line == 6u);
}

BOOST_AUTO_TEST_CASE(later_forms_have_the_slot_and_the_protocol) {
  const std::string text =
      "SERVICE ADDRESS               BACKEND ADDRESS (REVNAT_ID) (SLOT)                  \n"
      "10.96.0.10:53/UDP (2)         10.244.0.19:53/UDP (3) (2)                          \n"
      "10.96.19.7:443/TCP/i (0)      0.0.0.0:0 (30) (0) [ClusterIP, non-routable, "
      "l7-load-balancer] (L7LB Proxy Port: 15735)   \n"
      "10.96.0.10:53/UDP (0)         0.0.0.0:0 (3) (0) [ClusterIP, non-routable]         \n"
      "[fd00::a]:53/TCP (1)          [fd00:10::4]:53/TCP (9) (1)                         \n"
      "10.96.0.10:53/UDP (1)         10.244.0.10:53/UDP (3) (1)                          \n"
      "10.96.0.10:53/TCP (1)         backend 77 not found                                \n";
  const BpfLbListDocument d = parse_bpf_lb_list(text);
  BOOST_TEST(d.unknown.empty());
  BOOST_REQUIRE(d.frontends.size() == 4);
  BOOST_TEST(backends_of(d.frontends[0]) == "10.244.0.19 53/UDP slot 2, 10.244.0.10 53/UDP slot 1");
  BOOST_TEST(flags_of(d.frontends[0]) == "ClusterIP|non-routable");
  BOOST_TEST(d.frontends[1].address.internal_scope);
  BOOST_TEST(*d.frontends[1].l7_proxy_port == 15735u);
  BOOST_TEST(!d.frontends[2].has_master);
  BOOST_TEST(d.frontends[3].address.protocol == "TCP");
  BOOST_TEST(backends_of(d.frontends[3]) == "no backend 77 slot 1");
  const BpfLbListDocument j =
      parse_bpf_lb_list("Defaulted container \"cilium-agent\" out of: cilium-agent\n"
                        "{\n  \"10.96.0.10:53/UDP (0)\": [\n"
                        "    \"0.0.0.0:0 (3) (0) [ClusterIP, non-routable] \"\n  ],\n"
                        "  \"10.96.0.10:53/UDP (2)\": [\"10.244.0.19:53/UDP (3) (2)\"],\n"
                        "  \"10.96.0.10:53/TCP (1)\": [\"backend 77 not found\"]\n}\n");
  BOOST_TEST((j.kind == InputKind::bpf_lb_list));
  BOOST_REQUIRE(j.frontends.size() == 2);
  BOOST_TEST(flags_of(j.frontends[0]) == "ClusterIP|non-routable");
  BOOST_TEST(backends_of(j.frontends[0]) == "10.244.0.19 53/UDP slot 2");
  BOOST_TEST(backends_of(j.frontends[1]) == "no backend 77 slot 1");
  const auto out = to_json(d);
  BOOST_TEST(out["frontends"][1]["l7-proxy-port"] == 15735);
  BOOST_TEST(out["frontends"][1]["frontend-address"]["scope"] == "internal");
  BOOST_TEST(out["frontends"][3]["backends"][0]["missing-id"] == 77);
}

BOOST_AUTO_TEST_CASE(a_row_below_one_that_was_not_understood_is_nobodys) {
  const BpfLbListDocument d =
      parse_bpf_lb_list("SERVICE ADDRESS   BACKEND ADDRESS (REVNAT_ID) (SLOT)\n"
                        "10.96.0.1:443     0.0.0.0:0 (3) (0) [ClusterIP]\n"
                        "10.96.0.9:80      0.0.0.0:x (4) (0) [ClusterIP]\n"
                        "                  10.0.0.9:80 (4) (1)\n");
  BOOST_REQUIRE(d.frontends.size() == 1);
  BOOST_TEST(d.frontends[0].backends.empty());
  BOOST_TEST(d.unknown.size() == 2u);
}

BOOST_AUTO_TEST_CASE(other_lists_of_the_maps_are_not_this_one) {
  for (const char* text : {"SERVICE ADDRESS   BACKEND ID\n10.96.0.1:443     1 0 (3) [0x0 0x0]\n",
                           "ID   BACKEND ADDRESS\n1    ANY://192.168.178.91:6443\n",
                           "{\"10.96.0.1:443\": [\"1 0 (3) [0x0 0x0]\"]}",
                           "{\"kvstore\": {\"state\": \"Ok\"}}"}) {
    const BpfLbListDocument d = parse_bpf_lb_list(text);
    BOOST_TEST(!d.recognized, text);
    BOOST_TEST(d.frontends.empty(), text);
  }
  BOOST_TEST(
      (parse_status("SERVICE ADDRESS   BACKEND ADDRESS\n10.96.0.1:443  0.0.0.0:0 (3)\n").kind ==
       InputKind::bpf_lb_list));
}
