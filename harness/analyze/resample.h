// The bootstrap: medians of resampled samples, the same bits on every machine.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analyze/statistics.h"

namespace attnbench::analyze {

/// With this many, the ends of a 95 % interval are stable in the digits that are shown.
inline constexpr int kResamples = 2000;

/// SplitMix64 (Steele, Lea, Flood 2014). The distributions of std differ between libraries.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next();
  /// Uniform in [0, count), count below 2^32.
  size_t below(size_t count);

 private:
  uint64_t state_;
};

/// kResamples medians, each of as many samples drawn with replacement as there are. The samples
/// ascend and are not empty.
std::vector<double> resampled_medians(std::span<const double> sorted, uint64_t seed);

/// The middle kConfidence of at least 2 resampled values, which may be infinite.
Interval percentile_interval(std::vector<double> values);

}  // namespace attnbench::analyze
