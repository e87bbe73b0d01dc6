#include "archive/sysdump_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <set>

#include "archive/archive.hpp"
#include "archive/sysdump_layout.hpp"
#include "archive/sysdump_writer.hpp"
#include "archive/text.hpp"
#include "archive/yaml_items.hpp"
#include "evidence/arrival.hpp"
#include "evidence/keep.hpp"
#include "evidence/reduce.hpp"
#include "os/files.hpp"
#include "os/input.hpp"
#include "util/json.hpp"
#include "util/strings.hpp"

namespace kpr::archive {

using namespace evidence;

namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr std::size_t k_log_tail = 16u << 10;

void newest(std::optional<Time>& now, std::string_view text) {
  if (const auto t = parse_rfc3339(text); t && (!now || *t > *now))
    now = t;
}

// Times that something happened at; not those of what will (certificates, leases to come).
void newest_in(std::optional<Time>& now, const Json& value, int depth = 0) {
  if (depth > 12)
    return;
  if (value.is_object()) {
    for (const auto& [key, child] : value.items()) {
      if (child.is_string() && (key.ends_with("Time") || key.ends_with("Timestamp") ||
                                key == "time" || key == "startedAt" || key == "finishedAt")) {
        newest(now, child.get_ref<const std::string&>());
      } else if (child.is_structured()) {
        newest_in(now, child, depth + 1);
      }
    }
  } else if (value.is_array()) {
    for (const Json& child : value)
      newest_in(now, child, depth + 1);
  }
}

std::string text_at(const Json& object, const char* pointer) {
  const Json::json_pointer p(pointer);
  if (!object.is_object() || !object.contains(p))
    return {};
  const Json& v = object.at(p);
  return v.is_string() ? v.get<std::string>() : std::string();
}

struct Builder {
  Evidence evidence;
  std::map<std::string, Agent> by_pod;           // bugtool trees by pod name
  std::map<std::string, std::string> debuginfo;  // pod → JSON, where no status text was there
  std::set<std::string> old_style;
  std::map<std::string, Arrival> arrivals;  // by resource, which may have several files
  std::string collected;                    // k_collect_file of our own archives

  // A file of objects, read in pieces: never more than one object of it is in memory as text.
  Pieces object_file(const std::string& resource, const std::string& name) {
    if (!evidence.objects[resource])
      evidence.objects[resource] = Objects{};
    evidence.objects[resource]->source = name;
    const std::string kind = kind_of(resource);
    Arrival& arrival = arrivals.try_emplace(resource, resource).first->second;
    const auto reader = std::make_shared<YamlItemReader>(
        [this, resource, kind, &arrival](Json&& item) {
          newest_in(evidence.now, item);
          if (!kind.empty() && item.is_object() && !item.contains("kind"))
            item["kind"] = kind;
          Json kept = arrival.take(std::move(item));
          if (!kept.is_null())
            evidence.objects[resource]->items.push_back(std::move(kept));
        },
        keep_of(resource));
    return {[reader](std::string_view piece) {
              reader->feed(piece);
            },
            [this, resource, name, reader](const std::string& problem) {
              Objects& objects = *evidence.objects[resource];
              const YamlItems read = reader->finish();
              if (!problem.empty()) {
                objects.partial = true;
                objects.partial_detail = problem;
              } else if (reader->empty()) {
                objects.partial = true;
                objects.partial_detail = name + " is empty";
              } else if (!read.problem.empty()) {
                objects.partial = true;
                objects.partial_detail = fmt::format("{}: {}", name, read.problem);
                evidence.notes.push_back(
                    fmt::format("warning: {} could not be read whole: {}", name, read.problem));
              }
            }};
  }

  static std::string kind_of(const std::string& resource) {
    constexpr std::pair<std::string_view, std::string_view> k_kinds[] = {
        {"nodes", "Node"},
        {"pods", "Pod"},
        {"services", "Service"},
        {"endpoints", "Endpoints"},
        {"endpointslices", "EndpointSlice"},
        {"events", "Event"},
        {"namespaces", "Namespace"},
        {"leases", "Lease"},
        {"configmaps", "ConfigMap"},
        {"daemonsets", "DaemonSet"},
        {"deployments", "Deployment"},
        {"ciliumnodes", "CiliumNode"},
        {"ciliumnodeconfigs", "CiliumNodeConfig"},
        {"ciliumendpoints", "CiliumEndpoint"}};
    for (const auto& [plural, kind] : k_kinds) {
      if (plural == resource)
        return std::string(kind);
    }
    return "";
  }

  void take_log(const std::string& name, std::string content) {
    // logs-<pod>-<container>-<stamp>[-prev].log; pod and container are told apart once the pods are
    // known
    Log log;
    std::string stem(name.substr(5, name.size() - 9));
    if (stem.ends_with("-prev")) {
      log.previous = true;
      stem.resize(stem.size() - 5);
    }
    log.pod = without_stamp(stem);
    if (content.size() > k_log_tail) {
      content.erase(0, content.size() - k_log_tail);
      content.erase(0, content.find('\n') + 1);
    }
    log.tail = std::move(content);
    log.source = name;
    evidence.logs.push_back(std::move(log));
  }

  void take(std::string path, std::string content) {
    const std::string_view name = base_name(path);
    if (name == k_collect_file) {
      collected = std::move(content);
      return;
    }
    if (const auto pod = bugtool_pod(path)) {
      Agent& agent = by_pod[*pod];
      agent.pod = *pod;
      if (const std::string command = command_of(name); !command.empty()) {
        if (trim(content).empty()) {
          if (agent.outputs.find(command) == agent.outputs.end())
            agent.outputs[command] = Missing{Reason::incomplete, path + " is empty"};
        } else {
          Output output = bugtool_output(std::move(content), path);
          output.out = reduce_output(command, std::move(output.out));
          output.out.shrink_to_fit();
          agent.outputs[command] = std::move(output);
        }
      } else if (name.starts_with("cilium-debuginfo") && name.ends_with(".json")) {
        debuginfo[*pod] = std::move(content);
      }
      return;
    }
    if (name.starts_with("logs-") && name.ends_with(".log"))
      return take_log(std::string(name), std::move(content));
    if (name.starts_with("k8s-version")) {
      const std::size_t at = content.find("GitVersion:\"");
      if (at != std::string::npos) {
        Objects version;
        version.source = path;
        version.items.push_back(
            Json{{"gitVersion", content.substr(at + 12, content.find('"', at + 12) - at - 12)}});
        evidence.objects["version"] = std::move(version);
      }
    }
  }

  // What could not be read is no gap of the dump's, and each of it is said.
  void lose(const std::vector<std::pair<std::string, std::string>>& unreadable) {
    for (const auto& [name, why] : unreadable) {
      if (const auto pod = bugtool_pod(name); pod && !command_of(base_name(name)).empty()) {
        by_pod[*pod].pod = *pod;
        by_pod[*pod].outputs.try_emplace(command_of(base_name(name)), Missing{Reason::failed, why});
      }
      evidence.notes.push_back("warning: " + why);
      evidence.interrupted = true;
    }
  }

  // Where no text of the status was saved, debuginfo's JSON has the same facts.
  void use_debuginfo() {
    for (auto& [pod, text] : debuginfo) {
      Agent& agent = by_pod[pod];
      const auto status = agent.outputs.find("status-verbose");
      if (status != agent.outputs.end() && status->second)
        continue;
      const std::string source = "cilium-debuginfo JSON of " + pod;
      const Result<Json> info = read_json(text);
      if (!info && info.error().kind == ErrorKind::too_large)
        agent.outputs["status-verbose"] =
            Missing{Reason::too_large, source + " is " + info.error().message};
      else if (info && at(*info, "cilium-status").is_object())
        agent.outputs["status-verbose"] =
            Output{json_text(at(*info, "cilium-status")), "", 0, source};
    }
  }

  void place_agents() {
    // pods of the agent by their labels; a bugtool tree of a helper pod (sysdump-xxxxx) finds its
    // node by its hostname
    std::map<std::string, const Json*> agents_by_name;
    if (const auto pods = evidence.objects.find("pods");
        pods != evidence.objects.end() && pods->second) {
      for (const Json& pod : pods->second->items) {
        const Json labels = pod.value(Json::json_pointer("/metadata/labels"), Json::object());
        if (text_at(labels, "/k8s-app") == "cilium" ||
            text_at(labels, "/app.kubernetes.io~1name") == "cilium-agent" ||
            by_pod.count(text_at(pod, "/metadata/name")) != 0) {
          agents_by_name[text_at(pod, "/metadata/name")] = &pod;
        }
      }
      for (Log& log : evidence.logs) {
        for (const Json& pod : pods->second->items) {
          const std::string pod_name = text_at(pod, "/metadata/name");
          if (!pod_name.empty() && log.pod.starts_with(pod_name + "-")) {
            log.container = log.pod.substr(pod_name.size() + 1);
            log.pod = pod_name;
            log.ns = text_at(pod, "/metadata/namespace");
            break;
          }
        }
      }
    }
    std::set<std::string> nodes_seen;
    for (auto& [pod, agent] : by_pod) {
      if (const auto known = agents_by_name.find(pod); known != agents_by_name.end()) {
        agent.node = text_at(*known->second, "/spec/nodeName");
        agent.pod_namespace = text_at(*known->second, "/metadata/namespace");
      }
      if (agent.node.empty()) {
        const auto hostname = agent.outputs.find("hostname");
        if (hostname != agent.outputs.end() && hostname->second)
          agent.node = std::string(trim(hostname->second->out));
      }
      if (agent.node.empty())
        agent.node = pod.empty() ? "bugtool" : pod;
      agent.container = "cilium-agent";
      agent.origin = "cilium-bugtool of " + (pod.empty() ? agent.node : pod);
      if (evidence.cilium_namespace.empty())
        evidence.cilium_namespace = agent.pod_namespace;
      nodes_seen.insert(agent.node);
      if (agent.outputs.find("status-verbose") == agent.outputs.end()) {
        agent.outputs["status-verbose"] =
            Missing{Reason::no_such_file, "the archive has no `cilium status --verbose` of it"};
      }
      evidence.agents.push_back(std::move(agent));
    }
    for (const auto& [name, pod] :
         agents_by_name) {  // agents without a bugtool tree: --quick, --node-list, or down
      const std::string node = text_at(*pod, "/spec/nodeName");
      if (node.empty() || nodes_seen.count(node) != 0)
        continue;
      Agent agent;
      agent.node = node;
      agent.pod = name;
      agent.pod_namespace = text_at(*pod, "/metadata/namespace");
      agent.container = "cilium-agent";
      agent.origin = "pod " + agent.pod_namespace + "/" + name;
      if (evidence.cilium_namespace.empty())
        evidence.cilium_namespace = agent.pod_namespace;
      agent.unreachable = words_of(*pod).value_or(
          Missing{Reason::no_such_file, "the archive holds nothing of this agent"});
      evidence.agents.push_back(std::move(agent));
    }
    std::stable_sort(
        evidence.agents.begin(), evidence.agents.end(), [](const Agent& a, const Agent& b) {
          return natural_less(a.node, b.node);
        });
  }

  // The last words of an agent whose container does not run; nothing when it runs.
  static std::optional<Missing> words_of(const Json& pod) {
    const Json::json_pointer statuses("/status/containerStatuses");
    if (!pod.contains(statuses) || !pod.at(statuses).is_array()) {
      return Missing{Reason::agent_down,
                     fmt::format("its pod is {}",
                                 text_at(pod, "/status/phase").empty()
                                     ? "in no phase"
                                     : text_at(pod, "/status/phase"))};
    }
    for (const Json& status : pod.at(statuses)) {
      if (text_at(status, "/name") != "cilium-agent")
        continue;
      if (status.contains(Json::json_pointer("/state/running")))
        return std::nullopt;
      std::string words = text_at(status, "/state/waiting/reason");
      if (words.empty())
        words = text_at(status, "/state/terminated/reason");
      std::string last = text_at(status, "/lastState/terminated/message");
      if (last.empty())
        last = text_at(status, "/state/terminated/message");
      return Missing{Reason::agent_down,
                     last.empty() ? words : words + ": " + std::string(trim(last))};
    }
    return Missing{Reason::agent_down, "its cilium-agent container has no status"};
  }
};

// By its first bytes: a zip or a gzip, be it damaged, is no text.
bool is_packed(const std::string& path, os::Interrupt interrupt) {
  char begin[2] = "";
  os::Input in(path, interrupt);
  in.read(begin, sizeof begin);
  const std::string_view magic(begin, sizeof begin);
  return magic == "PK" || magic == "\x1f\x8b";
}

}  // namespace

Output bugtool_output(std::string text, std::string source) {
  Output output;
  output.source = std::move(source);
  constexpr std::string_view k_error = "> Error while running '";
  std::string kept;
  kept.reserve(text.size());
  bool fenced = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = std::string_view(text).substr(at, end - at);
    const bool first = at == 0;
    at = end + 1;
    if (line.starts_with(k_error)) {
      output.err += line;
      const std::size_t status = line.find("exit status ");
      output.exit_code =
          status == std::string_view::npos
              ? 1
              : std::max(1, std::atoi(std::string(line.substr(status + 12)).c_str()));
      continue;
    }
    if (first && line.starts_with("# ") &&
        text.compare(std::min(at, text.size()), 5, "\n```\n") == 0)
      fenced = true;
    if (fenced && (line.starts_with("```") || (first && line.starts_with("# "))))
      continue;
    kept += line;
    kept += '\n';
  }
  output.out = std::move(kept);
  return output;
}

Result<Evidence> open_evidence(const std::string& path, os::Interrupt interrupt) {
  std::error_code error;
  Builder builder;
  builder.evidence.kind = SourceKind::sysdump;
  builder.evidence.description =
      fs::path(path).has_filename() ? os::text_of(fs::path(path).filename()) : path;
  bool sysdump = false;
  bool python = false;
  const auto wanted = [&](std::string_view name) {
    const std::string_view base = base_name(name);
    python = python || (base.starts_with("nodes-") && base.ends_with(".json") &&
                        name.find("cilium-sysdump") != std::string_view::npos);
    if (bugtool_pod(name)) {
      sysdump = true;
      return !command_of(base).empty() ||
             (base.starts_with("cilium-debuginfo") && base.ends_with(".json"));
    }
    const bool is = !resource_of(base).empty() || base.starts_with("k8s-version") ||
                    base == k_collect_file ||
                    (base.starts_with("logs-cilium") && base.ends_with(".log"));
    sysdump = sysdump || (!resource_of(base).empty()) || base == "cilium-sysdump.log";
    return is;
  };
  const auto take = [&](std::string name, std::string content) {
    builder.take(std::move(name), std::move(content));
  };
  const auto open = [&](const std::string& name) {
    if (bugtool_pod(name))
      return Pieces{};
    const std::string resource = resource_of(base_name(name));
    return resource.empty() ? Pieces{} : builder.object_file(resource, name);
  };
  const Result<ArchiveResult> read =
      read_archive(path, wanted, take, open, {.interrupt = interrupt});
  if (!read) {
    // A saved text is taken too; the parser says what it is.
    if (read.error().kind == ErrorKind::input && fs::is_regular_file(path, error) &&
        !is_packed(path, interrupt))
      return from_texts({path}, interrupt);
    return read.error();
  }
  if (!sysdump) {
    if (python)
      return Error{
          ErrorKind::unsupported,
          fmt::format("{} is a dump of the old cilium-sysdump script, which is too old", path),
          "Make a new one with `cilium sysdump`."};
    if (fs::is_directory(path, error))
      return from_texts({path}, interrupt);
    if (read->entries <= 1 && !is_packed(path, interrupt))
      return from_texts({path}, interrupt);
    return Error{ErrorKind::input,
                 fmt::format("{} holds neither a cilium sysdump nor a cilium-bugtool archive{}",
                             path,
                             !read->damaged.empty() ? "; " + read->damaged
                             : read->entries == 0   ? ": it is empty"
                                                    : ""),
                 "Make one with `cilium sysdump`, or with `kubectl kpr collect`."};
  }
  builder.lose(read->unreadable);
  builder.use_debuginfo();
  builder.place_agents();
  Evidence& evidence = builder.evidence;
  for (const auto& [resource, arrival] : builder.arrivals)
    arrival.tell(*evidence.objects[resource]);
  if (!read->damaged.empty()) {
    evidence.notes.push_back("warning: " + read->damaged + "; what stands before it was read");
    evidence.interrupted = true;
  }
  for (const char* resource : {"nodes",
                               "pods",
                               "services",
                               "endpoints",
                               "endpointslices",
                               "events",
                               "namespaces",
                               "daemonsets",
                               "deployments",
                               "configmaps",
                               "ciliumnodes",
                               "ciliumnodeconfigs"}) {
    if (evidence.objects.find(resource) == evidence.objects.end()) {
      evidence.objects[resource] =
          Missing{Reason::no_such_file, fmt::format("the archive has no file of {}", resource)};
    }
  }
  for (const char* resource : {"secrets",
                               "mutatingwebhookconfigurations",
                               "customresourcedefinitions",
                               "persistentvolumes",
                               "runtimeclasses"}) {
    if (evidence.objects.find(resource) == evidence.objects.end())
      evidence.objects[resource] =
          Missing{Reason::no_such_file, fmt::format("a sysdump does not hold {}", resource)};
  }
  if (!builder.collected.empty())
    if (const Result<void> applied = apply_collect_file(evidence, builder.collected); !applied) {
      if (applied.error().kind != ErrorKind::too_large)
        return applied.error();
      evidence.notes.push_back("warning: " + applied.error().message + "; it was not used");
      evidence.interrupted = true;
    }
  return std::move(evidence);
}

}  // namespace kpr::archive
