#include "facts/cgroup.hpp"

#include <algorithm>

#include "util/strings.hpp"

namespace kpr::facts {
namespace {

// "…/bpftool-cgroup-tree--sys-fs-cgroup.md" → "-sys-fs-cgroup": a bugtool's file has no slashes
// left of its command. "… bpftool cgroup tree /run/cilium/cgroupv2" → that.
std::string root_of(std::string_view source) {
  constexpr std::string_view k_file = "bpftool-cgroup-tree-", k_command = "cgroup tree ";
  if (const auto at = source.rfind(k_file); at != std::string_view::npos) {
    source.remove_prefix(at + k_file.size());
    return std::string(source.substr(0, source.rfind(".md")));
  }
  const auto at = source.rfind(k_command);
  return std::string(at == std::string_view::npos ? std::string_view()
                                                  : trim(source.substr(at + k_command.size())));
}

std::string with_dashes(std::string text) {
  std::replace(text.begin(), text.end(), '/', '-');
  return text;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> out;
  for (const std::string_view word : split(line, ' '))
    if (!word.empty())
      out.push_back(word);
  return out;
}

bool is_connect(const CgroupProgram& p) {
  const bool ipv4 = p.attach.find("inet4_connect") != std::string::npos || p.attach == "connect4";
  return ipv4 && (p.name.empty() || p.name.find("sock4_con") != std::string::npos);
}

}  // namespace

bool CgroupTree::is_root(const CgroupProgram& program) const {
  if (!root.empty())
    return with_dashes(program.cgroup) == with_dashes(root);
  // Where Cilium mounts it, and where systemd and Talos have it (Helm's cgroup.hostRoot).
  return program.cgroup == "/run/cilium/cgroupv2" || program.cgroup == "/sys/fs/cgroup";
}

const CgroupProgram* CgroupTree::connect() const {
  const CgroupProgram* found = nullptr;
  for (const CgroupProgram& program : programs)
    if (is_connect(program) && (found == nullptr || is_root(program)))
      found = &program;
  return found;
}

// "    3921 cgroup_inet4_connect multi           cil_sock4_connect": a link has no flags.
CgroupTree parse_bpftool_cgroup(std::string_view text, std::string_view source) {
  CgroupTree out;
  out.root = root_of(source);
  std::string cgroup;
  for (const std::string_view line : split(text, '\n')) {
    if (line.starts_with('/')) {
      cgroup = std::string(trim(line));
      continue;
    }
    const auto words = words_of(trim(line));
    if (cgroup.empty() || words.size() < 2 || words[0].find_first_not_of("0123456789") == 0)
      continue;
    const bool flags = words.size() > 2 && (words[2] == "multi" || words[2] == "override");
    const std::size_t name = flags ? 3 : 2;
    out.programs.push_back({cgroup,
                            std::string(words[1]),
                            words.size() > name ? std::string(words[name]) : std::string()});
  }
  return out;
}

}  // namespace kpr::facts
