#pragma once
#include <re2/re2.h>

#include <string>
#include <vector>

namespace kpr::reference {

// Lines without CR, BOM, ANSI escapes and a common copy prefix (blanks, tab, "# ", "> ").
std::vector<std::string> clean_lines(std::string text);

std::vector<std::string> split(const std::string& text, const std::string& separator);
std::string trim_right(std::string text);
std::string trim(std::string text);

// Full match of a line; the groups land in `group`, missing ones empty.
class Pattern {
 public:
  explicit Pattern(const char* expression) : re_(expression) {}
  bool operator()(const std::string& line, std::vector<std::string>& group) const;

 private:
  RE2 re_;
};

}  // namespace kpr::reference
