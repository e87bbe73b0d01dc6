// Kubernetes' label selectors as text: "a=b,c!=d,e in (f,g),!h,i>3".
#pragma once
#include <optional>
#include <string_view>

#include "facts/selection.hpp"

namespace kpr::services {

// Nothing for what is no selector.
std::optional<facts::Selector> parse_selector(std::string_view text);

}  // namespace kpr::services
