#include "archive/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <unordered_map>

#include "os/files.hpp"
#include "os/input.hpp"
#include "util/strings.hpp"

namespace kpr::archive {

using namespace evidence;

namespace {

namespace fs = std::filesystem;

Error too_large(const std::string& path, std::size_t limit) {
  return Error{ErrorKind::too_large,
               fmt::format("{} is larger than {} MiB and was not read", path, limit >> 20),
               "Save the output of one agent in a file of its own."};
}

Error cannot_read(const std::string& path, std::error_code why) {
  if (why == std::errc::interrupted)
    return Error{ErrorKind::cancelled, "interrupted", ""};
  return Error{ErrorKind::input, fmt::format("cannot read {}: {}", path, why.message()), ""};
}

Result<std::string> read_all(os::Input& in, const std::string& path, std::size_t limit) {
  std::string text;
  std::vector<char> buffer(1 << 16);
  long got = 0;
  while ((got = in.read(buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > limit)
      return too_large(path, limit);
  }
  if (got < 0)
    return cannot_read(path, in.error());
  return text;
}

std::string node_name(const fs::path& path) {
  std::string name = os::text_of(path.filename());
  for (const std::string_view ending : {".txt", ".md", ".log", ".json", ".out", ".status"}) {
    if (name.size() > ending.size() && name.ends_with(ending))
      return name.substr(0, name.size() - ending.size());
  }
  return name;
}

// Cheap look: does this file of a folder hold a status at all? Its parse decides the rest.
bool may_be_status(const std::string& text) {
  return text.find("KubeProxyReplacement") != std::string::npos ||
         text.find("Controller Status:") != std::string::npos ||
         text.find("kube-proxy-replacement") != std::string::npos ||
         text.find("NodeMonitor:") != std::string::npos ||
         text.find("Is the agent running?") != std::string::npos;
}

Agent agent_of(const std::string& node, const std::string& origin, Result<std::string> text) {
  Agent agent;
  agent.node = node;
  agent.origin = origin;
  if (text) {
    agent.outputs["status-verbose"] = Output{std::move(*text), "", 0, origin};
  } else {
    agent.outputs["status-verbose"] =
        Missing{text.error().kind == ErrorKind::too_large ? Reason::too_large : Reason::failed,
                text.error().message};
  }
  return agent;
}

}  // namespace

Result<std::string> read_standard_input(std::size_t limit, os::Interrupt interrupt) {
  os::Input in(interrupt);
  return read_all(in, "standard input", limit);
}

Result<std::string> read_file(const std::string& path, std::size_t limit, os::Interrupt interrupt) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found)
    return Error{ErrorKind::not_found, fmt::format("the path \"{}\" does not exist", path), ""};
  if (status.type() == fs::file_type::character || status.type() == fs::file_type::block) {
    return Error{ErrorKind::input,
                 fmt::format("{} is a device, not a file", path),
                 "Name a saved text, a folder of them, or - for standard input."};
  }
  if (fs::is_regular_file(status) && fs::file_size(path, error) > limit && !error)
    return too_large(path, limit);
  os::Input in(path, interrupt);
  return read_all(in, path, limit);
}

Result<Evidence> from_texts(const std::vector<std::string>& paths, os::Interrupt interrupt) {
  Evidence evidence;
  evidence.kind = SourceKind::text;
  std::vector<Error> failures;
  for (const std::string& path : paths) {
    if (path == "-") {
      evidence.agents.push_back(agent_of(
          "stdin", "standard input", read_standard_input(k_max_text_file_bytes, interrupt)));
      continue;
    }
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      Result<std::string> text = read_file(path, k_max_text_file_bytes, interrupt);
      if (!text) {
        failures.push_back(text.error());
        if (text.error().kind == ErrorKind::not_found)
          continue;  // a misspelt name is no node
      }
      evidence.agents.push_back(agent_of(node_name(path), path, std::move(text)));
      continue;
    }
    std::vector<fs::path> files;
    for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
      if (it->is_regular_file(error))
        files.push_back(it->path());
    }
    if (error)
      return Error{ErrorKind::input,
                   fmt::format("cannot read the folder {}: {}", path, error.message()),
                   ""};
    std::sort(files.begin(), files.end());
    std::size_t found = 0;
    for (const fs::path& file : files) {
      const std::string name = os::text_of(file.generic_u8string());
      Result<std::string> text = read_file(name, k_max_text_file_bytes, interrupt);
      if (text && !may_be_status(*text))
        continue;
      ++found;
      evidence.agents.push_back(agent_of(node_name(file), name, std::move(text)));
    }
    if (found == 0) {
      return Error{ErrorKind::input,
                   fmt::format("no `cilium status` text found in the folder {}", path),
                   "Save one a node: kubectl -n kube-system exec POD -c cilium-agent -- cilium-dbg "
                   "status --verbose > DIR/NODE.txt"};
    }
  }
  if (interrupt.raised())
    return cannot_read({}, std::make_error_code(std::errc::interrupted));
  if (evidence.agents.empty() && !failures.empty())
    return failures.front();
  for (const Error& failure : failures) {
    if (failure.kind == ErrorKind::not_found) {
      evidence.notes.push_back("warning: " + failure.message);
      evidence.interrupted = true;  // what was asked for is not all here
    }
  }
  // Two files of one name in two folders stay apart.
  std::unordered_map<std::string, std::size_t> named;
  for (const Agent& agent : evidence.agents)
    ++named[agent.node];
  for (Agent& agent : evidence.agents) {
    if (named[agent.node] < 2 || agent.origin == agent.node)
      continue;
    --named[agent.node];
    ++named[agent.origin];
    agent.node = agent.origin;
  }
  std::stable_sort(
      evidence.agents.begin(), evidence.agents.end(), [](const Agent& a, const Agent& b) {
        return natural_less(a.node, b.node);
      });
  evidence.description = paths.size() == 1 ? paths[0] : count_of(paths.size(), "file");
  return evidence;
}

}  // namespace kpr::archive
