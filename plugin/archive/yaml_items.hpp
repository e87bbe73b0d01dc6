// Kubernetes objects in YAML, as a sysdump holds them: a list is split at its items and each one is
// parsed, reduced and dropped on its own.
#pragma once
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "evidence/keep.hpp"

namespace kpr::archive {

struct YamlItems {
  std::size_t items = 0;
  std::size_t slow = 0;  // items that the reader of block YAML gave up on
  std::string
      problem;  // of the first item that could not be read; items before and behind it are there
};

// Takes the text in pieces of any size and calls `take` with each item of a List, or with the one
// object that the text is, JSON too. It holds one item at a time. Anchors, aliases and nesting
// deeper than 64 are refused. Fields that `keep` does not name may be left out.
class YamlItemReader {
 public:
  YamlItemReader(std::function<void(nlohmann::json&&)> take, const Keep* keep)
      : take_(std::move(take)),
        keep_(keep) {}
  void feed(std::string_view piece);
  YamlItems finish();
  bool empty() const { return !text_seen_; }  // nothing but blanks so far

 private:
  void line(std::string_view line);  // without its newline
  void item_line(std::string_view line);
  void parse_item();
  void parse_whole(const std::string& text);
  void take_object(nlohmann::json&& object);
  void problem(std::string words) {
    if (result_.problem.empty())
      result_.problem = std::move(words);
  }

  std::function<void(nlohmann::json&&)> take_;
  const Keep* keep_;
  YamlItems result_;
  std::string rest_;  // of a line whose end has not come yet
  std::string head_;  // what stands before "items:", or all of an object that is no list
  std::string item_;
  enum class State { head, items, closed } state_ = State::head;
  bool text_seen_ = false;
  bool json_ = false;
  bool dropping_ = false;                             // the rest of an item that is too large
  std::size_t skip_indent_ = std::string_view::npos;  // below managedFields
  bool new_entry_ = false;
};

// The whole of a text at once.
YamlItems read_yaml_items(std::string_view text,
                          const std::function<void(nlohmann::json&&)>& take,
                          const Keep* keep = nullptr);

// For tests: one document through yaml-cpp alone; false with the problem when it is none.
bool read_yaml_slowly(const std::string& text, nlohmann::json& out, std::string* problem);

}  // namespace kpr::archive
