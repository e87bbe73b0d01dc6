// How argv becomes the one line of text that a Windows program gets, and from which its C library
// makes argv again.
#pragma once
#include <string>
#include <vector>

namespace kpr::os {

// Backslashes mean themselves unless a quote follows them; then each is doubled.
inline std::string command_line(const std::vector<std::string>& argv) {
  std::string line;
  for (const std::string& word : argv) {
    if (!line.empty())
      line += ' ';
    if (!word.empty() && word.find_first_of(" \t\n\v\"") == std::string::npos) {
      line += word;
      continue;
    }
    line += '"';
    std::size_t backslashes = 0;
    for (const char c : word) {
      if (c == '"')
        line.append(backslashes + 1, '\\');
      backslashes = c == '\\' ? backslashes + 1 : 0;
      line += c;
    }
    line.append(backslashes, '\\');
    line += '"';
  }
  return line;
}

}  // namespace kpr::os
