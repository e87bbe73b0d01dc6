// One pool for the frontends of all agents: what it says is what the parser says, and what agents
// share is there once.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "facts/frontends.hpp"

using namespace kpr::facts;

namespace {

std::string said(const LbFrontend& f) {
  std::string out = f.ip + " " + std::to_string(f.port) + " " + f.protocol + " " + f.type +
                    (f.local_scope ? " local" : "");
  for (const auto& b : f.backends)
    out += ", " + b.ip + " " + std::to_string(b.port) + " " + b.state;
  return out;
}

// In the pool a NodePort is at the wildcard address; where it was listed stands beside it.
void same_as_the_parser(FrontendPool& pool, const std::string& text) {
  auto parsed = parse_service_list(text);
  const auto pooled = pool.from_text(text);
  BOOST_REQUIRE_EQUAL(pooled.size(), parsed.size());
  for (std::size_t i = 0; i < parsed.size(); ++i) {
    BOOST_TEST(pool.ip(pooled[i].ip) == parsed[i].ip);
    if (parsed[i].type == "NodePort")
      parsed[i].ip = parsed[i].ip.find(':') == std::string::npos ? "0.0.0.0" : "::";
    BOOST_TEST(said(pool[pooled[i]]) == said(parsed[i]));
  }
}

const std::string k_new =
    "ID   Frontend                Service Type   Backend                              \n"
    "1    10.96.0.1:443/TCP       ClusterIP      1 => 10.0.0.2:6443/TCP (active)      \n"
    "2    10.96.0.10:53/UDP       ClusterIP      1 => 10.64.0.5:53/UDP (active)       \n"
    "                                            2 => 10.64.1.5:53/UDP (terminating)  \n"
    "3    10.0.0.7:30080/TCP      NodePort       1 => 10.64.0.9:8080/TCP (active)     \n"
    "4    [fd00::1]:443/TCP/i     ClusterIP                                           \n";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_pool_says_what_the_parser_says) {
  FrontendPool pool;
  same_as_the_parser(pool, k_new);
  same_as_the_parser(pool, replaced(k_new, "\n", "\r\n"));
  same_as_the_parser(pool,
                     "ID   Frontend        Backend                   \n3    10.96.0.10:53   1 => "
                     "10.0.0.9:53 (W: 4)   \n");
  same_as_the_parser(pool, "level=warning msg=noise\n" + k_new);
  same_as_the_parser(pool, k_new.substr(0, k_new.size() - 30));
  same_as_the_parser(pool, k_new + "Error: the end is not here\n");
  same_as_the_parser(pool, "");
}

BOOST_AUTO_TEST_CASE(any_order_and_any_neighbour) {
  const std::string header = k_new.substr(0, k_new.find('\n') + 1);
  const std::vector<std::string> rows = {
      "7    10.96.0.1:443/TCP       ClusterIP      1 => 10.0.0.2:6443/TCP (active)      \n",
      "8    10.96.0.10:53/UDP       ClusterIP      1 => 10.64.0.5:53/UDP (active)       \n",
      "8    10.96.0.10:53/UDP       ClusterIP      1 => 10.64.0.5:53/UDP (active)       \n         "
      "                                   2 => 10.64.1.5:53/UDP (active)       \n",
      "9    10.0.0.7:30080/TCP      NodePort       1 => 10.64.0.9:8080/TCP (active)     \n",
      "12   10.0.0.88:30080/TCP     NodePort       1 => 10.64.0.9:8080/TCP (active)     \n",
      "13   10.0.0.88:30080/TCP     NodePort                                            \n",
  };
  FrontendPool pool;
  for (unsigned n = 0; n < 6 * 6 * 6 * 6; ++n) {
    std::string text = header;
    for (unsigned k = n, i = 0; i < 4; ++i, k /= 6)
      text += rows[k % 6];
    same_as_the_parser(pool, text);
    same_as_the_parser(pool, text.substr(0, text.size() - 1 - n % 50));
  }
}

BOOST_AUTO_TEST_CASE(an_address_without_a_port_where_a_node_port_stood_last_time) {
  FrontendPool pool;
  const std::string header = k_new.substr(0, k_new.find('\n') + 1);
  const std::string cluster_ip =
      "1    10.96.0.1:443/TCP       ClusterIP      1 => 10.0.0.2:6443/TCP (active)      \n";
  same_as_the_parser(
      pool,
      header + cluster_ip +
          "2    10.0.0.7:30080/TCP      NodePort       1 => 10.64.0.9:8080/TCP (active)     \n");
  same_as_the_parser(
      pool,
      header + cluster_ip +
          "2    without-a-port          NodePort       1 => 10.64.0.9:8080/TCP (active)     \n");
}

BOOST_AUTO_TEST_CASE(agents_share_their_frontends) {
  FrontendPool pool;
  const auto first = pool.from_text(k_new);
  BOOST_REQUIRE_EQUAL(pool.size(), 4u);
  // Another agent: other ids, other padding, its own address at the NodePort.
  const auto second =
      pool.from_text(replaced(replaced(replaced(k_new, "\n2 ", "\n27"), "10.0.0.7:", "10.0.0.88:"),
                              "   ClusterIP",
                              "       ClusterIP"));
  BOOST_REQUIRE_EQUAL(pool.size(), 4u);
  for (std::size_t i = 0; i < first.size(); ++i)
    BOOST_TEST(first[i].frontend == second[i].frontend);
  BOOST_TEST(pool[first[2]].address == "0.0.0.0:30080");
  BOOST_TEST(pool.ip(first[2].ip) == "10.0.0.7");
  BOOST_TEST(pool.ip(second[2].ip) == "10.0.0.88");
  BOOST_TEST(pool[first[3]].address == "[fd00::1]:443");
  // One backend less is another frontend.
  const auto third = pool.from_text(replaced(k_new, "(terminating)", "(active)     "));
  BOOST_TEST(third[1].frontend != first[1].frontend);
  BOOST_TEST(pool[third[1]].key == pool[first[1]].key);
  BOOST_TEST(third[0].frontend == first[0].frontend);
  // The same list as JSON.
  const auto json = nlohmann::json::parse(
      R"([{"status": {"realized": {"flags": {"type": "ClusterIP"}, "frontend-address": {"ip": "10.96.0.1", "port": 443, "protocol": "TCP"}, "backend-addresses": [{"ip": "10.0.0.2", "port": 6443, "state": "active"}]}}}])");
  BOOST_TEST(pool.from_json(json).at(0).frontend == first[0].frontend);
}
