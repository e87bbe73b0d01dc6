#include <nlohmann/json.hpp>

#include "checks/run.hpp"
#include "util/json.hpp"
#include "util/strings.hpp"

namespace kpr::checks {
namespace {

using nlohmann::json;

Error bad(std::string_view file, std::string message) {
  return Error{ErrorKind::input,
               std::string(file) + ": " + std::move(message),
               "a waiver has id, reason, and optionally nodes, objects and expires"};
}

std::vector<std::string> globs(const json& j, const char* key) {
  std::vector<std::string> out;
  if (!j.contains(key))
    return out;
  if (j[key].is_string())
    out.push_back(j[key]);
  else if (j[key].is_array())
    for (const auto& v : j[key])
      if (v.is_string())
        out.push_back(v);
  return out;
}

// A scalar without its quotes and the comment after it: `"kpr-nodes-differ"   # until May`.
std::string scalar(std::string_view text) {
  text = trim(text);
  if (!text.empty() && (text.front() == '"' || text.front() == '\''))
    if (const auto end = text.find(text.front(), 1); end != std::string_view::npos) {
      const auto rest = trim(text.substr(end + 1));
      if (rest.empty() || rest.front() == '#')
        return std::string(text.substr(1, end - 1));
    }
  return std::string(trim(text.substr(0, text.find(" #"))));
}

// A flat list of maps in block YAML: `- id: …`, `  nodes: [a, b]`, `  reason: …`. Anything beyond
// that is refused, not guessed.
Result<json> from_block_yaml(std::string_view text, std::string_view file) {
  json list = json::array();
  int number = 0;
  std::string open_list;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    const auto where = [&] {
      return "line " + std::to_string(number) + ": ";
    };
    if (!line.empty() && line.back() == '\r')
      line.remove_suffix(1);
    std::string_view body = trim(line);
    if (body.empty() || body.front() == '#' || body == "---" || body == "waivers:")
      continue;
    if (body.front() == '-' && body.find(": ") != std::string_view::npos &&
        body.substr(0, 2) == "- ") {
      list.push_back(json::object());
      body = trim(body.substr(2));
      open_list.clear();
    } else if (body.substr(0, 2) == "- " && !open_list.empty()) {
      list.back()[open_list].push_back(scalar(body.substr(2)));
      continue;
    }
    const auto colon = body.find(':');
    if (colon == std::string_view::npos || list.empty())
      return bad(file, where() + "not understood: \"" + std::string(body) + "\"");
    const std::string key(trim(body.substr(0, colon)));
    auto value = trim(body.substr(colon + 1));
    open_list.clear();
    if (const auto end = value.rfind(']'); end != std::string_view::npos && value.front() == '[')
      if (trim(value.substr(end + 1)).starts_with('#'))
        value = value.substr(0, end + 1);
    if (value.empty() || value.front() == '#') {
      open_list = key;
      list.back()[key] = json::array();
    } else if (value.front() == '[') {
      if (value.back() != ']')
        return bad(file, where() + "the list does not end on its line");
      json items = json::array();
      for (const auto part : split(value.substr(1, value.size() - 2), ','))
        if (!trim(part).empty())
          items.push_back(scalar(part));
      list.back()[key] = items;
    } else {
      list.back()[key] = scalar(value);
    }
  }
  return list;
}

}  // namespace

Result<std::vector<Waiver>> parse_waivers(std::string_view text, std::string_view file) {
  if (text.size() > (1u << 20))
    return bad(file, "larger than 1 MiB");
  Result<json> read = read_json(text);
  if (!read && read.error().kind == ErrorKind::too_large)
    return bad(file, read.error().message);
  if (!read)
    read = from_block_yaml(text, file);
  if (!read)
    return read.error();
  json list = *std::move(read);
  if (list.is_object() && list.contains("waivers"))
    list = json(list["waivers"]);
  if (list.is_null())
    list = json::array();
  if (!list.is_array())
    return bad(file, "holds no list of waivers");
  std::vector<Waiver> out;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const json& j = list[i];
    const std::string entry = "entry " + std::to_string(i + 1);
    if (!j.is_object())
      return bad(file, entry + " is no map");
    for (const auto& [key, value] : j.items())
      if (key != "id" && key != "nodes" && key != "objects" && key != "reason" && key != "expires")
        return bad(file, entry + " has an unknown key: " + key);
    Waiver w;
    if (!j.contains("id") || !j["id"].is_string())
      return bad(file, entry + " has no id");
    w.id = j["id"];
    bool known = w.id == "waiver-expired" || w.id == "waiver-unused";
    for (const auto& e : catalogue())
      known = known || glob_match(w.id, e.id);
    if (!known)
      return bad(file, entry + ": no check is named " + w.id);
    if (!j.contains("reason") || !j["reason"].is_string() ||
        trim(j["reason"].get_ref<const std::string&>()).empty())
      return bad(file, entry + " (" + w.id + ") has no reason");
    w.reason = j["reason"];
    w.nodes = globs(j, "nodes");
    w.objects = globs(j, "objects");
    w.where = std::string(file) + ", " + entry;
    if (j.contains("expires")) {
      if (!j["expires"].is_string())
        return bad(file, entry + ": expires is no date");
      const std::string date = j["expires"];
      w.expires = parse_rfc3339(date.size() == 10 ? date + "T23:59:59Z" : date);
      if (!w.expires)
        return bad(file, entry + ": expires is no date: " + date);
    }
    out.push_back(std::move(w));
  }
  return out;
}

}  // namespace kpr::checks
