// URLs, and which proxy leads to one.
#define BOOST_TEST_MODULE net
#include <boost/test/unit_test.hpp>

#include "net/proxy.hpp"
#include "net/url.hpp"

using namespace kpr::net;

BOOST_AUTO_TEST_CASE(urls) {
  const struct {
    const char *text, *scheme, *host;
    int port;
    const char *path, *authority;
  } cases[] = {
      {"https://kube.example:6443", "https", "kube.example", 6443, "", "kube.example:6443"},
      {"https://kube.example", "https", "kube.example", 443, "", "kube.example"},
      {"http://kube.example/", "http", "kube.example", 80, "", "kube.example"},
      {"kube.example:6443", "https", "kube.example", 6443, "", "kube.example:6443"},
      {"HTTPS://kube.example/k8s/clusters/c-1/",
       "https",
       "kube.example",
       443,
       "/k8s/clusters/c-1",
       "kube.example"},
      {"https://[::1]:6443/p", "https", "::1", 6443, "/p", "[::1]:6443"},
      {"https://[fd00::1]", "https", "fd00::1", 443, "", "[fd00::1]"},
      {"https://10.0.0.1:443?x=1#y", "https", "10.0.0.1", 443, "", "10.0.0.1:443"},
      {"socks5://proxy", "socks5", "proxy", 1080, "", "proxy"},
      {"https://kube.example:", "https", "kube.example", 443, "", "kube.example"},
  };
  for (const auto& c : cases) {
    BOOST_TEST_CONTEXT(c.text) {
      const auto url = parse_url(c.text);
      BOOST_REQUIRE(url);
      BOOST_TEST(url->scheme == c.scheme);
      BOOST_TEST(url->host == c.host);
      BOOST_TEST(url->port == c.port);
      BOOST_TEST(url->path == c.path);
      BOOST_TEST(url->authority() == c.authority);
      BOOST_TEST(url->origin() == std::string(c.scheme) + "://" + c.authority);
    }
  }
  BOOST_TEST(parse_url("http://user:pa%20ss@proxy:3128")->user_info == "user:pa%20ss");
}

BOOST_AUTO_TEST_CASE(urls_that_are_none) {
  const std::pair<const char*, const char*> cases[] = {
      {"ftp://kube.example",
       "cannot parse the URL \"ftp://kube.example\": unsupported scheme \"ftp\""},
      {"https://", "cannot parse the URL \"https://\": no host"},
      {"https://:6443", "cannot parse the URL \"https://:6443\": no host"},
      {"https://kube.example:0", "cannot parse the URL \"https://kube.example:0\": invalid port"},
      {"https://kube.example:65536",
       "cannot parse the URL \"https://kube.example:65536\": invalid port"},
      {"https://kube.example:6443x",
       "cannot parse the URL \"https://kube.example:6443x\": invalid port"},
      {"https://::1:6443",
       "cannot parse the URL \"https://::1:6443\": an IPv6 address needs brackets"},
      {"https://[::1", "cannot parse the URL \"https://[::1\": missing ']' in host"},
      {"https://[::1]6443", "cannot parse the URL \"https://[::1]6443\": text after ']'"},
      {"https://kube.example\r\nX: y",
       "cannot parse the URL \"…\": it holds a space or a control character"},
  };
  for (const auto& [text, message] : cases) {
    const auto url = parse_url(text);
    BOOST_TEST_CONTEXT(text) {
      BOOST_REQUIRE(!url);
      BOOST_TEST(url.error().message == message);
    }
  }
}

BOOST_AUTO_TEST_CASE(no_proxy_as_go_reads_it) {
  const struct {
    const char *list, *host;
    int port;
    bool direct;
  } cases[] = {
      {"*", "kube.example", 443, true},
      {"kube.example", "kube.example", 443, true},
      {"kube.example", "KUBE.EXAMPLE", 443, true},
      {"kube.example", "api.kube.example", 443, true},
      {"kube.example", "notkube.example", 443, false},
      {".kube.example", "kube.example", 443, false},
      {".kube.example", "api.kube.example", 443, true},
      {"*.kube.example", "api.kube.example", 443, true},
      {"*.kube.example", "kube.example", 443, false},
      {" a.example , kube.example ", "kube.example", 443, true},
      {",,", "kube.example", 443, false},
      {"kube.example:443", "kube.example", 443, true},
      {"kube.example:6443", "kube.example", 443, false},
      {"10.0.0.0/8", "10.1.2.3", 443, true},
      {"10.0.0.0/8", "11.1.2.3", 443, false},
      {"10.0.0.0/8", "10.example", 443, false},
      {"10.0.0.0/33", "10.1.2.3", 443, false},
      {"10.0.0.0/x", "10.1.2.3", 443, false},
      {"0.0.0.0/0", "10.1.2.3", 443, true},
      {"10.1.2.3", "10.1.2.3", 443, true},
      {"10.1.2.3", "10.1.2.30", 443, false},
      {"10.1.2.3:6443", "10.1.2.3", 6443, true},
      {"fd00::/8", "fd00::1", 443, true},
      {"fd00::/8", "fe00::1", 443, false},
      {"fd00::1", "fd00:0::1", 443, true},
      {"[fd00::1]:6443", "fd00::1", 6443, true},
      {"[fd00::1]:6443", "fd00::1", 443, false},
  };
  for (const auto& c : cases)
    BOOST_TEST(no_proxy_matches(c.list, c.host, c.port) == c.direct,
               c.list << " for " << c.host << ":" << c.port);
}

BOOST_AUTO_TEST_CASE(proxies_of_the_environment) {
  const auto proxy = [](const char* url, std::map<std::string, std::string> environment) {
    return proxy_from_environment(*parse_url(url), environment);
  };
  BOOST_TEST(proxy("https://kube.example", {}) == "");
  BOOST_TEST(proxy("https://kube.example",
                   {{"HTTPS_PROXY", "http://p:1"}, {"HTTP_PROXY", "http://q:1"}}) == "http://p:1");
  BOOST_TEST(proxy("http://kube.example",
                   {{"HTTPS_PROXY", "http://p:1"}, {"HTTP_PROXY", "http://q:1"}}) == "http://q:1");
  BOOST_TEST(proxy("https://kube.example", {{"https_proxy", "p:1"}}) == "http://p:1");
  BOOST_TEST(proxy("https://kube.example",
                   {{"HTTPS_PROXY", ""}, {"https_proxy", "socks5://p:1"}}) == "socks5://p:1");
  BOOST_TEST(proxy("https://kube.example", {{"HTTPS_PROXY", "p:1"}, {"NO_PROXY", "example"}}) ==
             "");
  BOOST_TEST(proxy("https://kube.example",
                   {{"HTTPS_PROXY", "p:1"}, {"no_proxy", "kube.example:443"}}) == "");
  BOOST_TEST(proxy("https://kube.example:6443",
                   {{"HTTPS_PROXY", "p:1"}, {"no_proxy", "kube.example:443"}}) == "http://p:1");
  for (const char* loopback :
       {"https://localhost:6443", "https://127.0.0.1", "https://127.9.9.9:1", "https://[::1]:6443"})
    BOOST_TEST(proxy(loopback, {{"HTTPS_PROXY", "p:1"}}) == "", loopback);
}
