#define BOOST_TEST_MODULE util
#include <boost/test/unit_test.hpp>

#include <algorithm>

#include "util/result.hpp"
#include "util/strings.hpp"
#include "util/time.hpp"

using namespace kpr;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(natural_order_counts_like_people) {
  std::vector<std::string> names{"node-10", "node-2", "node-1", "node-01", "node", "a9b2", "a10b1"};
  std::sort(names.begin(), names.end(), natural_less);
  const std::vector<std::string> expected{
      "a9b2", "a10b1", "node", "node-01", "node-1", "node-2", "node-10"};
  BOOST_TEST(names == expected, boost::test_tools::per_element());
  BOOST_TEST(!natural_less("node-1", "node-1"));
}

BOOST_AUTO_TEST_CASE(terminal_escapes_take_the_teeth_out) {
  BOOST_TEST(escape_terminal("a\x1b[31mred\r\n") == "a^[[31mred\\r\\n");
  BOOST_TEST(escape_terminal("tab\there\nnext", true) == "tab\there\nnext");
  BOOST_TEST(escape_terminal(std::string_view("\0\x07\x7f", 3)) == "\\x00\\x07\\x7f");
  BOOST_TEST(escape_terminal("\xc2\x9b"
                             "31m") == "\\x9b31m");                  // C1 CSI
  BOOST_TEST(escape_terminal("\xff\xc0\x80") == "\\xff\\xc0\\x80");  // not UTF-8
  BOOST_TEST(escape_terminal("\xe2\x80\xae"
                             "evil") == "\\u{202E}evil");
  BOOST_TEST(escape_terminal("µ└ 节点") == "µ└ 节点");
}

BOOST_AUTO_TEST_CASE(what_nobody_sees_is_seen) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {"\u00ad", "\\xad"},            // soft hyphen
      {"\u200b", "\\u{200B}"},        // zero width space
      {"\u2028", "\\u{2028}"},        // line separator
      {"\u2066", "\\u{2066}"},        // left-to-right isolate
      {"\ufeff", "\\u{FEFF}"},        // byte order mark
      {"\uffff", "\\u{FFFF}"},        // noncharacter
      {"\U0001fffe", "\\u{1FFFE}"},   // of another plane
      {"\U000e0041", "\\u{E0041}"},   // tag
      {"\U0010ffff", "\\u{10FFFF}"},  // the last one
      {"\u3164", "\\u{3164}"},        // Hangul filler
  };
  for (const auto& [text, shown] : cases) {
    BOOST_TEST(escape_terminal(text) == shown);
    BOOST_TEST(escape_html(text) == shown);
  }
  for (const std::string_view seen : {"ä", "é", "节点", "…", "\ufffd", "\U0001f600", "\u00a0"})
    BOOST_TEST(escape_terminal(seen) == seen);
}

BOOST_AUTO_TEST_CASE(documents_keep_their_values) {
  BOOST_TEST(escape_json("{\n  \"a\": \"\u009b\u202e\uffff\x7f ä\"\n}\n") ==
             "{\n  \"a\": \"\\u009b\\u202e\\uffff\\u007f ä\"\n}\n");
  BOOST_TEST(escape_json("\"\U000e0041\"") == "\"\\udb40\\udc41\"");
  BOOST_TEST(escape_yaml("\"\u0085\U000e0041\"") == "\"\\u0085\\U000e0041\"");
}

BOOST_AUTO_TEST_CASE(html_escapes) {
  BOOST_TEST(escape_html("<script>alert(\"x\" & 'y')</script>") ==
             "&lt;script&gt;alert(&quot;x&quot; &amp; &#39;y&#39;)&lt;/script&gt;");
}

BOOST_AUTO_TEST_CASE(display_width_counts_columns) {
  BOOST_TEST(display_width("µs") == 2u);
  BOOST_TEST(display_width("节点") == 4u);
  BOOST_TEST(display_width("e\u0301") == 1u);
}

BOOST_AUTO_TEST_CASE(rfc3339) {
  BOOST_TEST(format_rfc3339(*parse_rfc3339("2026-11-24T12:00:00Z")) == "2026-11-24T12:00:00Z");
  BOOST_TEST(format_rfc3339(*parse_rfc3339("2026-11-24T12:00:00.123456789+02:30")) ==
             "2026-11-24T09:30:00.123Z");
  BOOST_TEST(format_rfc3339(*parse_rfc3339("0001-01-01T00:00:00.000Z")) == "0001-01-01T00:00:00Z");
  for (const char* bad : {"",
                          "2026-11-24",
                          "2026-13-24T12:00:00Z",
                          "2026-02-30T12:00:00Z",
                          "2026-11-24T12:00:00",
                          "2026-11-24T12:00:00.Z",
                          "2026-11-24T12:00:00Zx",
                          "x"}) {
    BOOST_TEST_CONTEXT(bad) {
      BOOST_TEST(!parse_rfc3339(bad));
    }
  }
}

BOOST_AUTO_TEST_CASE(go_durations) {
  BOOST_TEST((*parse_go_duration("1h2m3.5s") == 1h + 2min + 3500ms));
  BOOST_TEST((*parse_go_duration("130.845µs") == 130845ns));
  BOOST_TEST((*parse_go_duration("-3m") == -3min));
  BOOST_TEST((*parse_go_duration("0s") == 0ns));
  BOOST_TEST((*parse_go_duration("1m36.566274746s") == 96566274746ns));
  for (const char* bad :
       {"", "3", "s", "1x", "1h-2m", "99999999999999999999s", "9999999999h", "."}) {
    BOOST_TEST_CONTEXT(bad) {
      BOOST_TEST(!parse_go_duration(bad));
    }
  }
  BOOST_TEST((*parse_kubectl_timeout("30") == 30s));
  BOOST_TEST((*parse_kubectl_timeout("0") == 0s));
  BOOST_TEST((*parse_kubectl_timeout("2m") == 2min));
  BOOST_TEST(!parse_kubectl_timeout("-1"));
}

BOOST_AUTO_TEST_CASE(human_durations_as_kubectl_prints_them) {
  BOOST_TEST(human_duration(60s) == "60s");
  BOOST_TEST(human_duration(179s) == "2m59s");
  BOOST_TEST(human_duration(12min) == "12m");
  BOOST_TEST(human_duration(3h + 5min) == "3h5m");
  BOOST_TEST(human_duration(51h) == "2d3h");
  BOOST_TEST(human_duration(24h * 104) == "104d");
  BOOST_TEST(human_duration(-5s) == "<invalid>");
}

namespace {
Result<int> half(int n) {
  if (n % 2 != 0)
    return Error{ErrorKind::input, "odd", ""};
  return n / 2;
}
Result<int> quarter(int n) {
  KPR_TRY_ASSIGN(const int h, half(n));
  return half(h);
}
}  // namespace

BOOST_AUTO_TEST_CASE(result_carries_value_or_error) {
  BOOST_TEST(*quarter(8) == 2);
  BOOST_TEST(quarter(6).error().message == "odd");
  BOOST_TEST(quarter(3).value_or(7) == 7);
}
