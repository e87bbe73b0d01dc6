// Steps out of the data files that are compiled in: the catalogue and the tables beside it.
#pragma once
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "checks/catalogue.hpp"

namespace kpr::checks {

// The one door by which text becomes a step beside literals of the code: the catalogue is compiled
// in, too.
class CatalogueReader {
 public:
  // The rows of a file that is ours; what is from outside goes through read_json.
  static nlohmann::ordered_json rows(const char* text);
  // {"say": "…"}, {"run": "…", "where": "on each node"} or {"set": {Helm value: text}};
  // "or": true makes it an alternative to the step before.
  static Steps steps(const nlohmann::ordered_json& entry, const char* key) {
    Steps out;
    for (const nlohmann::ordered_json& j : entry.at(key)) {
      out.push_back(step(j));
      if (const std::string problem = out.back().problem(); !problem.empty())
        throw std::runtime_error(j.dump() + ": " + problem);
    }
    return out;
  }

 private:
  static finding::OurText ours(const nlohmann::ordered_json& text) {
    return finding::OurText(text.get_ref<const std::string&>());
  }
  static Step step(const nlohmann::ordered_json& j) {
    Step out = j.contains("say")   ? Step::say(ours(j["say"]))
               : j.contains("set") ? set(j["set"])
                                   : Step::run(ours(j.at("run")), where(j.value("where", "")));
    return j.value("or", false) ? std::move(out).or_else() : out;
  }
  static Step set(const nlohmann::ordered_json& values) {
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

}  // namespace kpr::checks
