#pragma once
// A second reader of `cilium status`: slow and plain, one regular expression a kind of line,
// written from the description of the formats and sharing no code with the library. Where the two
// disagree, one of them is wrong.
#include <nlohmann/json.hpp>
#include <string>

namespace kpr::reference {

// The JSON of the facts in a text, without the kpr-parse block.
nlohmann::json read_status(std::string text);

// Drops what may be left out (false, 0, "", null, empty lists and objects) and our own kpr-parse
// block, so that two readings can be compared.
nlohmann::json normal_form(nlohmann::json status);

// Empty when equal, else the first differences, one a line.
std::string difference(const nlohmann::json& reference, const nlohmann::json& fast);

}  // namespace kpr::reference
