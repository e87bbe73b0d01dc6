#include "kube/list_page.hpp"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "util/json.hpp"

namespace kpr::kube {
namespace {

using nlohmann::json;

constexpr std::size_t k_deepest = 256;  // real objects have about 20 levels

// Where the object that begins here ends, behind its brace; npos when it does not.
std::size_t object_end(std::string_view text, std::size_t at) {
  bool in_string = false;
  for (int depth = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      else if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

// Half of a page is field sets, and the parser would look at each of their characters with all its care: they are emptied before it sees
// them. The reader below drops the empty ones, and any that were written with blanks.
std::string without_field_sets(std::string_view text) {
  static constexpr std::string_view k_key = "\"fieldsV1\":{";
  static const std::boyer_moore_horspool_searcher searcher(k_key.begin(), k_key.end());
  std::string out;
  out.reserve(text.size());
  for (;;) {
    const auto found = static_cast<std::size_t>(std::search(text.begin(), text.end(), searcher) - text.begin());
    if (found == text.size()) return out += text;
    const std::size_t opens = found + k_key.size() - 1;
    const bool other_key = found > 0 && text[found - 1] == '\\';  // one that ends like this, behind an escaped quote
    const std::size_t end = other_key ? opens : object_end(text, opens);
    if (end == std::string_view::npos) return out += text;
    out += text.substr(0, opens);
    if (!other_key) out += "{}";
    text.remove_prefix(end);
  }
}

class PageReader final : public nlohmann::json_sax<json> {
 public:
  PageReader(const std::function<void(json&&)>& on_item, const Keep* keep) : on_item_(on_item), of_item_(keep) {}

  bool null() override { return value(nullptr); }
  bool boolean(bool v) override { return value(v); }
  bool number_integer(number_integer_t v) override { return value(v); }
  bool number_unsigned(number_unsigned_t v) override { return value(v); }
  bool number_float(number_float_t v, const string_t&) override { return value(v); }
  bool string(string_t& v) override { return value(std::move(v)); }
  bool binary(binary_t&) override { return false; }  // JSON has none
  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (skipped_ > 0) return true;
    skip_next_ = open_.size() == k_field_set && name == "fieldsV1";
    if (const Keep* here = keep_.empty() ? nullptr : keep_.back(); here != nullptr) {
      of_value_ = here->child(name);
      skip_next_ = skip_next_ || of_value_ == nullptr;
    }
    key_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

  bool is_list() const { return head_.is_object() && items_ != nullptr; }
  bool too_deep() const { return too_deep_; }
  const json& head() const { return head_; }

  // What had to wait, because the list's kind came behind its items.
  void finish() {
    if (items_->is_array())
      for (json& item : *items_) hand_on(std::move(item));
  }

 private:
  // How many containers are open inside the list, its items, …
  static constexpr std::size_t k_items = 2, k_field_set = 6;  // …, an item, its metadata, its managedFields, one of them

  json* place(json&& v) {
    if (open_.empty()) return &(head_ = std::move(v));
    json& parent = *open_.back();
    if (parent.is_array()) return &parent.emplace_back(std::move(v));
    json* at = &(parent[std::move(key_)] = std::move(v));
    if (open_.size() == 1 && items_ == nullptr && head_.contains("items")) items_ = at;
    return at;
  }
  bool value(json&& v) {
    if (skipped_ > 0 || std::exchange(skip_next_, false)) return true;
    place(std::move(v));
    return handed_on();
  }
  bool open(json&& v) {
    if (skipped_ > 0 || std::exchange(skip_next_, false)) return ++skipped_, true;
    if (open_.size() == k_deepest) return too_deep_ = true, false;
    keep_.push_back(open_.size() < k_items ? nullptr : open_.size() == k_items ? of_item_ : open_.back()->is_array() ? keep_.back() : of_value_);
    open_.push_back(place(std::move(v)));
    return true;
  }
  bool close() {
    if (skipped_ > 0) return --skipped_, true;
    open_.pop_back();
    keep_.pop_back();
    return handed_on();
  }
  // Behind each value: was it an item, whole, of a list whose kind is known?
  bool handed_on() {
    if (open_.size() != k_items || open_.back() != items_ || !items_->is_array() || !head_.contains("kind") || !head_.contains("apiVersion")) return true;
    for (json& item : *items_) hand_on(std::move(item));
    items_->clear();
    return true;
  }
  void hand_on(json&& item) {
    if (!item.is_object()) return;
    std::string kind = text_at(head_, "kind");
    if (kind.ends_with("List")) kind.resize(kind.size() - 4);
    if (!kind.empty() && !item.contains("kind")) item["kind"] = std::move(kind);
    if (std::string version = text_at(head_, "apiVersion"); !version.empty() && !item.contains("apiVersion")) item["apiVersion"] = std::move(version);
    on_item_(std::move(item));
  }

  const std::function<void(json&&)>& on_item_;
  const Keep* const of_item_;
  json head_;                // the list without its items
  json* items_ = nullptr;    // in head_
  std::vector<json*> open_;  // containers that have not ended, from the outermost
  std::vector<const Keep*> keep_;  // of each of them: its members that are wanted; null where all are
  std::string key_;          // of the next value
  const Keep* of_value_ = nullptr;  // what is wanted of it, where not all is
  std::size_t skipped_ = 0;  // open containers of what is left out
  bool skip_next_ = false, too_deep_ = false;
};

Error broken(std::string what) { return Error{.kind = ErrorKind::protocol, .message = std::move(what), .hint = {}}; }

}  // namespace

Result<ListPage> read_list_page(std::string_view text, const std::function<void(json&&)>& on_item, const Keep* keep) {
  PageReader reader(on_item, keep);
  if (!json::sax_parse(without_field_sets(text), &reader)) return broken(reader.too_deep() ? "nested too deeply" : "not JSON");
  if (!reader.is_list()) return broken("not a list");
  reader.finish();
  const json& metadata = at(reader.head(), "metadata");
  return ListPage{text_at(metadata, "resourceVersion"), text_at(metadata, "continue")};
}

}  // namespace kpr::kube
