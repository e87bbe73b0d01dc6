// Text helpers that know neither Kubernetes nor Cilium.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "util/escape.hpp"

namespace kpr {

// Order in which people count: node-2 before node-10. Total order: equal only for equal text.
bool natural_less(std::string_view a, std::string_view b);

// Columns that the text takes on a terminal: one a code point, two for East Asian wide ones, none
// for combining marks.
std::size_t display_width(std::string_view text);

std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);
std::string lower(std::string_view text);  // ASCII only
std::string join(const std::vector<std::string>& parts, std::string_view separator);

// "1 node", "7 nodes".
std::string count_of(std::size_t n, std::string_view singular, std::string_view plural = {});

}  // namespace kpr
