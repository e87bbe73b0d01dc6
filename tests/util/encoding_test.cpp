// Bytes as text and back.
#define BOOST_TEST_MODULE encoding
#include "util/encoding.hpp"

#include <boost/test/unit_test.hpp>

using namespace kpr;

BOOST_AUTO_TEST_CASE(base64_and_urls) {
  BOOST_TEST(*base64_decode("aGVs\nbG8=") == "hello");
  BOOST_TEST(*base64_decode("") == "");
  for (const char* bad : {"a", "ab=", "a===", "====", "ab%d", "YQ==YQ==", "YWJj----", "YW-j"})
    BOOST_TEST(!base64_decode(bad), bad);
  for (const std::string& text : {std::string(),
                                  std::string("a"),
                                  std::string("ab"),
                                  std::string("abc"),
                                  std::string("\0\xff\x80", 3)})
    BOOST_TEST(*base64_decode(base64_encode(text)) == text);
  BOOST_TEST(url_encode("a b/c?d=e&f~-_.\xff") == "a%20b%2Fc%3Fd%3De%26f~-_.%FF");
}
