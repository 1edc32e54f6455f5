// Variants for tests that can be trained: gradients in plain float32, which are right, or wrong in
// one chosen way.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "registry/registry.h"
#include "states_nothing.h"

namespace attnbench::measure::test {

/// How a right kernel computes.
struct Style {
  bool by_logarithm = false;     ///< Weights by the logarithm of the sum, else divided by the sum.
  bool delta_by_output = false;  ///< Delta is d_out·out, else the sum of p dP.
  int64_t lanes = 1;             ///< Of dot products.
  int64_t block = 1 << 30;       ///< Keys or queries that are summed up before they are added.
  bool base_two = false;         ///< Powers of 2 instead of e.
  bool sloppy = false;           ///< Exponentials are off by up to four ulp.
};
inline constexpr Style kTextbook{};
inline constexpr Style kFlash{true, true, 16, 64, true, true};
inline constexpr Style kMixed{true, false, 8, 16, false, false};
inline constexpr Style kStyles[] = {kTextbook, kFlash, kMixed};

enum class Wrong {
  kNothing,
  kLosesKey,    ///< The last query of the last head leaves out the middle one of its keys.
  kLosesQuery,  ///< d_k and d_v lack the middle query of the last head.
  kNoDelta,
  kNoScale,            ///< In d_q and d_k, not in the scores.
  kNoGroupSum,         ///< d_k and d_v are those of the last query head of the group.
  kNoCapSlope,         ///< Forgets the derivative of softcap.
  kQueryScaled,        ///< A row of d_q is too large by 1e-4, relatively.
  kKeyScaled,          ///< The same of d_k.
  kValueScaled,        ///< The same of d_v.
  kForgetsValues,      ///< Writes no d_v.
  kLeavesQuery,        ///< Does not write the last row of d_q.
  kNaN,                ///< In d_k.
  kUnseenKeyNotZero,   ///< Adds 1e-30 to d_v of the first key.
  kUnusedQueryNotZero  ///< Adds 1e-30 to d_q of the second query.
};

/// A pair of query and key, of the last head, that one gradient leaves out or sums twice.
struct WrongPair {
  int64_t query = -1, key = -1;
  char gradient = 'q';  ///< q, k or v.
  float times = 0;
};

/// Softmax over a window (0: all keys, or causal ones), or over every `step`th key.
class Trained final : public StatesNothing<Exact, Differentiable> {
 public:
  Style style;
  Wrong wrong = Wrong::kNothing;
  int64_t window = 0;
  int64_t step = 1;
  WrongPair pair = {};

  explicit Trained(const Style& how = kTextbook, Wrong what = Wrong::kNothing)
      : style(how), wrong(what) {}

  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const Problem& p = call.problem;
    const int64_t at = aligned_position(p, query);
    const int64_t end =
        p.causal || window > 0 ? std::clamp<int64_t>(at + 1, 0, p.kv_len) : p.kv_len;
    const int64_t begin = window > 0 ? std::max<int64_t>(at + 1 - window, 0) : 0;
    if (begin < end) keys.add({begin, end, step});
  }

  void backward(const Call& call, const Inputs& in, const Tensor<const float>&, const Saved&,
                const Tensor<const float>& d_out, const Gradients& g,
                const Workspace&) const noexcept override {
    const Problem& p = call.problem;
    for (int64_t b = 0; b < p.batch; ++b)
      for (int64_t head = 0; head < p.kv_heads; ++head) key_head(call, in, d_out, g, b, head);
    misbehave(p, g);
  }

 private:
  using Floats = std::vector<float>;

  /// d_k and d_v of one key head, summed in blocks of queries.
  struct Sums {
    Floats total, block;
    explicit Sums(size_t size) : total(size), block(size) {}
    void flush() {
      for (size_t i = 0; i < total.size(); ++i) total[i] += block[i];
      std::fill(block.begin(), block.end(), 0.0f);
    }
  };

  float dot(const float* a, const float* b, int64_t dim) const {
    Floats sums(static_cast<size_t>(style.lanes));
    for (int64_t d = 0; d < dim; ++d) sums[static_cast<size_t>(d % style.lanes)] += a[d] * b[d];
    float sum = 0;
    for (const float x : sums) sum += x;
    return sum;
  }

  float exponential(float x) const {
    const float e = style.base_two ? std::exp2(x) : std::exp(x);
    if (!style.sloppy) return e;
    const float off = 4 * std::numeric_limits<float>::epsilon();
    return e * (static_cast<int>(x * 1024) % 2 == 0 ? 1 + off : 1 - off);
  }

  /// Sums terms(i) for i below n, in blocks.
  template <class Term>
  float sum(size_t n, const Term& term) const {
    float all = 0, block = 0;
    for (size_t i = 0; i < n; ++i) {
      block += term(i);
      if (static_cast<int64_t>(i) % style.block != style.block - 1) continue;
      all += block;
      block = 0;
    }
    return all + block;
  }

  void key_head(const Call& call, const Inputs& in, const Tensor<const float>& d_out,
                const Gradients& g, int64_t b, int64_t head) const {
    const Problem& p = call.problem;
    const int64_t group = p.heads / p.kv_heads;
    Sums d_k(static_cast<size_t>(p.kv_len * p.head_dim)), d_v(d_k);
    for (int64_t h = head * group; h < (head + 1) * group; ++h) {
      if (wrong == Wrong::kNoGroupSum) d_k = d_v = Sums(d_k.total.size());
      for (int64_t i = 0; i < p.q_len; ++i) {
        std::fill_n(g.q.row(b, h, i), p.head_dim, 0.0f);
        const float* const d = d_out.row(b, h, i);
        if (std::any_of(d, d + p.head_dim, [](float x) { return x != 0; }))
          query(call, in, d, g.q.row(b, h, i), d_k.block, d_v.block, b, h, i);
        if (i % style.block == style.block - 1) {
          d_k.flush();
          d_v.flush();
        }
      }
    }
    d_k.flush();
    d_v.flush();
    std::copy(d_k.total.begin(), d_k.total.end(), g.k.head(b, head));
    if (wrong != Wrong::kForgetsValues)
      std::copy(d_v.total.begin(), d_v.total.end(), g.v.head(b, head));
  }

  std::vector<int64_t> keys_of(const Call& call, int64_t b, int64_t h, int64_t i) const {
    const Problem& p = call.problem;
    std::vector<int64_t> keys;
    for (const KeySpan& span : registry::visible_keys(*this, call, i))
      for (int64_t j = span.begin; j < span.end; j += span.step) keys.push_back(j);
    const bool last = b == p.batch - 1 && h == p.heads - 1 && i == p.q_len - 1;
    if (wrong == Wrong::kLosesKey && last) keys.erase(keys.begin() + std::ssize(keys) / 2);
    return keys;
  }

  void query(const Call& call, const Inputs& in, const float* d_out, float* d_q, Floats& d_k,
             Floats& d_v, int64_t b, int64_t h, int64_t i) const {
    const Problem& p = call.problem;
    const int64_t head = h / (p.heads / p.kv_heads), dim = p.head_dim;
    const std::vector<int64_t> keys = keys_of(call, b, h, i);
    if (keys.empty()) return;
    const size_t n = keys.size();
    const auto scale = static_cast<float>(score_scale(p)), cap = static_cast<float>(p.softcap);
    const float unit = style.base_two ? 1.44269504f : 1.0f;
    Floats scores(n), slopes(n, 1.0f), products(n), weights(n);
    for (size_t j = 0; j < n; ++j) {
      float s = dot(in.q.row(b, h, i), in.k.row(b, head, keys[j]), dim) * scale;
      if (cap != 0) {
        const float bent = std::tanh(s / cap);
        s = cap * bent;
        if (wrong != Wrong::kNoCapSlope) slopes[j] = 1 - bent * bent;
      }
      if (p.alibi)
        s -= static_cast<float>(alibi_slope(p, h)) *
             static_cast<float>(std::abs(aligned_position(p, i) - keys[j]));
      scores[j] = s * unit;
      products[j] = dot(d_out, in.v.row(b, head, keys[j]), dim);
    }
    const float top = *std::max_element(scores.begin(), scores.end());
    for (size_t j = 0; j < n; ++j) weights[j] = exponential(scores[j] - top);
    const float total = sum(n, [&](size_t j) { return weights[j]; });
    float delta = 0;
    if (style.delta_by_output)
      for (int64_t d = 0; d < dim; ++d)
        delta +=
            d_out[d] *
            (sum(n, [&](size_t j) { return weights[j] * in.v.row(b, head, keys[j])[d]; }) / total);
    const float logarithm = top + (style.base_two ? std::log2(total) : std::log(total));
    for (size_t j = 0; j < n; ++j)
      weights[j] = style.by_logarithm ? exponential(scores[j] - logarithm) : weights[j] / total;
    if (!style.delta_by_output) delta = sum(n, [&](size_t j) { return weights[j] * products[j]; });
    if (wrong == Wrong::kNoDelta) delta = 0;
    Floats& d_s = scores;
    for (size_t j = 0; j < n; ++j) d_s[j] = weights[j] * (products[j] - delta) * slopes[j];
    const float outer = wrong == Wrong::kNoScale ? 1 : scale;
    const bool last = b == p.batch - 1 && h == p.heads - 1;
    const auto times = [&](char gradient, size_t j) {
      const bool here = last && i == pair.query && keys[j] == pair.key;
      return here && gradient == pair.gradient ? pair.times : 1.0f;
    };
    for (int64_t d = 0; d < dim; ++d)
      d_q[d] = outer * sum(n, [&](size_t j) {
                 return times('q', j) * d_s[j] * in.k.row(b, head, keys[j])[d];
               });
    if (wrong == Wrong::kLosesQuery && last && i == p.q_len / 2) return;
    for (size_t j = 0; j < n; ++j)
      for (int64_t d = 0; d < dim; ++d) {
        const auto at = static_cast<size_t>(keys[j] * dim + d);
        d_k[at] += times('k', j) * d_s[j] * outer * in.q.row(b, h, i)[d];
        d_v[at] += times('v', j) * weights[j] * d_out[d];
      }
  }

  void misbehave(const Problem& p, const Gradients& g) const {
    const Tensor<float>* const scaled = wrong == Wrong::kQueryScaled   ? &g.q
                                        : wrong == Wrong::kKeyScaled   ? &g.k
                                        : wrong == Wrong::kValueScaled ? &g.v
                                                                       : nullptr;
    if (scaled != nullptr)  // The last row, which is always looked at.
      for (int64_t d = 0; d < p.head_dim; ++d) *(scaled->data + scaled->size() - 1 - d) *= 1.0001f;
    if (wrong == Wrong::kLeavesQuery)
      for (int64_t d = 0; d < p.head_dim; ++d)
        *(g.q.data + g.q.size() - 1 - d) = std::bit_cast<float>(0x7FC0DEADu);
    if (wrong == Wrong::kNaN) *g.k.row(0, 0, 1) = std::numeric_limits<float>::quiet_NaN();
    if (wrong == Wrong::kUnseenKeyNotZero) *g.v.data += 1e-30f;
    if (wrong == Wrong::kUnusedQueryNotZero) *g.q.row(0, 0, 1) += 1e-30f;
  }
};

}  // namespace attnbench::measure::test
