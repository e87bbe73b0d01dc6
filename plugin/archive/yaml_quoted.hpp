// Quoted scalars of YAML, and the bytes that the fast reader of blocks takes. Inside this room
// only.
#pragma once
#include <string>
#include <string_view>

namespace kpr::archive {

// Thrown where a text is no simple block of YAML: the other reader takes it.
struct NotSimple {};

// False for control characters and for what is not UTF-8, in the whole text.
bool is_clean(std::string_view text);

// The end of a quoted scalar that begins the text, behind its quote; npos when this line has none.
// Puts its meaning into `out`.
std::size_t quoted(std::string_view text, std::string& out);

inline bool is_quote(char c) {
  return c == '"' || c == '\'';
}

// Behind the closing quote; npos where it is not on this line.
std::size_t quote_end(std::string_view text, std::size_t from, char quote);
inline std::size_t quote_end(std::string_view text) {
  return quote_end(text, 1, text[0]);
}

}  // namespace kpr::archive
