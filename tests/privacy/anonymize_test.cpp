// Pseudonyms: no name and no address of the cluster is left, and what belonged together still does.
#define BOOST_TEST_MODULE anonymize
#include <arpa/inet.h>

#include <boost/test/unit_test.hpp>

#include "../os/temporary_directory.hpp"
#include "archive/sysdump_reader.hpp"
#include "archive/sysdump_writer.hpp"
#include "privacy/anonymize.hpp"

using namespace kpr::evidence;
using namespace kpr::archive;
using namespace kpr::privacy;
using nlohmann::json;

namespace {

Pseudonyms fixed() {
  return Pseudonyms(std::string(32, 'k'));
}

int common_bits(const std::string& a, const std::string& b) {
  unsigned char x[4], y[4];
  BOOST_REQUIRE(::inet_pton(AF_INET, a.c_str(), x) == 1);
  BOOST_REQUIRE(::inet_pton(AF_INET, b.c_str(), y) == 1);
  int bits = 0;
  while (bits < 32 && (x[bits / 8] >> (7 - bits % 8) & 1) == (y[bits / 8] >> (7 - bits % 8) & 1))
    ++bits;
  return bits;
}

}  // namespace

BOOST_AUTO_TEST_CASE(addresses_stay_in_their_networks) {
  Pseudonyms p = fixed();
  const std::string all[] = {"10.0.0.1",
                             "10.0.0.2",
                             "10.0.3.200",
                             "10.128.9.9",
                             "192.168.6.111",
                             "192.168.6.112",
                             "172.16.0.9",
                             "172.31.255.1",
                             "100.64.3.3",
                             "8.8.8.8",
                             "203.0.113.5",
                             "172.15.0.1"};
  for (const auto& a : all) {
    BOOST_TEST(p.address(a) != a);
    BOOST_TEST(p.address(a) == fixed().address(a));
    for (const auto& b : all)
      BOOST_TEST(common_bits(p.address(a), p.address(b)) == common_bits(a, b), a + " " + b);
  }
  BOOST_TEST(p.address("10.0.0.1").starts_with("10."));
  BOOST_TEST(p.address("192.168.6.111").starts_with("192.168."));
  BOOST_TEST(!p.address("172.15.0.1").starts_with("172.16."));
  // A network keeps its length and its members.
  const std::string net = p.text("10.0.3.0/24");
  BOOST_TEST(net.ends_with(".0/24"));
  BOOST_TEST(common_bits(net.substr(0, net.size() - 3), p.address("10.0.3.200")) >= 24);
  for (const char* same : {"127.0.0.1",
                           "0.0.0.0",
                           "169.254.169.254",
                           "255.255.255.255",
                           "224.0.0.1",
                           "::",
                           "::1",
                           "ff02::1",
                           "not an address"})
    BOOST_TEST(p.address(same) == same);
  for (const char* v6 : {"fd00::1", "2001:db8::7", "fe80::a:b", "fd06::111"})
    BOOST_TEST(p.address(v6) != v6);
  BOOST_TEST(p.address("fd00::1").starts_with("fd"));
  BOOST_TEST(p.address("fe80::a:b").starts_with("fe80::"));
}

BOOST_AUTO_TEST_CASE(texts_lose_names_and_addresses_and_nothing_else) {
  Pseudonyms p = fixed();
  p.add(NameKind::node, "worker-a.example.com");
  p.add(NameKind::name_space, "payments");
  p.add(NameKind::name_space, "error");
  p.add(NameKind::pod, "ledger-x2x4z");
  p.add(NameKind::service, "web");
  p.add_domain("corp.example.com");
  const std::string a = p.address("10.0.0.1");
  const std::pair<std::string, std::string> cases[] = {
      {"pod payments/ledger-x2x4z on worker-a.example.com", "pod ns-1/pod-1 on node-1"},
      {"kube-apiserver-worker-a.example.com",
       "kube-apiserver-worker-a.example.com"},  // as one word it is none of them
      {"no error, the payments were made", "no error, the payments were made"},  // everyday words
      {"namespace payments", "namespace ns-1"},
      {"web.payments.svc.cluster.local", "svc-1.ns-1.svc.cluster.local"},
      {"https://db.corp.example.com:5432/x", "https://host-1.example:5432/x"},
      {"10.0.0.1:80 [10.0.0.1] 10.0.0.1/32 10.0.0.1.",
       a + ":80 [" + a + "] " + a + "/32 " + a + "."},
      {"ip-10-0-0-1.ec2.internal",
       "ip-" +
           [&] {
             std::string d = a;
             std::replace(d.begin(), d.end(), '.', '-');
             return d;
           }() +
           ".ec2.internal"},
      {"v1.2.3.4 1.2.3 1.2.3.4.5 12:30:45 cilium/v2::CiliumNode sha256:ab",
       "v1.2.3.4 1.2.3 1.2.3.4.5 12:30:45 cilium/v2::CiliumNode sha256:ab"},
      {"resolve-labels-payments/ledger-x2x4z", "resolve-labels-ns-1/pod-1"},
      {"ledger-x2x4z.17a0", "pod-1.17a0"},
  };
  for (const auto& [before, after] : cases)
    BOOST_TEST(p.text(before) == after);
  BOOST_TEST(p.text("0a:58:0a:00:00:01") != "0a:58:0a:00:00:01");
  BOOST_TEST(p.text("00:00:00:00:00:00") == "00:00:00:00:00:00");
  BOOST_TEST(p.text("[fd00::1]:443 via fe80::1%eth0").find("fd00::1") == std::string::npos);
  // Columns stay where they were as far as they can.
  BOOST_TEST(p.text("worker-a.example.com   Ok", true) == "node-1                 Ok");
}

BOOST_AUTO_TEST_CASE(a_map_makes_the_same_pseudonyms_again) {
  Pseudonyms first = fixed();
  first.add(NameKind::node, "a-1");
  first.add(NameKind::node, "b-1");
  (void)first.label_value("gold");
  auto again = Pseudonyms::from_json(first.to_json());
  BOOST_REQUIRE(again);
  BOOST_TEST(again->add(NameKind::node, "b-1") == "node-2");
  BOOST_TEST(again->add(NameKind::node, "c-1") == "node-3");
  BOOST_TEST(again->label_value("gold") == first.label_value("gold"));
  BOOST_TEST(again->address("10.0.0.1") == first.address("10.0.0.1"));
  for (const char* wrong :
       {"", "{}", "[]", R"({"kind":"PseudonymMap"})", R"({"kind":"PseudonymMap","key":"zz"})"})
    BOOST_TEST(Pseudonyms::from_json(wrong).error().message ==
               "it is not a map of pseudonyms of kubectl-kpr");
}

BOOST_AUTO_TEST_CASE(nothing_of_the_cluster_is_in_the_archive) {
  TemporaryDirectory directory;
  auto evidence = open_evidence(KPR_SOURCE_DIR "/tests/fixtures/sysdump");
  BOOST_REQUIRE(evidence);
  Pseudonyms p = fixed();
  anonymize(*evidence, p);
  BOOST_REQUIRE(write_sysdump(*evidence, directory / "out.zip"));
  auto again = open_evidence(directory / "out.zip");
  BOOST_REQUIRE(again);
  std::string all = again->cilium_namespace;
  for (const auto& agent : again->agents) {
    all += agent.node + "\n" + agent.pod + "\n" + agent.origin + "\n";
    for (const auto& [name, output] : agent.outputs)
      if (output)
        all += output->out + output->source + "\n";
  }
  for (const auto& [resource, piece] : again->objects) {
    if (piece)
      for (const auto& item : piece->items)
        all += item.dump() + "\n";
  }
  for (const auto& log : again->logs)
    all += log.pod + log.tail;
  for (const char* name : {"worker-a",
                           "worker-b",
                           "prod.example.com",
                           "prod-frankfurt",
                           "payments",
                           "ledger",
                           "finance",
                           "192.168.77.11",
                           "192.168.77.12",
                           "hunter2",
                           "z-k8s-n-2",
                           "web-0"})
    BOOST_TEST(all.find(name) == std::string::npos, std::string(name) + " is left");
  BOOST_TEST(again->agents.at(0).node == "node-1");
  BOOST_TEST(all.find("KubeProxyReplacement:") != std::string::npos);
  BOOST_TEST(all.find("Pulling image \\\"registry-1.example:5000/image-1/") != std::string::npos);
}
