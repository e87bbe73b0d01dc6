#define BOOST_TEST_MODULE report
#include <boost/test/unit_test.hpp>

#include "report/render.hpp"

using namespace kpr::report;
using Json = nlohmann::ordered_json;

namespace {
Table sample() {
  return {{{"NODE"}, {"MODE"}, {"POD", true}},
          {{{"a"}, {"Strict", Style::good}, {"cilium-1"}}, {{"longer\x1b[0m"}, {""}, {"x"}}}};
}
}  // namespace

BOOST_AUTO_TEST_CASE(a_table_is_kubectls) {
  BOOST_TEST(render_table(sample(), {}) == "NODE          MODE\n"
                                           "a             Strict\n"
                                           "longer^[[0m   <none>\n");
  BOOST_TEST(render_table(sample(), {.wide = true, .headers = false}) ==
             "a             Strict   cilium-1\n"
             "longer^[[0m   <none>   x\n");
}

BOOST_AUTO_TEST_CASE(colour_does_not_move_columns) {
  BOOST_TEST(render_table(sample(), {.colour = true, .headers = false}) ==
             "a             \x1b[32mStrict\x1b[0m\n"
             "longer^[[0m   \x1b[2m<none>\x1b[0m\n");
}

BOOST_AUTO_TEST_CASE(yaml_quotes_what_could_be_misread) {
  const Json document = Json::parse(
      R"({"kind":"StatusReport","mode":"True","n":1,"f":1.5,"yes":"no","empty":{},"list":[{"a":"1.2.3","b":[]},"x y","plain",null,true],
    "nested":{"deep":{"v":"a: b"}},"text":"line\nnext"})");
  BOOST_TEST(render_yaml(document) == "kind: StatusReport\n"
                                      "mode: \"True\"\n"
                                      "\"n\": 1\n"
                                      "f: 1.5\n"
                                      "\"yes\": \"no\"\n"
                                      "empty: {}\n"
                                      "list:\n"
                                      "- a: \"1.2.3\"\n"
                                      "  b: []\n"
                                      "- \"x y\"\n"
                                      "- plain\n"
                                      "- null\n"
                                      "- true\n"
                                      "nested:\n"
                                      "  deep:\n"
                                      "    v: \"a: b\"\n"
                                      "text: \"line\\nnext\"\n");
}

BOOST_AUTO_TEST_CASE(json_is_one_document_and_always_utf8) {
  BOOST_TEST(render_json(Json{{"a", "\xff"}}) == "{\n  \"a\": \"\xef\xbf\xbd\"\n}\n");
}
