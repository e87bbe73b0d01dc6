// The reader of block YAML against yaml-cpp: where it does not give up, both read the same; and it
// does not give up on what Kubernetes prints.
#define BOOST_TEST_MODULE yaml
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "archive/archive.hpp"
#include "archive/yaml_block.hpp"
#include "archive/yaml_items.hpp"
#include "evidence/keep.hpp"

using namespace kpr::evidence;
using namespace kpr::archive;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

// The fast reader's answer when it has one that must hold; fails where the two differ.
bool compare(const std::string& text) {
  json fast, slow;
  std::string why;
  const bool knows = read_block_yaml(text, nullptr, fast);
  const bool valid = read_yaml_slowly(text, slow, &why);
  if (knows) {
    BOOST_REQUIRE_MESSAGE(valid, "only the fast reader takes this (" << why << "):\n" << text);
    BOOST_REQUIRE_MESSAGE(fast == slow,
                          "fast " << fast.dump() << "\nslow " << slow.dump() << "\n"
                                  << text);
  }
  // With fields left out it may not look at all there is, but what it gives is the same.
  for (const char* resource : {"pods", "events", "nodes"}) {
    const kpr::Keep* keep = keep_of(resource);
    json cut;
    if (!valid || !read_block_yaml(text, keep, cut))
      continue;
    json pruned = slow;
    prune(pruned, *keep);
    BOOST_REQUIRE_MESSAGE(cut == pruned,
                          "fast " << cut.dump() << "\nslow " << pruned.dump() << "\n"
                                  << text);
  }
  return knows;
}

using Random = std::mt19937_64;
std::size_t below(Random& r, std::size_t n) {
  return static_cast<std::size_t>(r() % n);
}
template <std::size_t N>
std::string one_of(Random& r, const char* const (&list)[N]) {
  return list[below(r, N)];
}

std::string key(Random& r) {
  static const char* const keys[] = {"metadata",
                                     "name",
                                     "namespace",
                                     "spec",
                                     "status",
                                     "containers",
                                     "env",
                                     "image",
                                     "f:x",
                                     "app.kubernetes.io/name",
                                     "kind",
                                     "items",
                                     "conditions",
                                     "type",
                                     "message",
                                     "reason",
                                     "involvedObject",
                                     "nodeName",
                                     "\"yes\"",
                                     "'y'",
                                     "\"8080\"",
                                     "k8s-app",
                                     "a_b",
                                     "managedFields",
                                     "labels",
                                     "annotations",
                                     "data",
                                     "/etc/x",
                                     "0",
                                     "x y"};
  return one_of(r, keys);
}

std::string scalar(Random& r) {
  static const char* const values[] = {"a",
                                       "true",
                                       "\"true\"",
                                       "1",
                                       "-1",
                                       "1.5",
                                       "\"1\"",
                                       "null",
                                       "~",
                                       "{}",
                                       "[]",
                                       "\"\"",
                                       "''",
                                       "'it''s'",
                                       "\"a\\nb\\t\\\"c\\\" \\u00e9 \\U0001F600\"",
                                       "2026-11-24T12:00:00Z",
                                       "\"2026-11-24T12:00:00Z\"",
                                       "registry.example.com:5000/a/b:1.2@sha256:ab",
                                       "10.0.0.0/8",
                                       "'{\"a\": [1, 2]}'",
                                       "a, b",
                                       "x{y}",
                                       "- ",
                                       "0x1F",
                                       "1e3",
                                       "+7",
                                       ".5",
                                       "0o17",
                                       "10Gi",
                                       "100m",
                                       "*.example.com",
                                       "'*'",
                                       "\"*\"",
                                       "Pulling image \"nginx\"",
                                       "a#b",
                                       "a:b",
                                       "grüße",
                                       "日本",
                                       "-",
                                       "--flag=x",
                                       "!x",
                                       "&a",
                                       "yes",
                                       "no",
                                       "on",
                                       "NaN",
                                       ".inf",
                                       "0123",
                                       "1_000",
                                       "12:30:45"};
  return one_of(r, values);
}

void block(Random& r, std::string& out, std::size_t indent, std::size_t depth);

void value(Random& r, std::string& out, std::size_t indent, std::size_t depth) {
  switch (below(r, depth > 5 ? 3 : 8)) {
  case 2: {  // folded at 80 columns
    static const char* const quotes[] = {"", "'", "\""};
    const std::string quote = one_of(r, quotes);
    out += " " + quote + "Failed to create";
    for (std::size_t n = 1 + below(r, 3); n > 0; --n) {
      static const char* const plain_lines[] = {"pod sandbox",
                                                "\"quoted\" words",
                                                "(and) more, of it",
                                                "- x",
                                                "10.0.0.1:80 a",
                                                "it's [x] {y}"};
      static const char* const single_lines[] = {
          "pod: sandbox", "it''s", "# no comment", "- x", "''", "x \\"};
      static const char* const double_lines[] = {
          "pod: sandbox", "\\\"x\\\"", "\\ blank", "# no comment", "a\\n", "\\u00e9", "x \\"};
      if (below(r, 6) == 0)
        out += "\n";
      out += "\n" + std::string(indent + 2, ' ') +
             (quote.empty()  ? one_of(r, plain_lines)
              : quote == "'" ? one_of(r, single_lines)
                             : one_of(r, double_lines));
    }
    out += (quote.empty() ? "" : "\n" + std::string(indent + 2, ' ') + "end" + quote) + "\n";
    break;
  }
  case 0:
  case 1:
    out += " " + scalar(r) + "\n";
    break;
  case 3: {
    static const char* const headers[] = {"|", "|-", "|+"};
    out += " " + one_of(r, headers) + "\n";
    for (std::size_t n = 1 + below(r, 4); n > 0; --n) {
      static const char* const lines[] = {
          "text", "  deeper: text", "# no comment", "- a", "key: value", "\"quoted", "a: b: c"};
      if (below(r, 5) == 0)
        out += "\n";
      out += std::string(indent + 2, ' ') + (n == 1 ? "end" : one_of(r, lines)) + "\n";
    }
    if (below(r, 4) == 0)
      out += "\n";
    break;
  }
  case 4: {  // a list at the indent of its key, as Kubernetes prints it, or deeper
    out += "\n";
    const std::size_t at = indent + (below(r, 4) == 0 ? 2 : 0);
    for (std::size_t n = 1 + below(r, 3); n > 0; --n) {
      out += std::string(at, ' ') + "-";
      if (below(r, 2) == 0) {
        out += " " + scalar(r) + "\n";
      } else {
        std::string inner;
        block(r, inner, at + 2, depth + 1);
        out += " " + inner.substr(at + 2);
      }
    }
    break;
  }
  default: {
    std::string inner;
    block(r, inner, indent + 2, depth + 1);
    out += "\n" + inner;
  }
  }
}

void block(Random& r, std::string& out, std::size_t indent, std::size_t depth) {
  for (std::size_t n = 1 + below(r, 4); n > 0; --n) {
    out += std::string(indent, ' ') + key(r) + ":";
    value(r, out, indent, depth);
  }
}

std::vector<json> all_of(const std::string& text, const kpr::Keep* keep, YamlItems* result) {
  std::vector<json> items;
  *result = read_yaml_items(
      text,
      [&](json&& item) {
        items.push_back(std::move(item));
      },
      keep);
  return items;
}

}  // namespace

BOOST_AUTO_TEST_CASE(it_reads_what_kubernetes_prints) {
  const char* const texts[] = {
      "a: 1\n",
      "- a: 1\n  b:\n  - c\n  - d: e\n    f: g\n  h:\n    i: {}\n",
      "a: 'x: y'\nb: \"c\\nd\"\n\"e\": f\n",
      "a: |\n  x\n\n  y\nb: |-\n  z\nc: |+\n  z\n\nd: e\n",
      "a:\nb: null\nc: []\n",
      "a:\r\n  b: c\r\n",
      "a: one\n  two\n  \"three\" four\n\n  five\nb: 1\n",
      "a: 'one: it''s\n  two\n\n\n  three'\nb: 1\n",
      "a: \"one\n  two\\n\n  \\ three \\\"x\\\" \\\n  four\"\nb: 1\n",
      "- one\n  two\n- 'three\n  four'\n- a: b\n    c\n  d: \"e\n    f\"\n",
      "message: 'Back-off pulling image \"nginx\"'\ncount: 3\nns/name: x\n",
  };
  for (const char* text : texts)
    BOOST_TEST(compare(text), text);
}

BOOST_AUTO_TEST_CASE(it_gives_up_on_the_rest) {
  const char* const texts[] = {"",
                               "a: &x 1\n",
                               "a: *x\n",
                               "a: !t 1\n",
                               "a: [1, 2]\n",
                               "a: {b: 1}\n",
                               "a: >\n  folded\n",
                               "a: |2\n   x\n",
                               "# comment\na: 1\n",
                               "a: 1 # comment\n",
                               "? a\n: b\n",
                               "a:\n\tb: 1\n",
                               "a: 1\n  b: 2\n",
                               "- - a\n",
                               "-\n  a: 1\n",
                               "a: \"\\x41\"\n",
                               "a: b: c\n",
                               "--- \na: 1\n",
                               "a: 1\n...\n",
                               "a: \x01\n",
                               "a: \xff\n",
                               "a: \xed\xa0\x80\n",
                               "a b\n",
                               "a: @x\n",
                               "null: 1\n",
                               "x:\n  y: &a 1\n",
                               "x: &a 1\n"};
  for (const char* text : texts) {
    json out;
    BOOST_TEST(!read_block_yaml(text, nullptr, out), text);
    compare(text);
  }
  for (const char* text : {"x: &a 1\n",
                           "x: *a\n",
                           "x:\n  y: &a 1\n",
                           "x:\n- &a 1\n",
                           "x:\n- y: *a\n",
                           "x:\n  \"y\": &a 1\n",
                           "x: [[[[1]]]]\n",
                           "x: \"one\ntwo\"\n",
                           "x: 'one\ntwo'\n"}) {
    json out;
    BOOST_TEST(!read_block_yaml(text, keep_of("pods"), out),
               text);  // what is left out is looked at for these
  }
}

BOOST_AUTO_TEST_CASE(random_documents) {
  std::size_t known = 0;
  constexpr std::size_t k_documents = 1500;
  for (std::size_t seed = 0; seed < k_documents; ++seed) {
    Random r(seed);
    std::string text;
    block(r, text, 0, 0);
    known += compare(text) ? 1 : 0;
    for (int round = 0; round < 4; ++round) {  // damage
      std::string broken = text;
      static const char* const bits[] = {
          " ", "\n", ":", "- ", "\"", "'",    "#",  " #", ": ", "\t", "|", ">", "&",    "*",
          "{", "}",  "[", "]",  "\\", "\r\n", "\r", "?",  "!",  "%",  "@", "é", "\x7f", "\xc3"};
      const std::size_t at = below(r, broken.size());
      switch (below(r, 3)) {
      case 0:
        broken.insert(at, one_of(r, bits));
        break;
      case 1:
        broken.erase(at, 1 + below(r, 3));
        break;
      default:
        broken.insert(at, broken.substr(below(r, broken.size()), below(r, 12)));
        break;
      }
      compare(broken);
      compare(broken + "\n");
    }
  }
  BOOST_TEST(known > k_documents / 8);  // the others hold a scalar that is not for it
}

BOOST_AUTO_TEST_CASE(pieces_of_any_size_make_the_same) {
  for (const auto& entry : fs::directory_iterator(KPR_SOURCE_DIR "/tests/fixtures/sysdump")) {
    if (entry.path().extension() != ".yaml")
      continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    YamlItems whole;
    const auto expected = all_of(text, nullptr, &whole);
    BOOST_TEST(!expected.empty());
    BOOST_TEST(whole.problem == "");
    BOOST_TEST(whole.slow == 0u);
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{7}, std::size_t{64}, std::size_t{1000}}) {
      std::vector<json> items;
      YamlItemReader reader(
          [&](json&& item) {
            items.push_back(std::move(item));
          },
          nullptr);
      for (std::size_t at = 0; at < text.size(); at += size)
        reader.feed(std::string_view(text).substr(at, size));
      const YamlItems result = reader.finish();
      BOOST_TEST((items == expected));
      BOOST_TEST(result.items == whole.items);
    }
  }
}

BOOST_AUTO_TEST_CASE(managed_fields_keep_who_and_when) {
  YamlItems result;
  const auto items =
      all_of("items:\n- metadata:\n    managedFields:\n    - apiVersion: v1\n      fieldsV1:\n     "
             "   f:data:\n          f:time: {}\n      manager: helm\n      operation: Update\n     "
             " time: \"2026-11-20T10:00:00Z\"\n"
             "    - manager: kubectl-edit\n      operation: Update\n    name: x\nkind: List\n",
             nullptr,
             &result);
  BOOST_REQUIRE(items.size() == 1u);
  BOOST_TEST(
      items[0]["metadata"]["managedFields"] ==
      json::parse(
          R"([{"manager":"helm","operation":"Update","time":"2026-11-20T10:00:00Z"},{"manager":"kubectl-edit","operation":"Update"}])"));
  BOOST_TEST(items[0]["metadata"]["name"] == "x");
}

// Whole dumps that are no part of the sources: every object of them.
BOOST_AUTO_TEST_CASE(real_dumps) {
  const fs::path archive = fs::path(KPR_SHARED_DIR) / "scenarios/real-sysdump-node-down.zip";
  if (!fs::exists(archive))
    return;
  std::size_t documents = 0, known = 0;
  const auto read = read_archive(
      archive.string(),
      [](std::string_view name) {
        return name.ends_with(".yaml");
      },
      [&](const std::string&, std::string text) {
        std::string item;
        std::istringstream in(text);
        bool items = false;
        for (std::string line; std::getline(in, line);) {
          if (line == "items:") {
            items = true;
            continue;
          }
          if (items && (line.empty() || line[0] != ' ') && !item.empty()) {
            ++documents;
            known += compare(item) ? 1 : 0;
            item.clear();
          }
          if (items && !line.starts_with("- ") && (line.empty() || line[0] != ' '))
            items = false;
          if (items)
            item += line + "\n";
        }
        if (text.find("\nitems:\n") == std::string::npos)
          compare(text);
      });
  BOOST_REQUIRE(read);
  BOOST_TEST(documents > 20u);
  BOOST_TEST(known * 10 > documents * 9);
}
