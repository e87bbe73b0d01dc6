// The neutral report that every command makes and every renderer prints. Renderers compute nothing:
// what is in no field here is not printed.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace kpr::report {

// What a text means; a renderer turns it into a colour, a class or nothing.
enum class Style { plain, good, warn, bad, muted, heading };

struct Cell {
  std::string text = {};  // raw; the renderer escapes it
  Style style = Style::plain;
};

struct Column {
  std::string title = {};  // kubectl's way: upper case, no blanks
  bool wide = false;       // shown with -o wide only
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;  // as many cells as columns
};

// Decides the exit code, the same for every output format: 0, 1, 2.
enum class Outcome { ok = 0, findings = 1, incomplete = 2 };

struct Report {
  Table table;
  nlohmann::ordered_json document;  // one object with apiVersion and kind
  std::vector<std::string> names;   // for -o name: "node/z-k8s-m-1"
  std::vector<std::string> notes;   // sentences for a person, on stderr after the data
  Outcome outcome = Outcome::ok;
};

}  // namespace kpr::report
