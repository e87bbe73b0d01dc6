// UTF-8, code point by code point.
#pragma once
#include <cstddef>
#include <string_view>

namespace kpr {

struct CodePoint {
  char32_t value = 0;
  std::size_t length = 0;  // in bytes; 0 when they are not valid UTF-8
};

// The one at text[i]. Overlong forms and surrogates are not valid.
CodePoint decode_utf8(std::string_view text, std::size_t i);

}  // namespace kpr
