// collect's archive: reading it gives the evidence back, and no credential is in it.
#define BOOST_TEST_MODULE evidence_writer
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "../os/temporary_directory.hpp"
#include "archive/sysdump_reader.hpp"
#include "archive/sysdump_writer.hpp"
#include "privacy/redact.hpp"

using namespace kpr::evidence;
using namespace kpr::archive;
using namespace kpr::privacy;
using nlohmann::json;

namespace {

void check_equal(const Missing& a, const Missing& b) {
  BOOST_CHECK(a.reason == b.reason);
  BOOST_TEST(a.detail == b.detail);
}

std::vector<json> sorted(std::vector<json> items) {
  std::sort(items.begin(), items.end());
  return items;
}

void check_equal(const Evidence& a, const Evidence& b) {
  BOOST_CHECK(a.kind == b.kind);
  BOOST_CHECK(a.now == b.now);
  BOOST_TEST(a.cilium_namespace == b.cilium_namespace);
  BOOST_TEST(a.interrupted == b.interrupted);
  BOOST_TEST(a.notes == b.notes, boost::test_tools::per_element());
  BOOST_REQUIRE(a.agents.size() == b.agents.size());
  for (std::size_t i = 0; i < a.agents.size(); ++i) {
    const Agent &x = a.agents[i], &y = b.agents[i];
    BOOST_TEST(x.node == y.node);
    BOOST_TEST(x.pod == y.pod);
    BOOST_TEST(x.pod_namespace == y.pod_namespace);
    BOOST_REQUIRE(x.unreachable.has_value() == y.unreachable.has_value());
    if (x.unreachable)
      check_equal(*x.unreachable, *y.unreachable);
    BOOST_REQUIRE(x.outputs.size() == y.outputs.size());
    for (const auto& [name, output] : x.outputs) {
      BOOST_REQUIRE(y.outputs.count(name) == 1u);
      const auto& other = y.outputs.at(name);
      BOOST_REQUIRE(static_cast<bool>(output) == static_cast<bool>(other));
      if (!output) {
        check_equal(output.missing(), other.missing());
        continue;
      }
      BOOST_TEST(output->out == other->out, x.node + " " + name);
      BOOST_TEST(output->err == other->err);
      BOOST_TEST(output->exit_code == other->exit_code);
      BOOST_TEST(output->source == other->source);
    }
  }
  BOOST_REQUIRE(a.objects.size() == b.objects.size());
  for (const auto& [resource, piece] : a.objects) {
    BOOST_REQUIRE(b.objects.count(resource) == 1u);
    const auto& other = b.objects.at(resource);
    BOOST_REQUIRE(static_cast<bool>(piece) == static_cast<bool>(other));
    if (!piece) {
      check_equal(piece.missing(), other.missing());
      continue;
    }
    std::vector<json> expected;
    for (const auto& item : piece->items)
      expected.push_back(kpr::privacy::redact(resource, item));
    BOOST_CHECK_MESSAGE(sorted(expected) == sorted(other->items), resource << " differs");
    BOOST_TEST(piece->source == other->source);
    BOOST_TEST(piece->partial == other->partial);
    BOOST_TEST(piece->partial_detail == other->partial_detail);
  }
  BOOST_REQUIRE(a.logs.size() == b.logs.size());
  for (std::size_t i = 0; i < a.logs.size(); ++i) {
    BOOST_TEST(a.logs[i].pod == b.logs[i].pod);
    BOOST_TEST(a.logs[i].container == b.logs[i].container);
    BOOST_TEST(a.logs[i].tail == b.logs[i].tail);
  }
}

Evidence sample() {
  Evidence e;
  e.kind = SourceKind::cluster;
  e.now = kpr::parse_rfc3339("2026-11-24T12:00:00Z");
  e.cilium_namespace = "kube-system";
  e.notes = {"warning: one"};
  Agent up;
  up.node = "n1", up.pod = "cilium-aaaaa", up.pod_namespace = "kube-system",
  up.container = "cilium-agent", up.origin = "pod kube-system/cilium-aaaaa";
  up.outputs["status-verbose"] = Output{"KVStore: Ok\n", "", 0, "kubectl exec"};
  up.outputs["health-json"] = Output{"{}", "", 0, "h"};   // no newline at its end
  up.outputs["ip6tables-save"] = Output{"", "", 0, "i"};  // really empty
  up.outputs["db-frontends"] =
      Output{"a\n", "no such table\n", 3, "d"};  // a command bugtool does not run, and it failed
  up.outputs["sysctl"] = Missing{Reason::timed_out, "after 10s"};
  Agent down;
  down.node = "n2", down.pod = "cilium-bbbbb", down.pod_namespace = "kube-system",
  down.container = "cilium-agent", down.origin = "pod";
  down.unreachable = Missing{Reason::agent_down, "CrashLoopBackOff: no route"};
  e.agents = {up, down};
  e.objects["nodes"] = Objects{
      {json::parse(R"({"kind":"Node","metadata":{"name":"n1"}})")}, "/api/v1/nodes", false, ""};
  e.objects["daemonsets"] = Objects{
      {json::parse(
           R"({"kind":"DaemonSet","metadata":{"name":"cilium","namespace":"kube-system"}})"),
       json::parse(
           R"({"kind":"DaemonSet","metadata":{"name":"kube-proxy","namespace":"kube-system"}})")},
      "/apis/apps/v1/daemonsets",
      false,
      ""};
  e.objects["services"] = Objects{{}, "/api/v1/services", true, "one namespace only"};
  e.objects["ciliumnodeconfigs"] = Objects{};
  e.objects["customresourcedefinitions"] = Objects{
      {json::parse(R"({"metadata":{"name":"x.y"},"spec":{"group":"y"}})")}, "/apis", false, ""};
  e.objects["secrets"] = Missing{Reason::no_right, "secrets is forbidden"};
  e.objects["version"] = Objects{{json{{"gitVersion", "v1.34.1"}}}, "/version", false, ""};
  e.logs.push_back({"kube-system", "cilium-bbbbb", "config", true, "level=error\n", "log"});
  return e;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_live_run_comes_back_as_it_was) {
  TemporaryDirectory directory;
  const Evidence before = sample();
  BOOST_REQUIRE(write_sysdump(before, directory / "out.zip"));
  const auto after = open_evidence(directory / "out.zip");
  BOOST_REQUIRE(after.has_value());
  check_equal(before, *after);
  struct stat about {};
  BOOST_REQUIRE(::stat((directory / "out.zip").c_str(), &about) == 0);
  BOOST_TEST((about.st_mode & 0777) == 0600);
}

BOOST_AUTO_TEST_CASE(a_tar_comes_back_too) {
  TemporaryDirectory directory;
  const Evidence before = sample();
  for (const char* name : {"out.tar.gz", "out.tgz"}) {
    BOOST_REQUIRE(write_sysdump(before, directory / name));
    const auto after = open_evidence(directory / name);
    BOOST_REQUIRE(after.has_value());
    check_equal(before, *after);
  }
}

BOOST_AUTO_TEST_CASE(nothing_is_overwritten) {
  TemporaryDirectory directory;
  std::ofstream(directory / "out.zip") << "mine";
  const auto wrote = write_sysdump(sample(), directory / "out.zip");
  BOOST_REQUIRE(!wrote);
  BOOST_TEST(wrote.error().message == (directory / "out.zip") + " exists already");
  BOOST_TEST(std::filesystem::file_size(directory / "out.zip") == 4u);
  std::filesystem::create_symlink("nowhere", directory / "link.zip");
  BOOST_TEST(!write_sysdump(sample(), directory / "link.zip"));
  BOOST_TEST(write_sysdump(sample(), directory / "out.7z").error().message ==
             "the archive's name \"" + (directory / "out.7z") +
                 "\" ends neither in .zip nor in .tar.gz or .tgz");
  BOOST_TEST(std::distance(std::filesystem::directory_iterator(directory / ""), {}) ==
             2);  // no half-written files
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_is_an_error_and_leaves_nothing) {
  const auto wrote = write_sysdump(sample(), "/proc/no/such/out.zip");
  BOOST_REQUIRE(!wrote);
  BOOST_TEST(wrote.error().message.starts_with("cannot write /proc/no/such/out.zip: "));
}

// Any archive named by the environment comes back as it was: sysdumps of whole clusters that do not
// belong into the sources.
BOOST_AUTO_TEST_CASE(other_archives_come_back_too) {
  const char* paths = std::getenv("KPR_ROUND_TRIP");
  if (paths == nullptr)
    return;
  TemporaryDirectory directory;
  std::istringstream in(paths);
  for (std::string path; in >> path;) {
    BOOST_TEST_CONTEXT(path) {
      const auto before = open_evidence(path);
      BOOST_REQUIRE(before);
      std::filesystem::remove(directory / "again.zip");
      BOOST_REQUIRE(write_sysdump(*before, directory / "again.zip"));
      const auto after = open_evidence(directory / "again.zip");
      BOOST_REQUIRE(after);
      check_equal(*before, *after);
    }
  }
}
