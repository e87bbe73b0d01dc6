// JSON from outside: what is too deep, too large or too much is refused by name, and what nobody
// keeps costs nothing.
#define BOOST_TEST_MODULE json
#include "util/json.hpp"

#include <boost/test/unit_test.hpp>

using namespace kpr;
using nlohmann::json;

namespace {

std::string repeated(std::size_t n, const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i)
    out += text;
  return out;
}
std::string lists(std::size_t depth) {
  return repeated(depth, "[") + repeated(depth, "]");
}
std::string maps(std::size_t depth) {
  return repeated(depth, R"({"a":)") + "1" + repeated(depth, "}");
}
std::string why(const std::string& text, const JsonLimits& limits = {}) {
  const Result<json> read = read_json(text, limits);
  return read ? "" : read.error().message;
}

}  // namespace

BOOST_AUTO_TEST_CASE(it_reads_what_nlohmann_reads) {
  for (const char* text : {"null",
                           " true ",
                           "-3",
                           "18446744073709551615",
                           "1.5e3",
                           R"("\u00e4\n")",
                           "[]",
                           "{}",
                           R"({"a":1,"a":[2,{"b":null}],"":{}})",
                           R"([[1,[2]],{"x":[{"y":{}}]},"z"])"}) {
    const Result<json> read = read_json(text);
    BOOST_REQUIRE_MESSAGE(read, text);
    BOOST_TEST(*read == json::parse(text), text);
  }
  for (const char* text : {"", "{", "[1,]", "{\"a\"}", "nul", "1 2", "\"\xff\"", "[1]x"})
    BOOST_TEST(why(text) == "not JSON", text);
}

BOOST_AUTO_TEST_CASE(depth_ends_at_64_however_deep_the_text_is) {
  BOOST_TEST(why(lists(64)) == "");
  BOOST_TEST(why(maps(64)) == "");
  for (const std::size_t depth : {65u, 1000u, 1'000'000u}) {
    BOOST_TEST(why(lists(depth)) == "nested too deeply");
    BOOST_TEST(why(maps(depth)) == "nested too deeply");
    BOOST_TEST(why(repeated(depth, "[")) == "nested too deeply");
  }
  BOOST_TEST(json_or_null(lists(65)).is_null());
}

BOOST_AUTO_TEST_CASE(size_and_number_of_values_end_too) {
  BOOST_TEST(why("[1,2,3]", {.bytes = 7}) == "");
  BOOST_TEST(why("[1,2,3] ", {.bytes = 7}) == "larger than 0 MiB");
  BOOST_TEST(why("[1,2,3]", {.values = 4}) == "");
  BOOST_TEST(why("[1,2,3]", {.values = 3}) == "it has too many values");
}

BOOST_AUTO_TEST_CASE(what_is_not_kept_is_not_built_and_may_be_deep) {
  const Keep keep = {{{"a", {{{"b", {}}}}}, {"list", {{{"x", {}}}}}}};
  const std::string text = R"({"a":{"b":{"c":1},"d":2},"deep":)" + lists(100'000) +
                           R"(,"list":[{"x":1,"y":2},3,{"y":{"x":4}}],"e":5})";
  const Result<json> read = read_json(text, {.values = 9}, &keep);
  BOOST_REQUIRE(read);
  BOOST_TEST(*read == json::parse(R"({"a":{"b":{"c":1}},"list":[{"x":1},3,{}]})"));
  BOOST_TEST(why(R"({"deep":)" + lists(100'000)) == "nested too deeply");
  BOOST_TEST(read_json(R"({"deep":)" + lists(100'000), {}, &keep).error().message == "not JSON");
}
