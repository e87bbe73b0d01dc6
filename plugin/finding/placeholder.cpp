#include "finding/placeholder.hpp"

#include <algorithm>

#include "util/strings.hpp"

namespace kpr::finding {
namespace {

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_lower_alnum(char c) {
  return is_alnum(c) && !(c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Letters and digits, and `others` anywhere but in front.
bool made_of(std::string_view value, std::string_view others) {
  return is_alnum(value.front()) && std::all_of(value.begin(), value.end(), [&](char c) {
           return is_alnum(c) || others.find(c) != std::string_view::npos;
         });
}

// RFC 1123: what the API server accepts as the name of a pod, node, namespace, DaemonSet.
bool is_object_name(std::string_view value) {
  return value.size() <= 253 && is_lower_alnum(value.front()) && is_lower_alnum(value.back()) &&
         std::all_of(value.begin(), value.end(), [](char c) {
           return is_lower_alnum(c) || c == '-' || c == '.';
         });
}

bool is_address(std::string_view value) {
  if (value.empty())
    return false;
  const bool bracket = value.front() == '[' || value.front() == ':';
  return made_of(bracket ? "a" + std::string(value) : std::string(value), ".:_-[]%");
}

bool is_url(std::string_view value) {
  const std::string_view after = value.starts_with("https://")  ? value.substr(8)
                                 : value.starts_with("http://") ? value.substr(7)
                                                                : std::string_view();
  return !after.empty() && is_address(after.substr(0, after.find('/'))) &&
         made_of("a" + std::string(after), "._:/-[]%");
}

// "pod-ns" at the start of `text`, where that is closed by a brace.
std::string_view placeholder_at(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && (is_lower_alnum(text[end]) || text[end] == '-'))
    ++end;
  const bool named = end > 0 && end < text.size() && text[end] == '}' && !is_digit(text.front()) &&
                     text.front() != '-';
  return named ? text.substr(0, end) : std::string_view();
}

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t k_most = 6;
  std::vector<std::string> first(
      names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), k_most)));
  if (names.size() > k_most)
    return join(first, ", ") + " and " + std::to_string(names.size() - k_most) + " more";
  if (first.size() < 2)
    return first.empty() ? std::string() : first.front();
  const std::string last = first.back();
  first.pop_back();
  return join(first, ", ") + " and " + last;
}

}  // namespace

bool fits(Kind kind, std::string_view value) {
  if (value.empty() || value.size() > 1024 || value.front() == '-' ||
      escape_terminal(value) != value)
    return false;
  switch (kind) {
  case Kind::name:
    return is_object_name(value);
  case Kind::image:
    return made_of(value, "._/:@+-");
  case Kind::version:
    return made_of(value, ".+-");
  case Kind::address:
    return is_address(value);
  case Kind::number:
    return value.size() <= 20 && std::all_of(value.begin(), value.end(), is_digit);
  case Kind::key:
    return made_of(value, "._/:-");
  case Kind::device:
    return value.size() <= 64 && made_of(value, "._+@-");
  case Kind::url:
    return is_url(value);
  case Kind::text:
    return true;
  }
  return false;
}

std::optional<Placeholder> Placeholder::find(std::string_view name) {
  for (std::size_t row = 0; row < std::size(k_placeholders); ++row)
    if (k_placeholders[row].name == name)
      return Placeholder(row);
  return std::nullopt;
}

std::string Placeholder::stand_in() const {
  std::string out(name());
  for (char& c : out)
    c = c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return out;
}

Values::Values(std::initializer_list<Value> values) {
  for (const Value& value : values)
    set(value.name, value.texts);
}

void Values::set(Placeholder name, Texts texts) {
  if (!texts.list.empty())
    values_.insert_or_assign(name, std::move(texts.list));
}

void Values::fill(const Values& more) {
  values_.insert(more.values_.begin(), more.values_.end());
}

const std::vector<std::string>& Values::get(Placeholder name) const {
  static const std::vector<std::string> none;
  const auto found = values_.find(name);
  return found == values_.end() ? none : found->second;
}

std::vector<Piece> pieces_of(std::string_view text, std::vector<std::string>* unknown) {
  std::vector<Piece> out;
  std::string literal;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::string_view name =
        text[at] == '{' ? placeholder_at(text.substr(at + 1)) : std::string_view();
    const auto slot = name.empty() ? std::nullopt : Placeholder::find(name);
    if (!name.empty() && !slot && unknown != nullptr)
      unknown->emplace_back(name);
    if (!slot) {
      literal += text[at];
      continue;
    }
    if (!literal.empty())
      out.push_back({std::move(literal), std::nullopt});
    literal.clear();
    out.push_back({"", slot});
    at += name.size() + 1;
  }
  if (!literal.empty())
    out.push_back({std::move(literal), std::nullopt});
  return out;
}

std::string fill_text(std::string_view text, const Values& values) {
  std::string out;
  for (const Piece& piece : pieces_of(text)) {
    const auto& texts = piece.slot ? values.get(*piece.slot) : std::vector<std::string>();
    out += !piece.slot ? piece.literal : texts.empty() ? piece.slot->stand_in() : listed(texts);
  }
  return out;
}

Sentence fill_sentence(std::string_view text, const Values& values) {
  Sentence out;
  for (const Piece& piece : pieces_of(text)) {
    if (!piece.slot) {
      out.text += piece.literal;
      continue;
    }
    const auto& texts = values.get(*piece.slot);
    const bool fit = !texts.empty() && std::all_of(texts.begin(), texts.end(), [&](const auto& t) {
      return fits(piece.slot->kind(), t);
    });
    out.text += fit ? listed(texts) : piece.slot->stand_in();
    if (fit)
      continue;
    for (const std::string& value : texts)
      if (!fits(piece.slot->kind(), value))
        out.open.push_back({piece.slot->stand_in(), value});
  }
  return out;
}

}  // namespace kpr::finding
