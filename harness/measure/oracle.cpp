// The double-precision oracle.
//
// The bound, with u = 2^-24 and everything below in units of kBoundFactor * u. A float32 kernel
// computes weights exp(s_j + t_j) instead of exp(s_j), where |t_j| <= L_j:
//   (head_dim + 2) * scale * sum|q*k_j|   the dot product in any order, and folding the scale in
//   + (max s - s_j)                       subtracting the maximum, also bit by bit as it grows
//   + 4                                   the exponential itself
// Since sum p_j (v_j - out) = 0, its output is off by exactly
//   sum p_j (e^t_j - 1) (v_j - out) / sum p_j e^t_j,
// so by at most sum p_j (e^L_j - 1) |v_j - out| / sum p_j e^-L_j, and never by more than
// max |v_j - out|, as any weights give a mean of the v_j. That holds for errors far above 1 too, as
// logits of 1e4 have them. Summing numerator and denominator in float adds (keys + 4) * sum p |v|.
#include "measure/oracle.h"

#include <algorithm>
#include <cfloat>
#include <cmath>

#include "registry/registry.h"

namespace attnbench::measure {
namespace {

constexpr double kUnit = kBoundFactor * 0x1p-24;

/// A key that a query sees: its weight and the most that float32 may stray in the exponent.
struct Weight {
  int64_t key;
  double p;
  double score_error;
};

/// One key's score before the softmax, with all terms of its error up to there.
Weight score(const Problem& p, const float* q, const float* k, int64_t key, double bias) {
  double sum = 0, magnitude = 0;
  for (int64_t d = 0; d < p.head_dim; ++d) {
    const double product = static_cast<double>(q[d]) * static_cast<double>(k[d]);
    sum += product;
    magnitude += std::abs(product);
  }
  double s = score_scale(p) * sum;
  double error = static_cast<double>(p.head_dim + 2) * score_scale(p) * magnitude;
  if (p.softcap != 0) {
    s = p.softcap * std::tanh(s / p.softcap);
    error += 4 * std::abs(s);
  }
  if (p.alibi) error += 4 * (std::abs(bias) + std::abs(s));
  return {key, s + bias, kUnit * error};
}

/// Softmax in two passes: from scores to weights that sum to 1.
void softmax(std::vector<Weight>& weights) {
  double top = -HUGE_VAL, sum = 0;
  for (const Weight& w : weights) top = std::max(top, w.p);
  for (Weight& w : weights) {
    w.score_error += kUnit * (top - w.p + 4);
    w.p = std::exp(w.p - top);
    sum += w.p;
  }
  for (Weight& w : weights) w.p /= sum;
}

std::vector<Weight> weights_of(const Variant& variant, const Call& call, const Inputs& in,
                               int64_t batch, int64_t head, int64_t query) {
  const Problem& p = call.problem;
  const int64_t group = head / (p.heads / p.kv_heads);
  const double slope = p.alibi ? alibi_slope(p, head) : 0;
  std::vector<Weight> weights;
  for (const KeySpan& span : registry::visible_keys(variant, call, query))
    for (int64_t j = span.begin; j < span.end; j += span.step) {
      const auto distance = static_cast<double>(std::abs(aligned_position(p, query) - j));
      weights.push_back(
          score(p, in.q.row(batch, head, query), in.k.row(batch, group, j), j, -slope * distance));
    }
  if (!weights.empty()) softmax(weights);
  return weights;
}

}  // namespace

OracleRow oracle_row(const Variant& variant, const Call& call, const Inputs& in, int64_t batch,
                     int64_t head, int64_t query) {
  const Problem& p = call.problem;
  const auto dim = static_cast<size_t>(p.head_dim);
  const auto weights = weights_of(variant, call, in, batch, head, query);
  const int64_t group = head / (p.heads / p.kv_heads);
  const auto v = [&](const Weight& w) { return in.v.row(batch, group, w.key); };

  OracleRow row{std::vector<double>(dim), std::vector<double>(dim)};
  std::vector<double> magnitude(dim), strayed(dim), farthest(dim);
  for (const Weight& w : weights)
    for (size_t d = 0; d < dim; ++d) {
      row.out[d] += w.p * static_cast<double>(v(w)[d]);
      magnitude[d] += w.p * std::abs(static_cast<double>(v(w)[d]));
    }
  double least_sum = 0;
  for (const Weight& w : weights) {
    const double stray = w.p * std::expm1(w.score_error);
    least_sum += w.p * std::exp(-w.score_error);
    for (size_t d = 0; d < dim; ++d) {
      const double distance = std::abs(static_cast<double>(v(w)[d]) - row.out[d]);
      strayed[d] += stray * distance;
      farthest[d] = std::max(farthest[d], distance);
    }
  }
  const auto keys = static_cast<double>(weights.size());
  // A kernel may give any weight that is as good as 0, those of hidden keys too, the least one that
  // is no denormal. Inputs are below 4.
  const double least = weights.empty() ? FLT_MIN : 4 * FLT_MIN * static_cast<double>(p.kv_len + 1);
  for (size_t d = 0; d < dim; ++d) {
    row.bound[d] = kUnit * (keys + 4) * magnitude[d] + least;
    // Also where both are infinite (0 keys aside): std::min with NaN on the right keeps `farthest`.
    if (!weights.empty()) row.bound[d] += std::min(farthest[d], strayed[d] / least_sum);
  }
  return row;
}

}  // namespace attnbench::measure
