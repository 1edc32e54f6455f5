// Resamples with replacement by counting over the sorted samples: linear time, without sorting
// each resample.
#include "analyze/resample.h"

#include <algorithm>

namespace attnbench::analyze {
namespace {

/// The value of 0-based `rank` if each sample i is present counts[i] times.
double order_statistic(std::span<const double> sorted, const std::vector<uint32_t>& counts,
                       size_t rank) {
  size_t seen = 0;
  size_t i = 0;
  for (; i + 1 < sorted.size(); ++i) {
    seen += counts[i];
    if (seen > rank) break;
  }
  return sorted[i];
}

}  // namespace

uint64_t Random::next() {
  uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

size_t Random::below(size_t count) {
  return ((next() >> 32) * count) >> 32;
}

std::vector<double> resampled_medians(std::span<const double> sorted, uint64_t seed) {
  const size_t n = sorted.size();
  if (sorted.front() == sorted.back()) return std::vector<double>(kResamples, sorted.front());
  Random random(seed);
  std::vector<uint32_t> counts(n);
  std::vector<double> medians(kResamples);
  for (double& median : medians) {
    std::fill(counts.begin(), counts.end(), 0);
    for (size_t i = 0; i < n; ++i) ++counts[random.below(n)];
    const double upper = order_statistic(sorted, counts, n / 2);
    median = n % 2 == 1 ? upper : 0.5 * (order_statistic(sorted, counts, n / 2 - 1) + upper);
  }
  return medians;
}

Interval percentile_interval(std::vector<double> values) {
  const auto cut =
      static_cast<ptrdiff_t>(static_cast<double>(values.size()) * (1 - kConfidence) / 2);
  const auto low = values.begin() + cut;
  const auto high = values.end() - 1 - cut;
  std::nth_element(values.begin(), low, values.end());
  std::nth_element(low + 1, high, values.end());
  return {*low, *high};
}

}  // namespace attnbench::analyze
