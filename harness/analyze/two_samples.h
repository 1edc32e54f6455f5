// Compares two sets of samples of one thing: the ratio of their medians, and how sure it is.
#pragma once

#include <cstdint>
#include <span>

#include "analyze/analysis.h"
#include "analyze/statistics.h"

namespace attnbench::analyze {

struct TwoSamples {
  Summary base;
  Summary fresh;
  Ratio ratio;   ///< The fresh median over the base median.
  double p = 1;  ///< Two-sided p-value of Mann and Whitney's test.
};

/// Both sets are ascending, positive and not empty. `seed` seeds the bootstrap.
TwoSamples compare_samples(std::span<const double> base, std::span<const double> fresh,
                           uint64_t seed);

}  // namespace attnbench::analyze
