// Randomness from the system, with no file to open: an empty root has no /dev/urandom.
#pragma once
#include <cstdint>

namespace kpr::os {

std::uint32_t random_word();

}  // namespace kpr::os
