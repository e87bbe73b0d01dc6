#include <nlohmann/json.hpp>

#include "checks/run.hpp"
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
      auto item = trim(body.substr(2));
      if (item.size() >= 2 && (item.front() == '"' || item.front() == '\'') &&
          item.back() == item.front())
        item = item.substr(1, item.size() - 2);
      list.back()[open_list].push_back(std::string(item));
      continue;
    }
    const auto colon = body.find(':');
    if (colon == std::string_view::npos || list.empty())
      return bad(file, where() + "not understood: \"" + std::string(body) + "\"");
    const std::string key(trim(body.substr(0, colon)));
    auto value = trim(body.substr(colon + 1));
    const auto unquote = [](std::string_view v) {
      v = trim(v);
      if (v.size() >= 2 && (v.front() == '"' || v.front() == '\'') && v.back() == v.front())
        return std::string(v.substr(1, v.size() - 2));
      if (const auto comment = v.find(" #"); comment != std::string_view::npos)
        v = trim(v.substr(0, comment));
      return std::string(v);
    };
    open_list.clear();
    if (value.empty()) {
      open_list = key;
      list.back()[key] = json::array();
    } else if (value.front() == '[') {
      if (value.back() != ']')
        return bad(file, where() + "the list does not end on its line");
      json items = json::array();
      for (const auto part : split(value.substr(1, value.size() - 2), ','))
        if (!trim(part).empty())
          items.push_back(unquote(part));
      list.back()[key] = items;
    } else {
      list.back()[key] = unquote(value);
    }
  }
  return list;
}

}  // namespace

Result<std::vector<Waiver>> parse_waivers(std::string_view text, std::string_view file) {
  if (text.size() > (1u << 20))
    return bad(file, "larger than 1 MiB");
  json list = json::parse(text, nullptr, false);
  if (list.is_discarded()) {
    auto yaml = from_block_yaml(text, file);
    if (!yaml)
      return yaml.error();
    list = *yaml;
  }
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
