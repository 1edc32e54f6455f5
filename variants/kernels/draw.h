// Reproducible randomness for patterns: each number is a function of a seed, a row and an index.
#pragma once

#include <cstdint>

namespace attnbench::kernels {

inline constexpr int64_t kLargestSeed = int64_t{1} << 40;

/// The random numbers of one row of a pattern. Each has an index, and they may be asked for in any
/// order and any number of times.
class Draws {
 public:
  Draws(int64_t seed, int64_t row)
      : key_(mixed(mixed(static_cast<uint64_t>(seed)) + static_cast<uint64_t>(row))) {}

  /// Uniform in [0, n), n from 1 to 2^32.
  int64_t below(int64_t n, int64_t index = 0) const {
    const uint64_t high = mixed(key_ + static_cast<uint64_t>(index)) >> 32;
    return static_cast<int64_t>((high * static_cast<uint64_t>(n)) >> 32);
  }

  /// A number from part `index` of [0, n), which is cut into `parts` equal parts. The numbers of
  /// all parts are distinct and ascend. parts is at most n.
  int64_t from_part(int64_t n, int64_t parts, int64_t index) const {
    const double width = static_cast<double>(n) / static_cast<double>(parts);
    const auto begin = static_cast<int64_t>(width * static_cast<double>(index));
    const auto end = static_cast<int64_t>(width * static_cast<double>(index + 1));
    return begin + below(end - begin, index);
  }

 private:
  /// splitmix64 (Steele et al. 2014).
  static uint64_t mixed(uint64_t x) {
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
  }

  uint64_t key_;
};

}  // namespace attnbench::kernels
