#include "archive/yaml_quoted.hpp"

namespace kpr::archive {
namespace {

void append_utf8(std::string& out, unsigned long code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

}  // namespace

bool is_clean(std::string_view text) {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  const auto* end = p + text.size();
  while (p < end) {
    const unsigned char c = *p;
    if (c >= 0x20 && c < 0x7F) {
      ++p;
    } else if (c == '\n') {
      ++p;
    } else if (c == '\r') {
      if (p + 1 == end || p[1] != '\n')
        return false;
      ++p;
    } else if (c >= 0xC2 && c < 0xF5) {
      const int more = c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
      if (end - p <= more)
        return false;
      for (int i = 1; i <= more; ++i)
        if ((p[i] & 0xC0) != 0x80)
          return false;
      if ((c == 0xE0 && p[1] < 0xA0) || (c == 0xED && p[1] >= 0xA0) || (c == 0xF0 && p[1] < 0x90) ||
          (c == 0xF4 && p[1] >= 0x90))
        return false;
      if (c == 0xC2 && p[1] < 0xA0)
        return false;  // C1 controls
      if (c == 0xEF && (p[1] == 0xBB || p[1] == 0xBF))
        return false;  // byte order mark, noncharacters
      if (c == 0xE2 && p[1] == 0x80 && (p[2] == 0xA8 || p[2] == 0xA9))
        return false;  // line and paragraph separators
      p += more + 1;
    } else {
      return false;
    }
  }
  return true;
}

std::size_t quoted(std::string_view text, std::string& out) {
  const char quote = text[0];
  std::size_t i = 1;
  while (i < text.size()) {
    const std::size_t plain_end =
        std::min(text.find_first_of(quote == '"' ? "\"\\" : "'", i), text.size());
    out.append(text.substr(i, plain_end - i));
    i = plain_end;
    if (i == text.size())
      break;
    if (quote == '\'') {
      if (i + 1 >= text.size() || text[i + 1] != '\'')
        return i + 1;
      out += '\'';
      i += 2;
      continue;
    }
    if (text[i] == '"')
      return i + 1;
    if (++i == text.size())
      return std::string_view::npos;  // an escaped line break
    const char c = text[i++];
    switch (c) {
    case 'n':
      out += '\n';
      break;
    case 't':
      out += '\t';
      break;
    case 'r':
      out += '\r';
      break;
    case '"':
    case '\\':
    case '/':
    case ' ':
      out += c;
      break;
    case 'u':
    case 'U': {
      const std::size_t digits = c == 'u' ? 4 : 8;
      if (text.size() - i < digits)
        throw NotSimple{};
      unsigned long code = 0;
      for (std::size_t k = 0; k < digits; ++k) {
        const char d = text[i + k];
        const int v = d >= '0' && d <= '9'   ? d - '0'
                      : d >= 'a' && d <= 'f' ? d - 'a' + 10
                      : d >= 'A' && d <= 'F' ? d - 'A' + 10
                                             : -1;
        if (v < 0)
          throw NotSimple{};
        code = code * 16 + static_cast<unsigned long>(v);
      }
      if (code == 0 || (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF)
        throw NotSimple{};
      i += digits;
      append_utf8(out, code);
      break;
    }
    default:
      throw NotSimple{};
    }
  }
  return std::string_view::npos;
}

std::size_t quote_end(std::string_view text, std::size_t from, char quote) {
  for (std::size_t i = from; i < text.size(); ++i) {
    if (text[i] == '\\' && quote == '"')
      ++i;
    else if (text[i] != quote)
      continue;
    else if (quote == '\'' && i + 1 < text.size() && text[i + 1] == '\'')
      ++i;
    else
      return i + 1;
  }
  return std::string_view::npos;
}

}  // namespace kpr::archive
