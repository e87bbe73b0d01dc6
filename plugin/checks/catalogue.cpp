#include "checks/catalogue.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "checks/catalogue_reader.hpp"

namespace kpr::checks {
extern const char* const k_catalogue;
extern const char* const k_catalogue_workloads;

namespace {

using Json = nlohmann::ordered_json;  // values of Helm keep the order they are written in

std::vector<std::string> strings(const Json& j, const char* key) {
  if (!j.contains(key))
    return {};
  return j[key].is_string() ? std::vector<std::string>{j[key].get<std::string>()}
                            : j[key].get<std::vector<std::string>>();
}

struct Loaded {
  std::vector<Entry> entries;
  std::string problem;
};

// "summary": one sentence, or {variant: sentence}.
std::map<std::string, std::string> summaries(const Json& entry) {
  std::map<std::string, std::string> out;
  if (!entry.contains("summary"))
    return out;
  if (entry["summary"].is_string())
    out[""] = entry["summary"];
  else
    for (const auto& [variant, sentence] : entry["summary"].items())
      out[variant] = sentence;
  for (const auto& [variant, sentence] : out) {
    std::vector<std::string> unknown;
    finding::pieces_of(sentence, &unknown);
    if (!unknown.empty())
      throw std::runtime_error(sentence + ": {" + unknown.front() + "} is no placeholder");
  }
  return out;
}

void load(const char* text, Loaded& into) {
  for (const auto& j : CatalogueReader::rows(text)) {
    Entry e;
    e.id = j.at("id");
    e.title = j.at("title");
    const auto severity = parse_severity(j.at("severity").get<std::string>());
    if (!severity)
      throw std::runtime_error("severity of " + e.id);
    e.severity = *severity;
    e.phase = j.at("phase");
    e.applies_to = j.at("applies-to");
    e.what = j.at("what");
    e.why = j.at("why");
    e.section = j.at("section");
    e.summaries = summaries(j);
    e.fix = CatalogueReader::steps(j, "fix");
    e.verify = CatalogueReader::steps(j, "verify");
    e.evidence = strings(j, "evidence");
    e.versions = strings(j, "versions");
    e.links = strings(j, "links");
    e.confidence = j.value("confidence", "");
    e.judged = j.value("judged", true);
    into.entries.push_back(std::move(e));
  }
}

const Loaded& loaded() {
  static const Loaded all = [] {
    Loaded l;
    try {
      load(k_catalogue, l);
      load(k_catalogue_workloads, l);
    } catch (const std::exception& e) {
      l.problem = e.what();
    }
    std::stable_sort(l.entries.begin(), l.entries.end(), [](const Entry& a, const Entry& b) {
      return a.section < b.section;
    });
    return l;
  }();
  return all;
}

}  // namespace

nlohmann::ordered_json CatalogueReader::rows(const char* text) {
  return Json::parse(text);
}

const std::vector<Entry>& catalogue() {
  return loaded().entries;
}
std::string_view catalogue_problem() {
  return loaded().problem;
}
const Entry* find_entry(std::string_view id) {
  for (const auto& e : catalogue())
    if (e.id == id)
      return &e;
  return nullptr;
}

}  // namespace kpr::checks
