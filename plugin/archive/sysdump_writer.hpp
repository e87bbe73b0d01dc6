// What `collect` writes: the layout of a `cilium sysdump`, as a zip, that other tools read too.
// What that layout has no place for (reasons of what is missing, exit codes, the moment "now")
// stands in one more file, so that reading the archive gives the same Evidence back.
#pragma once
#include <string>

#include "evidence/evidence.hpp"
#include "util/result.hpp"

namespace kpr::archive {

// The file of what a sysdump has no place for; its presence tells our archives from cilium's.
inline constexpr std::string_view k_collect_file = "kubectl-kpr-collect.json";

struct SysdumpWriteOptions {
  std::string tool_version;  // for cilium-sysdump.log
};

// Writes `path` with mode 0600, whole or not at all, and never over a file that is there. Its
// ending says the form: .zip, .tar.gz or .tgz. Left out: values of Secrets other than what is
// needed of Helm releases (name, status, versions, times, user values with everything that is named
// like a credential blanked), environment variables but for the API server's address and proxies,
// arguments that carry credentials, signatures of cluster-info, and tokens, passwords and private
// keys in whatever agents and containers said.
Result<void> write_sysdump(const evidence::Evidence& evidence,
                           const std::string& path,
                           const SysdumpWriteOptions& options = {});

// Whether the name is one that write_sysdump takes: its ending, and no such file yet.
Result<void> may_write_sysdump(const std::string& path);

// The file name that `collect` gives by itself: "kpr-sysdump-20261124-120000.zip", in UTC.
std::string sysdump_name(Time now);

// A file that only its owner may read, in place of one of that name, whole or not at all.
Result<void> write_private_file(const std::string& path, const std::string& content);

// For the reader: puts the content of k_collect_file over what was read from the files. Content
// that is not ours changes nothing and is an Error.
Result<void> apply_collect_file(evidence::Evidence& evidence, const std::string& content);

}  // namespace kpr::archive
