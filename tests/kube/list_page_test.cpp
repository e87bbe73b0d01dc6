#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kube/list_page.hpp"

using nlohmann::json;

namespace {

struct Read {
  std::vector<json> items;
  std::string error, next, version;
};

Read read(const std::string& text) {
  Read out;
  const auto page = kpr::kube::read_list_page(text, [&](json&& item) {
    out.items.push_back(std::move(item));
  });
  if (page)
    out.next = page->next, out.version = page->resource_version;
  else
    out.error = page.error().message;
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(list_page)

BOOST_AUTO_TEST_CASE(items_get_the_kind_of_their_list) {
  const Read r = read(
      R"({"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"7","continue":"abc"},
    "items":[{"metadata":{"name":"a"},"spec":{"items":[{"x":[1,-2,2.5,true,null,"s"]}]}},{"kind":"Own","apiVersion":"w","metadata":{"name":"b"}}]})");
  BOOST_TEST(r.error == "");
  BOOST_TEST(r.next == "abc");
  BOOST_TEST(r.version == "7");
  BOOST_REQUIRE_EQUAL(r.items.size(), 2);
  BOOST_TEST(
      r.items[0].dump() ==
      R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"items":[{"x":[1,-2,2.5,true,null,"s"]}]}})");
  BOOST_TEST(r.items[1].dump() == R"({"apiVersion":"w","kind":"Own","metadata":{"name":"b"}})");
}

BOOST_AUTO_TEST_CASE(nothing_of_a_page_that_is_cut_is_handed_on) {
  const std::string text =
      R"({"kind":"PodList","apiVersion":"v1","metadata":{},"items":[{"n":1},{"n":"2"}]})";
  for (std::size_t n = 0; n < text.size(); ++n) {
    const Read r = read(text.substr(0, n));
    BOOST_TEST(r.error == "not JSON", n);
    BOOST_TEST(r.items.empty(), n);
  }
}

BOOST_AUTO_TEST_CASE(numbers) {
  const Read r = read(
      R"({"items":[{"n":[0,-1,9223372036854775807,-9223372036854775808,18446744073709551615,1.5,-0.0,1e300]}]})");
  BOOST_REQUIRE_EQUAL(r.items.size(), 1);
  BOOST_TEST(
      r.items[0]["n"].dump() ==
      "[0,-1,9223372036854775807,-9223372036854775808,18446744073709551615,1.5,-0.0,1e+300]");
  BOOST_TEST(r.items[0]["n"][0].is_number_unsigned());
  BOOST_TEST(read(R"({"items":[{"n":18446744073709551616}]})").error ==
             "not JSON");  // nor can an API server say it
}

BOOST_AUTO_TEST_CASE(a_kind_behind_the_items_is_waited_for) {
  const Read r = read(R"({"items":[{"n":1},{"n":2}],"kind":"NodeList","apiVersion":"v1"})");
  BOOST_REQUIRE_EQUAL(r.items.size(), 2);
  BOOST_TEST(r.items[1].dump() == R"({"apiVersion":"v1","kind":"Node","n":2})");
}

BOOST_AUTO_TEST_CASE(field_sets_of_managed_fields_are_left_out) {
  const Read r =
      read(R"({"kind":"ConfigMapList","apiVersion":"v1","items":[{"metadata":{"managedFields":[
    {"manager":"helm","fieldsV1":{"f:data":{".":{},"f:x":{"fieldsV1":[{}]}}},"operation":"Update"},{"fieldsV1":null,"manager":"kubectl"}],"name":"c"},"data":{"fieldsV1":"kept"}}]})");
  BOOST_REQUIRE_EQUAL(r.items.size(), 1);
  BOOST_TEST(
      r.items[0]["metadata"].dump() ==
      R"({"managedFields":[{"manager":"helm","operation":"Update"},{"manager":"kubectl"}],"name":"c"})");
  BOOST_TEST(r.items[0]["data"].dump() == R"({"fieldsV1":"kept"})");
}

BOOST_AUTO_TEST_CASE(only_what_is_to_be_kept) {
  kpr::Keep keep;
  keep.children["metadata"].children["name"];
  keep.children["spec"].children["containers"].children["image"];
  keep.children["status"];
  std::vector<json> items;
  const auto page = kpr::kube::read_list_page(
      R"({"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"7"},"items":[
    {"metadata":{"name":"a","labels":{"name":"x"},"managedFields":[{"fieldsV1":{"name":{}}}]},"spec":{"image":"no","containers":[{"image":"i","env":[{"image":"no"}]},{"image":"j"}],"image2":[[{}]]},"status":{"deep":[{"er":[1,{"x":null}]}]}},
    {"metadata":null,"spec":{"containers":"odd"},"x":{"y":[{}]}}]})",
      [&](json&& item) {
        items.push_back(std::move(item));
      },
      &keep);
  BOOST_REQUIRE(page);
  BOOST_TEST(page->resource_version == "7");
  BOOST_REQUIRE_EQUAL(items.size(), 2);
  BOOST_TEST(
      items[0].dump() ==
      R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"image":"i"},{"image":"j"}]},"status":{"deep":[{"er":[1,{"x":null}]}]}})");
  BOOST_TEST(items[1].dump() ==
             R"({"apiVersion":"v1","kind":"Pod","metadata":null,"spec":{"containers":"odd"}})");
}

BOOST_AUTO_TEST_CASE(where_a_field_set_ends) {
  const auto page = [](const std::string& set) {
    return R"({"kind":"PodList","apiVersion":"v1","items":[{"metadata":{"managedFields":[{"fieldsV1":)" +
           set + R"(}],"name":"a"}},{"n":2}]})";
  };
  for (const char* set : {"{}",
                          R"({"f:spec":{"k:{\"name\":\"}}\"}":{".":{}}}})",
                          R"({"\\":{},"a\\\"":{}})",
                          R"({"f:x":{"fieldsV1":{"}":{}}}})"}) {
    const Read r = read(page(set));
    BOOST_TEST(r.error == "", set);
    BOOST_REQUIRE_EQUAL(r.items.size(), 2);
    BOOST_TEST(r.items[0]["metadata"].dump() == R"({"managedFields":[{}],"name":"a"})", set);
  }
  for (const char* set : {"{", R"({"a)", R"({"a\)", R"({"{":})", "{}}"})
    BOOST_TEST(read(page(set)).error == "not JSON", set);
}

BOOST_AUTO_TEST_CASE(a_key_that_only_ends_like_that_of_a_field_set) {
  const Read r = read(
      R"({"kind":"ConfigMapList","apiVersion":"v1","items":[{"data":{"x\"fieldsV1":{"y":1},"text":"\"fieldsV1\":{"}}]})");
  BOOST_REQUIRE_EQUAL(r.items.size(), 1);
  BOOST_TEST(r.items[0]["data"].dump() == R"({"text":"\"fieldsV1\":{","x\"fieldsV1":{"y":1}})");
}

BOOST_AUTO_TEST_CASE(what_is_no_object_is_left_out) {
  const Read r = read(R"({"kind":"PodList","apiVersion":"v1","items":[null,1,"x",[{"n":1}],{}]})");
  BOOST_REQUIRE_EQUAL(r.items.size(), 1);
  BOOST_TEST(read(R"({"kind":"PodList","apiVersion":"v1","items":null})").error == "");
}

BOOST_AUTO_TEST_CASE(what_is_no_list_is_said) {
  BOOST_TEST(read("").error == "not JSON");
  BOOST_TEST(read("<html>").error == "not JSON");
  BOOST_TEST(read(R"({"kind":"PodList","items":[]} trailing)").error == "not JSON");
  BOOST_TEST(read(R"({"kind":"Status","metadata":{}})").error == "not a list");
  BOOST_TEST(read("[1,[2]]").error == "not a list");
  BOOST_TEST(read("7").error == "not a list");
  BOOST_TEST(read(R"({"kind":"PodList","apiVersion":"v1","items":[)" + std::string(300, '[') +
                  std::string(300, ']') + "]}")
                 .error == "nested too deeply");
  BOOST_TEST(read(R"({"kind":"PodList","apiVersion":"v1","items":[)" + std::string(60, '[') +
                  std::string(60, ']') + "]}")
                 .error == "");
}

BOOST_AUTO_TEST_SUITE_END()
