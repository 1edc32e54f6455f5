// Rank test, bootstrap and Student's t of two sides.
#include "analyze/two_samples.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "analyze/rank_test.h"
#include "analyze/resample.h"
#include "analyze/student_t.h"

namespace attnbench::analyze {
namespace {

constexpr double kAlarm = 1 - kConfidence;

/// The mean of numbers, and the sum of their squared distances from it.
struct Moments {
  double mean = 0;
  double squares = 0;
  int count = 0;
};

Moments moments(const std::vector<double>& values) {
  Moments m;
  m.count = static_cast<int>(values.size());
  for (const double v : values) m.mean += v / m.count;
  for (const double v : values) m.squares += (v - m.mean) * (v - m.mean);
  return m;
}

std::vector<double> log_medians(const SideSamples& side) {
  std::vector<double> logs;
  for (const std::vector<double>& run : side) logs.push_back(std::log(quantile(run, 0.5)));
  return logs;
}

/// The p-value of a difference with this standard error.
double t_test(double difference, double error, int df) {
  if (error > 0) return student_p(difference / error, df);
  return difference == 0 ? 1 : 0;
}

/// The logarithms of bootstrapped ratios of medians.
std::vector<double> log_ratio_draws(std::span<const double> base, std::span<const double> fresh,
                                    uint64_t seed) {
  // The seeds differ, so that a run compared with itself does not resample both sides alike.
  const std::vector<double> below = resampled_medians(base, 2 * seed);
  std::vector<double> draws = resampled_medians(fresh, 2 * seed + 1);
  for (size_t i = 0; i < draws.size(); ++i) draws[i] = std::log(draws[i] / below[i]);
  return draws;
}

/// Several runs of a side as one summary. Its spread is that of all samples together.
Summary summary_of(const SideSamples& side, const Moments& logs, double half_width) {
  std::vector<double> all;
  for (const std::vector<double>& run : side) all.insert(all.end(), run.begin(), run.end());
  Summary s = summarize(sorted_copy(all));
  s.median = std::exp(logs.mean);
  s.interval = Interval{std::exp(logs.mean - half_width), std::exp(logs.mean + half_width)};
  s.coverage = kConfidence;
  return s;
}

TwoSides compared(std::span<const double> base, std::span<const double> fresh, uint64_t seed,
                  std::vector<double>& draws) {
  TwoSides t;
  t.base = summarize(base);
  t.fresh = summarize(fresh);
  t.p = mann_whitney_p(base, fresh);
  t.ratio = Ratio{t.fresh.median / t.base.median, {}};
  if (!t.base.interval || !t.fresh.interval) return t;
  draws = log_ratio_draws(base, fresh, seed);
  const Interval logs = percentile_interval(draws);
  t.ratio.interval = t.without_drift = Interval{std::exp(logs.low), std::exp(logs.high)};
  return t;
}

}  // namespace

double drift_ratio(const Drift& drift) {
  return std::exp(std::sqrt(2.0) * drift.sd * student_t(kAlarm, drift.runs - 1));
}

Drift drift_of_ratio(double ratio, int runs) {
  return {std::log(ratio) / (std::sqrt(2.0) * student_t(kAlarm, runs - 1)), runs};
}

TwoSides compare_samples(std::span<const double> base, std::span<const double> fresh,
                         uint64_t seed) {
  std::vector<double> draws;
  return compared(base, fresh, seed, draws);
}

TwoSides compare_drifting(std::span<const double> base, std::span<const double> fresh,
                          const Drift& drift, uint64_t seed) {
  std::vector<double> draws;
  TwoSides t = compared(base, fresh, seed, draws);
  if (!t.ratio.interval) return t;
  const double middle = std::log(t.ratio.value);
  const double reach = std::log(drift_ratio(drift));
  t.ratio.interval =
      Interval{std::exp(middle - std::hypot(middle - std::log(t.without_drift->low), reach)),
               std::exp(middle + std::hypot(std::log(t.without_drift->high) - middle, reach))};
  const double of_samples = moments(draws).squares / static_cast<double>(draws.size());
  const double of_runs = 2 * drift.sd * drift.sd;
  const double variance = of_samples + of_runs;
  if (variance <= 0) return t;
  const double df = variance * variance /
                    (of_samples * of_samples / static_cast<double>(base.size() + fresh.size() - 2) +
                     of_runs * of_runs / (drift.runs - 1));
  t.p = std::max(t.p, student_p(middle / std::sqrt(variance), static_cast<int>(std::min(df, 1e6))));
  return t;
}

TwoSides compare_rounds(std::span<const double> base, std::span<const double> fresh) {
  std::vector<double> differences;
  for (size_t i = 0; i < base.size(); ++i) differences.push_back(std::log(fresh[i] / base[i]));
  const Moments d = moments(differences);
  TwoSides two;
  two.base = summarize(sorted_copy(base));
  two.fresh = summarize(sorted_copy(fresh));
  two.ratio = {std::exp(d.mean), {}};
  if (d.count < kFewestSamples) return two;
  const double error = std::sqrt(d.squares / (d.count - 1) / d.count);
  const double reach = student_t(kAlarm, d.count - 1) * error;
  two.ratio.interval = Interval{std::exp(d.mean - reach), std::exp(d.mean + reach)};
  two.without_drift = two.ratio.interval;
  two.p = t_test(d.mean, error, d.count - 1);
  return two;
}

TwoSides compare_runs(const SideSamples& base, const SideSamples& fresh) {
  const Moments a = moments(log_medians(base));
  const Moments b = moments(log_medians(fresh));
  const int df = a.count + b.count - 2;
  const double sd = std::sqrt((a.squares + b.squares) / df);
  const double t = student_t(kAlarm, df);
  const double error = sd * std::sqrt(1.0 / a.count + 1.0 / b.count);
  TwoSides two;
  two.base = summary_of(base, a, t * sd / std::sqrt(a.count));
  two.fresh = summary_of(fresh, b, t * sd / std::sqrt(b.count));
  const double difference = b.mean - a.mean;
  two.ratio = {std::exp(difference),
               Interval{std::exp(difference - t * error), std::exp(difference + t * error)}};
  two.without_drift = two.ratio.interval;
  two.p = t_test(difference, error, df);
  return two;
}

}  // namespace attnbench::analyze
