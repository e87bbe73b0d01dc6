#include "facts/version.hpp"

#include <charconv>

namespace kpr::facts {

std::optional<Version> parse_version(std::string_view text) {
  if (!text.empty() && text.front() == 'v')
    text.remove_prefix(1);
  Version v;
  int* const parts[] = {&v.major, &v.minor, &v.patch};
  std::size_t at = 0;
  int got = 0;
  for (int* part : parts) {
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), *part);
    if (error != std::errc())
      break;
    at = static_cast<std::size_t>(end - text.data());
    ++got;
    if (at >= text.size() || text[at] != '.')
      break;
    ++at;
  }
  if (got < 2)
    return std::nullopt;
  std::size_t end = 0;
  while (end < text.size() && text[end] != ' ' && text[end] != ')' && text[end] != '@')
    ++end;
  v.text = std::string(text.substr(0, end));
  return v;
}

std::optional<Version> version_of_image(std::string_view image) {
  if (const auto at = image.find('@'); at != std::string_view::npos)
    image = image.substr(0, at);
  const auto slash = image.rfind('/');
  const auto colon = image.rfind(':');
  if (colon == std::string_view::npos || (slash != std::string_view::npos && colon < slash))
    return std::nullopt;
  return parse_version(image.substr(colon + 1));
}

}  // namespace kpr::facts
