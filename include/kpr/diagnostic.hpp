// What a parse has to say about its input.
#pragma once
#include <cstdint>
#include <string>

namespace kpr {

enum class Severity : std::uint8_t {
  note,     ///< nothing is lost: noise was skipped, a copy's indent was taken off
  warning,  ///< something is missing: a cut tail, a line that was not understood
  error     ///< this is not what was asked for; see StatusDocument::kind
};

/// One remark about the input. Never an exception: bad input is a document with diagnostics.
struct Diagnostic {
  Severity severity = Severity::note;
  std::string code;        ///< stable, for programs: "truncated", "not-a-status", "unknown-line",
                           ///< "noise", "indented", …
  std::string message;     ///< one sentence for a person
  std::string hint;        ///< what to do; may be empty
  std::uint32_t line = 0;  ///< 1-based line, 0 when it concerns the whole text
};

}  // namespace kpr
