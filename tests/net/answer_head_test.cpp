// The answer to an upgrade, byte by byte and at once; Retry-After.
#include <boost/test/unit_test.hpp>

#include "net/answer_head.hpp"
#include "net/websocket.hpp"

using namespace kpr::net;

namespace {

struct Read {
  AnswerReader reader;
  std::size_t used = 0;
  std::string error;
};

Read read(std::string_view text, std::size_t step) {
  Read r;
  while (r.used < text.size() && !r.reader.done()) {
    const auto n = r.reader.feed(text.substr(r.used, step));
    if (!n) {
      r.error = n.error().message;
      return r;
    }
    r.used += *n;
  }
  return r;
}

}  // namespace

BOOST_AUTO_TEST_CASE(answers) {
  const struct {
    const char* text;
    int status;
    const char* body;
    bool done;
    std::size_t rest;
  } cases[] = {
      {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x82\x01x", 101, "", true, 3},
      {"HTTP/1.1 101\r\n\r\n", 101, "", true, 0},
      {"HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nhelloXX", 403, "hello", true, 2},
      {"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", 403, "", true, 0},
      {"HTTP/1.0 500 No\nX: y\n\nuntil the end", 500, "until the end", false, 0},
      {"HTTP/1.1 400 No\r\nTransfer-Encoding: "
       "Chunked\r\n\r\n3\r\nabc\r\nA;ext=1\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nrest",
       400,
       "abc0123456789",
       true,
       4},
      {"HTTP/1.1 204 No Content\r\n\r\n", 204, "", true, 0},
  };
  for (const auto& c : cases) {
    const std::string_view text(c.text);
    for (const std::size_t step : {text.size(), std::size_t{1}, std::size_t{7}}) {
      BOOST_TEST_CONTEXT(c.text << " in steps of " << step) {
        const Read r = read(text, step);
        BOOST_TEST(r.error == "");
        BOOST_TEST(r.reader.status() == c.status);
        BOOST_TEST(r.reader.body() == c.body);
        BOOST_TEST(r.reader.done() == c.done);
        BOOST_TEST(text.size() - r.used == c.rest);
      }
    }
  }
  const Read r = read("HTTP/1.1 101 x\r\nA:1\r\n b : two \r\n\r\n", 3);
  BOOST_REQUIRE(find_header(r.reader.headers(), "b"));
  BOOST_TEST(*find_header(r.reader.headers(), "b") == "two");
  BOOST_TEST(!find_header(r.reader.headers(), "c"));
}

BOOST_AUTO_TEST_CASE(answers_that_are_none) {
  const std::pair<std::string, const char*> cases[] = {
      {"SSH-2.0-OpenSSH\r\n\r\n", "the server's answer is not HTTP/1.1"},
      {"HTTP/2 200\r\n\r\n", "the server's answer is not HTTP/1.1"},
      {"HTTP/1.1 abc\r\n\r\n", "the server's answer has no status code"},
      {"HTTP/1.1 10\r\n\r\n", "the server's answer has no status code"},
      {"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
       "the server's answer has a header line without a name"},
      {"HTTP/1.1 200 OK\r\n: x\r\n\r\n", "the server's answer has a header line without a name"},
      {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
       "the server's answer has a bad Content-Length"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
       "the server's answer has a bad Content-Length"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
       "the server's answer has a chunk without a size"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
       "the server's answer has a chunk longer than its size"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(5000, '1'),
       "the server's answer has a chunk without a size"},
      {"HTTP/1.1 200 OK\r\n" + std::string(70000, 'x'),
       "the server's answer has a head of more than 64 KiB"},
  };
  for (const auto& [text, message] : cases) {
    for (const std::size_t step : {text.size(), std::size_t{1}})
      BOOST_TEST(read(text, step).error == message, text.substr(0, 60) << " in steps of " << step);
  }
}

BOOST_AUTO_TEST_CASE(a_body_is_kept_up_to_its_limit) {
  const std::string text =
      "HTTP/1.1 500 x\r\nContent-Length: 1000000\r\n\r\n" + std::string(1000000, 'x');
  const Read r = read(text, 65536);
  BOOST_TEST(r.reader.done());
  BOOST_TEST(r.reader.body().size() == AnswerReader::max_body);
}

BOOST_AUTO_TEST_CASE(the_end_of_the_connection) {
  const auto ended = [](std::string_view text) {
    Read r = read(text, text.size() + 1);
    const auto end = r.reader.end();
    return std::make_pair(end ? std::string("fine") : end.error().message, r.reader.body());
  };
  BOOST_TEST(ended("").first == "the server closed the connection without an answer");
  BOOST_TEST(ended("HTTP/1.1 101 Sw").first ==
             "the server closed the connection in the middle of its answer");
  BOOST_TEST(ended("HTTP/1.1 500 x\r\n\r\nwhy").first == "fine");
  BOOST_TEST(ended("HTTP/1.1 500 x\r\nContent-Length: 10\r\n\r\nwhy").first ==
             "fine");  // cut short: still the best reason there is
  BOOST_TEST(ended("HTTP/1.1 500 x\r\nContent-Length: 10\r\n\r\nwhy").second == "why");
}

BOOST_AUTO_TEST_CASE(retry_after) {
  const auto seconds = [](const char* value, const char* date = nullptr) {
    Headers h{{"retry-after", value}};
    if (date)
      h.emplace_back("date", date);
    return retry_after_seconds(h);
  };
  BOOST_TEST(retry_after_seconds({}) == -1);
  BOOST_TEST(seconds("0") == 0);
  BOOST_TEST(seconds("17") == 17);
  BOOST_TEST(seconds("-1") == -1);
  BOOST_TEST(seconds("soon") == -1);
  BOOST_TEST(seconds("1.5") == -1);
  BOOST_TEST(seconds("1000000") == 86400);
  const char* now = "Tue, 24 Nov 2026 18:50:51 GMT";
  BOOST_TEST(seconds("Tue, 24 Nov 2026 18:51:01 GMT", now) == 10);
  BOOST_TEST(seconds("Tue, 24 Nov 2026 18:50:00 GMT", now) == 0);
  BOOST_TEST(seconds("Thu, 24 Nov 2050 18:50:00 GMT", now) == 86400);
  BOOST_TEST(seconds("Tue, 24 Nov 2026 18:51:01 GMT") == -1);
  BOOST_TEST(seconds("Tue, 24 Nov 2026 18:51:01 GMT", "yesterday") == -1);
  BOOST_TEST(!parse_http_date("Tue, 31 Feb 2026 18:51:01 GMT"));
  BOOST_TEST(!parse_http_date("Tue, 24 Foo 2026 18:51:01 GMT"));
  BOOST_TEST(!parse_http_date("Tue, 24 Nov 2026 25:51:01 GMT"));
}

BOOST_AUTO_TEST_CASE(the_key_of_the_standard) {
  BOOST_TEST(websocket_accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}
