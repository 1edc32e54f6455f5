// The gradients of softmax attention as plain loops in double.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "registry/registry.h"
#include "trained.h"

namespace attnbench {

/// The keys that a query sees.
inline std::vector<int64_t> keys_of(const Trained& one, int64_t query) {
  std::vector<int64_t> keys;
  const Exact& exact = *one.tried().variant().exact();
  for (const KeySpan& span : registry::visible_keys(exact, one.tried().call(), query))
    for (int64_t key = span.begin; key < span.end; key += span.step) keys.push_back(key);
  return keys;
}

inline double product(const float* a, const float* b, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

/// The score of q·k and its derivative by q·k.
struct Score {
  double value, slope;
};
inline Score score_of(const Problem& p, double qk, int64_t head, int64_t query, int64_t key) {
  const double scale = score_scale(p);
  Score s{scale * qk, scale};
  if (p.softcap > 0) {
    const double tanh = std::tanh(s.value / p.softcap);
    s = {p.softcap * tanh, scale * (1 - tanh * tanh)};
  }
  if (p.alibi) {
    const double steepness =
        std::pow(2.0, -8.0 * static_cast<double>(head + 1) / static_cast<double>(p.heads));
    s.value -= steepness * std::abs(static_cast<double>(query + p.kv_len - p.q_len - key));
  }
  return s;
}

/// The gradients of q, k and v, by the chain rule. Only keys that a query sees are read.
inline AllGradients<double> naive_gradients(const Trained& one) {
  const Problem& p = one.tried().problem();
  const Inputs in = one.inputs();
  AllGradients<double> to{std::vector<double>(static_cast<size_t>(in.q.size())),
                          std::vector<double>(static_cast<size_t>(in.k.size())),
                          std::vector<double>(static_cast<size_t>(in.v.size()))};
  for (int64_t query = 0; query < p.q_len; ++query) {
    const std::vector<int64_t> keys = keys_of(one, query);
    for (int64_t of = 0; of < p.batch * p.heads; ++of) {
      const int64_t batch = of / p.heads, head = of % p.heads;
      const int64_t kv_head = head / (p.heads / p.kv_heads);
      const float* const q = in.q.row(batch, head, query);
      const float* const d_out = one.d_out().row(batch, head, query);
      std::vector<Score> scores;
      double top = -std::numeric_limits<double>::infinity(), sum = 0, delta = 0;
      for (const int64_t key : keys) {
        const double qk = product(q, in.k.row(batch, kv_head, key), p.head_dim);
        scores.push_back(score_of(p, qk, head, query, key));
        top = std::max(top, scores.back().value);
      }
      for (const Score& s : scores) sum += std::exp(s.value - top);
      std::vector<double> weights, d_weights;
      for (size_t i = 0; i < keys.size(); ++i) {
        weights.push_back(std::exp(scores[i].value - top) / sum);
        d_weights.push_back(product(d_out, in.v.row(batch, kv_head, keys[i]), p.head_dim));
        delta += weights[i] * d_weights[i];
      }
      for (size_t i = 0; i < keys.size(); ++i) {
        const double d_qk = weights[i] * (d_weights[i] - delta) * scores[i].slope;
        const int64_t key_at = ((batch * p.kv_heads + kv_head) * p.kv_len + keys[i]) * p.head_dim;
        const int64_t query_at = (of * p.q_len + query) * p.head_dim;
        for (int64_t dim = 0; dim < p.head_dim; ++dim) {
          to[0][static_cast<size_t>(query_at + dim)] +=
              d_qk * in.k.data[static_cast<size_t>(key_at + dim)];
          to[1][static_cast<size_t>(key_at + dim)] += d_qk * q[dim];
          to[2][static_cast<size_t>(key_at + dim)] += weights[i] * d_out[dim];
        }
      }
    }
  }
  return to;
}

}  // namespace attnbench
