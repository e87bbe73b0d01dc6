// Objects of the API, listed page by page and cut down on arrival. Only for the cluster collector.
#pragma once
#include <string>

#include "evidence/evidence.hpp"
#include "kube/client.hpp"

namespace kpr::evidence {

// Never an Error: what could not be listed is Missing with the reason.
Piece<Objects> list_resource(kube::Client& client, const std::string& plural, const std::string& cilium_namespace);

// The reason that an Error stands for in a row.
Missing missing_of(const Error& error);

}  // namespace kpr::evidence
