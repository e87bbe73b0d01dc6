#include "archive/sysdump_writer.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <system_error>

#include "archive/sysdump_reader.hpp"
#include "os/files.hpp"
#include "privacy/redact.hpp"
#include "util/json.hpp"
#include "util/strings.hpp"

namespace kpr::archive {

using namespace evidence;

namespace {

using Json = nlohmann::json;

constexpr std::string_view k_reasons[] = {"not_asked",
                                          "no_right",
                                          "no_such_file",
                                          "agent_down",
                                          "timed_out",
                                          "too_large",
                                          "version_too_old",
                                          "incomplete",
                                          "interrupted",
                                          "failed",
                                          "no_such_resource"};

Json missing_json(const Missing& missing) {
  return {{"missing", k_reasons[static_cast<std::size_t>(missing.reason)]},
          {"detail", privacy::redact_text(missing.detail)}};
}

bool flag(const Json& object, const char* key) {
  const auto it = object.is_object() ? object.find(key) : object.end();
  return it != object.end() && it->is_boolean() && it->get<bool>();
}

const Json& list(const Json& object, const char* key) {
  static const Json none = Json::array();
  const auto it = object.find(key);
  return it != object.end() && it->is_array() ? *it : none;
}

const Json& map(const Json& object, const char* key) {
  static const Json none = Json::object();
  const auto it = object.is_object() ? object.find(key) : object.end();
  return it != object.end() && it->is_object() ? *it : none;
}

Missing missing_of(const Json& json) {
  const std::string name = text_at(json, "missing");
  const auto* found = std::find(std::begin(k_reasons), std::end(k_reasons), name);
  return {found == std::end(k_reasons) ? Reason::failed
                                       : static_cast<Reason>(found - std::begin(k_reasons)),
          text_at(json, "detail")};
}

// "20261124-120000", the form of every name in a sysdump; UTC where cilium uses local time, so that
// the same evidence gives the same names.
std::string stamp_of(Time time) {
  const std::string rfc = format_rfc3339(time);
  return rfc.substr(0, 4) + rfc.substr(5, 2) + rfc.substr(8, 2) + "-" + rfc.substr(11, 2) +
         rfc.substr(14, 2) + rfc.substr(17, 2);
}

// The files that cilium's own tool makes for one object of a kind; what is not listed goes to
// k8s-<plural>.
std::string
file_of(const std::string& resource, const Json& item, const std::string& cilium_namespace) {
  const Json& metadata = map(item, "metadata");
  if (text_at(metadata, "namespace") == cilium_namespace) {
    const std::string name = text_at(metadata, "name");
    if (resource == "configmaps" && name == "cilium-config")
      return "cilium-configmap";
    if (resource == "daemonsets" &&
        (name == "cilium" || name == "cilium-envoy" || name == "cilium-node-init"))
      return name + "-daemonset";
    if (resource == "deployments" && (name == "cilium-operator" || name == "hubble-relay"))
      return name + "-deployment";
  }
  if (resource == "helm-values" || resource == "helm-metadata")
    return "cilium-" + resource;
  return resource.starts_with("cilium") ? resource : "k8s-" + resource;
}

bool single(std::string_view file) {
  return file.ends_with("-configmap") || file.ends_with("-daemonset") ||
         file.ends_with("-deployment") || file.starts_with("cilium-helm-");
}

// An archive on its way to disk: one error is kept, the rest of the writing is then skipped.
class Packer {
 public:
  Packer(int fd, bool zip, Time when)
      : archive_(archive_write_new(), archive_write_free),
        when_(when) {
    if (zip) {
      check(archive_write_set_format_zip(archive_.get()));
    } else {
      check(archive_write_set_format_pax_restricted(archive_.get()));
      check(archive_write_add_filter_gzip(archive_.get()));
      check(archive_write_set_filter_option(
          archive_.get(), "gzip", "timestamp", nullptr));  // the same evidence, the same bytes
    }
    check(archive_write_open_fd(archive_.get(), fd));
  }
  void add(const std::string& name, const std::string& content) {
    if (!error_.empty())
      return;
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(),
                                                                         archive_entry_free);
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0600);
    archive_entry_set_mtime(
        entry.get(),
        std::chrono::duration_cast<std::chrono::seconds>(when_.time_since_epoch()).count(),
        0);
    check(archive_write_header(archive_.get(), entry.get()));
    for (std::size_t at = 0; at < content.size() && error_.empty();) {
      const la_ssize_t wrote =
          archive_write_data(archive_.get(), content.data() + at, content.size() - at);
      if (wrote <= 0)
        return check(ARCHIVE_FATAL);
      at += static_cast<std::size_t>(wrote);
    }
  }
  std::string close() {
    if (error_.empty())
      check(archive_write_close(archive_.get()));
    return error_;
  }

 private:
  void check(int code) {
    if (code >= ARCHIVE_WARN || !error_.empty())
      return;
    const char* why = archive_error_string(archive_.get());
    error_ = why == nullptr ? "unknown error"
             : std::string_view(why) == "Write error"
                 ? std::generic_category().message(archive_errno(archive_.get()))
                 : why;
  }
  std::unique_ptr<::archive, int (*)(::archive*)> archive_;
  Time when_;
  std::string error_;
};

Error cannot_write(const std::string& path, const std::string& why) {
  return Error{ErrorKind::input, fmt::format("cannot write {}: {}", path, why), ""};
}

Error exists(const std::string& path) {
  return Error{ErrorKind::input,
               fmt::format("{} exists already", path),
               "Name another file with -o, or remove this one."};
}

// As bugtool does: stdout, stderr, and a line for a failure.
std::string bugtool_text(const std::string& command, const Output& output) {
  std::string content = output.out;
  if (!content.empty() && !content.ends_with('\n'))
    content += '\n';
  if (!output.err.empty() && !output.err.starts_with("> Error while running '"))
    content += output.err + (output.err.ends_with('\n') ? "" : "\n");
  if (output.exit_code != 0)
    content +=
        fmt::format("> Error while running '{}':  exit status {}\n\n", command, output.exit_code);
  return content;
}

std::string agent_folder(const Agent& agent, std::size_t index, const std::string& stamp) {
  return fmt::format("cilium-bugtool-{}-{}/cmd/",
                     agent.pod.empty() ? fmt::format("agent-{}", index + 1) : agent.pod,
                     stamp);
}

std::string log_file(const Log& log, const std::string& stamp) {
  return fmt::format(
      "logs-{}-{}-{}{}.log", log.pod, log.container, stamp, log.previous ? "-prev" : "");
}

// A name from outside as one part of a path.
bool safe_part(const std::string& name) {
  return name.find('/') == std::string::npos && name.find('\\') == std::string::npos &&
         name != "." && name != "..";
}

}  // namespace

std::string sysdump_name(Time now) {
  return "kpr-sysdump-" + stamp_of(now) + ".zip";
}

Result<void> write_private_file(const std::string& path, const std::string& content) {
  os::PartFile part(path);
  part.write(content);
  if (const std::error_code failed = part.publish(true))
    return cannot_write(path, failed.message());
  return {};
}

Result<void> may_write_sysdump(const std::string& path) {
  if (!path.ends_with(".zip") && !path.ends_with(".tar.gz") && !path.ends_with(".tgz"))
    return Error{
        ErrorKind::usage,
        fmt::format("the archive's name \"{}\" ends neither in .zip nor in .tar.gz or .tgz", path),
        ""};
  std::error_code error;
  if (std::filesystem::exists(std::filesystem::symlink_status(path, error)))
    return exists(path);
  return {};
}

Result<void> write_sysdump(const Evidence& evidence,
                           const std::string& path,
                           const SysdumpWriteOptions& options) {
  KPR_TRY(may_write_sysdump(path));
  const std::string stamp = stamp_of(evidence.now.value_or(Time{}));
  const std::string top = "cilium-sysdump-" + stamp + "/";
  os::PartFile part(path);
  if (part.error())
    return cannot_write(path, part.error().message());
  Packer zip(part.fd(), path.ends_with(".zip"), evidence.now.value_or(Time{}));

  std::string log = fmt::format(
      "Collecting with kubectl-kpr {}\nDetected Cilium installation in namespace: \"{}\"\n",
      options.tool_version,
      evidence.cilium_namespace);
  Json meta{{"apiVersion", "kpr.dev/v1"},
            {"kind", "Collected"},
            {"sourceKind", static_cast<int>(evidence.kind)},
            {"ciliumNamespace", evidence.cilium_namespace},
            {"interrupted", evidence.interrupted},
            {"notes", Json::array()},
            {"agents", Json::array()},
            {"objects", Json::object()},
            {"logs", Json::array()}};
  if (evidence.now)
    meta["now"] = format_rfc3339(*evidence.now);

  for (const auto& [resource, piece] : evidence.objects) {
    if (!piece) {
      meta["objects"][resource] = missing_json(piece.missing());
      log += fmt::format("failed to collect {}: {}{}{}\n",
                         resource,
                         to_string(piece.missing().reason),
                         piece.missing().detail.empty() ? "" : ": ",
                         piece.missing().detail);
      continue;
    }
    meta["objects"][resource] = {
        {"source", piece->source}, {"partial", piece->partial}, {"detail", piece->partial_detail}};
    if (piece->partial)
      log += fmt::format("{} is incomplete: {}\n", resource, piece->partial_detail);
    if (resource == "version") {
      if (!piece->items.empty())
        zip.add(top + "k8s-version-" + stamp + ".txt",
                fmt::format("version.Info{{GitVersion:\"{}\"}}",
                            text_at(piece->items.front(), "gitVersion")));
      continue;
    }
    // One item a line: valid YAML, split by readers at "- " like any sysdump, and each line is
    // JSON.
    std::map<std::string, std::string> files;
    for (const Json& item : piece->items) {
      const std::string file = file_of(resource, item, evidence.cilium_namespace);
      const Json kept = privacy::redact(resource, item);
      files[file] += single(file) ? json_text(kept) + "\n" : "- " + json_text(kept) + "\n";
    }
    if (files.empty())
      files["k8s-" + resource];
    for (const auto& [file, content] : files) {
      if (!safe_part(file))
        continue;
      zip.add(top + file + "-" + stamp + ".yaml",
              single(file) ? content
              : content.empty()
                  ? "apiVersion: v1\nitems: []\nkind: List\nmetadata: {}\n"
                  : "apiVersion: v1\nitems:\n" + content + "kind: List\nmetadata: {}\n");
    }
  }
  for (std::size_t i = 0; i < evidence.agents.size(); ++i) {
    const Agent& agent = evidence.agents[i];
    if (!safe_part(agent.pod))
      return Error{ErrorKind::input,
                   fmt::format("the pod name \"{}\" cannot be part of a file name",
                               escape_terminal(agent.pod)),
                   ""};
    const std::string folder = agent_folder(agent, i, stamp);
    Json about{{"node", agent.node},
               {"pod", agent.pod},
               {"namespace", agent.pod_namespace},
               {"container", agent.container},
               {"origin", agent.origin},
               {"folder", agent.pod.empty() ? fmt::format("agent-{}", i + 1) : agent.pod},
               {"outputs", Json::object()}};
    if (agent.unreachable) {
      about["unreachable"] = missing_json(*agent.unreachable);
      log += fmt::format("failed to collect from {} on {}: {}: {}\n",
                         agent.pod,
                         agent.node,
                         to_string(agent.unreachable->reason),
                         agent.unreachable->detail);
    }
    for (const auto& [name, output] : agent.outputs) {
      if (!safe_part(name))
        continue;
      if (!output) {
        about["outputs"][name] = missing_json(output.missing());
        log += fmt::format("failed to collect {} from {}: {}: {}\n",
                           name,
                           agent.node,
                           to_string(output.missing().reason),
                           output.missing().detail);
        continue;
      }
      Output kept = *output;
      kept.out = privacy::redact_output(name, std::move(kept.out));
      kept.err = privacy::redact_text(kept.err);
      about["outputs"][name] = {{"exitCode", kept.exit_code},
                                {"err", kept.err},
                                {"source", kept.source},
                                {"bytes", kept.out.size()}};
      zip.add(top + folder + bugtool_file_of(name), bugtool_text(name, kept));
    }
    meta["agents"].push_back(std::move(about));
  }
  for (const Log& one : evidence.logs) {
    if (!safe_part(one.pod) || !safe_part(one.container))
      continue;
    meta["logs"].push_back({{"namespace", one.ns},
                            {"pod", one.pod},
                            {"container", one.container},
                            {"previous", one.previous},
                            {"source", one.source},
                            {"file", log_file(one, stamp)}});
    zip.add(top + log_file(one, stamp), privacy::redact_text(one.tail));
  }
  for (const std::string& note : evidence.notes) {
    meta["notes"].push_back(privacy::redact_text(note));
    log += note + "\n";
  }
  zip.add(top + "cilium-sysdump.log", privacy::redact_text(log));
  zip.add(top + std::string(k_collect_file),
          meta.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
  const std::string problem = zip.close();
  if (!problem.empty())
    return cannot_write(path, problem);
  const std::error_code failed = part.publish(false);
  if (failed == std::errc::file_exists)
    return exists(path);
  if (failed)
    return cannot_write(path, failed.message());
  return {};
}

Result<void> apply_collect_file(Evidence& evidence, const std::string& content) {
  Result<Json> parsed = read_json(content);
  if (!parsed && parsed.error().kind == ErrorKind::too_large)
    return Error{ErrorKind::too_large,
                 fmt::format("{} inside the archive is {}", k_collect_file, parsed.error().message),
                 ""};
  const Json meta = parsed ? *std::move(parsed) : Json();
  if (!meta.is_object() || text_at(meta, "kind") != "Collected")
    return Error{ErrorKind::input,
                 fmt::format("{} inside the archive is not one of ours", k_collect_file),
                 ""};
  if (text_at(meta, "apiVersion") != "kpr.dev/v1")
    return Error{ErrorKind::unsupported,
                 "the archive was made by a newer kubectl-kpr",
                 "Update kubectl-kpr."};
  const auto kind = meta.find("sourceKind");
  if (kind != meta.end() && kind->is_number_integer() && *kind >= 0 &&
      *kind <= static_cast<int>(SourceKind::text))
    evidence.kind = static_cast<SourceKind>(kind->get<int>());
  evidence.now = parse_rfc3339(text_at(meta, "now"));
  evidence.cilium_namespace = text_at(meta, "ciliumNamespace");
  evidence.interrupted = evidence.interrupted || flag(meta, "interrupted");
  for (const Json& note : list(meta, "notes"))
    if (note.is_string())
      evidence.notes.push_back(note.get<std::string>());

  std::map<std::string, Piece<Objects>> objects;
  for (const auto& [resource, about] : map(meta, "objects").items()) {
    if (about.is_object() && about.contains("missing")) {
      objects[resource] = missing_of(about);
      continue;
    }
    auto found = evidence.objects.find(resource);
    Objects there =
        found != evidence.objects.end() && found->second ? std::move(*found->second) : Objects{};
    const bool damaged = there.partial;
    there.source = text_at(about, "source");
    there.partial = damaged || flag(about, "partial");
    if (!damaged)
      there.partial_detail = text_at(about, "detail");
    objects[resource] = std::move(there);
  }
  evidence.objects = std::move(objects);

  std::map<std::string, Agent> read;
  for (Agent& agent : evidence.agents)
    read[agent.pod] = std::move(agent);
  evidence.agents.clear();
  for (const Json& about : list(meta, "agents")) {
    Agent agent;
    agent.node = text_at(about, "node");
    agent.pod = text_at(about, "pod");
    agent.pod_namespace = text_at(about, "namespace");
    agent.container = text_at(about, "container");
    agent.origin = text_at(about, "origin");
    if (about.is_object() && about.contains("unreachable"))
      agent.unreachable = missing_of(about["unreachable"]);
    Agent& files = read[text_at(about, "folder")];
    for (const auto& [name, of] : map(about, "outputs").items()) {
      if (of.is_object() && of.contains("missing")) {
        agent.outputs[name] = missing_of(of);
        continue;
      }
      Output output;
      auto found = files.outputs.find(name);
      if (found != files.outputs.end() && found->second)
        output = std::move(*found->second);
      else if (!of.is_object() || of.value("bytes", Json(0)) != 0) {
        agent.outputs[name] = Missing{Reason::no_such_file, "the archive lost it"};
        continue;
      }
      // The command's stdout is the file's beginning; what follows is stderr and the line about the
      // failure, as bugtool mixes them.
      if (const auto bytes = of.find("bytes"); bytes != of.end() && bytes->is_number_unsigned())
        output.out.resize(std::min(output.out.size(), bytes->get<std::size_t>()));
      if (const auto code = of.find("exitCode"); code != of.end() && code->is_number_integer())
        output.exit_code = code->get<int>();
      output.err = text_at(of, "err");
      output.source = text_at(of, "source");
      agent.outputs[name] = std::move(output);
    }
    evidence.agents.push_back(std::move(agent));
  }

  std::map<std::string, std::string> tails;
  for (Log& log : evidence.logs)
    tails[log.source.substr(log.source.rfind('/') + 1)] = std::move(log.tail);
  evidence.logs.clear();
  for (const Json& about : list(meta, "logs")) {
    const auto tail = tails.find(text_at(about, "file"));
    if (tail == tails.end())
      continue;
    evidence.logs.push_back({text_at(about, "namespace"),
                             text_at(about, "pod"),
                             text_at(about, "container"),
                             flag(about, "previous"),
                             tail->second,
                             text_at(about, "source")});
  }
  return {};
}

}  // namespace kpr::archive
