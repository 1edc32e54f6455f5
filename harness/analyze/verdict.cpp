// Weighs samples and judges the evidence.
#include "analyze/verdict.h"

#include <algorithm>

#include "analyze/rank_test.h"

namespace attnbench::analyze {
namespace {

bool within(const Interval& interval, double band) {
  return interval.low >= 1 / band && interval.high <= band;
}

bool beyond(const Interval& interval, double band) {
  return interval.low > band || interval.high < 1 / band;
}

/// Why the sides were found neither different nor the same.
std::string doubt(const TwoSides& evidence, double adjusted, const Trial& trial) {
  const Interval& interval = *evidence.ratio.interval;
  const bool apart = beyond(interval, 1);
  if (apart && adjusted < kLevel)
    return beyond(interval, 1 + trial.options.tolerance) ? "differs by less than the noise floor"
                                                         : "may lie within the tolerance";
  const std::string at_once =
      " to judge " + std::to_string(trial.tests) + " " + trial.subjects + " at once";
  if (trial.pairing == Pairing::kSeveralRuns)
    return apart ? "too few runs" + at_once : "the runs lie too far apart";
  if (smallest_p(trial.base_n, trial.fresh_n) * trial.tests >= kLevel)
    return std::to_string(std::min(trial.base_n, trial.fresh_n)) + " " + trial.unit +
           " are too few" + at_once + ": measure more rounds";
  if (trial.pairing == Pairing::kSinglePair && beyond(*evidence.without_drift, 1))
    return "runs of one program may drift that far apart";
  return "the " + trial.unit + " scatter too widely";
}

}  // namespace

TwoSides weigh(const SideSamples& base, const SideSamples& fresh, const CompareOptions& options,
               uint64_t seed) {
  switch (pairing(base.size(), fresh.size(), options)) {
    case Pairing::kInterleaved:
      return compare_samples(base.front(), fresh.front(), seed);
    case Pairing::kSinglePair:
      return compare_drifting(base.front(), fresh.front(), options.drift_or_default(), seed);
    case Pairing::kSeveralRuns:
      break;
  }
  return compare_runs(base, fresh);
}

Judged judge(const TwoSides& evidence, double adjusted, const Trial& trial) {
  if (!evidence.ratio.interval)
    return {Difference::kCannotTell, "fewer than 6 " + trial.unit + " on a side"};
  const Interval& interval = *evidence.ratio.interval;
  const double ratio = evidence.ratio.value;
  const double hurdle = trial.pairing == Pairing::kSinglePair ? trial.options.noise_floor : 1;
  if (adjusted < kLevel && beyond(interval, 1 + trial.options.tolerance) &&
      std::max(ratio, 1 / ratio) > hurdle)
    return {ratio > 1 ? Difference::kSlower : Difference::kFaster, ""};
  const bool no_difference =
      !beyond(interval, 1) || within(*evidence.without_drift, same_band(trial.options));
  if (no_difference && within(*evidence.without_drift, same_band(trial.options)))
    return {Difference::kSame, ""};
  return {Difference::kCannotTell, doubt(evidence, adjusted, trial)};
}

}  // namespace attnbench::analyze
