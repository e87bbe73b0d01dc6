// Text from outside, in the forms that we print it in. What is taken for dangerous is one table:
// what a terminal acts on, what a reader of XML or YAML refuses, and what an eye does not see.
#pragma once
#include <string>
#include <string_view>

namespace kpr {

// For a terminal, and for files that people look at there: ESC as ^[, CR as \r, other control
// characters and bytes that are not UTF-8 as \xNN, what nobody sees (bidirectional overrides,
// zero-width and tag characters, noncharacters) as \u{202E}. With keep_newlines, newline and tab
// stay as they are.
std::string escape_terminal(std::string_view text, bool keep_newlines = false);

// The same, for element content and double-quoted attributes of HTML and XML.
std::string escape_html(std::string_view text);

// For a JSON text, and for a double-quoted string of YAML: inside of strings, where alone they can
// be, these characters become \uNNNN. The value stays the same.
std::string escape_json(std::string_view json);
std::string escape_yaml(std::string_view quoted);

}  // namespace kpr
