#include "archive/yaml_items.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "archive/yaml_block.hpp"
#include "archive/yaml_scalar.hpp"
#include "util/json.hpp"

namespace kpr::archive {

using namespace evidence;

namespace {

using Json = nlohmann::json;

struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

Json scalar(const std::string& tag, const std::string& value) {
  if (tag == "!" || (!tag.empty() && tag != "?"))
    return value;  // quoted, or tagged as text
  return plain_scalar(value);
}

// Builds the JSON of one document straight from the parser's events.
class Builder : public YAML::EventHandler {
 public:
  Json result;
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t anchor) override { check(anchor), put(nullptr); }
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {
    throw Refused("it uses YAML aliases");
  }
  void OnScalar(const YAML::Mark&,
                const std::string& tag,
                YAML::anchor_t anchor,
                const std::string& value) override {
    check(anchor);
    if (wants_key()) {
      keys_.back() = value;
      has_key_.back() = true;
    } else {
      put(scalar(tag, value));
    }
  }
  void OnSequenceStart(const YAML::Mark&,
                       const std::string&,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Json::array(), anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark&,
                  const std::string&,
                  YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Json::object(), anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  static void check(YAML::anchor_t anchor) {
    if (anchor != 0)
      throw Refused("it uses YAML anchors");
  }
  bool wants_key() const {
    return !stack_.empty() && stack_.back().is_object() && !has_key_.back();
  }
  void open(Json value, YAML::anchor_t anchor) {
    check(anchor);
    if (stack_.size() >= limits::depth)
      throw Refused("it is nested too deeply");
    if (wants_key())
      throw Refused("a key of a map is not a text");
    stack_.push_back(std::move(value));
    keys_.emplace_back();
    has_key_.push_back(false);
  }
  void close() {
    Json done = std::move(stack_.back());
    stack_.pop_back();
    keys_.pop_back();
    has_key_.pop_back();
    put(std::move(done));
  }
  void put(Json value) {
    if (stack_.empty()) {
      result = std::move(value);
    } else if (stack_.back().is_array()) {
      stack_.back().push_back(std::move(value));
    } else {
      if (!has_key_.back())
        throw Refused("a key of a map is not a text");
      stack_.back()[keys_.back()] = std::move(value);
      has_key_.back() = false;
    }
  }
  std::vector<Json> stack_;
  std::vector<std::string> keys_;
  std::vector<bool> has_key_;
};

Json parse_one(const std::string& text) {
  std::istringstream in(text);
  YAML::Parser parser(in);
  Builder builder;
  parser.HandleNextDocument(builder);
  return std::move(builder.result);
}

constexpr std::size_t k_item_limit = 64u << 20;

}  // namespace

Json plain_scalar(std::string_view value) {
  if (value.empty() || value == "~" || value == "null" || value == "Null" || value == "NULL")
    return nullptr;
  if (value == "true" || value == "True" || value == "TRUE")
    return true;
  if (value == "false" || value == "False" || value == "FALSE")
    return false;
  const char c = value[0];
  if ((c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.') {
    std::int64_t integer = 0;
    const char* begin = value.data() + (c == '+' ? 1 : 0);
    const char* end = value.data() + value.size();
    if (const auto [p, e] = std::from_chars(begin, end, integer); e == std::errc{} && p == end)
      return integer;
    double number = 0;
    if (const auto [p, e] = std::from_chars(begin, end, number); e == std::errc{} && p == end)
      return number;
  }
  return std::string(value);
}

bool read_yaml_slowly(const std::string& text, Json& out, std::string* problem) {
  try {
    out = parse_one(text);
    return true;
  } catch (const std::exception& e) {
    if (problem != nullptr)
      *problem = e.what();
    return false;
  }
}

void YamlItemReader::take_object(Json&& object) {
  if (object.is_object() && object.contains("items") && object["items"].is_array()) {
    for (Json& item : object["items"]) {
      ++result_.items;
      take_(std::move(item));
    }
  } else if (object.is_object()) {
    ++result_.items;
    take_(std::move(object));
  }
}

void YamlItemReader::parse_item() {
  if (item_.empty())
    return;
  Json item;
  if (item_.starts_with("- {") &&
      item_.find('\n') == item_.size() - 1) {  // an item on one line is JSON most of the time
    Result<Json> read = read_json(std::string_view(item_).substr(2));
    if (read && read->is_object()) {
      item_.clear();
      ++result_.items;
      take_(*std::move(read));
      return;
    }
    if (!read && read.error().kind == ErrorKind::too_large) {
      problem("one of its items is " + read.error().message);
      item_.clear();
      return;
    }
  }
  if (!read_block_yaml(item_, keep_, item)) {
    ++result_.slow;
    std::string why;
    if (!read_yaml_slowly(item_, item, &why)) {
      problem(std::move(why));
      item_.clear();
      return;
    }
  }
  item_.clear();
  if (item.is_array() && item.size() == 1) {
    ++result_.items;
    Json one = std::move(item[0]);
    take_(std::move(one));
  } else if (item.is_object()) {
    take_object(std::move(item));
  }
}

void YamlItemReader::parse_whole(const std::string& text) {
  if (json_) {
    Result<Json> object = read_json(text, {.bytes = limits::archive_file});
    if (object)
      take_object(*std::move(object));
    else
      problem(object.error().kind == ErrorKind::too_large ? "it is " + object.error().message
                                                          : "it begins like JSON and is not");
    return;
  }
  Json object;  // or "items: []": the tree of what is kept is of an item, and knows no list
  if (!read_block_yaml(text, nullptr, object)) {
    ++result_.slow;
    std::string why;
    if (!read_yaml_slowly(text, object, &why))
      return problem(std::move(why));
  }
  take_object(std::move(object));
}

// Of managedFields, the longest part of most objects, only managers, operations and times are in
// use; they are told by their indent, before anything parses them.
void YamlItemReader::item_line(std::string_view line) {
  const std::size_t indent = line.find_first_not_of(' ');
  const auto add = [this](std::string_view text) {
    item_.append(text).append(1, '\n');
  };
  if (skip_indent_ != std::string_view::npos) {
    if (indent == std::string_view::npos || indent > skip_indent_ ||
        (indent == skip_indent_ && line[indent] == '-')) {
      if (indent == std::string_view::npos)
        return;
      const bool entry = line[indent] == '-' && indent <= skip_indent_ + 2;
      new_entry_ = new_entry_ || entry;
      std::string_view words = line.substr(indent);
      if (entry)
        words = words.substr(std::min(words.find_first_not_of("- "), words.size()));
      else if (indent != skip_indent_ + 2 && indent != skip_indent_ + 4)
        return;
      for (const std::string_view key : {"manager: ", "operation: ", "time: ", "subresource: "}) {
        if (!words.starts_with(key))
          continue;
        item_.append(skip_indent_, ' ').append(new_entry_ ? "- " : "  ");
        add(words);
        new_entry_ = false;
      }
      return;
    }
    skip_indent_ = std::string_view::npos;
  }
  const std::string_view words =
      indent == std::string_view::npos ? std::string_view{} : line.substr(indent);
  if (words.starts_with("managedFields:") &&
      words.find_first_not_of(" \r", 14) == std::string_view::npos) {
    skip_indent_ = indent;
    new_entry_ = true;
  }
  add(line);
}

void YamlItemReader::line(std::string_view line) {
  switch (state_) {
  case State::head:
    if (!text_seen_) {
      const std::size_t first = line.find_first_not_of(" \t\r");
      text_seen_ = first != std::string_view::npos;
      json_ = text_seen_ && line[first] == '{';
    }
    if (!json_ && (line == "items:" || line == "items:\r")) {
      state_ = State::items;
      head_.clear();
      head_.shrink_to_fit();
    } else {
      head_.append(line).append(1, '\n');
    }
    break;
  case State::items:
    if (line.starts_with("- ")) {
      parse_item();
      skip_indent_ = std::string_view::npos;
      dropping_ = false;
    } else if (!line.empty() && line[0] != ' ' && line[0] != '\r') {  // "kind: PodList"
      parse_item();
      state_ = State::closed;
      break;
    }
    if (item_.size() + line.size() > k_item_limit) {
      problem("one of its items is larger than 64 MiB");
      item_.clear();
      dropping_ = true;
    }
    if (!dropping_)
      item_line(line);
    break;
  case State::closed:
    break;
  }
}

void YamlItemReader::feed(std::string_view piece) {
  for (std::size_t at = 0; at < piece.size();) {
    const std::size_t end = piece.find('\n', at);
    if (end == std::string_view::npos) {
      rest_.append(piece.substr(at));
      return;
    }
    if (rest_.empty()) {
      line(piece.substr(at, end - at));
    } else {
      rest_.append(piece.substr(at, end - at));
      line(rest_);
      rest_.clear();
    }
    at = end + 1;
  }
}

YamlItems YamlItemReader::finish() {
  if (!rest_.empty())
    line(rest_);
  rest_.clear();
  if (state_ == State::head && text_seen_)
    parse_whole(head_);
  // Of a list that is cut off the last item may be half an item.
  if (state_ == State::items)
    problem("its end is missing");
  return std::move(result_);
}

YamlItems
read_yaml_items(std::string_view text, const std::function<void(Json&&)>& take, const Keep* keep) {
  YamlItemReader reader(take, keep);
  reader.feed(text);
  return reader.finish();
}

}  // namespace kpr::archive
