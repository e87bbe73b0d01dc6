// Randomness from the kernel by system call: std::random_device opens /dev/urandom, which an empty root does not have.
#pragma once
#include <cstdint>
#include <random>

#if defined(__linux__)
#include <unistd.h>
#elif defined(__APPLE__)
#include <sys/random.h>
#endif

namespace kpr {

inline std::uint32_t random_word() {
#if defined(__linux__) || defined(__APPLE__)
  std::uint32_t word = 0;
  if (::getentropy(&word, sizeof word) == 0) return word;
#endif
  return static_cast<std::uint32_t>(std::random_device{}());
}

}  // namespace kpr
