#pragma once
#include <string>

namespace kpr::os {

// The authorities that the system keeps in a store of its own, as PEM texts. "" where they are
// files (net/ca.hpp knows them).
std::string root_certificates();

}  // namespace kpr::os
