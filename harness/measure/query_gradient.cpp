// The gradients of one row's weights and scores in double, with the errors of float32.
//
// Let p_j be the weights, dP_j = d_out·v_j, delta = sum p_j dP_j and c_j the slope of a score (1
// without softcap). The gradient of the scaled product of query and key j is
//   ds_j = p_j (dP_j - delta) c_j.
// In units of kBoundFactor * u, u = 2^-24, a float32 kernel is off by at most
//   score     L_j, as oracle.cpp derives it
//   weight    T_j = L_j + what the logarithm of the sum of exponentials is off by: no more than
//             log sum p e^L or -log sum p e^-L, its own rounding and that of its parts, 2 |log sum|
//             + |max s|, and keys + 8 for the sum. So p_j is off by p_j (e^T_j - 1), and by 1 at
//             most.
//   dP_j      E_j = (head_dim + 2) A_j, with A_j = sum |d_out v_j|
//   delta     D = sum of what p_j |dP_j| is off by, and (keys + head_dim + 8) sum p_j A_j, be it
//             computed as sum p dP or as d_out·out.
// A product is off by at most the product of the largest factors less the exact product.
//
// The spreads, in units of u, treat the same errors as independent (see oracle.cpp): T_j^2 is the
// sum of squares of the score's and of what all weights have in common, and delta has parts from
//   the weights   p T (dP - delta); and, if they are not divided by their own sum, that error times
//                 delta
//   dP            sum p E: the errors are taken to be alike, as they are if all keys are equal
//   d_out·out     the sums over keys in out, times d_out; and the dot product itself
//   sum p dP      its partial sums
#include "measure/query_gradient.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "measure/float_runs.h"
#include "measure/oracle.h"

namespace attnbench::measure {
namespace {

constexpr double kUnit = kBoundFactor * kRounding;

double square(double x) {
  return x * x;
}

/// d_out times one value row.
struct Product {
  double value = 0;
  double magnitude = 0;  ///< The sum of |d_out v|.
  double square = 0;     ///< Square of its spread, in units of u.
};

/// `terms` is the number of elements of d_out that are not 0.
Product product(const float* d_out, const float* v, int64_t dim, double terms) {
  double sum = 0, magnitude = 0, squares = 0;
#pragma omp simd reduction(+ : sum, magnitude, squares)
  for (int64_t d = 0; d < dim; ++d) {
    const double part = static_cast<double>(d_out[d]) * static_cast<double>(v[d]);
    sum += part;
    magnitude += std::abs(part);
    squares += part * part;
  }
  return {sum, magnitude, terms / 3 * square(sum) + terms / 2 * squares};
}

/// What the errors of delta and of the weights' common factor are made of: sums over the keys.
struct RowSums {
  double delta = 0;
  double delta_error = 0;   ///< D, in absolute terms.
  double delta_square = 0;  ///< Square of its spread, in units of u.
  double common_error = 0;  ///< What is added to L.
  double common_square = 0;
};

/// The most that p can be off if its exponent is off by `error`.
double weight_error(double p, double error) {
  return std::min(1.0, p * std::expm1(error));
}

/// Errors of the logarithm of the sum of exponentials.
void add_common_errors(const KeyWeights& weights, RowSums& sums) {
  double most = 0, least = 0, partial = 0, squares = 0;
  for (const KeyWeight& w : weights.keys) {
    most += w.p * std::exp(w.score_error);
    least += w.p * std::exp(-w.score_error);
    partial += w.p;
    squares += square(w.p) * w.score_square + square(partial);
  }
  const auto keys = static_cast<double>(weights.keys.size());
  sums.common_error = std::max(std::log(most), -std::log(least)) +
                      kUnit * (2 * std::abs(weights.log_sum) + std::abs(weights.top) + keys + 8);
  sums.common_square = 2 * square(weights.log_sum) + squares + square(3);
}

/// The parts of delta's spread that come from computing it as d_out·out.
double output_square(const QueryRow& row, const KeyWeights& weights, const float* d_out,
                     double terms) {
  const auto dim = static_cast<size_t>(row.dim());
  std::vector<double> out(dim), partial_squares(dim);
  double *const o = out.data(), *const squares = partial_squares.data();
  for (size_t i = 0; i < weights.keys.size(); ++i) {
    const float* const v = row.value(i);
    const double p = weights.keys[i].p;
#pragma omp simd
    for (int64_t d = 0; d < row.dim(); ++d) {
      const double part = p * static_cast<double>(v[d]);
      o[d] += part;
      squares[d] += o[d] * o[d] + 2 * part * part;
    }
  }
  double sum = 0, delta = 0;
  for (size_t d = 0; d < dim; ++d) {
    const double part = static_cast<double>(d_out[d]) * out[d];
    delta += part;
    sum += square(static_cast<double>(d_out[d])) * squares[d] + terms / 2 * square(part);
  }
  return sum + terms / 3 * square(delta);
}

RowSums sum_up(const QueryRow& row, const KeyWeights& weights, const std::vector<Product>& products,
               const float* d_out, double terms) {
  RowSums sums;
  add_common_errors(weights, sums);
  for (size_t i = 0; i < products.size(); ++i) {
    sums.delta += weights.keys[i].p * products[i].value;
    sums.delta_square += square(sums.delta);
  }
  const auto dim = static_cast<double>(row.dim()), keys = static_cast<double>(products.size());
  double product_spread = 0;
  for (size_t i = 0; i < products.size(); ++i) {
    const KeyWeight& w = weights.keys[i];
    const Product& dp = products[i];
    const double stray = weight_error(w.p, w.score_error + sums.common_error);
    const double error = kUnit * (dim + 2) * dp.magnitude;
    sums.delta_error += stray * std::abs(dp.value) + (w.p + stray) * error +
                        kUnit * (keys + dim + 8) * w.p * dp.magnitude;
    sums.delta_square += square(w.p * (dp.value - sums.delta)) * w.score_square;
    product_spread += w.p * std::sqrt(dp.square);
  }
  sums.delta_square += square(product_spread) + square(sums.delta) * (sums.common_square + 2) +
                       output_square(row, weights, d_out, terms);
  return sums;
}

KeyGradient key_gradient(const KeyWeight& w, const Product& dp, const RowSums& sums, double dim) {
  KeyGradient key;
  const double stray = weight_error(w.p, w.score_error + sums.common_error);
  const double product_error = kUnit * (dim + 2) * dp.magnitude;
  const double reach = std::abs(dp.value) + std::abs(sums.delta);
  const double difference = dp.value - sums.delta;
  const double away = std::abs(difference) <= kNothing * reach ? 0 : difference;
  const double exact = w.p * w.slope * std::abs(away);
  // If softcap saturates, the slope is next to nothing, and its rounding is most of it.
  key.pull = w.p * std::hypot(w.slope, kRounding * std::sqrt(w.slope_square));
  key.weight = {w.p, stray + kUnit * w.p, square(w.p) * (w.score_square + sums.common_square + 1),
                1};
  key.score = {w.p * w.slope * away,
               (w.p + stray) * (w.slope + w.slope_error) *
                       (std::abs(away) + product_error + sums.delta_error) -
                   exact + 4 * kUnit * exact,
               square(exact) * (w.score_square + 4) + square(w.p * away) * w.slope_square +
                   square(key.pull) * (dp.square + square(dp.value)),
               reach};
  return key;
}

using Floats = std::vector<float>;

float dot(const Floats& a, const Floats& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0f);
}

/// Fills the scores' gradients, given the weights.
void fill_scores(FloatGradient& run, const Floats& products, const Floats& slopes, float delta) {
  run.scores.resize(products.size());
  for (size_t i = 0; i < products.size(); ++i)
    run.scores[i] = run.weights[i] * (products[i] - delta) * slopes[i];
}

/// Exponentials of the scores less their largest, and the sum of these, from either end.
struct Exponentials {
  Floats values;
  float top = 0, sum = 0;

  Exponentials(const Floats& scores, bool backwards) : values(scores) {
    top = *std::ranges::max_element(scores);
    for (float& x : values) x = std::exp(x - top);
    sum = backwards ? std::accumulate(values.rbegin(), values.rend(), 0.0f)
                    : std::accumulate(values.begin(), values.end(), 0.0f);
  }
};

/// As a kernel does that keeps the weights.
FloatGradient by_kept_weights(const FloatScores& scores, const Floats& products) {
  const Exponentials exponentials(scores.scores, false);
  FloatGradient run{exponentials.values, {}};
  for (float& x : run.weights) x /= exponentials.sum;
  fill_scores(run, products, scores.slopes, dot(run.weights, products));
  return run;
}

Floats weights_by_logarithm(const Floats& scores, float log_sum) {
  Floats weights(scores);
  for (float& x : weights) x = std::exp(x - log_sum);
  return weights;
}

/// As a kernel does that keeps out and the logarithm of the sum of exponentials.
FloatGradient by_kept_output(const QueryRow& row, const float* d_out, const FloatScores& scores,
                             const Floats& products) {
  const Exponentials exponentials(scores.scores, false);
  Floats out(static_cast<size_t>(row.dim()));
  for (size_t i = 0; i < scores.scores.size(); ++i) {
    const float* const v = row.value(i);
    for (size_t d = 0; d < out.size(); ++d) out[d] += exponentials.values[i] * v[d];
  }
  for (float& x : out) x /= exponentials.sum;
  FloatGradient run{
      weights_by_logarithm(scores.scores, exponentials.top + std::log(exponentials.sum)), {}};
  fill_scores(run, products, scores.slopes,
              std::inner_product(out.begin(), out.end(), d_out, 0.0f));
  return run;
}

/// The weights by a logarithm, delta by these weights, everything summed in another order.
FloatGradient by_other_order(const FloatScores& scores, const Floats& products) {
  const Exponentials exponentials(scores.scores, true);
  FloatGradient run{
      weights_by_logarithm(scores.scores, exponentials.top + std::log(exponentials.sum)), {}};
  const float delta =
      std::inner_product(run.weights.rbegin(), run.weights.rend(), products.rbegin(), 0.0f);
  fill_scores(run, products, scores.slopes, delta);
  return run;
}

std::vector<FloatGradient> float_gradients(const QueryRow& row, const float* d_out) {
  if (row.keys.empty()) return std::vector<FloatGradient>(kFloatGradients);
  const FloatScores one = float_scores(row, 0), other = float_scores(row, row.dim() / 2);
  const Floats products = float_products(row, d_out, row.v, 0);
  return {by_kept_weights(one, products), by_kept_output(row, d_out, one, products),
          by_other_order(other, float_products(row, d_out, row.v, row.dim() / 2))};
}

}  // namespace

QueryGradient query_gradient(const QueryRow& row, const float* d_out) {
  const KeyWeights weights = key_weights(row);
  const auto terms = static_cast<double>(row.dim() - std::count(d_out, d_out + row.dim(), 0.0f));
  std::vector<Product> products;
  products.reserve(row.keys.size());
  for (size_t i = 0; i < row.keys.size(); ++i)
    products.push_back(product(d_out, row.value(i), row.dim(), terms));
  const RowSums sums = sum_up(row, weights, products, d_out, terms);
  QueryGradient gradient{{},
                         sums.delta_square,
                         sums.common_square,
                         weights.scores_hold(),
                         float_gradients(row, d_out)};
  gradient.keys.reserve(products.size());
  for (size_t i = 0; i < products.size(); ++i)
    gradient.keys.push_back(
        key_gradient(weights.keys[i], products[i], sums, static_cast<double>(row.dim())));
  return gradient;
}

}  // namespace attnbench::measure
