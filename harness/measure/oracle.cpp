// The double-precision oracle.
//
// The bound, with u = 2^-24 and everything below in units of kBoundFactor * u. A float32 kernel
// computes weights exp(s_j + t_j) instead of exp(s_j), where |t_j| <= L_j:
//   (head_dim + 2) * scale * sum|q*k_j|   the dot product in any order, and folding the scale in
//   + (max s - s_j)                       subtracting the maximum, also step by step as it grows
//   + 4                                   the exponential itself
// and a few more for what softcap and alibi do to a score. Since sum p_j (v_j - out) = 0, its
// output is off by exactly
//   sum p_j (e^t_j - 1) (v_j - out) / sum p_j e^t_j,
// so by at most sum p_j (e^L_j - 1) |v_j - out| / sum p_j e^-L_j, and never by more than
// max |v_j - out|, as any weights give a mean of the v_j. That holds for errors far above 1, too,
// which logits of 1e4 cause. Summing numerator and denominator in float adds
// (keys + 4) * sum p |v|.
//
// The spread, in units of u, treats the same errors as independent. Each sum of floats is off by
// the root of the sum of the squares of its partial sums:
//   scores         sum (p_j T_j (v_j - out))^2, where T_j^2 is the sum of the squares of what makes
//                  up t_j. Partial sums of a dot product are like a random walk that ends at
//                  it: their squares sum up to terms / 3 * (q*k)^2 + terms / 2 * sum (q k)^2, with
//                  as many terms as q has elements that are not 0.
//   numerator      partial sums of p_j v_j, and twice (p_j v_j)^2 for the products
//   denominator    out times the partial sums of p_j
#include "measure/oracle.h"

#include <algorithm>
#include <cfloat>
#include <cmath>

namespace attnbench::measure {
namespace {

constexpr double kUnit = kBoundFactor * kRounding;
/// Beyond this, e^t - 1 is not close to t.
constexpr double kMostScoreSpread = 0x1p-6;

double square(double x) {
  return x * x;
}

/// One key's score before the softmax, as its weight, with all terms of its error up to there.
KeyWeight score(const QueryRow& row, size_t i) {
  const Problem& p = row.problem;
  const float *const q = row.q, *const k = row.key(i);
  double sum = 0, magnitude = 0, squares = 0;
#pragma omp simd reduction(+ : sum, magnitude, squares)
  for (int64_t d = 0; d < row.dim(); ++d) {
    const double product = static_cast<double>(q[d]) * static_cast<double>(k[d]);
    sum += product;
    magnitude += std::abs(product);
    squares += product * product;
  }
  const auto dim = static_cast<double>(row.dim());
  const double scale = score_scale(p);
  double s = scale * sum;
  double error = (dim + 2) * scale * magnitude;
  const auto terms = static_cast<double>(row.terms);
  double spread = square(scale) * (terms / 3 * square(sum) + terms / 2 * squares) + 2 * square(s);
  KeyWeight key{};
  if (p.softcap != 0) {
    const double bent = std::tanh(s / p.softcap);
    key.slope = 1 - square(bent);
    key.slope_error = kUnit * (2 * std::abs(bent) * (4 + key.slope * error / p.softcap) + 2);
    key.slope_square = square(2 * bent) * (16 + square(key.slope / p.softcap) * spread) + 2;
    s = p.softcap * bent;
    error += 4 * std::abs(s);
    spread += square(4 * s);
  }
  const double bias = row.slope * row.distance(i);
  if (p.alibi) {
    error += 4 * (std::abs(bias) + std::abs(s));
    spread += square(2 * bias) + square(2 * s);
  }
  key.p = s - bias;
  key.score_error = kUnit * error;
  key.score_square = spread;
  return key;
}

/// Sums over keys, most of them for each element.
struct Sums {
  std::vector<double> numerator;  ///< Squares of partial sums.
  double denominator = 0;         ///< Squares of partial sums of weights.
  std::vector<double> scores;     ///< (p T (v - out))^2.
  std::vector<double> strayed;    ///< p (e^L - 1) |v - out|.
  double least_sum = 0;           ///< p e^-L.
  std::vector<double> farthest;   ///< The largest |v - out|.

  explicit Sums(size_t dim) : numerator(dim), scores(dim), strayed(dim), farthest(dim) {}
};

/// out += p v. Not inlined, so that the compiler rounds it alike for all callers.
[[gnu::noinline]] void add_value(double p, const float* v, int64_t dim, double* out) {
#pragma omp simd
  for (int64_t d = 0; d < dim; ++d) out[d] += p * static_cast<double>(v[d]);
}

/// Fills out and magnitude, and those sums that do not need them.
void sum_up(const QueryRow& row, const std::vector<KeyWeight>& weights, OracleRow& oracle,
            Sums& sums) {
  double *const out = oracle.out.data(), *const magnitude = oracle.magnitude.data();
  double* const numerator = sums.numerator.data();
  double partial = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    const float* const v = row.value(i);
    const double p = weights[i].p;
    partial += p;
    sums.denominator += square(partial);
    add_value(p, v, row.dim(), out);
#pragma omp simd
    for (int64_t d = 0; d < row.dim(); ++d) {
      const double part = p * static_cast<double>(v[d]);
      magnitude[d] += std::abs(part);
      numerator[d] += out[d] * out[d] + 2 * part * part;
    }
  }
}

void sum_deviations(const QueryRow& row, const std::vector<KeyWeight>& weights,
                    const OracleRow& oracle, Sums& sums) {
  const double* const out = oracle.out.data();
  double *const strayed = sums.strayed.data(), *const farthest = sums.farthest.data();
  double* const scores = sums.scores.data();
  for (size_t i = 0; i < weights.size(); ++i) {
    const float* const v = row.value(i);
    const KeyWeight& w = weights[i];
    const double stray = w.p * std::expm1(w.score_error);
    const double p_square = w.p * w.p * w.score_square;
    sums.least_sum += w.p * std::exp(-w.score_error);
#pragma omp simd
    for (int64_t d = 0; d < row.dim(); ++d) {
      const double distance = std::abs(static_cast<double>(v[d]) - out[d]);
      strayed[d] += stray * distance;
      farthest[d] = std::max(farthest[d], distance);
      scores[d] += p_square * distance * distance;
    }
  }
}

}  // namespace

KeyWeights key_weights(const QueryRow& row) {
  KeyWeights weights;
  if (row.keys.empty()) return weights;
  weights.keys.reserve(row.keys.size());
  for (size_t i = 0; i < row.keys.size(); ++i) weights.keys.push_back(score(row, i));
  double top = -HUGE_VAL, sum = 0;
  for (const KeyWeight& w : weights.keys) top = std::max(top, w.p);
  for (KeyWeight& w : weights.keys) {
    w.score_error += kUnit * (top - w.p + 4);
    w.score_square += square(top - w.p) + square(3);
    w.p = std::exp(w.p - top);
    sum += w.p;
  }
  for (KeyWeight& w : weights.keys) w.p /= sum;
  weights.top = top;
  weights.log_sum = top + std::log(sum);
  return weights;
}

bool KeyWeights::scores_hold() const {
  return std::ranges::all_of(keys, [](const KeyWeight& w) {
    return w.p < kRounding || kRounding * std::sqrt(w.score_square) < kMostScoreSpread;
  });
}

std::vector<double> oracle_weights(const QueryRow& row) {
  std::vector<double> weights;
  for (const KeyWeight& w : key_weights(row).keys) weights.push_back(w.p);
  return weights;
}

std::vector<double> weighted_values(const QueryRow& row, std::span<const double> weights) {
  std::vector<double> out(static_cast<size_t>(row.dim()));
  for (size_t i = 0; i < weights.size(); ++i)
    add_value(weights[i], row.value(i), row.dim(), out.data());
  return out;
}

OracleRow oracle_row(const QueryRow& row) {
  const auto dim = static_cast<size_t>(row.dim());
  const KeyWeights known = key_weights(row);
  const std::vector<KeyWeight>& weights = known.keys;
  OracleRow oracle{
      std::vector<double>(dim), std::vector<double>(dim), {}, std::vector<double>(dim), 0};
  Sums sums(dim);
  for (const KeyWeight& w : weights)
    oracle.least_weight = oracle.least_weight == 0 ? w.p : std::min(oracle.least_weight, w.p);
  sum_up(row, weights, oracle, sums);
  sum_deviations(row, weights, oracle, sums);
  const auto keys = static_cast<double>(weights.size());
  // For any weight that is as good as 0, hidden keys' too, a kernel may use the smallest float that
  // is no denormal. Inputs are below 4.
  const double least =
      weights.empty() ? FLT_MIN : 4 * FLT_MIN * static_cast<double>(row.problem.kv_len + 1);
  for (size_t d = 0; d < dim; ++d) {
    oracle.bound[d] = kUnit * (keys + 4) * oracle.magnitude[d] + least;
    // If the quotient is NaN, std::min keeps `farthest`, its left argument.
    if (!weights.empty())
      oracle.bound[d] += std::min(sums.farthest[d], sums.strayed[d] / sums.least_sum);
  }
  if (!known.scores_hold()) return oracle;
  for (size_t d = 0; d < dim; ++d)
    oracle.spread.push_back(kRounding * std::sqrt(sums.scores[d] + sums.numerator[d] +
                                                  square(oracle.out[d]) * sums.denominator) +
                            least);
  return oracle;
}

}  // namespace attnbench::measure
