// Seeds of bootstraps.
#include "analyze/time_draws.h"

#include "analyze/case_stats.h"
#include "analyze/resample.h"

namespace attnbench::analyze {

uint64_t draws_seed(const record::Run& run, DrawnFor purpose, int index) {
  return Random(run.seed + (static_cast<uint64_t>(purpose) << 32) + static_cast<uint64_t>(index))
      .next();
}

std::vector<double> resampled_times(const record::Run& run, int index) {
  return resampled_medians(usable_times(run.cases[index]),
                           draws_seed(run, DrawnFor::kSamples, index));
}

}  // namespace attnbench::analyze
