// The runner: joining symptoms to causes, waivers, selection.
#include <boost/test/unit_test.hpp>

#include "cluster.hpp"

using namespace kpr;
using namespace kpr::test;

BOOST_AUTO_TEST_CASE(a_check_without_its_evidence_is_skipped_with_the_reason) {
  Cluster c;
  for (const char* n : {"n1", "n2", "n3"})
    c.status[n] = nullptr;
  checks::Selection s;
  s.only = {"kpr-nodes-differ"};
  const auto r = c.run(s);
  BOOST_REQUIRE_EQUAL(r.checks.size(), 1u);
  BOOST_TEST((r.checks[0].outcome == checks::Outcome::skipped));
  BOOST_TEST(r.checks[0].reason ==
             "the status of every agent could not be read: agent down (not running)");
}

BOOST_AUTO_TEST_CASE(a_part_of_the_evidence_is_no_pass) {
  Cluster c;
  checks::Selection s;
  s.only = {"kube-proxy-still-running", "hostport-not-working", "nodeport-range-mismatch"};
  for (const auto& check : c.run(s).checks)
    BOOST_TEST((check.outcome != checks::Outcome::skipped), check.id);
  c.partial["pods"] = "namespace kube-system only";
  for (const auto& check : c.run(s).checks) {
    if (check.id == "nodeport-range-mismatch") {
      BOOST_TEST((check.outcome != checks::Outcome::skipped));
      continue;
    }
    BOOST_TEST((check.outcome == checks::Outcome::skipped), check.id);
    BOOST_TEST(check.reason == "Pods were read in part only: namespace kube-system only");
  }
}

BOOST_AUTO_TEST_CASE(an_agent_that_could_not_try_to_connect_is_no_pass) {
  Cluster c;
  c.exits["n1"]["connect-kubernetes"] = {"10.96.0.1:443\n", "", 0};
  c.exits["n2"]["connect-kubernetes"] = {
      ":\n", "bash: line 1: /dev/tcp//: No such file or directory\n", 1};
  checks::Selection s;
  s.only = {"kubernetes-service-unreachable"};
  const auto r = c.run(s);
  BOOST_REQUIRE_EQUAL(r.checks.size(), 1u);
  BOOST_TEST((r.checks[0].outcome == checks::Outcome::skipped));
  BOOST_TEST(r.checks[0].reason ==
             "1 of 2 agents could not tell whether its host reaches the kubernetes Service");
}

BOOST_AUTO_TEST_CASE(what_no_image_can_tell_is_neither_ok_nor_a_gap) {
  Cluster c;
  checks::Selection s;
  s.only = {"kube-proxy-nftables-left"};
  for (const char* n : {"n1", "n2", "n3"})
    c.no_program[n] = {"nft-tables"};
  auto r = c.run(s);
  BOOST_REQUIRE_EQUAL(r.checks.size(), 1u);
  BOOST_TEST((r.checks[0].outcome == checks::Outcome::not_judged));
  BOOST_TEST(
      r.checks[0].reason ==
      "the nftables of no node could be listed: the agents' image has no program that tells");
  c.no_program.erase("n2");  // it has the program, which failed: that is a gap
  c.exits["n2"]["nft-tables"] = {"", "Operation not permitted", 1};
  r = c.run(s);
  BOOST_TEST((r.checks[0].outcome == checks::Outcome::skipped));
}

BOOST_AUTO_TEST_CASE(globs) {
  BOOST_TEST(checks::glob_match("kube-proxy-*", "kube-proxy-still-running"));
  BOOST_TEST(checks::glob_match("n?", "n2"));
  BOOST_TEST(!checks::glob_match("n?", "n22"));
  BOOST_TEST(checks::glob_match("*", ""));
  BOOST_TEST(!checks::glob_match("", "a"));
}

BOOST_AUTO_TEST_CASE(a_waiver_hides_until_it_expires) {
  const auto waivers = [](const std::string& expires) {
    return *checks::parse_waivers(
        "- id: kube-proxy-still-running\n  reason: migration of November\n  expires: " + expires +
            "\n- id: kernel-nodes-differ\n  nodes: [n9]\n  reason: old rack\n",
        "waivers.yaml");
  };
  Cluster c;
  c.kube_proxy();
  checks::Selection s;
  s.only = {"kube-proxy-still-running", "kernel-nodes-differ", "waiver-*"};
  s.waivers = waivers("2026-12-31");
  auto r = c.run(s);
  BOOST_TEST(!has(r, "kube-proxy-still-running"));
  BOOST_REQUIRE_EQUAL(r.waived.size(), 1u);
  BOOST_TEST(r.waived[0].why == "Waived (waivers.yaml, entry 1): migration of November");
  BOOST_TEST(has(r, "waiver-unused"));
  BOOST_TEST(!has(r, "waiver-expired"));
  s.waivers = waivers("2026-11-23");
  r = c.run(s);
  BOOST_TEST(has(r, "kube-proxy-still-running"));
  BOOST_TEST(has(r, "waiver-expired"));
}

BOOST_AUTO_TEST_CASE(a_comment_behind_a_quoted_value_is_a_comment) {
  const auto waivers = checks::parse_waivers("- id: \"kernel-nodes-differ\"   # until May\n"
                                             "  nodes: [\"n1\", 'n2']   # the old rack\n"
                                             "  objects:\n"
                                             "  - \"Pod a/b # c\"   # one of them\n"
                                             "  - Pod a/d # another\n"
                                             "  reason: 'it is # 7'\n",
                                             "w.yaml");
  BOOST_REQUIRE(waivers);
  BOOST_TEST(waivers->front().id == "kernel-nodes-differ");
  BOOST_TEST(waivers->front().nodes == (std::vector<std::string>{"n1", "n2"}),
             boost::test_tools::per_element());
  BOOST_TEST(waivers->front().objects == (std::vector<std::string>{"Pod a/b # c", "Pod a/d"}),
             boost::test_tools::per_element());
  BOOST_TEST(waivers->front().reason == "it is # 7");
}

BOOST_AUTO_TEST_CASE(waivers_are_refused_with_the_place) {
  BOOST_TEST(
      checks::parse_waivers("[{\"id\":\"kernel-nodes-differ\"}]", "w.json").error().message ==
      "w.json: entry 1 (kernel-nodes-differ) has no reason");
  BOOST_TEST(
      checks::parse_waivers("[{\"id\":\"no-such\",\"reason\":\"x\"}]", "w.json").error().message ==
      "w.json: entry 1: no check is named no-such");
  BOOST_TEST(checks::parse_waivers("- id: kernel-nodes-differ\n  reason: x\n  until: 2026-01-01\n",
                                   "w.yaml")
                 .error()
                 .message == "w.yaml: entry 1 has an unknown key: until");
  BOOST_TEST(checks::parse_waivers("nonsense", "w.yaml").error().message ==
             "w.yaml: line 1: not understood: \"nonsense\"");
  BOOST_TEST(checks::parse_waivers("", "w.yaml")->empty());
}

BOOST_AUTO_TEST_CASE(the_worst_comes_first) {
  Cluster c;
  c.mode("n2", "False");
  c.status["n1"]["masquerading"]["mode"] = "IPTables";
  const auto r = c.run();
  BOOST_REQUIRE(r.findings.size() > 2);
  for (std::size_t i = 1; i < r.findings.size(); ++i)
    BOOST_TEST((r.findings[i - 1].severity >= r.findings[i].severity));
}

BOOST_AUTO_TEST_CASE(a_wrong_host_explains_agents_that_cannot_reach_it) {
  Cluster c;
  for (auto* w : {&c.ds, &c.operator_deploy})
    for (const char* list : {"initContainers", "containers"})
      if ((*w)["spec"]["template"]["spec"].contains(list))
        for (auto& k : (*w)["spec"]["template"]["spec"][list])
          k["env"][0]["value"] = "https://10.0.0.1:6443";
  c.words("n2",
          "config",
          "level=error msg=\"Unable to contact k8s api-server\" error=\"Get "
          "https://https//10.0.0.1:6443: no such host\"");
  const auto r = c.run();
  // The agent that is not ready, the node that takes pods all the same.
  BOOST_REQUIRE_EQUAL(r.explained.size(), 2u);
  BOOST_TEST(r.explained[0].id == "agent-not-ready");
  for (const auto& f : r.explained)
    BOOST_TEST(f.explained_by == "k8s-host-wrong-value", f.id);
  for (const auto& f : r.findings)
    if (f.id == "k8s-host-wrong-value")
      BOOST_TEST(f.explains.size() == 2u);
}
