// Every word of every check: what it says of its firing fixture stands in golden/<id>.txt. `make
// goldens` writes the files anew; the difference is read in the diff.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "checks/catalogue.hpp"
#include "fixtures.hpp"

namespace kpr::test {
namespace {

namespace fs = std::filesystem;
const fs::path k_folder = fs::path(KPR_SOURCE_DIR) / "tests/checks/golden";

void lines(std::string& out, const std::string& key, const std::vector<std::string>& values) {
  if (values.empty())
    return;
  out += key + ":\n";
  for (const auto& value : values)
    out += "  " + value + "\n";
}

void steps(std::string& out, const std::string& key, const finding::Steps& list) {
  std::vector<std::string> texts;
  for (const auto& line : finding::lines_of(list))
    texts.push_back((line.is_command ? "$ " : "- ") + line.text);
  lines(out, key, texts);
}

std::string golden_of(const checks::Finding& f) {
  std::string out = std::string(to_string(f.severity)) + " " + f.id + "\n" + f.summary + "\n";
  lines(out, "nodes", f.nodes);
  lines(out, "objects", f.objects);
  for (const auto& proof : f.evidence)
    lines(out, "evidence", {proof.source, proof.text});
  out += "why: " + f.why + "\n";
  steps(out, "fix", f.fix);
  steps(out, "verify", f.verify);
  lines(out, "links", f.links);
  if (f.from_memory)
    out += "general knowledge\n";
  return out;
}

std::string golden_of(const Fixture& fixture) {
  std::string out;
  for (const auto& finding : findings_of(fixture))
    out += (out.empty() ? "" : "\n") + golden_of(finding);
  return out;
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::vector<Fixture>& fixtures) {
  fs::remove_all(k_folder);
  fs::create_directories(k_folder);
  for (const Fixture& fixture : fixtures)
    std::ofstream(k_folder / (fixture.id + ".txt"), std::ios::binary) << golden_of(fixture);
}

std::set<std::string> judged_ids() {
  std::set<std::string> ids;
  for (const auto& entry : checks::catalogue())
    if (entry.judged)
      ids.insert(entry.id);
  return ids;
}

}  // namespace

std::vector<Fixture> runner_fixtures() {
  const auto fixture = [](const char* id, const char* expires) {
    checks::Waiver waiver;
    waiver.id = "kernel-nodes-differ";
    waiver.reason = "old rack";
    waiver.expires = parse_rfc3339(expires);
    waiver.where = "waivers.yaml, entry 1";
    Fixture out = cluster_fixtures().front();
    out.id = id;
    out.selection.waivers = {waiver};
    return out;
  };
  return {fixture("waiver-expired", "2026-11-20T00:00:00Z"),
          fixture("waiver-unused", "2026-12-31T00:00:00Z")};
}

std::vector<Fixture> all_fixtures() {
  std::vector<Fixture> all;
  for (auto* some : {&cluster_fixtures, &workload_fixtures, &runner_fixtures})
    for (Fixture& fixture : (*some)())
      all.push_back(std::move(fixture));
  return all;
}

std::vector<checks::Finding> findings_of(const Fixture& fixture) {
  checks::Selection selection = fixture.selection;
  selection.only = {fixture.id};
  for (const auto& waiver : selection.waivers)
    selection.only.push_back(waiver.id);
  const evidence::Evidence evidence = fixture.evidence();
  const auto result = checks::run(facts::make_fleet(evidence), selection);
  std::vector<checks::Finding> out;
  for (const auto* list : {&result.findings, &result.explained})
    for (const auto& finding : *list)
      if (finding.id == fixture.id)
        out.push_back(finding);
  return out;
}

BOOST_AUTO_TEST_CASE(every_check_has_one_fixture_and_every_fixture_a_check) {
  std::set<std::string> with;
  for (const Fixture& fixture : all_fixtures())
    BOOST_TEST(with.insert(fixture.id).second, fixture.id << " has two fixtures");
  for (const auto& check : checks::registry())
    BOOST_TEST(with.count(std::string(check.id)) == 1, check.id << " has no fixture");
  const auto judged = judged_ids();
  BOOST_TEST(with == judged, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_word_of_every_check_is_as_it_was) {
  const auto fixtures = all_fixtures();
  if (std::getenv("KPR_WRITE_GOLDENS") != nullptr)
    write(fixtures);
  std::set<std::string> surplus;
  for (const auto& file : fs::directory_iterator(k_folder))
    surplus.insert(file.path().filename().string());
  for (const Fixture& fixture : fixtures) {
    const std::string name = fixture.id + ".txt";
    BOOST_TEST(surplus.erase(name) == 1u, name << " is missing: run `make goldens`");
    BOOST_TEST(golden_of(fixture) == read(k_folder / name),
               name << " differs: run `make goldens` and read the diff\n"
                    << golden_of(fixture));
  }
  for (const auto& name : surplus)
    BOOST_ERROR(name << " belongs to no check");
}

}  // namespace kpr::test
