#include "os/random.hpp"

#include <random>

#if defined(__linux__)
#include <unistd.h>
#elif defined(__APPLE__)
#include <sys/random.h>
#endif

namespace kpr::os {

std::uint32_t random_word() {
#if defined(__linux__) || defined(__APPLE__)
  // std::random_device opens /dev/urandom here.
  std::uint32_t word = 0;
  if (::getentropy(&word, sizeof word) == 0)
    return word;
#endif
  return static_cast<std::uint32_t>(std::random_device{}());
}

}  // namespace kpr::os
