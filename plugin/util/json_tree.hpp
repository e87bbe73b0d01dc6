// A JSON value, built out of what a reader of JSON or YAML meets on its way, within limits.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "util/keep.hpp"
#include "util/limits.hpp"

namespace kpr {

struct TreeLimits {
  std::size_t depth = limits::depth;
  std::size_t values = limits::json_values;
};

// The reader calls in the order of the text: key() before each member's value, close() for each
// open(). After a false answer it stops, and problem() says why.
class JsonTree {
 public:
  // Fields that `keep` does not name are left out before they cost anything; null: none are.
  explicit JsonTree(const TreeLimits& limits = {}, const Keep* keep = nullptr)
      : limits_(limits),
        keep_(keep) {}
  bool open(nlohmann::json&& container);  // an empty object or array
  bool key(const std::string& name);
  bool value(nlohmann::json&& value);
  bool close();

  // The innermost container is an object, and what comes next is a key of it.
  bool wants_key() const;
  const std::string& problem() const { return problem_; }
  nlohmann::json take() { return std::move(root_); }

 private:
  struct Level {
    nlohmann::json* container;
    const Keep* keep;                  // null: all that is in it
    nlohmann::json* member = nullptr;  // of an object, of its last key; null: nobody wants it
    const Keep* member_keep = nullptr;
    bool has_key = false;
  };
  bool put(nlohmann::json&& value, Level& placed);
  bool refuse(const char* why);

  const TreeLimits limits_;
  const Keep* const keep_;
  nlohmann::json root_;
  std::vector<Level> levels_;
  std::size_t left_out_ = 0;  // containers around here that nobody wants
  std::size_t values_ = 0;
  std::string problem_;
};

}  // namespace kpr
