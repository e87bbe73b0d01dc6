#include "facts/metrics.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "util/strings.hpp"

namespace kpr::facts {
namespace {

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == ':';
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_name_char);
}

std::string with_single_blanks(std::string_view line) {
  std::string out;
  for (const char c : trim(line)) {
    const bool blank = c == ' ' || c == '\t';
    if (!blank)
      out += c;
    else if (out.back() != ' ')
      out += ' ';
  }
  return out;
}

std::optional<double> number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0')
    return std::nullopt;
  return value;
}

std::string_view unquoted(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    return text.substr(1, text.size() - 2);
  return text;
}

// Where the next ` key=` begins: the end of a value that has no quotes.
std::size_t next_key(std::string_view text, std::size_t from) {
  for (auto equals = text.find('=', from); equals != text.npos;
       equals = text.find('=', equals + 1)) {
    auto start = equals;
    while (start > from && is_name_char(text[start - 1]))
      --start;
    if (start < equals && start > from && text[start - 1] == ' ')
      return start - 1;
  }
  return text.size();
}

std::size_t end_of_value(std::string_view text, std::size_t from) {
  if (from < text.size() && text[from] == '"') {
    const auto quote = text.find('"', from + 1);
    return quote == text.npos ? text.size() : quote + 1;
  }
  return next_key(text, from);
}

std::map<std::string, std::string> labels_of(std::string_view text) {
  std::map<std::string, std::string> labels;
  while (!(text = trim(text)).empty()) {
    const auto equals = text.find('=');
    if (equals == text.npos || !is_name(text.substr(0, equals)))
      break;
    const auto end = end_of_value(text, equals + 1);
    labels.emplace(text.substr(0, equals), unquoted(text.substr(equals + 1, end - equals - 1)));
    text.remove_prefix(end);
  }
  return labels;
}

}  // namespace

std::string_view Metric::label(std::string_view key) const {
  const auto found = labels.find(std::string(key));
  return found == labels.end() ? std::string_view() : std::string_view(found->second);
}

std::vector<Metric> parse_metrics(std::string_view text) {
  std::vector<Metric> metrics;
  for (const auto line : split(text, '\n')) {
    if (trim(line).empty())
      continue;
    Metric metric;
    metric.line = with_single_blanks(line);
    const auto first = metric.line.find(' '), last = metric.line.rfind(' ');
    if (first == std::string::npos || !is_name(std::string_view(metric.line).substr(0, first)))
      continue;
    const auto value = number(metric.line.substr(last + 1));
    if (!value)
      continue;
    metric.name = metric.line.substr(0, first);
    metric.value = *value;
    if (last > first)
      metric.labels = labels_of(std::string_view(metric.line).substr(first, last - first));
    metrics.push_back(std::move(metric));
  }
  return metrics;
}

}  // namespace kpr::facts
