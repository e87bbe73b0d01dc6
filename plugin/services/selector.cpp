// Source: k8s.io/apimachinery pkg/labels/selector.go.
#include "services/selector.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "util/strings.hpp"

namespace kpr::services {
namespace {

// Splits at commas outside of parentheses.
std::vector<std::string_view> requirements(std::string_view text) {
  std::vector<std::string_view> out;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '(')
      ++depth;
    else if (i < text.size() && text[i] == ')')
      --depth;
    if (i == text.size() || (text[i] == ',' && depth == 0)) {
      out.push_back(trim(text.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  return out;
}

const std::string* value_of(std::string_view key, const facts::Labels& labels) {
  const auto found = labels.find(std::string(key));
  return found == labels.end() ? nullptr : &found->second;
}

std::optional<bool>
in_set(std::string_view key, std::string_view rest, const facts::Labels& labels) {
  const bool negated = rest.starts_with("notin");
  rest = trim(rest.substr(negated ? 5 : 2));
  if (rest.size() < 2 || rest.front() != '(' || rest.back() != ')')
    return std::nullopt;
  const std::string* value = value_of(key, labels);
  const auto set = split(rest.substr(1, rest.size() - 2), ',');
  const bool member = value != nullptr && std::any_of(set.begin(), set.end(), [&](auto one) {
                        return trim(one) == *value;
                      });
  return negated ? !member : member;
}

std::optional<bool> holds(std::string_view requirement, const facts::Labels& labels) {
  if (requirement.empty())
    return std::nullopt;
  if (requirement.front() == '!')
    return value_of(trim(requirement.substr(1)), labels) == nullptr;
  const std::size_t end = requirement.find_first_of(" =!");
  const std::string_view key = requirement.substr(0, end);
  std::string_view rest = trim(requirement.substr(key.size()));
  const std::string* value = value_of(key, labels);
  if (rest.empty())
    return value != nullptr;
  if (rest.starts_with("in") || rest.starts_with("notin"))
    return in_set(key, rest, labels);
  const bool differs = rest.starts_with("!=");
  if (!differs && rest.front() != '=')
    return std::nullopt;
  rest.remove_prefix(differs || rest.starts_with("==") ? 2 : 1);
  const bool equal = value != nullptr && *value == trim(rest);
  return differs ? !equal : equal;
}

}  // namespace

std::optional<bool> selects(std::string_view selector, const facts::Labels& labels) {
  if (trim(selector).empty())
    return true;
  bool all = true;
  for (const std::string_view requirement : requirements(selector)) {
    const auto one = holds(requirement, labels);
    if (!one)
      return std::nullopt;
    all = all && *one;
  }
  return all;
}

}  // namespace kpr::services
