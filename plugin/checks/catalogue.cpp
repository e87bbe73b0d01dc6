#include "checks/catalogue.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>


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

}  // namespace

// The one door by which text becomes a step beside literals of the code: the catalogue is compiled
// in, too.
class CatalogueReader {
 public:
  // {"say": "…"}, {"run": "…", "where": "on each node"} or {"set": {Helm value: text}};
  // "or": true makes it an alternative to the step before.
  static Steps steps(const Json& entry, const char* key) {
    Steps out;
    for (const Json& j : entry.at(key)) {
      out.push_back(step(j));
      if (const std::string problem = out.back().problem(); !problem.empty())
        throw std::runtime_error(j.dump() + ": " + problem);
    }
    return out;
  }

 private:
  static finding::OurText ours(const Json& text) {
    return finding::OurText(text.get_ref<const std::string&>());
  }
  static Step step(const Json& j) {
    Step out = j.contains("say")   ? Step::say(ours(j["say"]))
               : j.contains("set") ? set(j["set"])
                                   : Step::run(ours(j.at("run")), where(j.value("where", "")));
    return j.value("or", false) ? std::move(out).or_else() : out;
  }
  static Step set(const Json& values) {
    std::vector<Step::Setting> settings;
    for (const auto& [key, value] : values.items())
      settings.push_back({finding::OurText(std::string_view(key)), ours(value)});
    return Step::set(settings);
  }
  static finding::Where where(std::string_view word) {
    for (const auto w : {finding::Where::here, finding::Where::node, finding::Where::each_node})
      if (to_string(w) == word)
        return w;
    throw std::runtime_error("where: " + std::string(word));
  }
};

namespace {

void load(const char* text, Loaded& into) {
  for (const auto& j : Json::parse(text)) {
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
