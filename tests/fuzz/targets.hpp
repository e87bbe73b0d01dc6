#pragma once
#include <cstddef>
#include <cstdint>

// One function a target; each returns 0, and aborts where a property does not hold.
int fuzz_one(const std::uint8_t* data, std::size_t size);
