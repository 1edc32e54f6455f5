// From which sequence length on one series is faster than another.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "analyze/statistics.h"

namespace attnbench::analyze {

/// Two times at one size, with their resampled medians.
struct SizePair {
  int64_t seq_len = 0;
  double a_s = 0;
  double b_s = 0;
  std::span<const double> a_draws;
  std::span<const double> b_draws;
};

/// Where two series trade places for the last time: beyond it the one that is faster at the largest
/// common size is faster at each. Interpolated in logarithms between neighbours.
struct Crossover {
  int faster = 0;  ///< Series that is faster at the largest common size.
  int slower = 0;
  double seq_len = 0;  ///< 0: faster at every size that both have. Infinite: equal at the largest.
  std::optional<Interval> interval;  ///< Of seq_len; 0 and infinity lie beyond the sizes measured.
  int sign_changes = 0;              ///< How often the medians trade places.
  int64_t smallest = 0;              ///< Common sizes.
  int64_t largest = 0;
  double ratio_at_largest = 1;  ///< slower over faster, of medians.
};

/// Pairs ascend in seq_len, are not empty, and all times are positive. `a` and `b` name the series.
/// Draws may be empty: then there is no interval.
Crossover find_crossover(std::span<const SizePair> pairs, int a, int b);

/// Whether the interval leaves a doubt about who is faster at the largest size.
bool too_close_to_call(const Crossover& crossover);

}  // namespace attnbench::analyze
