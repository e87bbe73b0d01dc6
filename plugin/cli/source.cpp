#include "cli/source.hpp"

#include <iostream>

#include "evidence/text.hpp"

namespace kpr::cli {

bool is_live(const FlagValues& flags) { return !flags.has("filename") && !flags.has("from"); }

Result<evidence::Evidence> open_source(const FlagValues& flags, const Wants&, const Environment&) {
  if (flags.has("filename") && flags.has("from")) return Error{ErrorKind::usage, "--filename and --from cannot be used together", ""};
  if (flags.has("filename")) return evidence::from_texts(flags.all("filename"), std::cin);
  return Error{ErrorKind::unsupported, "asking a cluster is not built into this program yet", "Read saved texts with -f FILE."};
}

}  // namespace kpr::cli
