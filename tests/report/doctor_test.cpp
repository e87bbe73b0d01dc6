#include <boost/test/unit_test.hpp>

#include "report/doctor.hpp"
#include "report/render.hpp"

using namespace kpr::report;

namespace {

DoctorReport sample() {
  DoctorReport report;
  report.tool_version = "v0.1.0";
  report.source = "cilium-sysdump-20261124-120000.zip";
  report.now = "2026-11-24T12:00:00Z";
  report.agents = 8;
  report.agents_read = 8;
  Finding f;
  f.id = "image-pull-stuck-pulling";
  f.severity = Severity::error;
  f.title = "An image pull makes no progress";
  f.summary = "2 pods hang at Pulling image \"nginx\" for 16 minutes.";
  f.nodes = {"z-k8s-n-1", "z-k8s-n-5"};
  f.objects = {"Pod default/my-nginx-1"};
  f.evidence = {{"k8s-events.yaml, item 3", "Pulling image \"nginx\""}};
  f.why = "The pods never start.";
  f.fix = {kpr::finding::Step::say("pull it by hand"),
           kpr::finding::Step::run("crictl pull {image}", kpr::finding::Where::node),
           kpr::finding::Step::say("configure a mirror").or_else()};
  f.values = {{"image", "nginx"}};
  complete(f, {});
  f.links = {"https://kubernetes.io/docs/concepts/containers/images/"};
  report.findings.push_back(f);
  report.passed = {{"kpr-nodes-differ", "Nodes differ", ""}};
  report.skipped = {{"helm-pending", "Helm release pending", "no right to list secrets"}};
  report.node_columns = {"Mode"};
  report.nodes = {{"z-k8s-n-1", true, "", {"Strict"}}, {"z-k8s-n-5", false, "timed out", {}}};
  report.complete = false;
  report.outcome = Outcome::findings;
  return report;
}

// The same with what an attacker would put into names and texts.
DoctorReport hostile() {
  DoctorReport report = sample();
  const std::string evil = "<script>alert(1)</script>\x1b[2J\"'&](javascript:x)`\n- x\xff";
  report.findings[0].summary = evil;
  report.findings[0].nodes = {evil};
  report.findings[0].objects = {evil};
  report.findings[0].evidence = {{evil, evil}};
  report.findings[0].fix = {kpr::finding::Step::run("crictl pull {image}").with({{"image", evil}})};
  report.findings[0].links = {"javascript:alert(1)", "https://x/\"onmouseover=alert(1)"};
  report.nodes[0].node = evil;
  report.nodes[0].values = {evil};
  report.skipped[0].reason = evil;
  return report;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_text_is_short_and_the_worst_comes_first) {
  BOOST_TEST(render_doctor_text(sample(), {}) ==
             "ERROR    image-pull-stuck-pulling\n"
             "  2 pods hang at Pulling image \"nginx\" for 16 minutes.\n"
             "  Nodes: z-k8s-n-1, z-k8s-n-5\n"
             "  Objects: Pod default/my-nginx-1\n"
             "  │ Pulling image \"nginx\"\n"
             "  │   k8s-events.yaml, item 3\n"
             "  Fix:\n"
             "    - pull it by hand\n"
             "    - on the node:\n"
             "        crictl pull nginx\n"
             "    - or configure a mirror\n"
             "\n"
             "8/8 agents, 3 checks: 1 ok, 1 finding, 1 skipped (no right to list secrets)\n"
             "More about one: kubectl kpr explain image-pull-stuck-pulling\n");
  BOOST_TEST(render_doctor_short(sample(), false) ==
             "error    image-pull-stuck-pulling: 2 pods hang at Pulling image \"nginx\" for 16 "
             "minutes. [z-k8s-n-1, z-k8s-n-5]\n"
             "8/8 agents, 3 checks: 1 ok, 1 finding, 1 skipped (no right to list secrets)\n");
}

BOOST_AUTO_TEST_CASE(nothing_found_is_said_and_unknown_is_not_ok) {
  DoctorReport report = sample();
  report.findings.clear();
  report.complete = false;
  report.outcome = Outcome::incomplete;
  BOOST_TEST(render_doctor_text(report, {}).starts_with("No findings in what could be read.\n"));
  BOOST_TEST(doctor_document(report)["inspected"]["complete"] == false);
  BOOST_TEST(render_doctor_prometheus(report).find("kpr_run_complete 0\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(findings_do_not_hide_that_something_was_not_read) {
  DoctorReport report = sample();
  report.gaps = {"iptables-nft-save of 1 agent: timed out", "events in part: one namespace only"};
  BOOST_TEST(doctor_document(report)["inspected"]["complete"] == false);
  BOOST_TEST(doctor_document(report)["inspected"]["gaps"].size() == 2u);
  BOOST_TEST(render_doctor_prometheus(report).find("kpr_run_complete 0\n") != std::string::npos);
  const auto invocation =
      nlohmann::json::parse(render_doctor_sarif(report))["runs"][0]["invocations"][0];
  BOOST_TEST(invocation["executionSuccessful"] == false);
  std::vector<std::string> said;
  for (const auto& n : invocation["toolExecutionNotifications"])
    said.push_back(n["message"]["text"]);
  BOOST_TEST(
      said == (std::vector<std::string>{"helm-pending was skipped: no right to list secrets",
                                        "node z-k8s-n-5 was not read: timed out",
                                        "not all was read: iptables-nft-save of 1 agent: timed out",
                                        "not all was read: events in part: one namespace only"}),
      boost::test_tools::per_element());
  BOOST_TEST(inspected_line(report) ==
             "8/8 agents, 3 checks: 1 ok, 1 finding, 1 skipped (no right to list secrets); not all "
             "was read: iptables-nft-save of 1 agent: timed out, and 1 more");
  report.complete = true;
  BOOST_TEST(doctor_document(report)["inspected"]["complete"] == true);
  BOOST_TEST(render_doctor_prometheus(report).find("kpr_run_complete 1\n") != std::string::npos);
  BOOST_TEST(nlohmann::json::parse(render_doctor_sarif(
                 report))["runs"][0]["invocations"][0]["executionSuccessful"] == true);
}

BOOST_AUTO_TEST_CASE(the_document_has_the_promised_keys) {
  const auto document = doctor_document(sample());
  BOOST_TEST(document["apiVersion"] == "kpr.dev/v1");
  BOOST_TEST(document["kind"] == "DoctorReport");
  const auto& finding = document["findings"][0];
  for (const char* key :
       {"id", "severity", "summary", "nodes", "objects", "evidence", "why", "fix", "links"})
    BOOST_TEST(finding.contains(key));
  BOOST_TEST(finding["fix"] ==
             nlohmann::ordered_json::parse(
                 R"({"text":"pull it by hand\non the node:\nor configure a mirror",
                 "commands":["crictl pull nginx"],
                 "steps":[{"say":"pull it by hand"},
                          {"run":"crictl pull nginx","argv":["crictl","pull","nginx"],
                           "where":"on the node"},
                          {"say":"or configure a mirror"}]})"));
  const auto evil = doctor_document(hostile())["findings"][0]["fix"]["steps"][0];
  BOOST_TEST(evil["run"] == "crictl pull IMAGE");
  BOOST_TEST(evil["open"][0]["word"] == "IMAGE");
  BOOST_TEST(evil["open"][0].contains("value"));
  BOOST_TEST(document["checks"]["skipped"][0]["reason"] == "no right to list secrets");
  BOOST_TEST(document["inspected"]["agents"] == 8);
}

BOOST_AUTO_TEST_CASE(nothing_from_the_cluster_injects_markup_or_controls) {
  for (const std::string& out : {render_doctor_html(hostile()),
                                 render_doctor_junit(hostile()),
                                 render_doctor_markdown(hostile())}) {
    BOOST_TEST(out.find('\x1b') == std::string::npos);
    BOOST_TEST(out.find('\xff') == std::string::npos);
  }
  BOOST_TEST(render_doctor_html(hostile()).find("<script") == std::string::npos);
  BOOST_TEST(render_doctor_junit(hostile()).find("<script") == std::string::npos);
  // In Markdown evidence stands in a fence, where it is literal: outside of one there is no markup.
  std::string markdown = render_doctor_markdown(hostile());
  for (std::size_t at = markdown.find("```"); at != std::string::npos; at = markdown.find("```"))
    markdown.erase(at, markdown.find("```", at + 3) + 3 - at);
  BOOST_TEST(markdown.find("<script") == std::string::npos);
  BOOST_TEST(render_doctor_html(hostile()).find("href=\"javascript") == std::string::npos);
  BOOST_TEST(render_doctor_html(hostile()).find("\"onmouseover") == std::string::npos);
  BOOST_TEST(render_doctor_text(hostile(), {.explain = true}).find('\x1b') == std::string::npos);
  BOOST_TEST(render_doctor_short(hostile(), false).find('\x1b') == std::string::npos);
  BOOST_TEST(!nlohmann::json::parse(render_doctor_sarif(hostile()), nullptr, false).is_discarded());
}

BOOST_AUTO_TEST_CASE(sarif_and_junit_have_their_shape) {
  const auto sarif = nlohmann::json::parse(render_doctor_sarif(sample()));
  BOOST_TEST(sarif["version"] == "2.1.0");
  BOOST_TEST(sarif["runs"][0]["results"][0]["ruleId"] == "image-pull-stuck-pulling");
  BOOST_TEST(sarif["runs"][0]["results"][0]["level"] == "error");
  BOOST_TEST(sarif["runs"][0]["tool"]["driver"]["rules"].size() == 1u);
  const std::string junit = render_doctor_junit(sample());
  BOOST_TEST(junit.find("tests=\"3\" failures=\"1\"") != std::string::npos);
  BOOST_TEST(junit.find("<skipped message=\"no right to list secrets\"/>") != std::string::npos);
}
