// Which BPF programs hang on a node's cgroups, as `bpftool cgroup tree` prints them.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace kpr::facts {

struct CgroupProgram {
  std::string cgroup;  // "/run/cilium/cgroupv2/kubepods.slice"
  std::string attach;  // "cgroup_inet4_connect"; "connect4" of bpftool before 7.0
  std::string name;    // "cil_sock4_connect", cut to 15 bytes by old kernels; may be empty
};

// bpftool prints only cgroups that have programs: the first one need not be the root.
struct CgroupTree {
  std::string root;  // that was asked for; empty when the source does not tell
  std::vector<CgroupProgram> programs;

  bool is_root(const CgroupProgram& program) const;
  // Cilium's program for connect(2) to IPv4 on the root of the tree, or else anywhere; null when
  // there is none.
  const CgroupProgram* connect() const;
};

// `source`: the command, or the name of a bugtool's file, which tells the root.
CgroupTree parse_bpftool_cgroup(std::string_view text, std::string_view source);

}  // namespace kpr::facts
