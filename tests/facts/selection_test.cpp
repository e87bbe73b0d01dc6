#include "facts/selection.hpp"

#include <boost/test/unit_test.hpp>

#include "facts/objects.hpp"

namespace kpr::facts {

BOOST_AUTO_TEST_SUITE(selection)

BOOST_AUTO_TEST_CASE(an_empty_selector_selects_everything) {
  BOOST_TEST(Selector{}.selects({}));
  BOOST_TEST(Selector{}.selects({{"a", "b"}}));
}

BOOST_AUTO_TEST_CASE(expressions_mean_what_kubernetes_says) {
  const Labels labels = {{"role", "gpu"}, {"cores", "16"}};
  const auto one = [&](const char* key, const char* op, std::vector<std::string> values) {
    return Selector{{{key, op, std::move(values)}}}.selects(labels);
  };
  BOOST_TEST(one("role", "In", {"cpu", "gpu"}));
  BOOST_TEST(!one("role", "NotIn", {"gpu"}));
  BOOST_TEST(one("zone", "NotIn", {"a"}));  // a label that is not there is not in any list
  BOOST_TEST(one("role", "Exists", {}));
  BOOST_TEST(one("zone", "DoesNotExist", {}));
  BOOST_TEST(one("cores", "Gt", {"8"}));
  BOOST_TEST(!one("cores", "Lt", {"16"}));
  BOOST_TEST(!one("role", "Gt", {"1"}));
}

BOOST_AUTO_TEST_CASE(a_placement_tells_why_it_keeps_off_a_node) {
  Node node;
  node.name = "n1";
  node.labels = {{"kubernetes.io/os", "linux"}, {"role", "edge"}};
  node.taints = {{"dedicated", "db", "NoSchedule"}};
  Placement placement;
  placement.tolerations = {{"", "Exists", "", ""}};
  BOOST_TEST(placement.excludes(node) == "");
  placement.node_selector = {{{"role", "In", {"core"}}}};
  BOOST_TEST(placement.excludes(node) == "its nodeSelector {role=core} does not match");
  placement.node_selector = {};
  placement.node_affinity = {{{{"metadata.name", "In", {"n2"}}}}, {{{"role", "In", {"edge"}}}}};
  BOOST_TEST(placement.excludes(node) == "");
  placement.node_affinity.pop_back();
  BOOST_TEST(placement.excludes(node) == "its node affinity {metadata.name=n2} does not match");
  placement.node_affinity.clear();
  placement.tolerations = {{"dedicated", "Equal", "web", ""}};
  BOOST_TEST(placement.excludes(node) == "it does not tolerate the taint dedicated=db:NoSchedule");
  node.taints = {{"node.kubernetes.io/unschedulable", "", "NoSchedule"},
                 {"x", "", "PreferNoSchedule"}};
  BOOST_TEST(placement.excludes(node) == "");  // the DaemonSet controller tolerates these itself
}

BOOST_AUTO_TEST_CASE(virtual_nodes_are_known_by_label_or_taint) {
  Node eklet;
  eklet.labels = {{"node.kubernetes.io/instance-type", "eklet"}};
  BOOST_TEST(is_virtual(eklet));
  Node super;
  super.taints = {{"eks.tke.cloud.tencent.com/eklet", "", "NoSchedule"}};
  BOOST_TEST(is_virtual(super));
  Node hybrid;
  hybrid.labels = {{"eks.amazonaws.com/compute-type", "hybrid"}};
  BOOST_TEST(!is_virtual(hybrid));  // a real machine with a kubelet
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kpr::facts
