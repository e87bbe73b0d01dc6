// Which fields of a document are wanted, for readers that leave the others out before they cost
// anything.
#pragma once
#include <map>
#include <string>
#include <string_view>

namespace kpr {

// A tree of keys; lists are looked through. One without children keeps all that is below it.
struct Keep {
  std::map<std::string, Keep, std::less<>> children;
  const Keep* child(std::string_view key) const {  // null: not wanted
    static const Keep everything;
    if (children.empty())
      return &everything;
    const auto found = children.find(key);
    return found == children.end() ? nullptr : &found->second;
  }
};

}  // namespace kpr
