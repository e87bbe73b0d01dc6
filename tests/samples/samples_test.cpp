// Where the samples are absent the same accounting runs over our own corpus, so the test never
// passes on nothing.
#define BOOST_TEST_MODULE samples
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <kpr/json.hpp>
#include <kpr/parse.hpp>
#include <set>

#include "facts.hpp"

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> files_below(const fs::path& root) {
  std::vector<fs::path> files;
  if (fs::exists(root))
    for (const auto& e : fs::recursive_directory_iterator(root))
      if (e.is_regular_file())
        files.push_back(e.path());
  std::sort(files.begin(), files.end());
  return files;
}

fs::path root() {
  return fs::exists(KPR_SAMPLES) ? fs::path(KPR_SAMPLES) : fs::path(KPR_OWN_CORPUS);
}

// Which of the three parsers a file is for, by its name; other commands' outputs are not ours to
// read.
enum class Reader { status, service_list, health, none };
Reader reader_of(const fs::path& path) {
  const auto name = path.filename().string();
  if (path.extension() != ".txt" && path.extension() != ".golden")
    return Reader::none;
  if (name.starts_with("service-list"))
    return Reader::service_list;
  if (name == "health.txt" || name.find("cilium-health-status") != std::string::npos)
    return Reader::health;
  const bool of_real_agent = path.string().find("real-agents") != std::string::npos;
  if (of_real_agent)
    return name == "status.txt" || name == "status-verbose.txt" ? Reader::status : Reader::none;
  return Reader::status;
}

// Each non-blank line must have a use, and the unknown ones must be in the document's list. Returns
// the unknown lines.
template <class Document>
std::vector<std::string> account(const Document& document, const fs::path& path) {
  std::vector<std::string> unknown;
  std::set<kpr::Line> listed;
  for (const auto& u : document.unknown)
    listed.insert(u.line);
  std::size_t number = 0, start = 0;
  const std::string& text = *document.text;
  while (start < text.size()) {
    auto end = text.find('\n', start);
    if (end == std::string::npos)
      end = text.size();
    const auto line = text.substr(start, end - start);
    const bool blank = line.find_first_not_of(" \t\r") == std::string::npos;
    BOOST_TEST_REQUIRE(number < document.lines.size(),
                       path.string() + ": no use given for line " + std::to_string(number + 1));
    const auto use = document.lines[number];
    if (!blank) {
      BOOST_TEST((use != kpr::LineUse::blank),
                 path.string() + ":" + std::to_string(number + 1) + ": called blank: " + line);
      if (use == kpr::LineUse::unknown) {
        BOOST_TEST(listed.contains(static_cast<kpr::Line>(number + 1)),
                   path.string() + ":" + std::to_string(number + 1) +
                       ": unknown and not listed: " + line);
        unknown.push_back(std::to_string(number + 1) + ": " + line);
      }
    }
    start = end + 1;
    ++number;
  }
  return unknown;
}

}  // namespace

BOOST_AUTO_TEST_CASE(no_line_of_any_sample_is_left_unexplained) {
  int read_files = 0;
  for (const auto& path : files_below(root())) {
    std::vector<std::string> unknown;
    bool recognized = false;
    switch (reader_of(path)) {
    case Reader::none:
      continue;
    case Reader::status: {
      const auto d = kpr::parse_status(read(path));
      unknown = account(d, path), recognized = d.recognized;
      break;
    }
    case Reader::service_list: {
      const auto d = kpr::parse_service_list(read(path));
      unknown = account(d, path), recognized = d.recognized;
      break;
    }
    case Reader::health: {
      const auto d = kpr::parse_cilium_health(read(path));
      unknown = account(d, path), recognized = d.recognized;
      break;
    }
    }
    ++read_files;
    BOOST_TEST(recognized, path.string() + " was not recognized");
    for (const auto& line : unknown) {
      // Listed unknowns: two lines of versions before 1.6, which the library does not claim to
      // read, and remarks a reader typed behind a row.
      const bool listed = line.find("address pool:") != std::string::npos ||
                          line.find("\xe2\x86\x90") != std::string::npos;
      if (!listed)
        BOOST_ERROR(path.string() + ":" << line);
    }
  }
  BOOST_TEST_MESSAGE(read_files << " files read below " << root());
  BOOST_TEST(read_files > 0);
}

// The two were taken one after the other, so counters and ages may differ by what happens in that
// time; everything else must not.
BOOST_AUTO_TEST_CASE(real_agents_texts_agree_with_the_json_beside_them) {
  int pairs = 0;
  for (const auto& path : files_below(root())) {
    if (path.filename() != "status-verbose.txt" && path.filename() != "status.txt")
      continue;
    const auto beside = path.parent_path() / "status.json";
    if (!fs::exists(beside))
      continue;
    const auto original = json::parse(read(beside), nullptr, false);
    BOOST_TEST_REQUIRE(!original.is_discarded(), beside.string());
    const json ours = kpr::to_json(kpr::parse_status(read(path)));
    const kpr::compare::Form form{{18, 10}, path.filename() == "status-verbose.txt"};
    const auto result = kpr::compare::compare(original, ours, form, 30);
    for (const auto& miss : result.misses)
      BOOST_ERROR(path.string() + ": " + miss);
    BOOST_TEST_MESSAGE(path.string()
                       << ": " << result.equal << " of " << result.compared << " facts");
    ++pairs;
  }
  if (fs::exists(KPR_SAMPLES))
    BOOST_TEST(pairs > 0);
}

BOOST_AUTO_TEST_CASE(real_agents_service_lists_agree_with_the_json_beside_them) {
  int pairs = 0;
  for (const auto& path : files_below(root())) {
    if (path.filename() != "service-list.txt" ||
        !fs::exists(path.parent_path() / "service-list.json"))
      continue;
    const auto text = kpr::parse_service_list(read(path));
    const auto other = kpr::parse_service_list(read(path.parent_path() / "service-list.json"));
    const auto row = [](const kpr::Service& s) {
      std::string r = std::to_string(s.id) + " " + std::string(s.frontend.ip) + ":" +
                      std::to_string(s.frontend.port) + "/" + std::string(s.frontend.protocol) +
                      (s.frontend.internal_scope ? "/i " : " ") + std::string(s.type);
      std::vector<std::string> backends;
      for (const auto& b : s.backends)
        backends.push_back(" " + std::string(b.address.ip) + ":" + std::to_string(b.address.port) +
                           "/" + std::string(b.address.protocol) + "(" + std::string(b.state) +
                           ")");
      std::sort(backends.begin(), backends.end());
      for (const auto& b : backends)
        r += b;
      return r;
    };
    std::multiset<std::string> a, b;
    for (const auto& s : text.services)
      a.insert(row(s));
    for (const auto& s : other.services)
      b.insert(row(s));
    BOOST_TEST(!a.empty(), path.string());
    BOOST_TEST(a == b, path.string());
    for (const auto& r : a)
      if (!b.contains(r))
        BOOST_TEST_MESSAGE("text only: " << r);
    for (const auto& r : b)
      if (!a.contains(r))
        BOOST_TEST_MESSAGE("json only: " << r);
    ++pairs;
  }
  if (fs::exists(KPR_SAMPLES))
    BOOST_TEST(pairs > 0);
}
