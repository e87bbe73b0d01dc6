#include "util/json.hpp"

#include "util/json_tree.hpp"

namespace kpr {
namespace {

using nlohmann::json;

// nlohmann's own reader, told to stop where the tree is full. It keeps no stack but a list, so that
// no depth of the text can harm it; copies and dump() of a value do recurse.
class Events {
 public:
  Events(const JsonLimits& limits, const Keep* keep) : tree_({limits.depth, limits.values}, keep) {}
  bool null() { return tree_.value(nullptr); }
  bool boolean(bool value) { return tree_.value(value); }
  bool number_integer(json::number_integer_t value) { return tree_.value(value); }
  bool number_unsigned(json::number_unsigned_t value) { return tree_.value(value); }
  bool number_float(json::number_float_t value, const std::string&) { return tree_.value(value); }
  bool string(std::string& value) { return tree_.value(std::move(value)); }
  bool binary(json::binary_t&) { return false; }  // no JSON text has one
  bool start_object(std::size_t) { return tree_.open(json::object()); }
  bool key(std::string& name) { return tree_.key(name); }
  bool end_object() { return tree_.close(); }
  bool start_array(std::size_t) { return tree_.open(json::array()); }
  bool end_array() { return tree_.close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) {
    return false;
  }
  JsonTree& tree() { return tree_; }

 private:
  JsonTree tree_;
};

Error too_much(std::string what) {
  return {ErrorKind::too_large, std::move(what), ""};
}

}  // namespace

Result<json> read_json(std::string_view text, const JsonLimits& limits, const Keep* keep) {
  if (text.size() > limits.bytes)
    return too_much("larger than " + std::to_string(limits.bytes >> 20) + " MiB");
  Events events(limits, keep);
  if (json::sax_parse(text, &events))
    return events.tree().take();
  if (!events.tree().problem().empty())
    return too_much(events.tree().problem());
  return Error{ErrorKind::input, "not JSON", ""};
}

json json_or_null(std::string_view text, const JsonLimits& limits) {
  Result<json> read = read_json(text, limits);
  return read ? *std::move(read) : json();
}

std::string json_text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace kpr
