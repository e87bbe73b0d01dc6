// Where the evidence comes from: saved texts (-f), an archive (--from), or the cluster of the
// kubeconfig. Commands cannot tell which.
#pragma once
#include <string>

#include "cli/dispatch.hpp"
#include "cli/flags.hpp"
#include "evidence/evidence.hpp"
#include "live/cluster.hpp"
#include "util/result.hpp"

namespace kpr::cli {

bool is_live(const FlagValues& flags);

// `subcommand` decides which commands agents are asked and which resources are listed
// (evidence/commands.hpp). `intake`: of a cluster only.
Result<evidence::Evidence> open_source(const FlagValues& flags,
                                       std::string_view subcommand,
                                       const Environment& environment,
                                       evidence::Intake* intake = nullptr);

// kubectl's connection flags and ours for the fan-out, checked.
Result<live::ClusterOptions> cluster_options(const FlagValues& flags,
                                             const Environment& environment);

}  // namespace kpr::cli
