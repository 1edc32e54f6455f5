// Finds the sequence length from which on one series is faster than another.
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

/// The place where two series change order for the last time: beyond it, the series that is faster
/// at the largest common size is faster at every size. It is interpolated in logarithms between
/// neighbouring sizes.
struct Crossover {
  int faster = 0;  ///< Series that is faster at the largest common size.
  int slower = 0;
  double seq_len = 0;  ///< 0: faster at every common size. Infinite: equal at the largest.
  std::optional<Interval>
      interval;          ///< Of seq_len; a bound of 0 or infinity lies outside the measured sizes.
  int sign_changes = 0;  ///< How often the medians change order.
  int64_t smallest = 0;  ///< The smallest common size.
  int64_t largest = 0;
  double ratio_at_largest = 1;  ///< The slower median over the faster one.
};

/// `pairs` ascend in seq_len, are not empty, and hold positive times only. `a` and `b` name the
/// series. If there are no draws, there is no interval.
Crossover find_crossover(std::span<const SizePair> pairs, int a, int b);

/// Whether the interval leaves a doubt about which series is faster at the largest size.
bool too_close_to_call(const Crossover& crossover);

}  // namespace attnbench::analyze
