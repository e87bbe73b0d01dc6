#include "evidence/yaml_items.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace kpr::evidence {
namespace {

using Json = nlohmann::json;

struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Plain scalars as YAML 1.2's core schema and Go's sigs.k8s.io/yaml see them.
Json scalar(const std::string& tag, const std::string& value) {
  if (tag == "!" || (!tag.empty() && tag != "?")) return value;  // quoted, or tagged as text
  if (value.empty() || value == "~" || value == "null" || value == "Null" || value == "NULL") return nullptr;
  if (value == "true" || value == "True" || value == "TRUE") return true;
  if (value == "false" || value == "False" || value == "FALSE") return false;
  const char c = value[0];
  if ((c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.') {
    std::int64_t integer = 0;
    const char* begin = value.data() + (c == '+' ? 1 : 0);
    const char* end = value.data() + value.size();
    if (const auto [p, e] = std::from_chars(begin, end, integer); e == std::errc{} && p == end) return integer;
    double number = 0;
    if (const auto [p, e] = std::from_chars(begin, end, number); e == std::errc{} && p == end) return number;
  }
  return value;
}

// Builds the JSON of one document straight from the parser's events.
class Builder : public YAML::EventHandler {
 public:
  Json result;
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t anchor) override { check(anchor), put(nullptr); }
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override { throw Refused("it uses YAML aliases"); }
  void OnScalar(const YAML::Mark&, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    check(anchor);
    if (wants_key()) {
      keys_.back() = value;
      has_key_.back() = true;
    } else {
      put(scalar(tag, value));
    }
  }
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override { open(Json::array(), anchor); }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override { open(Json::object(), anchor); }
  void OnMapEnd() override { close(); }

 private:
  static void check(YAML::anchor_t anchor) {
    if (anchor != 0) throw Refused("it uses YAML anchors");
  }
  bool wants_key() const { return !stack_.empty() && stack_.back().is_object() && !has_key_.back(); }
  void open(Json value, YAML::anchor_t anchor) {
    check(anchor);
    if (stack_.size() >= 64) throw Refused("it is nested deeper than 64");
    if (wants_key()) throw Refused("a key of a map is not a text");
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
      if (!has_key_.back()) throw Refused("a key of a map is not a text");
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

std::string_view line_at(std::string_view text, std::size_t at) { return text.substr(at, std::min(text.find('\n', at), text.size()) - at); }

}  // namespace

YamlItems read_yaml_items(std::string_view text, const std::function<void(Json&&)>& take) {
  YamlItems result;
  const auto take_object = [&](Json&& object) {
    if (object.is_object() && object.contains("items") && object["items"].is_array()) {
      for (Json& item : object["items"]) {
        ++result.items;
        take(std::move(item));
      }
    } else if (object.is_object()) {
      ++result.items;
      take(std::move(object));
    }
  };
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return result;
  if (text[first] == '{') {
    Json object = Json::parse(text, nullptr, false);
    if (object.is_discarded()) result.problem = "it begins like JSON and is not";
    else take_object(std::move(object));
    return result;
  }
  const bool list = text.starts_with("items:\n") || text.starts_with("items:\r\n") || text.find("\nitems:\n") != std::string_view::npos || text.find("\nitems:\r\n") != std::string_view::npos;
  const auto parse_item = [&](const std::string& chunk) {
    try {
      if (chunk.starts_with("- {") && chunk.find('\n') == chunk.size() - 1) {  // an item on one line is JSON most of the time
        Json item = Json::parse(chunk.begin() + 2, chunk.end(), nullptr, false);
        if (item.is_object()) {
          ++result.items;
          take(std::move(item));
          return;
        }
      }
      Json item = parse_one(chunk);
      if (item.is_array() && item.size() == 1) {
        ++result.items;
        take(std::move(item[0]));
      } else if (item.is_object()) {
        take_object(std::move(item));
      }
    } catch (const std::exception& e) {
      if (result.problem.empty()) result.problem = e.what();
      if (dynamic_cast<const Refused*>(&e) != nullptr) result.problem = e.what();
    }
  };
  if (!list) {
    parse_item(std::string(text));
    return result;
  }
  // Items stand at column 0 with "- "; managedFields, the longest part of most objects, are skipped by their indent before anything parses them.
  std::string item;
  bool in_items = false;
  bool closed = false;
  std::size_t skip_indent = std::string_view::npos;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view line = line_at(text, at);
    at += line.size() + 1;
    if (!in_items) {
      in_items = line.starts_with("items:");
      continue;
    }
    if (line.starts_with("- ")) {
      if (!item.empty()) parse_item(item);
      item.clear();
      skip_indent = std::string_view::npos;
    } else if (!line.empty() && line[0] != ' ' && line[0] != '\r') {
      closed = true;  // "kind: PodList"
      break;
    }
    const std::size_t indent = line.find_first_not_of(' ');
    if (skip_indent != std::string_view::npos) {
      if (indent == std::string_view::npos || indent > skip_indent || (indent == skip_indent && line[indent] == '-')) {
        // Of managedFields only the times are in use: they stay as a list of {time}.
        const std::size_t time = line.find("time: ");
        if (time != std::string_view::npos && line.find_first_not_of(" -") == time) item += std::string(skip_indent, ' ') + "- " + std::string(line.substr(time)) + "\n";
        continue;
      }
      skip_indent = std::string_view::npos;
    }
    const std::string_view trimmed = indent == std::string_view::npos ? std::string_view{} : line.substr(indent);
    if (trimmed.starts_with("managedFields:") && trimmed.find_first_not_of(" \r", 14) == std::string_view::npos) {
      skip_indent = indent;
      item += line;
      item += '\n';
      continue;
    }
    item += line;
    item += '\n';
  }
  if (!item.empty() && closed) parse_item(item);  // of a list that is cut off the last item may be half an item
  if (!closed && result.problem.empty()) result.problem = "its end is missing";
  return result;
}

}  // namespace kpr::evidence
