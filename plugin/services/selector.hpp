// Kubernetes' label selectors as text: "a=b,c!=d,e in (f,g),!h".
#pragma once
#include <optional>
#include <string_view>

#include "facts/objects.hpp"

namespace kpr::services {

// Nothing for what is no selector.
std::optional<bool> selects(std::string_view selector, const facts::Labels& labels);

}  // namespace kpr::services
