// Plain loops in float32 over the keys of one row.
#include "measure/float_runs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace attnbench::measure {

using Floats = std::vector<float>;

Floats float_products(const QueryRow& row, const float* query, const float* keys, int64_t first) {
  Floats products(row.keys.size());
  constexpr size_t kTogether = 4;  // Independent sums.
  for (size_t i = 0; i < products.size(); i += kTogether) {
    const size_t count = std::min(kTogether, products.size() - i);
    std::array<const float*, kTogether> k{};
    for (size_t n = 0; n < kTogether; ++n)
      k[n] = keys + row.keys[i + std::min(n, count - 1)] * row.dim();
    std::array<float, kTogether> sums{};
    const auto add = [&](int64_t begin, int64_t end) {
      for (int64_t d = begin; d < end; ++d)
        for (size_t n = 0; n < kTogether; ++n) sums[n] += query[d] * k[n][d];
    };
    add(first, row.dim());
    add(0, first);
    for (size_t n = 0; n < count; ++n) products[i + n] = sums[n];
  }
  return products;
}

FloatScores float_scores(const QueryRow& row, int64_t first) {
  const Problem& p = row.problem;
  const auto scale = static_cast<float>(score_scale(p)), slope = static_cast<float>(row.slope);
  const auto cap = static_cast<float>(p.softcap);
  FloatScores result{float_products(row, row.q, row.k, first), Floats(row.keys.size(), 1.0f)};
  for (size_t i = 0; i < row.keys.size(); ++i) {
    float& s = result.scores[i];
    s *= scale;
    if (cap != 0) {
      const float bent = std::tanh(s / cap);
      s = cap * bent;
      result.slopes[i] = 1 - bent * bent;
    }
    if (p.alibi) s -= slope * static_cast<float>(row.distance(i));
  }
  return result;
}

namespace {

/// Online softmax, which rescales whenever the maximum grows.
Floats online(const QueryRow& row, const Floats& scores) {
  Floats out(static_cast<size_t>(row.dim()));
  float top = -HUGE_VALF, sum = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    const float* const v = row.value(i);
    if (scores[i] > top) {
      const float kept = std::exp(top - scores[i]);
      top = scores[i];
      sum *= kept;
      for (float& x : out) x *= kept;
    }
    const float weight = std::exp(scores[i] - top);
    sum += weight;
    for (size_t d = 0; d < out.size(); ++d) out[d] += weight * v[d];
  }
  for (float& x : out) x /= sum;
  return out;
}

/// Softmax in two passes, forwards or backwards. `shift` makes all weights smaller by one factor,
/// which changes nothing in exact numbers, but every rounding in float.
Floats two_passes(const QueryRow& row, const Floats& scores, float shift, bool backwards) {
  Floats out(static_cast<size_t>(row.dim()));
  const float top = *std::ranges::max_element(scores) + shift;
  float sum = 0;
  for (size_t n = 0; n < scores.size(); ++n) {
    const size_t i = backwards ? scores.size() - 1 - n : n;
    const float* const v = row.value(i);
    const float weight = std::exp(scores[i] - top);
    sum += weight;
    for (size_t d = 0; d < out.size(); ++d) out[d] += weight * v[d];
  }
  for (float& x : out) x /= sum;
  return out;
}

/// Normalizes the weights before it sums up the weighted values.
Floats divided_first(const QueryRow& row, const Floats& scores) {
  Floats out(static_cast<size_t>(row.dim())), weights(scores);
  const float top = *std::ranges::max_element(scores);
  for (float& w : weights) w = std::exp(w - top);
  const float sum = std::accumulate(weights.begin(), weights.end(), 0.0f);
  for (size_t i = 0; i < weights.size(); ++i) {
    const float* const v = row.value(i);
    const float weight = weights[i] / sum;
    for (size_t d = 0; d < out.size(); ++d) out[d] += weight * v[d];
  }
  return out;
}

/// Root of the mean square of a run's errors, in spreads.
double spreads_of(const Floats& run, const OracleRow& oracle) {
  double squares = 0;
  for (size_t d = 0; d < run.size(); ++d) {
    const double spreads = (static_cast<double>(run[d]) - oracle.out[d]) / oracle.spread[d];
    squares += spreads * spreads;
  }
  const double root = std::sqrt(squares / static_cast<double>(run.size()));
  return std::isfinite(root) ? root : HUGE_VAL;  // std::max would drop a NaN.
}

/// The largest error of a plain loop, in spreads; at least 1.
double worst_spreads(const QueryRow& row, const OracleRow& oracle) {
  const Floats one = float_scores(row, 0).scores, other = float_scores(row, row.dim() / 2).scores;
  return std::max({1.0, spreads_of(online(row, one), oracle),
                   spreads_of(two_passes(row, other, 0.3f, false), oracle),
                   spreads_of(two_passes(row, one, 0.8f, true), oracle),
                   spreads_of(divided_first(row, other), oracle)});
}

}  // namespace

std::vector<double> sharp_bound(const QueryRow& row, const OracleRow& oracle) {
  if (row.keys.empty() || oracle.spread.empty()) return oracle.bound;
  const double spreads = kSpreads * worst_spreads(row, oracle);
  std::vector<double> bound(oracle.bound);
  for (size_t d = 0; d < bound.size(); ++d) {
    const double ulps = 16 * std::abs(oracle.out[d]) + 2 * oracle.magnitude[d];
    const double sharp = spreads * oracle.spread[d] + kRounding * ulps;
    if (sharp < bound[d]) bound[d] = sharp;  // False if a run was not finite.
  }
  return bound;
}

}  // namespace attnbench::measure
