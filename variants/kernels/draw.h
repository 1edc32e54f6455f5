// Reproducible randomness for patterns: a number is a function of what it is drawn for.
#pragma once

#include <cstdint>

namespace attnbench::kernels {

inline constexpr int64_t kLargestSeed = int64_t{1} << 40;

/// The numbers of one row of a pattern, by their index: any of them at any time, in any order.
class Draws {
 public:
  Draws(int64_t seed, int64_t row)
      : key_(mixed(mixed(static_cast<uint64_t>(seed)) + static_cast<uint64_t>(row))) {}

  /// Uniform in [0, n), n from 1 to 2^32.
  int64_t below(int64_t n, int64_t index = 0) const {
    const uint64_t high = mixed(key_ + static_cast<uint64_t>(index)) >> 32;
    return static_cast<int64_t>((high * static_cast<uint64_t>(n)) >> 32);
  }

  /// One number from each of `parts` equal parts of [0, n), at `index` that of the part: they are
  /// distinct and ascend. parts is at most n.
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
