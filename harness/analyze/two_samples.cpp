// The rank test and the bootstrapped ratio of two sets of samples.
#include "analyze/two_samples.h"

#include <utility>
#include <vector>

#include "analyze/rank_test.h"
#include "analyze/resample.h"

namespace attnbench::analyze {

TwoSamples compare_samples(std::span<const double> base, std::span<const double> fresh,
                           uint64_t seed) {
  TwoSamples t;
  t.base = summarize(base);
  t.fresh = summarize(fresh);
  t.p = mann_whitney_p(base, fresh);
  t.ratio = Ratio{t.fresh.median / t.base.median, {}};
  if (!t.base.interval || !t.fresh.interval) return t;
  // The seeds differ, so that a run compared with itself does not resample both sides alike.
  const std::vector<double> below = resampled_medians(base, 2 * seed);
  std::vector<double> ratios = resampled_medians(fresh, 2 * seed + 1);
  for (size_t i = 0; i < ratios.size(); ++i) ratios[i] /= below[i];
  t.ratio.interval = percentile_interval(std::move(ratios));
  return t;
}

}  // namespace attnbench::analyze
