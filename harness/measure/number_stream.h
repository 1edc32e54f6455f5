// A stream of numbers that depends on a key and an index alone, not on order, threads or machine.
#pragma once

#include <cstdint>

namespace attnbench::measure {

/// The finaliser of splitmix64.
inline uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

/// One tensor's numbers. Tensors of one seed differ in `which`.
struct NumberStream {
  uint64_t key;

  NumberStream(uint64_t seed, uint64_t which) : key(mix(mix(seed + 0x9E3779B97F4A7C15u) + which)) {}

  uint64_t word(int64_t index) const {
    return mix(key + static_cast<uint64_t>(index) * 0x9E3779B97F4A7C15u);
  }

  /// Mean 0, variance 1, within 3.5: the sum of four uniform 16-bit integers, times a constant, so
  /// that the bits do not depend on a libm.
  float normal(int64_t index) const {
    const uint64_t w = word(index);
    const auto sum = static_cast<int32_t>((w & 0xFFFF) + ((w >> 16) & 0xFFFF) +
                                          ((w >> 32) & 0xFFFF) + (w >> 48));
    constexpr float kScale = 1.0f / 37837.2266f;  // sqrt(4 * (2^32 - 1) / 12)
    return static_cast<float>(sum - 2 * 0xFFFF) * kScale;
  }

  /// From -1 to 1.
  double uniform(int64_t index) const {
    return static_cast<double>(word(index) >> 11) * 0x1p-52 - 1;
  }
};

}  // namespace attnbench::measure
