// Divides samples of one case at random into halves, to see how far apart their medians fall.
#include "analyze/noise_floor.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "analyze/case_stats.h"
#include "analyze/identity.h"
#include "analyze/resample.h"

namespace attnbench::analyze {
namespace {

/// The median of values in any order, which it reorders.
double median_of(std::vector<double>& values) {
  std::sort(values.begin(), values.end());
  return quantile(values, 0.5);
}

/// max(a/b, b/a).
double apart(double a, double b) {
  return std::max(a / b, b / a);
}

double chance_ratio(std::vector<double> pooled, size_t a_count, uint64_t seed) {
  Random random(seed);
  std::vector<double> ratios(kResamples), a, b;
  for (double& ratio : ratios) {
    for (size_t i = pooled.size(); i > 1; --i) std::swap(pooled[i - 1], pooled[random.below(i)]);
    a.assign(pooled.begin(), pooled.begin() + static_cast<ptrdiff_t>(a_count));
    b.assign(pooled.begin() + static_cast<ptrdiff_t>(a_count), pooled.end());
    ratio = apart(median_of(a), median_of(b));
  }
  std::sort(ratios.begin(), ratios.end());
  return quantile(ratios, kConfidence);
}

record::NoiseFloorCase floor_of(const record::CaseRecord& first, const record::CaseRecord& second,
                                uint64_t seed) {
  const std::vector<double> a = usable_times(first);
  const std::vector<double> b = usable_times(second);
  record::NoiseFloorCase c;
  c.name = first.plan.variant + ", " + record::describe_problem(first.plan) +
           ", n=" + std::to_string(first.plan.seq_len());
  c.median_a_s = quantile(a, 0.5);
  c.median_b_s = quantile(b, 0.5);
  c.samples = static_cast<int>(std::min(a.size(), b.size()));
  std::vector<double> pooled = a;
  pooled.insert(pooled.end(), b.begin(), b.end());
  c.floor =
      std::max(chance_ratio(std::move(pooled), a.size(), seed), apart(c.median_a_s, c.median_b_s));
  return c;
}

}  // namespace

record::NoiseFloor noise_floor(const record::Run& run) {
  record::NoiseFloor result;
  result.cpu = run.machine.cpu;
  result.cores = run.machine.cores;
  result.hostname = run.machine.hostname;
  result.measured_utc = run.finished_utc;
  std::map<Identity, const record::CaseRecord*> first_of;
  for (const record::CaseRecord& c : run.cases) {
    if (usable_times(c).empty()) continue;
    const auto [it, is_first] = first_of.try_emplace(identity(c.plan), &c);
    if (is_first) continue;
    result.cases.push_back(floor_of(*it->second, c, result.cases.size()));
    result.floor = std::max(result.floor, result.cases.back().floor);
  }
  return result;
}

}  // namespace attnbench::analyze
