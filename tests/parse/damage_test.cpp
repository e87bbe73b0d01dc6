// One damaged place costs the facts of its own line, no others; nothing crashes or loops. A fact is
// a path and a value of the JSON.
#define BOOST_TEST_MODULE parse_damage
#include <cctype>
#include <kpr/json.hpp>
#include <kpr/kpr.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "fixture.hpp"

using namespace kpr;
using Json = nlohmann::ordered_json;
using Facts = std::multimap<std::string, std::string>;

namespace {

void flatten(const Json& j, const std::string& path, Facts& out) {
  if (j.is_object()) {
    for (const auto& [key, value] : j.items()) {
      if (key != "kpr-parse")
        flatten(value, path + "." + key, out);
    }
  } else if (j.is_array()) {
    for (const Json& item : j)
      flatten(item, path + "[]", out);
  } else {
    // depth in the tree of modules depends on the rows above
    std::string p = path;
    for (std::size_t at = 0; (at = p.find(".children[]")) != std::string::npos;)
      p.erase(at, 11);
    out.emplace(p, j.is_string() ? j.get<std::string>() : j.dump());
  }
}

Facts facts_of(const std::string& text) {
  Facts out;
  flatten(to_json(parse_status(text)), "", out);
  return out;
}

std::string lower(std::string s) {
  for (char& c : s)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return s;
}

// Facts that a line may take with it: what it prints, what stands for it, and sums over all rows.
bool belongs_to(const std::string& path, const std::string& value, const std::string& line) {
  if (value == "true")
    return line.find_first_not_of(' ') !=
           std::string::npos;  // a word such as Enabled, ready, (localhost), BPF
  if (path == ".modules-health.ok" || path == ".modules-health.degraded" ||
      path == ".modules-health.stopped")
    return true;
  if (path == ".hubble.metrics.state" || path == ".hubble-metrics.state")
    return true;  // its place depends on the version, so on every line
  const std::string v = lower(value);
  const std::string l = lower(line);
  return l.find(v) != std::string::npos ||
         (v == "0.0025" && l.find("0.002500") != std::string::npos);
}

void lost_facts_stood_on(const Facts& before,
                         const Facts& after,
                         const std::string& line,
                         const std::string& what) {
  Facts rest = after;
  for (const auto& [path, value] : before) {
    auto [at, end] = rest.equal_range(path);
    while (at != end && at->second != value)
      ++at;
    if (at != end)
      rest.erase(at);
    else if (!belongs_to(path, value, line))
      BOOST_ERROR(what << ": lost " << path << " = " << value << "\n  with the line " << line);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(deleting_a_line_costs_that_line) {
  for (int minor = 6; minor <= 20; ++minor) {
    const std::string text = minor_text(minor);
    const std::vector<std::string> lines = lines_of(text);
    const Facts before = facts_of(text);
    for (std::size_t drop = 0; drop < lines.size(); ++drop) {
      std::string cut;
      for (std::size_t i = 0; i < lines.size(); ++i) {
        if (i != drop)
          cut += lines[i] + "\n";
      }
      lost_facts_stood_on(before,
                          facts_of(cut),
                          lines[drop],
                          "1." + std::to_string(minor) + " without line " +
                              std::to_string(drop + 1));
    }
  }
}

BOOST_AUTO_TEST_CASE(flipping_a_byte_costs_its_line) {
  unsigned seed = 1;
  for (int minor = 6; minor <= 20; ++minor) {
    const std::string text = minor_text(minor);
    const Facts before = facts_of(text);
    for (std::size_t i = seed % 5; i < text.size(); i += 5) {
      seed = seed * 1103515245u + 12345u;
      if (text[i] == '\n')
        continue;
      std::string flipped = text;
      flipped[i] =
          static_cast<char>(static_cast<unsigned char>(text[i]) ^ (1u << (seed >> 16) % 8));
      if (flipped[i] == '\n')
        continue;  // two lines now: covered by the cut
      const std::size_t begin = text.rfind('\n', i) + 1;
      lost_facts_stood_on(before,
                          facts_of(flipped),
                          text.substr(begin, text.find('\n', i) - begin),
                          "1." + std::to_string(minor) + " byte " + std::to_string(i));
    }
  }
}

BOOST_AUTO_TEST_CASE(cutting_anywhere_keeps_the_lines_before) {
  for (const int minor : {8, 13, 16, 18, 20}) {
    const std::string text = minor_text(minor);
    std::size_t last_count = 0;
    for (std::size_t n = 0; n <= text.size(); n += text[n] == '\n' ? 1 : 7) {
      const StatusDocument d = parse_status(text.substr(0, n));
      std::size_t whole = 0;
      for (std::size_t i = 0; i + 1 < d.lines.size(); ++i)
        whole += d.lines[i] == LineUse::fact || d.lines[i] == LineUse::header ? 1 : 0;
      BOOST_TEST(whole >= last_count);
      last_count = whole;
      if (d.recognized && n < text.find("Cluster health:"))
        BOOST_TEST(d.truncated);
      if (n == text.size())
        break;
    }
  }
}

BOOST_AUTO_TEST_CASE(many_blank_lines_and_rows_take_linear_time) {
  std::string text = minor_text(18);
  text += std::string(2'000'000, '\n');
  BOOST_TEST(parse_status(text).recognized);
  std::string rows = "Controller Status:\t1/1 healthy\n  a   never   1s ago   1   broken\n";
  for (int i = 0; i < 100'000; ++i)
    rows += "and more\n\n";
  BOOST_TEST(parse_status(rows).status.controllers->rows.size() == 1u);
}

BOOST_AUTO_TEST_CASE(deep_json_is_refused) {
  const std::string deep =
      "{\"cilium\":" + std::string(200'000, '[') + std::string(200'000, ']') + "}";
  const StatusDocument d = parse_status(deep);
  BOOST_TEST(!d.recognized);
  BOOST_TEST(d.diagnostics.at(0).code == "bad-json");
}

BOOST_AUTO_TEST_CASE(a_damaged_ipv4_line_does_not_take_the_place_of_ipv6) {
  const StatusDocument d = parse_status("Cilium:         Ok   1.16.0 (v1.16.0)\nIPv6 BIG TCP:   "
                                        "Disabled\nIPv6 BIG TCP:   Enabled   [196608, 65536]\n");
  BOOST_TEST(!d.status.ipv4_big_tcp);
  BOOST_REQUIRE(d.status.ipv6_big_tcp);
  BOOST_TEST(d.status.ipv6_big_tcp->max_gso == 65536u);
  // Elsewhere the first of two lines counts: another agent's text may follow.
  const StatusDocument two = parse_status("IPv6 BIG TCP:   Disabled\nCilium:         Ok   1.13.0 "
                                          "(v1.13.0)\nIPv6 BIG TCP:   Enabled   [196608, 65536]\n");
  BOOST_TEST(!two.status.ipv6_big_tcp->enabled);
}
