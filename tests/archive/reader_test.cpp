// Archives and YAML from outside: bounded, refused with a clear word, and read as far as they are
// whole.
#define BOOST_TEST_MODULE evidence_reader
#include <archive.h>
#include <archive_entry.h>

#include <boost/test/unit_test.hpp>

#include "../os/temporary_directory.hpp"
#include "archive/archive.hpp"
#include "archive/sysdump_reader.hpp"
#include "archive/yaml_items.hpp"
#include "evidence/arrival.hpp"

using namespace kpr::evidence;
using namespace kpr::archive;
using nlohmann::json;

namespace {

void make_archive(const std::string& path,
                  const std::vector<std::pair<std::string, std::string>>& files) {
  archive* a = archive_write_new();
  if (path.ends_with(".zip")) {
    archive_write_set_format_zip(a);
  } else {
    archive_write_set_format_pax_restricted(a);
    archive_write_add_filter_gzip(a);
  }
  archive_write_open_filename(a, path.c_str());
  for (const auto& [name, content] : files) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_write_header(a, entry);
    archive_write_data(a, content.data(), content.size());
    archive_entry_free(entry);
  }
  archive_write_close(a);
  archive_write_free(a);
}

void make_zip(const std::string& path,
              const std::vector<std::pair<std::string, std::string>>& files) {
  make_archive(path, files);
}

kpr::Result<ArchiveResult> read(const std::string& path, const ArchiveLimits& limits = {}) {
  return read_archive(
      path,
      [](std::string_view) {
        return true;
      },
      [](std::string, std::string) {},
      limits);
}

std::vector<json> items(std::string_view text, std::string* problem = nullptr) {
  std::vector<json> all;
  const auto result = read_yaml_items(text, [&](json&& item) {
    all.push_back(std::move(item));
  });
  if (problem != nullptr)
    *problem = result.problem;
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(names_that_lead_out_are_refused) {
  TemporaryDirectory directory;
  for (const char* name : {"../evil.txt", "/abs.txt", "a/../../b"}) {
    make_zip(directory / "x.zip", {{name, "x"}});
    const auto result = read(directory / "x.zip");
    BOOST_REQUIRE(!result.has_value());
    BOOST_TEST(result.error().message == directory / "x.zip" + " was not read: the name \"" + name +
                                             "\" inside it leads out of it");
  }
}

BOOST_AUTO_TEST_CASE(too_many_entries_are_refused) {
  TemporaryDirectory directory;
  make_zip(directory / "x.zip", {{"a", ""}, {"b", ""}, {"c", ""}});
  ArchiveLimits limits;
  limits.entries = 2;
  const auto result = read(directory / "x.zip", limits);
  BOOST_REQUIRE(!result.has_value());
  BOOST_TEST(result.error().message ==
             directory / "x.zip" + " was not read: it holds more than 2 files");
}

BOOST_AUTO_TEST_CASE(a_zip_bomb_is_refused) {
  TemporaryDirectory directory;
  make_zip(directory / "x.zip", {{"k8s-nodes.yaml", std::string(80u << 20, '0')}});
  const auto result = read(directory / "x.zip");
  BOOST_REQUIRE(!result.has_value());
  BOOST_TEST(result.error().message ==
             directory / "x.zip" + " was not read: it unpacks to more than 400 times its size");
}

BOOST_AUTO_TEST_CASE(one_entry_too_large_is_refused) {
  TemporaryDirectory directory;
  make_zip(directory / "x.zip", {{"a", std::string(3u << 20, 'x')}});
  ArchiveLimits limits;
  limits.entry_bytes = 2u << 20;
  const auto result = read(directory / "x.zip", limits);
  BOOST_REQUIRE(!result.has_value());
  BOOST_TEST(result.error().message ==
             directory / "x.zip" + " was not read: a inside it is larger than 2 MiB");
}

BOOST_AUTO_TEST_CASE(items_of_a_list_are_read_one_by_one) {
  const auto all =
      items("apiVersion: v1\nitems:\n- metadata:\n    name: a\n    managedFields:\n    - manager: "
            "x\n      time: \"2026-01-01T00:00:00Z\"\n    uid: u\n- metadata:\n    name: \"8\"\n"
            "  spec:\n    n: 8\n    t: true\n    z: null\n    s: \"true\"\n    text: |\n      "
            "one\n      two\nkind: PodList\nmetadata: {}\n");
  BOOST_REQUIRE(all.size() == 2u);
  BOOST_TEST(all[0]["metadata"]["name"] == "a");
  BOOST_TEST(all[0]["metadata"]["uid"] == "u");
  BOOST_TEST(
      all[1] ==
      json::parse(
          R"({"metadata":{"name":"8"},"spec":{"n":8,"t":true,"z":null,"s":"true","text":"one\ntwo\n"}})"));
}

BOOST_AUTO_TEST_CASE(items_on_one_line_may_be_json_or_yaml) {
  BOOST_TEST(items("items:\n- {\"a\":{\"b\":[1,\"x\\u0007\"]}}\n- {a: 1}\nkind: List\n") ==
             (std::vector<json>{json::parse(R"({"a":{"b":[1,"x\u0007"]}})"), json{{"a", 1}}}));
}

BOOST_AUTO_TEST_CASE(a_cut_list_keeps_its_whole_items_and_says_so) {
  std::string problem;
  const auto all = items("items:\n- metadata:\n    name: a\n- metadata:\n    na", &problem);
  BOOST_REQUIRE(all.size() == 1u);
  BOOST_TEST(problem == "its end is missing");
}

BOOST_AUTO_TEST_CASE(anchors_and_depth_are_refused) {
  std::string problem;
  BOOST_TEST(items("a: &x 1\nb: *x\n", &problem).empty());
  BOOST_TEST(problem == "it uses YAML anchors");
  std::string deep;
  for (int i = 0; i < 70; ++i)
    deep += std::string(static_cast<std::size_t>(i) * 2, ' ') + "k:\n";
  deep += std::string(140, ' ') + "v: 1\n";
  BOOST_TEST(items(deep, &problem).empty());
  BOOST_TEST(problem == "it is nested too deeply");
}

BOOST_AUTO_TEST_CASE(what_is_nested_too_deeply_costs_its_own_item_only) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  const std::string json_item = "- {\"metadata\":{\"name\":\"b\"},\"spec\":" + deep + "}\n";
  const std::string yaml_item = "- metadata:\n    name: b\n  spec: " + deep + "\n";
  for (const std::string& item : {json_item, yaml_item}) {
    std::string problem;
    const auto all = items("items:\n- metadata:\n    name: a\n" + item +
                               "- {\"metadata\":{\"name\":\"c\"}}\nkind: List\n",
                           &problem);
    BOOST_REQUIRE(all.size() == 2u);
    BOOST_TEST(all[1]["metadata"]["name"] == "c");
    BOOST_TEST(problem.find("nested too deeply") != std::string::npos, problem);
  }
  std::string problem;
  BOOST_TEST(items("{\"items\":[{\"spec\":" + deep + "}]}", &problem).empty());
  BOOST_TEST(problem == "it is nested too deeply");
}

BOOST_AUTO_TEST_CASE(a_dump_with_deep_json_of_an_agent_says_so_and_is_read) {
  TemporaryDirectory directory;
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  const std::string cmd = "cilium-sysdump-1/cilium-bugtool-cilium-a-20260101-000000/cmd/";
  make_zip(directory / "x.zip",
           {{"cilium-sysdump-1/k8s-nodes-20260101-000000.yaml",
             "items:\n- metadata:\n    name: n1\nkind: NodeList\n"},
            {"cilium-sysdump-1/kubectl-kpr-collect.json", "{\"objects\":" + deep + "}"},
            {cmd + "cilium-debuginfo-1.json", "{\"cilium-status\":{\"a\":" + deep + "}}"}});
  const auto evidence = open_evidence(directory / "x.zip");
  BOOST_REQUIRE(evidence.has_value());
  BOOST_TEST(evidence->interrupted);
  BOOST_TEST(evidence->objects.at("nodes")->items.size() == 1u);
  BOOST_REQUIRE(!evidence->notes.empty());
  BOOST_TEST(evidence->notes.back() ==
             "warning: kubectl-kpr-collect.json inside the archive is nested too deeply; it was "
             "not used");
  BOOST_REQUIRE(evidence->agents.size() == 1u);
  const auto& status = evidence->agents.front().outputs.at("status-verbose");
  BOOST_REQUIRE(!status);
  BOOST_TEST(status.missing().detail == "cilium-debuginfo JSON of cilium-a is nested too deeply");
}

BOOST_AUTO_TEST_CASE(items_without_a_name_are_left_out_and_counted) {
  TemporaryDirectory directory;
  std::string many = "items:\n- metadata:\n    name: a\n";
  for (int i = 0; i < 1000; ++i)
    many += "- a: b\n";
  make_zip(directory / "x.zip",
           {{"cilium-sysdump-1/k8s-services-20260101-000000.yaml", many + "kind: List\n"}});
  const auto evidence = open_evidence(directory / "x.zip");
  BOOST_REQUIRE(evidence.has_value());
  const Objects& services = *evidence->objects.at("services");
  BOOST_TEST(services.items.size() == 1u);
  BOOST_TEST(services.partial);
  BOOST_TEST(services.partial_detail == "1000 items without a name left out");
}

BOOST_AUTO_TEST_CASE(an_empty_list_holds_nothing_and_is_whole) {
  TemporaryDirectory directory;
  make_zip(directory / "x.zip",
           {{"cilium-sysdump-1/k8s-events-20260101-000000.yaml",
             "apiVersion: v1\nitems: []\nkind: List\nmetadata: {}\n"}});
  const auto evidence = open_evidence(directory / "x.zip");
  BOOST_REQUIRE(evidence.has_value());
  BOOST_TEST(evidence->objects.at("events")->items.empty());
  BOOST_TEST(!evidence->objects.at("events")->partial);
}

BOOST_AUTO_TEST_CASE(objects_of_a_resource_end_at_their_limit) {
  Arrival arrival("services", 2);
  const auto named = [](const char* name) {
    return json{{"metadata", {{"name", name}}}};
  };
  BOOST_TEST(!arrival.take(named("a")).is_null());
  BOOST_TEST(arrival.take(json{{"a", "b"}}).is_null());
  BOOST_TEST(!arrival.take(named("b")).is_null());
  BOOST_TEST(arrival.take(named("c")).is_null());
  Objects objects;
  arrival.tell(objects);
  BOOST_TEST(objects.partial_detail ==
             "1 item without a name left out; 1 item left out: more than 2 are not read");
  arrival.restart();
  BOOST_TEST(!arrival.take(named("c")).is_null());
}

BOOST_AUTO_TEST_CASE(all_that_is_read_and_its_ratio_to_the_archive_end_too) {
  TemporaryDirectory directory;
  const std::string zeros(70u << 20, '\0');
  make_archive(directory / "x.tar.gz", {{"a", zeros}});
  const auto why = [&](const ArchiveLimits& limits) {
    const auto all = [](std::string_view) {
      return true;
    };
    const auto read = read_archive(
        directory / "x.tar.gz", all, [](std::string, std::string) {}, limits);
    return read ? "" : read.error().message;
  };
  const std::string refused = directory / "x.tar.gz" + " was not read: it unpacks to more than ";
  BOOST_TEST(why({}) == refused + "400 times its size");
  BOOST_TEST(why({.ratio = 100'000}) == "");
  BOOST_TEST(why({.total_bytes = 2u << 20}) == refused + "2 MiB");
}

BOOST_AUTO_TEST_CASE(what_nobody_wants_of_a_packed_tar_counts_too) {
  TemporaryDirectory directory;
  const std::string zeros(3u << 20, '\0');
  make_archive(directory / "x.tar.gz", {{"unwanted", zeros}, {"wanted", "x"}});
  make_zip(directory / "x.zip", {{"unwanted", zeros}, {"wanted", "x"}});
  ArchiveLimits limits;
  limits.skipped_bytes = 2u << 20;
  const auto only_wanted = [](std::string_view name) {
    return name == "wanted";
  };
  const auto drop = [](std::string, std::string) {};
  const auto packed = read_archive(directory / "x.tar.gz", only_wanted, drop, limits);
  BOOST_REQUIRE(!packed.has_value());
  BOOST_TEST(packed.error().message ==
             directory / "x.tar.gz" + " was not read: it unpacks to more than 2 MiB");
  BOOST_TEST(read_archive(directory / "x.zip", only_wanted, drop, limits).has_value());
}

BOOST_AUTO_TEST_CASE(a_bugtool_file_says_how_the_command_ended) {
  for (const char* text :
       {"half a status\n> Error while running 'cilium status --verbose':  exit status 2\n\n",
        "> Error while running 'cilium status --verbose':  exit status 2\nhalf a status\n"}) {
    const auto output = bugtool_output(text, "f");
    BOOST_TEST(output.out.starts_with("half a status\n"));
    BOOST_TEST(output.exit_code == 2);
    BOOST_TEST(output.err == "> Error while running 'cilium status --verbose':  exit status 2");
  }
  BOOST_TEST(bugtool_output("# cilium status\n\n```\nKVStore: Ok\n```\n", "f").out ==
             "\nKVStore: Ok\n");
}

BOOST_AUTO_TEST_CASE(a_damaged_archive_keeps_what_stands_before) {
  TemporaryDirectory directory;
  make_zip(directory / "x.zip",
           {{"cilium-sysdump-1/k8s-nodes-20260101-000000.yaml",
             "items:\n- metadata:\n    name: n1\nkind: NodeList\n"},
            {"cilium-sysdump-1/zz", std::string(100000, 'x')}});
  std::filesystem::resize_file(directory / "x.zip", 300);
  const auto evidence = open_evidence(directory / "x.zip");
  BOOST_REQUIRE(evidence.has_value());
  BOOST_TEST(evidence->interrupted);
  BOOST_REQUIRE(evidence->objects.at("nodes"));
  BOOST_TEST(evidence->objects.at("nodes")->items.size() == 1u);
}
