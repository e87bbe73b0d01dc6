// Environment variables as a value, and what differs between systems in how they are read.
#pragma once
#include <map>
#include <string>
#include <vector>

namespace kpr::os {

#ifdef _WIN32
struct NameLess {  // Path and PATH are one variable
  bool operator()(const std::string& a, const std::string& b) const;
};
using Environment = std::map<std::string, std::string, NameLess>;
inline constexpr char k_list_separator = ';';
#else
using Environment = std::map<std::string, std::string>;
inline constexpr char k_list_separator = ':';
#endif

Environment environment();  // of this process

// Where the user's files may be, the first one that has them wins. One folder, but Windows has
// three ideas of it, in client-go's order.
std::vector<std::string> home_folders(const Environment& environment);

}  // namespace kpr::os
