#include "lines.hpp"

#include <cstring>

#include "scan.hpp"

namespace kpr::det {

void clean_text(std::string& text, std::vector<Diagnostic>& diagnostics) {
  if (text.starts_with("\xef\xbb\xbf"))
    text.erase(0, 3);
  if (text.find('\x1b') == npos)
    return;
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '\x1b') {
      out += text[i++];
      continue;
    }
    ++i;
    if (i < text.size() &&
        text[i] == '[') {  // CSI: parameters, then one final byte; never over a line break
      ++i;
      while (i < text.size() && (text[i] < '@' || text[i] > '~') && text[i] != '\n')
        ++i;
      if (i < text.size() && text[i] != '\n')
        ++i;
    } else if (i < text.size() && text[i] == ']') {  // OSC: ended by BEL or ST
      while (i < text.size() && text[i] != '\a' && text[i] != '\x1b' && text[i] != '\n')
        ++i;
      if (i < text.size() && text[i] == '\a')
        ++i;
    } else if (i < text.size() && text[i] != '\n') {
      ++i;
    }
  }
  text = std::move(out);
  diagnostics.push_back({Severity::note, "ansi", "terminal escapes were taken off", "", 0});
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  lines.reserve(text.size() / 48 + 8);
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    const void* found = std::memchr(at, '\n', static_cast<std::size_t>(end - at));
    const char* stop = found == nullptr ? end : static_cast<const char*>(found);
    std::size_t size = static_cast<std::size_t>(stop - at);
    while (size > 0 && at[size - 1] == '\r')
      --size;
    lines.emplace_back(at, size);
    at = stop + 1;
  }
  return lines;
}

void strip_prefix(std::vector<std::string_view>& lines, std::string_view prefix) {
  if (prefix.empty())
    return;
  for (std::string_view& line : lines) {
    if (line.starts_with(prefix))
      line.remove_prefix(prefix.size());
    else if (prefix.starts_with(line))
      line = {};  // an empty line whose indent an editor stripped
  }
}

}  // namespace kpr::det
