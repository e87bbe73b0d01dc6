// Evidence that may be shown to strangers: names of nodes, namespaces, pods, workloads, Services,
// hosts, registries and clusters, and all addresses, are behind pseudonyms, in objects and in
// everything that agents and containers said. Names that belong to Kubernetes, Cilium and other
// known parts stay, so that the same checks find the same.
#pragma once
#include "evidence/evidence.hpp"
#include "privacy/pseudonyms.hpp"

namespace kpr::privacy {

void anonymize(evidence::Evidence& evidence, Pseudonyms& pseudonyms);

}  // namespace kpr::privacy
