// Two sets of samples of one thing against each other: the ratio of their medians, and how sure it
// is.
#pragma once

#include <cstdint>
#include <span>

#include "analyze/analysis.h"
#include "analyze/statistics.h"

namespace attnbench::analyze {

struct TwoSamples {
  Summary base;
  Summary fresh;
  Ratio ratio;   ///< The fresh median over the base's.
  double p = 1;  ///< Mann and Whitney's, two-sided.
};

/// Both ascend, are positive and not empty. `seed` is of the bootstrap.
TwoSamples compare_samples(std::span<const double> base, std::span<const double> fresh,
                           uint64_t seed);

}  // namespace attnbench::analyze
