// What a text is before any line of it is parsed, and what it is when it turned out to be no
// status.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kpr/parse.hpp"

namespace kpr::det {

struct InputText {
  std::shared_ptr<const std::string> text;
  InputKind kind = InputKind::unknown;  // unknown: go on and parse it
};

// Takes ownership; finds empty, binary, too large and JSON input; takes BOM and ANSI escapes off.
InputText open_text(std::string text, std::vector<Diagnostic>& diagnostics);

// For a text in which no fact was found; adds the diagnostic that says what it is and what to run
// instead.
InputKind kind_of_other_text(std::string_view text, std::vector<Diagnostic>& diagnostics);

}  // namespace kpr::det
