// Quantiles, the distribution-free interval of the median, and Tukey's fences.
#include "analyze/statistics.h"

#include <algorithm>
#include <cmath>

namespace attnbench::analyze {

double quantile(std::span<const double> sorted, double p) {
  const double position = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  // Equal neighbours are returned as they are, so that equal samples have a spread of exactly 0.
  if (sorted[below] == sorted[above]) return sorted[below];
  const double weight = position - static_cast<double>(below);
  return sorted[below] * (1 - weight) + sorted[above] * weight;
}

std::vector<double> sorted_copy(std::span<const double> samples) {
  std::vector<double> sorted(samples.begin(), samples.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

std::optional<MedianRanks> median_ranks(size_t sample_count) {
  // Ranks k and n + 1 - k miss the median when fewer than k samples fall on one side of it:
  // 2 P(Binomial(n, 1/2) < k). Logarithms keep the terms from underflowing.
  const auto n = static_cast<double>(sample_count);
  double log_term = n * std::log(0.5);
  double tail = 0;
  std::optional<MedianRanks> best;
  for (size_t k = 1; 2 * k <= sample_count; ++k) {
    tail += std::exp(log_term);
    const double coverage = 1 - 2 * tail;
    if (coverage < kConfidence) break;
    best = MedianRanks{static_cast<int>(k), static_cast<int>(sample_count + 1 - k), coverage};
    log_term += std::log((n - static_cast<double>(k) + 1) / static_cast<double>(k));
  }
  return best;
}

Summary summarize(std::span<const double> samples) {
  const std::vector<double> sorted = sorted_copy(samples);
  Summary s;
  s.median = quantile(sorted, 0.5);
  s.min = sorted.front();
  s.max = sorted.back();
  if (s.median > 0) s.spread = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / s.median;
  if (const auto ranks = median_ranks(sorted.size())) {
    s.interval = Interval{sorted[static_cast<size_t>(ranks->low - 1)],
                          sorted[static_cast<size_t>(ranks->high - 1)]};
    s.coverage = ranks->coverage;
  }
  return s;
}

std::vector<Outlier> label_outliers(std::span<const double> samples) {
  if (samples.empty()) return {};
  const std::vector<double> sorted = sorted_copy(samples);
  const double q1 = quantile(sorted, 0.25);
  const double q3 = quantile(sorted, 0.75);
  const double range = q3 - q1;
  std::vector<Outlier> labels;
  labels.reserve(samples.size());
  for (const double x : samples) {
    const double outside = std::max(q1 - x, x - q3);
    labels.push_back(outside > 3 * range     ? Outlier::kExtreme
                     : outside > 1.5 * range ? Outlier::kMild
                                             : Outlier::kNo);
  }
  return labels;
}

const char* outlier_name(Outlier outlier) {
  switch (outlier) {
    case Outlier::kNo:
      return "no";
    case Outlier::kMild:
      return "mild";
    case Outlier::kExtreme:
      return "extreme";
  }
  return "unknown";
}

}  // namespace attnbench::analyze
