// Renderers of tables and documents. Each returns the whole text; nothing is written here.
#pragma once
#include <string>
#include <string_view>

#include "report/report.hpp"

namespace kpr::report {

struct TextOptions {
  bool colour = false;
  bool wide = false;
  bool headers = true;
};

// kubectl's table: columns padded to their widest cell plus three blanks, the last one not padded;
// cells escaped for the terminal; an empty cell is <none>.
std::string render_table(const Table& table, const TextOptions& options);

// `text` in the colour of `style`, or as it is.
std::string paint(std::string_view text, Style style, bool colour);

// One JSON document, two blanks of indent, a newline at the end. Bytes that are not UTF-8 become
// U+FFFD.
std::string render_json(const nlohmann::ordered_json& document);

// The same document as YAML 1.2 in block style. A string that any YAML reader could take for
// something else is double-quoted.
std::string render_yaml(const nlohmann::ordered_json& document);

}  // namespace kpr::report
