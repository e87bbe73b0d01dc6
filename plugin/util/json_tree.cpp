#include "util/json_tree.hpp"

namespace kpr {

using nlohmann::json;

bool JsonTree::refuse(const char* why) {
  problem_ = why;
  return false;
}

bool JsonTree::wants_key() const {
  return left_out_ == 0 && !levels_.empty() && levels_.back().container->is_object() &&
         !levels_.back().has_key;
}

// Where the value came to lie: placed.container is null where nobody wants it.
bool JsonTree::put(json&& value, Level& placed) {
  placed = {nullptr, nullptr};
  if (wants_key())
    return refuse("a key of a map is not a text");
  if (levels_.empty()) {
    root_ = std::move(value);
    placed = {&root_, keep_};
  } else if (Level& around = levels_.back(); around.container->is_array()) {
    around.container->push_back(std::move(value));
    placed = {&around.container->back(), around.keep};
  } else {
    around.has_key = false;
    if (around.member == nullptr)
      return true;
    *around.member = std::move(value);
    placed = {around.member, around.member_keep};
  }
  if (++values_ > limits_.values)
    return refuse("it has too many values");
  return true;
}

bool JsonTree::open(json&& container) {
  if (left_out_ > 0)
    return ++left_out_ > 0;
  if (levels_.size() >= limits_.depth)
    return refuse("nested too deeply");
  Level inside{};
  if (!put(std::move(container), inside))
    return false;
  if (inside.container == nullptr)
    ++left_out_;
  else
    levels_.push_back(inside);
  return true;
}

bool JsonTree::key(const std::string& name) {
  if (left_out_ > 0)
    return true;
  Level& object = levels_.back();
  object.has_key = true;
  object.member_keep = object.keep == nullptr ? nullptr : object.keep->child(name);
  object.member = object.keep == nullptr || object.member_keep != nullptr
                      ? &(*object.container)[name]
                      : nullptr;
  return true;
}

bool JsonTree::value(json&& value) {
  Level placed{};
  return left_out_ > 0 || put(std::move(value), placed);
}

bool JsonTree::close() {
  if (left_out_ > 0)
    --left_out_;
  else
    levels_.pop_back();
  return true;
}

}  // namespace kpr
