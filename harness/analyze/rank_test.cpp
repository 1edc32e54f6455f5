// Counts the exact distribution of rank sums, in doubles: their range holds 2^60 divisions.
#include "analyze/rank_test.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace attnbench::analyze {
namespace {

/// Twice the midranks of the joint sample, those of `a` first. Doubled, they are integers even for
/// ties.
std::vector<int64_t> doubled_ranks(std::span<const double> a, std::span<const double> b) {
  std::vector<double> values(a.begin(), a.end());
  values.insert(values.end(), b.begin(), b.end());
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t i, size_t j) { return values[i] < values[j]; });
  std::vector<int64_t> ranks(values.size());
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (size_t i = begin; i < end; ++i)
      ranks[order[i]] = static_cast<int64_t>(begin + 1 + end);  // first + last rank of the tie
    begin = end;
  }
  return ranks;
}

/// For each sum, the number of choices of `size` ranks that have it.
std::vector<double> count_sums(const std::vector<int64_t>& ranks, size_t size) {
  const auto all = static_cast<size_t>(std::accumulate(ranks.begin(), ranks.end(), int64_t{0}));
  std::vector<std::vector<double>> ways(size + 1, std::vector<double>(all + 1, 0));
  ways[0][0] = 1;
  size_t reached = 0;
  for (const int64_t rank : ranks) {
    const auto step = static_cast<size_t>(rank);
    reached += step;
    for (size_t chosen = size; chosen > 0; --chosen)
      for (size_t sum = reached; sum >= step; --sum)
        ways[chosen][sum] += ways[chosen - 1][sum - step];
  }
  return std::move(ways[size]);
}

double exact_p(const std::vector<int64_t>& ranks, size_t a_count, int64_t a_sum) {
  const std::vector<double> ways = count_sums(ranks, a_count);
  const int64_t total = std::accumulate(ranks.begin(), ranks.end(), int64_t{0});
  const auto n = static_cast<int64_t>(ranks.size());
  // Distances from the mean are compared in units of 1 / n, so that they stay integers.
  const int64_t mean_times_n = static_cast<int64_t>(a_count) * total;
  const int64_t seen = std::abs(a_sum * n - mean_times_n);
  double as_far = 0, all = 0;
  for (size_t sum = 0; sum < ways.size(); ++sum) {
    all += ways[sum];
    if (std::abs(static_cast<int64_t>(sum) * n - mean_times_n) >= seen) as_far += ways[sum];
  }
  return std::min(1.0, as_far / all);
}

/// Using the variance of the ranks themselves corrects for ties.
double normal_p(const std::vector<int64_t>& ranks, size_t a_count, int64_t a_sum) {
  const auto n = static_cast<double>(ranks.size());
  const auto m = static_cast<double>(a_count);
  const double mean =
      static_cast<double>(std::accumulate(ranks.begin(), ranks.end(), int64_t{0})) / n;
  double squares = 0;
  for (const int64_t rank : ranks)
    squares += (static_cast<double>(rank) - mean) * (static_cast<double>(rank) - mean);
  const double variance = m * (n - m) / (n * (n - 1)) * squares;
  if (variance <= 0) return 1;
  const double away = std::max(0.0, std::abs(static_cast<double>(a_sum) - m * mean) - 1);
  return std::erfc(away / std::sqrt(2 * variance));
}

}  // namespace

double mann_whitney_p(std::span<const double> a, std::span<const double> b) {
  const std::vector<int64_t> ranks = doubled_ranks(a, b);
  const auto a_end = ranks.begin() + static_cast<ptrdiff_t>(a.size());
  const int64_t a_sum = std::accumulate(ranks.begin(), a_end, int64_t{0});
  return ranks.size() <= kExactSamples ? exact_p(ranks, a.size(), a_sum)
                                       : normal_p(ranks, a.size(), a_sum);
}

double smallest_p(size_t a_count, size_t b_count) {
  double divisions = 1;
  for (size_t i = 1; i <= a_count; ++i)
    divisions *= static_cast<double>(b_count + i) / static_cast<double>(i);
  return std::min(1.0, 2 / divisions);
}

std::vector<double> holm_adjusted(std::span<const double> p_values) {
  std::vector<size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t i, size_t j) { return p_values[i] < p_values[j]; });
  std::vector<double> adjusted(p_values.size());
  double largest = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    const double p = p_values[order[i]] * static_cast<double>(order.size() - i);
    largest = std::max(largest, std::min(p, 1.0));
    adjusted[order[i]] = largest;
  }
  return adjusted;
}

}  // namespace attnbench::analyze
