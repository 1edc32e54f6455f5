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

/// A case under both labels.
struct Pair {
  const record::CaseRecord* first;
  const record::CaseRecord* second;
};

std::map<Identity, Pair> pairs_of(const record::Run& run) {
  std::map<Identity, Pair> pairs;
  for (const record::CaseRecord& c : run.cases) {
    if (usable_times(c).empty()) continue;
    const auto [it, is_first] = pairs.try_emplace(identity(c.plan), Pair{&c, nullptr});
    if (!is_first && it->second.second == nullptr) it->second.second = &c;
  }
  std::erase_if(pairs, [](const auto& p) { return p.second.second == nullptr; });
  return pairs;
}

double log_median(const Pair& pair) {
  std::vector<double> all = usable_times(*pair.first);
  const std::vector<double> more = usable_times(*pair.second);
  all.insert(all.end(), more.begin(), more.end());
  return std::log(median_of(all));
}

double deviation(const std::vector<double>& values) {
  double mean = 0, squares = 0;
  for (const double v : values) mean += v / static_cast<double>(values.size());
  for (const double v : values) squares += (v - mean) * (v - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

/// The case that drifts most sets the drift.
void add_drift(record::NoiseFloor& floor, const std::map<Identity, std::vector<double>>& medians,
               size_t runs) {
  for (const auto& [key, logs] : medians) {
    if (logs.size() < runs || runs < 2) continue;  // A case that some run could not time.
    floor.runs = static_cast<int64_t>(runs);
    floor.drift_sd = std::max(floor.drift_sd.value_or(0), deviation(logs));
  }
}

}  // namespace

record::NoiseFloor noise_floor(std::span<const record::Run> runs) {
  record::NoiseFloor result;
  result.cpu = runs.back().machine.cpu;
  result.cores = runs.back().machine.cores;
  result.hostname = runs.back().machine.hostname;
  result.measured_utc = runs.back().finished_utc;
  std::map<Identity, std::vector<double>> medians;
  std::map<Identity, std::vector<record::NoiseFloorCase>> floors;
  uint64_t seed = 0;
  for (const record::Run& run : runs)
    for (const auto& [key, pair] : pairs_of(run)) {
      medians[key].push_back(log_median(pair));
      floors[key].push_back(floor_of(*pair.first, *pair.second, seed++));
    }
  for (auto& [key, cases] : floors) {
    std::ranges::sort(cases, {}, &record::NoiseFloorCase::floor);
    result.cases.push_back(cases[cases.size() / 2]);
    result.floor = std::max(result.floor, result.cases.back().floor);
  }
  add_drift(result, medians, runs.size());
  return result;
}

}  // namespace attnbench::analyze
