#include "kube/config_merge.hpp"

#include <algorithm>
#include <filesystem>

#include "kube/small_file.hpp"
#include "kube/yaml.hpp"
#include "os/files.hpp"
#include "util/strings.hpp"

namespace kpr::kube {
namespace {

std::string folder_of(const std::string& path) {
  std::error_code ec;
  return os::text_of(std::filesystem::absolute(path, ec).parent_path());
}

void resolve(nlohmann::json& entry, const char* key, const std::string& folder) {
  const auto it = entry.find(key);
  if (it == entry.end() || !it->is_string())
    return;
  const auto text = it->get<std::string>();
  if (!text.empty() && !std::filesystem::path(text).is_absolute())
    *it = os::text_of((std::filesystem::path(folder) / text).lexically_normal());
}

bool exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

}  // namespace

Result<void> merge_file(MergedConfig& into, std::string_view text, const std::string& path) {
  auto parsed = parse_yaml(text);
  if (!parsed)
    return Error{.kind = ErrorKind::config,
                 .message = "error loading config file \"" + path + "\": " + parsed.error().message,
                 .hint = {}};
  into.files.push_back(path);
  if (parsed->is_null())
    return {};
  if (!parsed->is_object())
    return Error{.kind = ErrorKind::config,
                 .message = "error loading config file \"" + path + "\": it is not a map of keys",
                 .hint = {}};
  if (const auto kind = parsed->find("kind");
      kind != parsed->end() && kind->is_string() && *kind != "Config")
    return Error{.kind = ErrorKind::config,
                 .message = "error loading config file \"" + path + "\": no kind \"" +
                            escape_terminal(kind->get<std::string>()) +
                            "\" is registered for a kubeconfig",
                 .hint = {}};
  const std::string folder = folder_of(path);
  const struct {
    const char *list, *entry;
    nlohmann::json& map;
  } parts[] = {{"clusters", "cluster", into.clusters},
               {"users", "user", into.users},
               {"contexts", "context", into.contexts}};
  for (const auto& part : parts) {
    const auto list = parsed->find(part.list);
    if (list == parsed->end() || list->is_null())
      continue;
    if (!list->is_array())
      return Error{.kind = ErrorKind::config,
                   .message = "error loading config file \"" + path + "\": " + part.list +
                              " is not a list",
                   .hint = {}};
    std::vector<std::string> seen;
    for (auto& item : *list) {
      if (!item.is_object() || !item.contains("name") || !item["name"].is_string())
        return Error{.kind = ErrorKind::config,
                     .message = "error loading config file \"" + path + "\": an entry of " +
                                part.list + " has no name",
                     .hint = {}};
      const auto name = item["name"].get<std::string>();
      if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
        into.warnings.push_back("duplicate name \"" + name + "\" in list " + part.list + " of " +
                                path + ": the first one is used");
        continue;
      }
      seen.push_back(name);
      if (part.map.contains(name))
        continue;  // the first file wins, as a whole entry
      nlohmann::json entry = item.contains(part.entry) && item[part.entry].is_object()
                                 ? std::move(item[part.entry])
                                 : nlohmann::json::object();
      for (const char* key :
           {"certificate-authority", "client-certificate", "client-key", "tokenFile"})
        resolve(entry, key, folder);
      if (auto exec = entry.find("exec"); exec != entry.end() && exec->is_object())
        if (auto command = exec->find("command");
            command != exec->end() && command->is_string() &&
            command->get<std::string>().find(
                static_cast<char>(std::filesystem::path::preferred_separator)) != std::string::npos)
          resolve(*exec, "command", folder);
      part.map[name] = std::move(entry);
    }
  }
  if (into.current_context.empty())
    if (const auto current = parsed->find("current-context");
        current != parsed->end() && current->is_string())
      into.current_context = *current;
  return {};
}

Result<MergedConfig> load_files(const ConfigOverrides& overrides, const Environment& environment) {
  MergedConfig merged;
  if (overrides.kubeconfig && !overrides.kubeconfig->empty()) {
    if (!exists(*overrides.kubeconfig))
      return Error{.kind = ErrorKind::config,
                   .message = "stat " + *overrides.kubeconfig + ": no such file or directory",
                   .hint = {}};
    KPR_TRY_ASSIGN(const std::string text, read_file(*overrides.kubeconfig));
    KPR_TRY(merge_file(merged, text, *overrides.kubeconfig));
    return merged;
  }
  std::vector<std::string> paths;
  const auto variable = environment.find("KUBECONFIG");
  if (variable != environment.end() && !variable->second.empty()) {
    for (const auto path : split(variable->second, os::k_list_separator))
      if (!path.empty() && std::find(paths.begin(), paths.end(), path) == paths.end())
        paths.emplace_back(path);
    std::vector<std::string> missing;
    for (const auto& path : paths)
      if (!exists(path))
        missing.push_back(path);
    if (missing.size() == paths.size())
      merged.warnings.push_back("Config not found: " + join(missing, ", "));
  } else {
    for (const std::string& home : os::home_folders(environment)) {
      const std::string path = os::text_of(std::filesystem::path(home) / ".kube" / "config");
      if (paths.empty() && exists(path))
        paths.push_back(path);
    }
  }
  for (const auto& path : paths) {
    if (!exists(path))
      continue;
    auto text = read_file(path);
    if (!text)
      return Error{.kind = ErrorKind::config,
                   .message = "error loading config file \"" + path + "\": " + text.error().message,
                   .hint = {}};
    KPR_TRY(merge_file(merged, *text, path));
  }
  return merged;
}

}  // namespace kpr::kube
