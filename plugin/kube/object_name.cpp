#include "kube/object_name.hpp"

#include <algorithm>

#include "util/strings.hpp"

namespace kpr::kube {

bool is_object_name(std::string_view name) {
  const auto alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  for (const std::string_view label : split(name, '.'))
    if (label.empty() || !alphanumeric(label.front()) || !alphanumeric(label.back()) ||
        !std::all_of(label.begin(), label.end(), [&](char c) {
          return alphanumeric(c) || c == '-';
        }))
      return false;
  return name.size() <= 253;
}

}  // namespace kpr::kube
