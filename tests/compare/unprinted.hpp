#pragma once
// The table of keys that `cilium status -o json` has and the text of the same reply does not print.
#include "facts.hpp"

namespace kpr::compare {

struct Where {
  const nlohmann::json& root;
  const nlohmann::json&
      parent;  // the object that holds the key (or the list that holds the element)
  const nlohmann::json& value;
  const Form& form;
};

struct Rule {
  const char* path;            // `[]` for any element, a final `*` for any rest
  int since;                   // first minor version the row holds for
  int until;                   // last minor version
  bool (*when)(const Where&);  // nullptr: always
  const char* reason;
};

const std::vector<Rule>& unprinted_rules();
bool path_matches(const char* pattern, const std::string& path);

}  // namespace kpr::compare
