// Findings of one scenario folder as JSON, without the program around the checks: objects and
// outputs are taken as a live run sees them, or, with --sysdump, only what a `cilium sysdump` would
// hold of them, or, with --collected FILE and --anonymized FILE, what `collect` saves into FILE.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "archive/sysdump_reader.hpp"
#include "archive/sysdump_writer.hpp"
#include "checks/run.hpp"
#include "paste.hpp"
#include "privacy/anonymize.hpp"

namespace fs = std::filesystem;
using nlohmann::json;
using namespace kpr;

static std::string slurp(const fs::path& p) {
  std::ifstream in(p, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

static evidence::Evidence from_folder(const fs::path& dir, bool sysdump) {
  const json meta = json::parse(slurp(dir / "meta.json"));
  evidence::Evidence e;
  e.kind = sysdump ? evidence::SourceKind::sysdump : evidence::SourceKind::cluster;
  e.description = dir.filename();
  e.now = parse_rfc3339(meta["now"].get<std::string>());
  e.cilium_namespace = meta["agentNamespace"];
  const std::set<std::string> not_in_dump = {"secrets",
                                             "customresourcedefinitions",
                                             "mutatingwebhookconfigurations",
                                             "persistentvolumes",
                                             "runtimeclasses",
                                             "replicasets",
                                             "jobs"};
  for (const auto& file : fs::directory_iterator(dir / "objects")) {
    const std::string plural = file.path().stem();
    if (sysdump && not_in_dump.count(plural) > 0) {
      e.objects[plural] = evidence::Missing{evidence::Reason::no_such_file, "a sysdump holds none"};
      continue;
    }
    evidence::Objects o;
    o.source = file.path().filename();
    const json list = json::parse(slurp(file.path()));
    for (const auto& item : list["items"]) {
      const std::string name = item["metadata"]["name"];
      if (sysdump && plural == "configmaps" && name != "cilium-config")
        continue;
      if (sysdump && plural == "daemonsets" && name != "cilium" && name != "cilium-envoy")
        continue;
      if (sysdump && plural == "deployments" && name != "cilium-operator")
        continue;
      o.items.push_back(item);
    }
    e.objects[plural] = std::move(o);
  }
  // What a live API server has no object of is an empty list, not a missing one.
  if (!sysdump)
    for (const char* plural : {"ciliumnodeconfigs",
                               "ciliumlocalredirectpolicies",
                               "persistentvolumes",
                               "secrets",
                               "ciliumendpoints",
                               "ciliumnodes"})
      if (e.objects.count(plural) == 0)
        e.objects[plural] = evidence::Objects{};
  for (const auto& [node, pod] : meta["agentPods"].items()) {
    evidence::Agent a;
    a.node = node;
    a.pod = pod;
    a.pod_namespace = e.cilium_namespace;
    a.container = "cilium-agent";
    const fs::path folder = dir / "agents" / a.pod;
    if (!fs::is_directory(folder)) {
      a.unreachable =
          evidence::Missing{evidence::Reason::agent_down, "container not found (\"cilium-agent\")"};
    } else {
      const json exits = json::parse(slurp(folder / "exit.json"))["commands"];
      for (const auto& file : fs::directory_iterator(folder)) {
        const std::string name = file.path().filename();
        if (name == "exit.json")
          continue;
        evidence::Output o;
        o.out = slurp(file.path());
        o.source = a.pod + "/" + name;
        if (exits.contains(name)) {
          o.err = exits[name].value("stderr", "");
          o.exit_code = exits[name].value("exitCode", 0);
        }
        a.outputs[file.path().extension() == ".json" ? file.path().stem().string() + "-json"
                                                     : file.path().stem().string()] = std::move(o);
      }
    }
    e.agents.push_back(std::move(a));
  }
  if (fs::is_directory(dir / "logs")) {
    for (const auto& file : fs::directory_iterator(dir / "logs")) {
      const std::string stem = file.path().stem();
      evidence::Log log;
      const auto first = stem.find("__"), second = stem.find("__", first + 2);
      log.ns = e.cilium_namespace;
      log.pod = stem.substr(0, first);
      log.container =
          stem.substr(first + 2, second == std::string::npos ? second : second - first - 2);
      log.previous = second != std::string::npos;
      log.tail = slurp(file.path());
      log.source = file.path().filename();
      e.logs.push_back(std::move(log));
    }
  }
  return e;
}

static std::vector<std::string> texts_of(const finding::Steps& steps) {
  std::vector<std::string> out;
  for (const auto& line : finding::lines_of(steps))
    out.push_back(line.text);
  return out;
}

// Every text of the cluster made hostile, a part of them at a time so that findings stay: what is
// printed then does no harm in any shell.
static int paste_hostile(const evidence::Evidence& clean) {
  constexpr std::size_t k_parts = 6;
  test::Pasted pasted;
  for (std::size_t part = 0; part < k_parts; ++part) {
    std::vector<std::pair<std::string, std::string>> replaced;
    std::size_t turn = 0;
    for (const std::string& text : test::texts_of(clean))
      if (++turn % k_parts == part)
        replaced.emplace_back(text, text + test::payloads()[turn % test::payloads().size()]);
    const evidence::Evidence hostile = test::with_texts(clean, replaced);
    pasted.add(checks::run(facts::make_fleet(hostile)));
  }
  bool bad = false;
  for (const char* shell : {"sh", "bash", "zsh"}) {
    const std::string wrong = test::paste(shell, pasted);
    bad = bad || !wrong.empty();
    std::cout << shell << ": " << (wrong.empty() ? "as printed" : wrong) << "\n";
  }
  std::cout << pasted.lines.size() << " commands\n";
  return bad ? 1 : 0;
}

// Written by collect, and read back.
static Result<evidence::Evidence>
saved(evidence::Evidence e, const std::string& path, bool anonymize) {
  privacy::Pseudonyms names(std::string(32, 'k'));
  if (anonymize)
    privacy::anonymize(e, names);
  if (const auto wrote = archive::write_sysdump(e, path); !wrote)
    return wrote.error();
  return archive::open_evidence(path);
}

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: doctor_dump SCENARIO|ARCHIVE "
                 "[--sysdump | --collected FILE | --anonymized FILE | --paste]\n";
    return 64;
  }
  const std::string option = argc > 2 ? argv[2] : "";
  evidence::Evidence e;
  if (fs::exists(fs::path(argv[1]) / "meta.json")) {
    e = from_folder(argv[1], option == "--sysdump");
  } else {
    auto opened = archive::open_evidence(argv[1]);
    if (!opened) {
      std::cerr << opened.error().message << "\n";
      return 3;
    }
    e = std::move(*opened);
  }
  if (argc > 3) {
    auto again = saved(std::move(e), argv[3], option == "--anonymized");
    if (!again) {
      std::cerr << again.error().message << "\n";
      return 3;
    }
    e = std::move(*again);
  }
  if (option == "--paste")
    return paste_hostile(e);
  const facts::Fleet fleet = facts::make_fleet(e);
  const checks::RunResult result = checks::run(fleet);
  json out{{"kind", "DoctorReport"},
           {"findings", json::array()},
           {"explained", json::array()},
           {"checks", {{"ok", result.count(checks::Outcome::ok)}, {"skipped", json::array()}}}};
  const auto dump = [](const checks::Finding& f) {
    json proofs = json::array();
    for (const auto& p : f.evidence)
      proofs.push_back({{"source", p.source}, {"text", p.text}});
    return json{{"id", f.id},
                {"severity", std::string(to_string(f.severity))},
                {"summary", f.summary},
                {"nodes", f.nodes},
                {"objects", f.objects},
                {"evidence", proofs},
                {"fix", texts_of(f.fix)},
                {"explainedBy", f.explained_by}};
  };
  for (const auto& f : result.findings)
    out["findings"].push_back(dump(f));
  for (const auto& f : result.explained)
    out["explained"].push_back(dump(f));
  for (const auto& c : result.checks)
    if (c.outcome == checks::Outcome::skipped)
      out["checks"]["skipped"].push_back({{"id", c.id}, {"reason", c.reason}});
  std::cout << out.dump(1, ' ', false, json::error_handler_t::replace) << "\n";
}
