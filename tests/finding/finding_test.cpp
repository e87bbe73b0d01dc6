#define BOOST_TEST_MODULE finding
#include "finding/finding.hpp"

#include <boost/test/unit_test.hpp>
#include <type_traits>

using namespace kpr::finding;

namespace {

std::string shell(OurText text, const Values& values = {}) {
  return ShellTemplate(text).fill(values).shell();
}

std::string lines(const Steps& steps) {
  std::string out;
  for (const StepLine& line : lines_of(steps))
    out += (line.is_command ? "$ " : "") + line.text + "\n";
  return out;
}

}  // namespace

// The only doors to a command: text of ours, and values by their placeholder.
static_assert(!std::is_constructible_v<OurText, std::string>);
static_assert(!std::is_constructible_v<OurText, std::string_view>);
static_assert(!std::is_constructible_v<ShellTemplate, std::string>);
static_assert(!std::is_constructible_v<Placeholder, std::string>);

BOOST_AUTO_TEST_CASE(a_value_stands_in_a_command_as_one_word) {
  BOOST_TEST(shell("kubectl -n {ns} get pod {pod} -w", {{"ns", "kube-system"}, {"pod", "a-1"}}) ==
             "kubectl -n kube-system get pod a-1 -w");
  BOOST_TEST(
      shell("kubectl describe node {nodes}", {{"nodes", std::vector<std::string>{"n1", "n2"}}}) ==
      "kubectl describe node n1 n2");
  BOOST_TEST(shell("kubectl taint node {node} {taint}-",
                   {{"node", "n1"}, {"taint", "node.cilium.io/agent-not-ready"}}) ==
             "kubectl taint node n1 node.cilium.io/agent-not-ready-");
  BOOST_TEST(shell("az aks update -g {group}", {{"group", "it's a group"}}) ==
             "az aks update -g 'it'\\''s a group'");
}

BOOST_AUTO_TEST_CASE(what_a_placeholder_cannot_be_is_shown_beside_the_command) {
  const Command c =
      ShellTemplate("crictl pull {image}").fill({{"image", "r.corp/a$(touch${IFS}PWN)"}});
  BOOST_TEST(c.shell() == "crictl pull IMAGE");
  BOOST_REQUIRE_EQUAL(c.open.size(), 1u);
  BOOST_TEST(c.open[0].stand_in == "IMAGE");
  BOOST_TEST(c.open[0].value == "r.corp/a$(touch${IFS}PWN)");
  BOOST_TEST(lines({Step::run("crictl pull {image}", Where::node).with({{"image", "-x\n"}})}) ==
             "on the node:\n$ crictl pull IMAGE\n"
             "(IMAGE is not filled in: the cluster has -x\\n)\n");
  BOOST_TEST(lines({Step::say("use a mirror of {registry}").with({{"registry", "`id`"}})}) ==
             "use a mirror of REGISTRY\n(REGISTRY is not filled in: the cluster has `id`)\n");
}

BOOST_AUTO_TEST_CASE(kinds) {
  BOOST_TEST(fits(Kind::name, "cilium-x.y"));
  for (const char* bad : {"", "-x", "x-", "X", "a b", "a/b", "a$b", "a\n", "ä"})
    BOOST_TEST(!fits(Kind::name, bad), bad);
  BOOST_TEST(fits(Kind::image, "r.corp:5000/a_b/c:v1@sha256:00ff"));
  BOOST_TEST(!fits(Kind::image, "a;b"));
  BOOST_TEST(!fits(Kind::image, "--all"));
  BOOST_TEST(fits(Kind::version, "1.19.0-pre.4"));
  BOOST_TEST(fits(Kind::address, "fd00::1"));
  BOOST_TEST(fits(Kind::address, "[::1]:6443"));
  BOOST_TEST(fits(Kind::address, "::1"));
  BOOST_TEST(!fits(Kind::address, "10.0.0.1,a=b"));  // a comma ends a value of helm's --set
  BOOST_TEST(fits(Kind::number, "6443"));
  BOOST_TEST(!fits(Kind::number, "64k"));
  BOOST_TEST(fits(Kind::device, "eth+"));
  BOOST_TEST(fits(Kind::url, "https://[fd00::1]:6443"));
  BOOST_TEST(!fits(Kind::url, "https://;touch"));
  BOOST_TEST(fits(Kind::text, "two words; $(quoted)"));
  BOOST_TEST(!fits(Kind::text, "two\nlines"));
  BOOST_TEST(!fits(Kind::text, "\xe2\x80\xae right to left"));
}

BOOST_AUTO_TEST_CASE(a_template_that_cannot_quote_its_value_is_none) {
  BOOST_TEST(ShellTemplate("kubectl get pod {pod} | grep x").problem() == "");
  BOOST_TEST(ShellTemplate("sh -c 'kubectl get pod {pod}'").problem() ==
             "a placeholder beside \" \" in one word");
  BOOST_TEST(ShellTemplate("echo $({pod})").problem() ==
             "a placeholder cannot be a program or a file to write to");
  BOOST_TEST(ShellTemplate("{pod} x").problem() ==
             "a placeholder cannot be a program or a file to write to");
  BOOST_TEST(ShellTemplate("helm get values > {pod}").problem() ==
             "a placeholder cannot be a program or a file to write to");
  BOOST_TEST(ShellTemplate("kubectl get 'x").problem() == "a quote is not closed");
  BOOST_TEST(ShellTemplate("kubectl get {no-such}").problem() == "{no-such} is no placeholder");
}

BOOST_AUTO_TEST_CASE(argv_is_there_where_no_shell_is_needed) {
  const auto argv = [](OurText text) {
    return ShellTemplate(text).fill({{"pod", "a"}}).argv;
  };
  BOOST_TEST(argv("kubectl get {pod} -o jsonpath='{.spec.x}'") ==
                 (std::vector<std::string>{"kubectl", "get", "a", "-o", "jsonpath={.spec.x}"}),
             boost::test_tools::per_element());
  BOOST_TEST(argv("kubectl get {pod} | wc -l").empty());
  BOOST_TEST(argv("cat /proc/sys/net/*/rp_filter").empty());
  BOOST_TEST(argv("helm get values > values.yaml").empty());
}

BOOST_AUTO_TEST_CASE(values_of_helm_are_one_upgrade) {
  Steps steps{Step::set({{"devices", "{{device}}"}, {"nodePort.range", "{min-port}\\,{max-port}"}}),
              Step::set({{"bpf.masquerade", "true"}}).or_else()};
  for (Step& step : steps)
    step.fill({{"release", "cilium"},
               {"version", "1.18.4"},
               {"ns", "kube-system"},
               {"device", "eth0"},
               {"min-port", "30000"}});
  BOOST_TEST(lines(steps) ==
             "$ helm upgrade cilium cilium/cilium --version 1.18.4 -n kube-system --reuse-values "
             "--set 'devices={eth0}' --set 'nodePort.range=30000\\,MAX_PORT'\n"
             "or:\n"
             "$ helm upgrade cilium cilium/cilium --version 1.18.4 -n kube-system --reuse-values "
             "--set bpf.masquerade=true\n");
  BOOST_TEST(steps[0].sets_values());
}

BOOST_AUTO_TEST_CASE(steps_are_told_in_order_with_where_they_run) {
  BOOST_TEST(lines({Step::say("first look"),
                    Step::run("crictl ps", Where::node),
                    Step::run("crictl images", Where::node),
                    Step::run("kubectl get nodes"),
                    Step::run("nft list tables", Where::each_node).or_else(),
                    Step::say("reboot").or_else()}) == "first look\n"
                                                       "on the node:\n"
                                                       "$ crictl ps\n"
                                                       "$ crictl images\n"
                                                       "here again:\n"
                                                       "$ kubectl get nodes\n"
                                                       "or on each node:\n"
                                                       "$ nft list tables\n"
                                                       "or reboot\n");
}

BOOST_AUTO_TEST_CASE(a_findings_own_values_come_first) {
  Finding f;
  f.nodes = {"n10", "n2", "n2"};
  f.fix = {Step::run("kubectl -n {ns} get pod {pod} {node}").with({{"pod", "its-own"}}),
           Step::run("kubectl cordon {nodes}")};
  f.values = {{"pod", "the-findings"}, {"ns", "here"}};
  complete(f, {{"ns", "kube-system"}});
  BOOST_TEST(f.nodes == (std::vector<std::string>{"n2", "n10"}), boost::test_tools::per_element());
  BOOST_TEST(lines(f.fix) == "$ kubectl -n here get pod its-own n2\n$ kubectl cordon n2 n10\n");
}

BOOST_AUTO_TEST_CASE(severities) {
  for (const Severity s : {Severity::info, Severity::warn, Severity::error, Severity::critical})
    BOOST_TEST((parse_severity(to_string(s)) == s));
  BOOST_TEST((parse_severity("warning") == Severity::warn));
  BOOST_TEST(!parse_severity("fatal").has_value());
}
