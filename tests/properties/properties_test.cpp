// Texts come from the generator (and from the corpus where there is one). A full run, every byte of
// every text: KPR_FULL=1. The library's documents own their text in a std::string of exactly its
// size, which ASan guards; texts with room to spare are shrunk first.
#define BOOST_TEST_MODULE properties
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <kpr/json.hpp>
#include <kpr/parse.hpp>
#include <set>

#include "generator.hpp"
#include "reference.hpp"

namespace fs = std::filesystem;
using namespace kpr::reference;
using nlohmann::json;

namespace {

bool full() {
  return std::getenv("KPR_FULL") != nullptr;
}

kpr::StatusDocument parse(std::string text) {
  text.shrink_to_fit();
  return kpr::parse_status(std::move(text));
}

struct Text {
  std::string name, text;
};

const std::vector<Text>& texts() {
  static const std::vector<Text> all = [] {
    std::vector<Text> out;
    for (int minor = k_first_minor; minor <= k_last_minor; ++minor) {
      Random random(static_cast<unsigned>(minor) * 77 + 5);
      const auto status = generate_status(random, minor);
      out.push_back({"1." + std::to_string(minor), format_status(status, minor, true)});
    }
    if (full() && fs::exists(KPR_CORPUS))
      for (const auto& e : fs::recursive_directory_iterator(KPR_CORPUS))
        if (e.path().extension() == ".txt") {
          std::ifstream in(e.path(), std::ios::binary);
          out.push_back({e.path().string(), {std::istreambuf_iterator<char>(in), {}}});
        }
    return out;
  }();
  return all;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  while (start < text.size()) {
    const auto end = std::min(text.find('\n', start), text.size());
    lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines,
                   std::size_t without = static_cast<std::size_t>(-1)) {
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (i != without)
      out += lines[i] + "\n";
  return out;
}

json facts(const std::string& text) {
  return normal_form(kpr::to_json(parse(text)));
}

// Every leaf of a reading as "path=value"; list positions are left out, because a lost row moves
// the others.
void leaves(const json& value, const std::string& path, std::multiset<std::string>& out) {
  if (value.is_object()) {
    for (const auto& [key, v] : value.items())
      leaves(v, path + "." + key, out);
  } else if (value.is_array()) {
    for (const auto& v : value)
      leaves(v, path, out);
  } else {
    out.insert(path + "=" + value.dump(-1, ' ', false, json::error_handler_t::replace));
  }
}

std::multiset<std::string> leaves(const json& value) {
  std::multiset<std::string> out;
  leaves(value, "", out);
  return out;
}

// Facts that follow from many lines at once, so that the loss of one line changes them rightly.
bool of_many_lines(const std::string& leaf) {
  return leaf.starts_with(".modules-health.ok") || leaf.starts_with(".modules-health.stopped") ||
         leaf.starts_with(".modules-health.degraded");
}

std::vector<std::string> missing(const std::multiset<std::string>& before,
                                 const std::multiset<std::string>& after) {
  std::vector<std::string> lost;
  std::set_difference(
      before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(lost));
  std::erase_if(lost, of_many_lines);
  // Cilium's JSON has the list with addresses only since 1.10: where a cut leaves the version open,
  // the names stand in the list of names.
  const std::string k_list = ".kube-proxy-replacement.deviceList.name=";
  std::erase_if(lost, [&](const std::string& leaf) {
    return leaf.starts_with(k_list) &&
           after.contains(".kube-proxy-replacement.devices=" + leaf.substr(k_list.size()));
  });
  return lost;
}

// Whether a line can state a fact: its value stands in the line, or is a yes or no that no text
// spells out.
bool states(const std::string& line, const std::string& leaf) {
  const auto lower = [](std::string l) {
    for (char& c : l)
      c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return l;
  };
  auto value = lower(leaf.substr(leaf.find('=') + 1));
  if (value == "true" || value == "false")
    return true;
  if (value.starts_with('"'))
    value = json::parse(value).get<std::string>();
  // A message of many lines is stated by each; a prober's time or an owner may be printed in
  // another form behind a colon.
  const auto at = line.find_first_not_of(" \t");
  const auto trimmed = at == std::string::npos
                           ? std::string()
                           : lower(line.substr(at, line.find_last_not_of(' ') + 1 - at));
  return lower(line).find(value.substr(0, value.find_first_of(":\n"))) != std::string::npos ||
         (!trimmed.empty() && value.find(trimmed) != std::string::npos);
}

// A heading or a parent gives its children their place; every other line has its own facts alone.
bool names_others(const std::string& line) {
  const auto word = line.find_first_not_of(' ');
  const bool root_of_a_tree = word == 2 && line.find(' ', word) == std::string::npos;
  return root_of_a_tree || line.ends_with(':') || line.find("├") != std::string::npos ||
         line.find("└") != std::string::npos || line.find("mesh-") != std::string::npos;
}

// The facts that are missing though another line stated them.
std::vector<std::string> lost_elsewhere(const std::multiset<std::string>& all,
                                        const std::multiset<std::string>& rest,
                                        const std::string& harmed) {
  auto lost = missing(all, rest);
  std::erase_if(lost, [&](const std::string& leaf) {
    return states(harmed, leaf);
  });
  return lost;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_cut_at_any_byte_keeps_the_facts_of_the_lines_before_it) {
  for (const auto& t : texts()) {
    const auto lines = lines_of(t.text);
    std::size_t start = 0, step = full() ? 1 : 7;
    // Facts of a prefix of whole lines are those that the same prefix cut one line later still has,
    // so the number of facts only grows.
    std::multiset<std::string> before;
    for (const auto& line : lines) {
      for (std::size_t cut = start; cut < start + line.size(); cut += step) {
        const auto document = parse(t.text.substr(0, cut));
        BOOST_TEST(document.text != nullptr);
        if (cut == start + line.size() / 2 / step * step || full()) {
          auto lost = missing(before, leaves(normal_form(kpr::to_json(document))));
          BOOST_TEST(lost.empty(),
                     t.name + " cut at byte " + std::to_string(cut) + " loses " +
                         (lost.empty() ? "" : lost.front()));
        }
      }
      start += line.size() + 1;
      before = leaves(facts(t.text.substr(0, std::min(start, t.text.size()))));
      // A line that goes on in the next may change: a message with a line break, a tree that is
      // counted.
      std::erase_if(before, [](const std::string& l) {
        return l.find("-msg=") != std::string::npos || l.find(".msg=") != std::string::npos ||
               l.find(".state=") != std::string::npos ||
               l.find("clusters.status=") != std::string::npos;
      });
    }
  }
}

BOOST_AUTO_TEST_CASE(without_any_one_line_the_other_lines_keep_their_facts) {
  for (const auto& t : texts()) {
    const auto lines = lines_of(t.text);
    const auto all = leaves(facts(t.text));
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const auto rest = leaves(facts(joined(lines, i)));
      const auto lost = lost_elsewhere(all, rest, lines[i]);
      if (names_others(lines[i]))
        continue;
      BOOST_TEST(lost.empty(),
                 t.name + " without line " + std::to_string(i + 1) + " (" + lines[i] + ") loses " +
                     std::to_string(lost.size()) + " facts, " + (lost.empty() ? "" : lost.front()));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_flipped_byte_costs_no_more_than_its_line) {
  for (const auto& t : texts()) {
    Random random(t.text.size());
    const std::size_t step = full() ? 1 : 37;
    const auto all = leaves(facts(t.text));
    for (std::size_t at = 0; at < t.text.size(); at += step) {
      auto flipped = t.text;
      flipped[at] =
          static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ (1u << random.below(8)));
      const auto document = parse(flipped);
      if (flipped[at] == '\n' || t.text[at] == '\n' || flipped[at] == '\0')
        continue;
      const auto start = t.text.rfind('\n', at) + 1;
      const auto line = t.text.substr(start, t.text.find('\n', at) - start);
      if (names_others(line))
        continue;
      const auto lost = lost_elsewhere(all, leaves(normal_form(kpr::to_json(document))), line);
      BOOST_TEST(lost.empty(),
                 t.name + " with byte " + std::to_string(at) + " flipped (" + line + ") loses " +
                     std::to_string(lost.size()) + " facts, " + (lost.empty() ? "" : lost.front()));
    }
  }
}

BOOST_AUTO_TEST_CASE(however_it_was_copied_the_facts_are_the_same) {
  for (const auto& t : texts()) {
    const auto lines = lines_of(t.text);
    const auto plain = facts(t.text);
    const auto each = [&](auto change) {
      std::string out;
      for (const auto& line : lines)
        out += change(line) + "\n";
      return out;
    };
    const std::vector<std::pair<const char*, std::string>> copies = {
        {"CRLF", each([](const std::string& l) {
           return l + "\r";
         })},
        {"BOM", "\xEF\xBB\xBF" + t.text},
        {"ANSI", each([](const std::string& l) {
           return l.empty() ? l : "\x1b[32m" + l + "\x1b[0m";
         })},
        {"four blanks", each([](const std::string& l) {
           return "    " + l;
         })},
        {"a tab", each([](const std::string& l) {
           return "\t" + l;
         })},
        {"# ", each([](const std::string& l) {
           return "# " + l;
         })},
        {"> ", each([](const std::string& l) {
           return "> " + l;
         })},
        {"stripped blanks", each([](std::string l) {
           return l.erase(l.find_last_not_of(' ') + 1);
         })},
        {"noise around it",
         "Defaulted container \"cilium-agent\" out of: cilium-agent, config (init)\n" + t.text +
             "command terminated with exit code 1\n"},
        {"a prompt before it", "root@lab:~# cilium status --verbose\n" + t.text},
    };
    for (const auto& [how, copy] : copies) {
      const auto different = difference(plain, facts(copy));
      BOOST_TEST(different.empty(), t.name + " copied with " + how + ":\n" + different);
    }
  }
}

BOOST_AUTO_TEST_CASE(repeated_and_degenerate_texts_end) {
  for (const std::string& unit : {std::string("  "),
                                  std::string("("),
                                  std::string("["),
                                  std::string("│   "),
                                  std::string("├── "),
                                  std::string("Cluster health:\n"),
                                  std::string("Modules Health:\n"),
                                  std::string("\n"),
                                  std::string("\t"),
                                  std::string("KubeProxyReplacement: True [eth0 "),
                                  std::string("\x1b["),
                                  std::string("Controller Status: 1/1 healthy\n  "),
                                  std::string("\r"),
                                  std::string("└")}) {
    std::string text;
    while (text.size() < 200000)
      text += unit;
    BOOST_TEST(parse(text).text != nullptr);
    BOOST_TEST(kpr::parse_service_list(text).text != nullptr);
    BOOST_TEST(kpr::parse_cilium_health(text).text != nullptr);
  }
  BOOST_TEST((parse("").kind == kpr::InputKind::empty));
  BOOST_TEST((parse(std::string("a\0b", 3)).kind == kpr::InputKind::binary));
}
