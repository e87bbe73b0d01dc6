#include <algorithm>
#include <array>
#include <cctype>

#include "report/render.hpp"
#include "util/escape.hpp"

namespace kpr::report {
namespace {

using Json = nlohmann::ordered_json;

std::string quoted(const std::string& text) {
  return escape_yaml(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace));
}

// Plain only where YAML 1.1 and 1.2 readers all see this very string: a letter first, then letters,
// digits and a few signs, and no word that some reader takes for a boolean or null. Everything else
// is quoted, as JSON, which is YAML too.
bool is_plain(const std::string& text) {
  constexpr std::array<std::string_view, 13> k_words{
      "true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf", "none", "nil"};
  if (text.empty() || text.size() > 120 || std::isalpha(static_cast<unsigned char>(text[0])) == 0)
    return false;
  const auto safe = [](unsigned char c) {
    return c < 0x80 && (std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-' || c == '/');
  };
  if (!std::all_of(text.begin(), text.end(), safe))
    return false;
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return std::find(k_words.begin(), k_words.end(), lower) == k_words.end();
}

bool is_block(const Json& value) {
  return value.is_structured() && !value.empty();
}

void emit(std::string& out, const Json& value, std::size_t indent);

void emit_children(std::string& out, const Json& value, std::size_t indent, bool first_inline) {
  const std::string pad(indent, ' ');
  bool inline_now = first_inline;  // the first key of a map in a list stands on the dash's line
  if (value.is_object()) {
    for (const auto& [key, child] : value.items()) {
      if (!inline_now)
        out += pad;
      inline_now = false;
      out += is_plain(key) ? key : quoted(key);
      out += ':';
      emit(out, child, child.is_array() ? indent : indent + 2);
    }
    return;
  }
  for (const auto& child : value) {
    if (!inline_now)
      out += pad;
    inline_now = false;
    out += '-';
    if (is_block(child)) {
      out += ' ';
      emit_children(out, child, indent + 2, true);
    } else {
      emit(out, child, indent + 2);
    }
  }
}

void emit(std::string& out, const Json& value, std::size_t indent) {
  if (is_block(value)) {
    out += '\n';
    emit_children(out, value, indent, false);
    return;
  }
  out += ' ';
  if (value.is_array()) {
    out += "[]";
  } else if (value.is_object()) {
    out += "{}";
  } else if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    out += is_plain(text) ? text : quoted(text);
  } else {
    out += value.dump();
  }
  out += '\n';
}

}  // namespace

std::string render_json(const Json& document) {
  return escape_json(document.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

std::string render_yaml(const Json& document) {
  std::string out;
  if (is_block(document)) {
    emit_children(out, document, 0, false);
  } else {
    emit(out, document, 0);
    out.erase(0, 1);
  }
  return out;
}

}  // namespace kpr::report
