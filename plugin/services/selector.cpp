// Source: k8s.io/apimachinery pkg/labels/selector.go.
#include "services/selector.hpp"

#include <utility>

#include "util/strings.hpp"

namespace kpr::services {
namespace {

using facts::Requirement;

// Splits at commas outside of parentheses.
std::vector<std::string_view> parts(std::string_view text) {
  std::vector<std::string_view> out;
  bool inside = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && (text[i] == '(' || text[i] == ')'))
      inside = text[i] == '(';
    if (i < text.size() && (text[i] != ',' || inside))
      continue;
    out.push_back(trim(text.substr(begin, i - begin)));
    begin = i + 1;
  }
  return out;
}

// What stands behind the key, longest first.
constexpr std::pair<std::string_view, std::string_view> k_operators[] = {{"!=", "NotIn"},
                                                                         {"==", "In"},
                                                                         {"=", "In"},
                                                                         {">", "Gt"},
                                                                         {"<", "Lt"},
                                                                         {"notin", "NotIn"},
                                                                         {"in", "In"}};

bool take_values(std::string_view text, bool set, Requirement& into) {
  if (set) {
    if (text.size() < 2 || text.front() != '(' || text.back() != ')')
      return false;
    text = text.substr(1, text.size() - 2);
  }
  for (const std::string_view value : set ? split(text, ',') : std::vector{text})
    into.values.emplace_back(trim(value));
  return true;
}

std::optional<Requirement> requirement(std::string_view text) {
  if (text.starts_with('!'))
    return Requirement{std::string(trim(text.substr(1))), "DoesNotExist", {}};
  const std::string_view key = text.substr(0, text.find_first_of(" =!<>"));
  const std::string_view rest = trim(text.substr(key.size()));
  if (key.empty())
    return std::nullopt;
  if (rest.empty())
    return Requirement{std::string(key), "Exists", {}};
  for (const auto& [sign, op] : k_operators)
    if (rest.starts_with(sign)) {
      Requirement out{std::string(key), std::string(op), {}};
      const bool set = sign == "in" || sign == "notin";
      return take_values(trim(rest.substr(sign.size())), set, out) ? std::optional(out)
                                                                   : std::nullopt;
    }
  return std::nullopt;
}

}  // namespace

std::optional<facts::Selector> parse_selector(std::string_view text) {
  facts::Selector out;
  if (trim(text).empty())
    return out;
  for (const std::string_view part : parts(text)) {
    auto one = requirement(part);
    if (!one)
      return std::nullopt;
    out.requirements.push_back(std::move(*one));
  }
  return out;
}

}  // namespace kpr::services
