// What the lines of a status say together: which Cilium printed them, and whether all are there.
#pragma once
#include <cstdint>

#include "kpr/parse.hpp"

namespace kpr::det {

// `keys`: a bit a key that was read.
void judge_version(StatusDocument& document, std::uint64_t keys);
void judge_completeness(StatusDocument& document);

}  // namespace kpr::det
