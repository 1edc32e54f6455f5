// Plain, right attention that tests break, also as one that can be trained.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "attnbench/training.h"

namespace attnbench::test {

/// Full attention, one query after another, with scores in scratch.
class Plain : public Exact {
 public:
  void visible_keys(const Call& call, int64_t query, KeySpans& keys) const noexcept override {
    const int64_t end = keys_seen(call.problem, query);
    if (end > 0) keys.add({0, end, 1});
  }
  Count workspace_bytes(const Call& call) const noexcept override {
    return count(call.problem.kv_len, sizeof(float));
  }
  Theory theory(const Call&) const noexcept override { return {{2, 0}, {1, 0}}; }
  void forward(const Call& call, const Inputs& in, const Tensor<float>& out,
               const Workspace& scratch) const noexcept override {
    for (int64_t b = 0; b < out.batch; ++b)
      for (int64_t h = 0; h < out.heads; ++h)
        for (int64_t i = 0; i < out.len; ++i)
          attend(call.problem, in, b, h, i, out.row(b, h, i),
                 reinterpret_cast<float*>(scratch.data));
  }

 protected:
  static int64_t keys_seen(const Problem& p, int64_t query) {
    return p.causal ? std::max<int64_t>(0, aligned_position(p, query) + 1) : p.kv_len;
  }

  static void attend(const Problem& p, const Inputs& in, int64_t b, int64_t h, int64_t i,
                     float* out, float* scores) {
    const int64_t group = h / (p.heads / p.kv_heads), keys = keys_seen(p, i);
    const auto scale = static_cast<float>(score_scale(p));
    const auto cap = static_cast<float>(p.softcap);
    const auto slope = static_cast<float>(p.alibi ? alibi_slope(p, h) : 0);
    float top = -INFINITY, sum = 0;
    for (int64_t j = 0; j < keys; ++j) {
      const float *q = in.q.row(b, h, i), *k = in.k.row(b, group, j);
      scores[j] = 0;
      for (int64_t d = 0; d < p.head_dim; ++d) scores[j] += q[d] * k[d];
      scores[j] *= scale;
      if (cap > 0) scores[j] = cap * std::tanh(scores[j] / cap);
      scores[j] -= slope * std::abs(static_cast<float>(aligned_position(p, i) - j));
      top = std::max(top, scores[j]);
    }
    std::fill_n(out, p.head_dim, 0.0f);
    for (int64_t j = 0; j < keys; ++j) {
      const float weight = std::exp(scores[j] - top);
      const float* v = in.v.row(b, group, j);
      sum += weight;
      for (int64_t d = 0; d < p.head_dim; ++d) out[d] += weight * v[d];
    }
    for (int64_t d = 0; d < p.head_dim && keys > 0; ++d) out[d] /= sum;
  }
};

/// Plain, which keeps the logarithm of each row's sum of exponentials for its backward pass.
class PlainTrained : public Plain, public Differentiable {
 public:
  const Differentiable* differentiable() const noexcept override { return this; }
  Count saved_bytes(const Call& call) const noexcept override {
    const Problem& p = call.problem;
    return count(p.batch, p.heads, p.q_len, sizeof(float));
  }
  Count training_workspace_bytes(const Call& call) const noexcept override {
    return workspace_bytes(call);
  }
  Theory training_theory(const Call&) const noexcept override { return {{2, 0}, {1, 0}}; }

  void forward_saving(const Call& call, const Inputs& in, const Tensor<float>& out,
                      const Workspace& saved, const Workspace& scratch) const noexcept override {
    auto* const scores = reinterpret_cast<float*>(scratch.data);
    auto* logarithm = reinterpret_cast<float*>(saved.data);
    for (int64_t b = 0; b < out.batch; ++b)
      for (int64_t h = 0; h < out.heads; ++h)
        for (int64_t i = 0; i < out.len; ++i) {
          attend(call.problem, in, b, h, i, out.row(b, h, i), scores);
          *logarithm++ = log_of_sum(scores, keys_seen(call.problem, i));
        }
  }

  void backward(const Call& call, const Inputs& in, const Tensor<const float>& out,
                const Saved& saved, const Tensor<const float>& d_out, const Gradients& g,
                const Workspace&) const noexcept override {
    for (const Tensor<float>& t : {g.q, g.k, g.v}) std::fill_n(t.data, t.size(), 0.0f);
    add_gradients(call.problem, in, out, reinterpret_cast<const float*>(saved.data), d_out, g);
  }

 protected:
  /// Adds to what the gradients hold.
  static void add_gradients(const Problem& p, const Inputs& in, const Tensor<const float>& out,
                            const float* logarithm, const Tensor<const float>& d_out,
                            const Gradients& g) {
    for (int64_t b = 0; b < p.batch; ++b)
      for (int64_t h = 0; h < p.heads; ++h)
        for (int64_t i = 0; i < p.q_len; ++i)
          add_row(p, in, b, h, i, out.row(b, h, i), *logarithm++, d_out.row(b, h, i), g);
  }

 private:
  static float log_of_sum(const float* scores, int64_t keys) {
    if (keys == 0) return 0;
    const float top = *std::max_element(scores, scores + keys);
    float sum = 0;
    for (int64_t j = 0; j < keys; ++j) sum += std::exp(scores[j] - top);
    return top + std::log(sum);
  }

  static float dot(const float* a, const float* b, int64_t dim) {
    float sum = 0;
    for (int64_t d = 0; d < dim; ++d) sum += a[d] * b[d];
    return sum;
  }

  static void add_row(const Problem& p, const Inputs& in, int64_t b, int64_t h, int64_t i,
                      const float* out, float logarithm, const float* d_out, const Gradients& g) {
    const int64_t head = h / (p.heads / p.kv_heads);
    const auto scale = static_cast<float>(score_scale(p)), cap = static_cast<float>(p.softcap);
    const auto slope = static_cast<float>(p.alibi ? alibi_slope(p, h) : 0);
    const float delta = dot(out, d_out, p.head_dim);
    const float* const q = in.q.row(b, h, i);
    for (int64_t j = 0; j < keys_seen(p, i); ++j) {
      const float *k = in.k.row(b, head, j), *v = in.v.row(b, head, j);
      float score = dot(q, k, p.head_dim) * scale, bend = 1;
      if (cap > 0) {
        const float bent = std::tanh(score / cap);
        score = cap * bent;
        bend = 1 - bent * bent;
      }
      score -= slope * std::abs(static_cast<float>(aligned_position(p, i) - j));
      const float weight = std::exp(score - logarithm);
      const float d_score = weight * (dot(d_out, v, p.head_dim) - delta) * bend * scale;
      for (int64_t d = 0; d < p.head_dim; ++d) {
        g.q.row(b, h, i)[d] += d_score * k[d];
        g.k.row(b, head, j)[d] += d_score * q[d];
        g.v.row(b, head, j)[d] += weight * d_out[d];
      }
    }
  }
};

}  // namespace attnbench::test
