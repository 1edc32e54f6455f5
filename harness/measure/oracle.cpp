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
#include <bit>
#include <cfloat>
#include <cmath>
#include <cstdio>
#include <set>

#include "registry/registry.h"

namespace attnbench::measure {
namespace {

constexpr double kUnit = kBoundFactor * 0x1p-24;
constexpr uint32_t kPoison = 0x7FC0DEADu;

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

/// Empty where every element is finite.
std::string first_not_finite(const Tensor<float>& out) {
  constexpr uint32_t kExponent = 0x7F800000u;
  for (int64_t i = 0; i < out.size(); ++i) {
    const auto bits = std::bit_cast<uint32_t>(out.data[i]);
    if ((bits & kExponent) != kExponent) continue;
    const char* what = bits == kPoison           ? " was never written"
                       : std::isnan(out.data[i]) ? " is NaN"
                                                 : " is infinite";
    return place(out, i) + what;
  }
  return {};
}

/// Distinct row numbers below `rows`, the first and the last always among them, ascending.
std::set<int64_t> sample_rows(int64_t rows, int64_t max_rows, uint64_t seed) {
  std::set<int64_t> sampled{0, rows - 1};
  if (rows <= max_rows) {
    for (int64_t r = 0; r < rows; ++r) sampled.insert(r);
    return sampled;
  }
  uint64_t state = seed;
  while (static_cast<int64_t>(sampled.size()) < max_rows) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    sampled.insert(static_cast<int64_t>((state >> 11) % static_cast<uint64_t>(rows)));
  }
  return sampled;
}

std::string wrong_element(const Tensor<float>& out, int64_t index, double expected, double bound) {
  char text[160];
  const double actual = out.data[index];
  std::snprintf(text, sizeof text, ": expected %.9g, got %.9g, error %.3g is %.3g times its bound",
                expected, actual, std::abs(actual - expected), std::abs(actual - expected) / bound);
  return place(out, index) + text;
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

std::string place(const Tensor<float>& out, int64_t index) {
  const int64_t row = index / out.dim;
  return "batch " + std::to_string(row / out.len / out.heads) + " head " +
         std::to_string(row / out.len % out.heads) + " query " + std::to_string(row % out.len) +
         " dim " + std::to_string(index % out.dim);
}

void poison(const Tensor<float>& out) {
  std::fill_n(out.data, out.size(), std::bit_cast<float>(kPoison));
}

Verdict check_output(const Variant& variant, const Call& call, const Inputs& inputs,
                     const Tensor<float>& out, int64_t max_rows, uint64_t seed) {
  Verdict verdict;
  verdict.reason = first_not_finite(out);
  if (!verdict.reason.empty()) return verdict;

  record::Check& check = verdict.check;
  for (const int64_t r : sample_rows(out.batch * out.heads * out.len, max_rows, seed)) {
    const OracleRow row = oracle_row(variant, call, inputs, r / out.len / out.heads,
                                     r / out.len % out.heads, r % out.len);
    for (int64_t d = 0; d < out.dim; ++d) {
      const auto at = static_cast<size_t>(d);
      const int64_t index = r * out.dim + d;
      const double error = std::abs(static_cast<double>(out.data[index]) - row.out[at]);
      check.worst_error = std::max(check.worst_error, error);
      if (error / row.bound[at] <= check.worst_error_over_bound) continue;
      check.worst_error_over_bound = error / row.bound[at];
      if (!(error <= row.bound[at]))
        verdict.reason = wrong_element(out, index, row.out[at], row.bound[at]);
    }
    ++check.rows_checked;
  }
  verdict.ok = verdict.reason.empty();
  return verdict;
}

}  // namespace attnbench::measure
